import { describe, expect, it } from 'vitest';
import { RAFT_CONFIG_DEFAULT } from '../raft/config.ts';
import type { RaftFrontDoor } from '../raft/contract.ts';
import type { TransferRefusal } from '../raft/ready.ts';
import type { TransferResult } from './contract.ts';
import { HandOver } from './hand-over.ts';

const GIVE_UP_MS = RAFT_CONFIG_DEFAULT.electionTimeoutTicksMin * RAFT_CONFIG_DEFAULT.tickMs;
const END_MS =
  GIVE_UP_MS + RAFT_CONFIG_DEFAULT.electionTimeoutTicksMax * RAFT_CONFIG_DEFAULT.tickMs;

/** Just enough of a core that leads term 5 and hands over to 2 when nobody is named. */
function setUp() {
  const raft = {
    role: 'leader' as string,
    leader: 1,
    term: 5,
    commitIndex: 9,
    commitTerm: 5,
    transferTarget: 0,
    refusal: null as TransferRefusal | null,
    termAt: () => raft.commitTerm,
    transferLeadership: (target: number) => {
      if (raft.refusal === null) raft.transferTarget = target === 0 ? 2 : target;
      return raft.refusal;
    },
  };
  const events: [string, unknown][] = [];
  const results: TransferResult[] = [];
  const handOver = new HandOver({
    self: 1,
    raft: raft as unknown as RaftFrontDoor,
    config: RAFT_CONFIG_DEFAULT,
    emit: (type, _term, data) => void events.push([type, data]),
    nameOf: (member) => `n${member}`,
  });
  const ask = (target: number | null) => handOver.ask(target, (result) => results.push(result));
  return { raft, events, results, handOver, ask };
}

describe('HandOver', () => {
  it('turn() tells that it is done when the new leader has committed, not before', () => {
    const { raft, handOver, results, events, ask } = setUp();
    ask(null);
    handOver.turn(100);
    raft.transferTarget = 0;
    raft.role = 'follower';
    raft.term = 6;
    raft.leader = 0;
    handOver.turn(103);
    raft.leader = 2;
    handOver.turn(104);
    expect(results).toEqual([]);
    raft.commitTerm = 6;
    handOver.turn(105.5);
    expect(results).toEqual([{ outcome: 'done', reason: null, target: 2, durationMs: 5.5 }]);
    expect(events).toEqual([
      ['transfer.ended', { to: 'n2', outcome: 'done', reason: null, durationMs: 5.5 }],
    ]);
    handOver.turn(200);
    expect(results).toHaveLength(1);
  });

  it('turn() answers everybody who wished for the same, and the others at once', () => {
    const { raft, handOver, results, ask } = setUp();
    ask(3);
    ask(3);
    handOver.turn(0);
    raft.refusal = 'transferring';
    ask(2);
    handOver.turn(1);
    expect(results).toEqual([
      { outcome: 'refused', reason: 'transferring', target: 2, durationMs: 0 },
    ]);
    Object.assign(raft, { transferTarget: 0, role: 'follower', term: 6, leader: 2 });
    handOver.turn(7);
    expect(results.slice(1)).toEqual([
      { outcome: 'failed', reason: 'anotherLeader', target: 3, durationMs: 7 },
      { outcome: 'failed', reason: 'anotherLeader', target: 3, durationMs: 7 },
    ]);
  });

  it.each([
    [GIVE_UP_MS - 1, 'failed', 'targetLost'],
    [GIVE_UP_MS, 'timeout', 'timeout'],
  ] as const)('turn() tells why the core gave up after %d ms', (nowMs, outcome, reason) => {
    const { raft, handOver, results, ask } = setUp();
    ask(2);
    handOver.turn(0);
    raft.transferTarget = 0;
    handOver.turn(nowMs);
    expect(results).toEqual([{ outcome, reason, target: 2, durationMs: nowMs }]);
  });

  it('turn() does not wait for ever when nobody leads afterwards', () => {
    const { raft, handOver, results, ask } = setUp();
    ask(2);
    handOver.turn(0);
    Object.assign(raft, { transferTarget: 0, role: 'follower', term: 6, leader: 0 });
    handOver.turn(END_MS - 1);
    expect(results).toEqual([]);
    handOver.turn(END_MS);
    expect(results).toMatchObject([{ outcome: 'timeout' }]);
  });

  it('stop() answers those who wait, begun or not', () => {
    const { handOver, results, ask } = setUp();
    ask(2);
    handOver.turn(0);
    ask(null);
    handOver.stop();
    expect(results).toMatchObject([
      { outcome: 'failed', reason: 'stopping', target: 2 },
      { outcome: 'refused', reason: 'stopping', target: 0 },
    ]);
  });
});
