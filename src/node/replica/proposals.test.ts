import { describe, expect, it } from 'vitest';
import { type Bytes, bytesFrom } from '../../std/bytes.ts';
import { PayloadBuilder, RecordCursor } from '../model/command.ts';
import type { Forward, ForwardRefused, PeerMessage } from '../model/message.ts';
import type { RaftFrontDoor } from '../raft/contract.ts';
import { Awaited, REFUSAL_WAIT_MS_MAX } from './awaited.ts';
import { OriginCounter } from './chunk.ts';
import type { Outcome, ProposalWaiter } from './contract.ts';
import { ARRIVED_BYTES_MAX, LEADER_WAIT_MS_MAX, Proposals } from './proposals.ts';

const SELF = 1;
const BOOT = 77;

class Waiter implements ProposalWaiter {
  outcomes: [Outcome, unknown][] = [];
  settle(outcome: Outcome, answer: unknown): void {
    this.outcomes.push([outcome, answer]);
  }
}

/** Just enough of a core: a role, a leader, and a list of what was proposed. */
function setUp() {
  const proposed: { first: number; count: number; payload: Bytes }[] = [];
  let lastIndex = 1;
  const raft = {
    role: 'follower' as string,
    leader: 0,
    term: 5,
    propose: ({ count, payload }: { count: number; payload: Bytes }) => {
      const first = lastIndex + 1;
      lastIndex += count;
      proposed.push({ first, count, payload: Buffer.from(payload) });
      return { accepted: true, first, term: 5 };
    },
  };
  const sent: PeerMessage[] = [];
  const link = { up: true };
  const origins = new OriginCounter(SELF, BOOT);
  const awaited = new Awaited(origins);
  const proposals = new Proposals({
    self: SELF,
    raft: raft as unknown as RaftFrontDoor,
    origins,
    awaited,
    send: (message) => {
      if (link.up) sent.push(message);
      return link.up;
    },
  });
  return { raft, sent, link, awaited, proposals, proposed };
}

function bodiesOf(records: Bytes): string[] {
  const cursor = new RecordCursor(records);
  const bodies: string[] = [];
  while (cursor.next()) bodies.push(cursor.bytes.toString('latin1', cursor.start, cursor.end));
  return bodies;
}

function take(proposals: Proposals, text: string, nowMs = 0): Waiter {
  const waiter = new Waiter();
  proposals.take(bytesFrom(text), waiter, nowMs);
  return waiter;
}

/** Applies forwarded records as the applier would. */
function applyRecords(awaited: Awaited, records: Bytes): void {
  const cursor = new RecordCursor(records);
  while (cursor.next()) awaited.settleOrigin(cursor, `did ${cursor.originSequence}`);
}

function forwardOf(count: number, from: number): Forward {
  const payload = new PayloadBuilder();
  for (let i = 0; i < count; i += 1) {
    payload.add(bytesFrom(`f${i}`), { member: from, boot: 1, sequence: i + 1 });
  }
  const records = Buffer.from(payload.view());
  return { type: 'forward', from, to: SELF, term: 5, firstSequence: 1, count, records };
}

describe('Proposals', () => {
  it('dispatch() makes one batch of a turn and of the groups peers forwarded in it', () => {
    const { raft, proposals, proposed, awaited } = setUp();
    raft.role = 'leader';
    const first = take(proposals, 'a');
    const second = take(proposals, 'b');
    proposals.takeForward(forwardOf(2, 2));
    proposals.dispatch(0, 0);
    expect(proposed.map((p) => bodiesOf(p.payload))).toEqual([['a', 'b', 'f0', 'f1']]);
    expect(awaited.takeAppended(2, 5)).toEqual([first, second]);
    expect(proposals.waiting).toBe(false);
  });

  it('dispatch() splits what is larger than a batch, in order', () => {
    const { raft, proposals, proposed } = setUp();
    raft.role = 'leader';
    const half = 'x'.repeat(600 * 1024);
    for (const name of ['1', '2', '3']) take(proposals, name + half);
    proposals.dispatch(0, 0);
    expect(proposed.flatMap((p) => bodiesOf(p.payload).map((b) => b[0]))).toEqual(['1', '2', '3']);
    expect(proposed.length).toBe(2);
  });

  it('dispatch() forwards once, and the answer comes when the origin is applied here', () => {
    const { raft, proposals, sent, awaited } = setUp();
    raft.leader = 3;
    const waiter = take(proposals, 'a');
    proposals.dispatch(0, 0);
    proposals.dispatch(1, 0);
    expect(sent).toHaveLength(1);
    const forward = sent[0] as Forward;
    expect([forward.to, forward.count, bodiesOf(forward.records)]).toEqual([3, 1, ['a']]);
    applyRecords(awaited, forward.records);
    applyRecords(awaited, forward.records);
    expect(waiter.outcomes).toEqual([['ok', 'did 1']]);
    expect(awaited.commands).toBe(0);
  });

  it('settleOrigin() leaves commands of another life of this node alone', () => {
    const { raft, proposals, sent, awaited } = setUp();
    raft.leader = 3;
    const waiter = take(proposals, 'a');
    proposals.dispatch(0, 0);
    const records = Buffer.from((sent[0] as Forward).records);
    records.writeUInt32LE(BOOT + 1, 8);
    applyRecords(awaited, records);
    expect(waiter.outcomes).toEqual([]);
  });

  it('linkLost() answers unknown for what went over that link, and only for that', () => {
    const { raft, proposals, awaited } = setUp();
    raft.leader = 3;
    const lost = take(proposals, 'a');
    proposals.dispatch(0, 0);
    raft.leader = 2;
    const kept = take(proposals, 'b');
    proposals.dispatch(1, 0);
    awaited.linkLost(3);
    awaited.settleLost(5);
    expect(lost.outcomes).toEqual([['unknown', null]]);
    expect(kept.outcomes).toEqual([]);
  });

  it('settleLost() waits for what a member took that had handed over before it left', () => {
    const { raft, proposals, awaited, sent } = setUp();
    raft.leader = 3;
    const applied = take(proposals, 'a');
    proposals.dispatch(0, 0);
    const { records } = sent[0] as Forward;
    const missing = take(proposals, 'b');
    proposals.dispatch(1, 0);
    awaited.linkLost(3);
    awaited.settleLost(6);
    expect([applied.outcomes, missing.outcomes]).toEqual([[], []]);
    applyRecords(awaited, records);
    awaited.termApplied(6);
    expect([applied.outcomes, missing.outcomes]).toEqual([[['ok', 'did 1']], [['unknown', null]]]);
  });

  it('settleLost() does not wait when the next term was applied before', () => {
    const { raft, proposals, awaited } = setUp();
    raft.leader = 3;
    const waiter = take(proposals, 'a');
    proposals.dispatch(0, 0);
    awaited.termApplied(6);
    awaited.linkLost(3);
    awaited.settleLost(6);
    expect(waiter.outcomes).toEqual([['unknown', null]]);
  });

  it('expire() gives up what a departed leader took when nobody says what became of it', () => {
    const { raft, proposals, awaited } = setUp();
    raft.leader = 3;
    const waiter = take(proposals, 'a');
    proposals.dispatch(0, 0);
    awaited.linkLost(3);
    awaited.settleLost(6);
    awaited.expire(100);
    awaited.expire(99 + REFUSAL_WAIT_MS_MAX);
    expect(waiter.outcomes).toEqual([]);
    awaited.expire(100 + REFUSAL_WAIT_MS_MAX);
    expect(waiter.outcomes).toEqual([['unknown', null]]);
  });

  it('dispatch() refuses what arrived while leadership was handed over, up to a cap', () => {
    const { raft, proposals, sent } = setUp();
    raft.role = 'leader';
    const one = forwardOf(1, 2);
    const large = Buffer.alloc(1024 * 1024);
    large.writeUInt32LE(large.length - 4);
    const forward: Forward = { ...one, records: large };
    const fitting = Math.floor(ARRIVED_BYTES_MAX / large.length);
    for (let i = 0; i < fitting; i += 1) proposals.takeForward(forward);
    expect(sent).toEqual([]);
    proposals.takeForward(forward);
    expect(sent).toHaveLength(1);
    raft.role = 'follower';
    proposals.dispatch(0, 0);
    expect(sent).toHaveLength(fitting + 1);
    expect(proposals.waiting).toBe(false);
    proposals.takeForward(one);
    expect(proposals.waiting).toBe(true);
  });

  it('forwardRefused() sends the same commands on to the next leader', () => {
    const { raft, proposals, sent } = setUp();
    raft.leader = 3;
    const waiter = take(proposals, 'a');
    proposals.dispatch(0, 0);
    const { firstSequence, count } = sent[0] as Forward;
    const refusal: ForwardRefused = {
      ...{ type: 'forwardRefused', from: 3, to: SELF, term: 6, firstSequence, count },
    };
    proposals.forwardRefused(refusal);
    proposals.forwardRefused(refusal);
    raft.leader = 2;
    proposals.dispatch(10, 0);
    expect(waiter.outcomes).toEqual([]);
    expect(sent.slice(1).map((m) => [m.type, m.to, bodiesOf((m as Forward).records)])).toEqual([
      ['forward', 2, ['a']],
    ]);
  });

  it('forwardRefused() lets the commands go before those that came later, each with its answer', () => {
    const { raft, proposals, sent, awaited } = setUp();
    raft.leader = 3;
    const waiters = [take(proposals, 'a', 0)];
    proposals.dispatch(0, 0);
    waiters.push(take(proposals, 'b', 1));
    proposals.dispatch(1, 0);
    raft.leader = 0;
    const refuse = (forward: Forward): void =>
      proposals.forwardRefused({ ...forward, type: 'forwardRefused', from: 3, to: SELF });
    refuse(sent[0] as Forward);
    waiters.push(take(proposals, 'c', 2));
    refuse(sent[1] as Forward);
    waiters.push(take(proposals, 'd', 3));
    raft.leader = 2;
    proposals.dispatch(10, 0);
    const again = sent.slice(2) as Forward[];
    expect(again.flatMap((m) => bodiesOf(m.records))).toEqual(['a', 'b', 'c', 'd']);
    for (const { records } of again) applyRecords(awaited, records);
    expect(waiters.map((w) => w.outcomes)).toEqual(
      [1, 2, 3, 4].map((sequence) => [['ok', `did ${sequence}`]]),
    );
  });

  it('expire() refuses what found no leader in time, and nothing earlier', () => {
    const { proposals } = setUp();
    const waiter = take(proposals, 'a', 100);
    proposals.dispatch(100, 0);
    proposals.expire(100 + LEADER_WAIT_MS_MAX - 1);
    expect(waiter.outcomes).toEqual([]);
    proposals.expire(100 + LEADER_WAIT_MS_MAX);
    expect(waiter.outcomes).toEqual([['noLeader', null]]);
    expect(proposals.waiting).toBe(false);
  });

  it('expire() judges by its own time what came long after the first of those that wait', () => {
    const { proposals } = setUp();
    const [first, soon, late] = [100, 150, 400].map((atMs) => take(proposals, `${atMs}`, atMs));
    proposals.expire(100 + LEADER_WAIT_MS_MAX);
    expect(first?.outcomes).toEqual([['noLeader', null]]);
    expect(soon?.outcomes).toEqual([['noLeader', null]]);
    expect(late?.outcomes).toEqual([]);
    proposals.expire(400 + LEADER_WAIT_MS_MAX);
    expect(late?.outcomes).toEqual([['noLeader', null]]);
  });

  it('refuseHeld() refuses what has gone nowhere, and nothing that was sent', () => {
    const { raft, proposals } = setUp();
    raft.leader = 3;
    const sent = take(proposals, 'a');
    proposals.dispatch(0, 0);
    const held = take(proposals, 'b');
    proposals.refuseHeld('diskFull');
    expect([sent.outcomes, held.outcomes]).toEqual([[], [['diskFull', null]]]);
    expect(proposals.waiting).toBe(false);
  });

  it('dispatch() keeps commands in order when the link takes no more', () => {
    const { raft, proposals, sent, link } = setUp();
    raft.leader = 3;
    take(proposals, 'a');
    link.up = false;
    proposals.dispatch(0, 0);
    take(proposals, 'b');
    link.up = true;
    proposals.dispatch(1, 0);
    expect(sent.flatMap((m) => bodiesOf((m as Forward).records))).toEqual(['a', 'b']);
  });

  it('dispatch() gives origins to commands taken as leader when this node leads no more', () => {
    const { raft, proposals, sent, awaited } = setUp();
    raft.role = 'leader';
    const waiter = take(proposals, 'a');
    raft.role = 'follower';
    raft.leader = 2;
    proposals.dispatch(0, 0);
    applyRecords(awaited, (sent[0] as Forward).records);
    expect(waiter.outcomes).toEqual([['ok', 'did 1']]);
  });

  it('dispatch() refuses peers whose commands came to a node that does not lead', () => {
    const { proposals, sent } = setUp();
    proposals.takeForward(forwardOf(3, 2));
    proposals.dispatch(0, 0);
    expect(sent).toMatchObject([{ type: 'forwardRefused', to: 2, firstSequence: 1, count: 3 }]);
  });

  it('takeForward() refuses records that are not whole', () => {
    const { raft, proposals, proposed, sent } = setUp();
    raft.role = 'leader';
    const forward = forwardOf(2, 2);
    proposals.takeForward({ ...forward, records: forward.records.subarray(0, -1) });
    proposals.dispatch(0, 0);
    expect(proposed).toEqual([]);
    expect(sent).toMatchObject([{ type: 'forwardRefused', to: 2 }]);
  });

  it('takeAppended() answers unknown when another leader took the place', () => {
    const { raft, proposals, awaited } = setUp();
    raft.role = 'leader';
    const waiter = take(proposals, 'a');
    proposals.dispatch(0, 0);
    expect(awaited.takeAppended(2, 6)).toBe(null);
    expect(waiter.outcomes).toEqual([['unknown', null]]);
  });

  it('termApplied() gives up forwards of earlier terms only, unless they are refused', () => {
    const { raft, proposals, awaited } = setUp();
    raft.leader = 3;
    const [old, refused] = [take(proposals, 'a'), new Waiter()];
    proposals.dispatch(0, 0);
    proposals.take(bytesFrom('r'), refused, 0);
    proposals.dispatch(0, 0);
    raft.term = 6;
    const fresh = take(proposals, 'b');
    proposals.dispatch(1, 0);
    awaited.termApplied(6);
    awaited.expire(100);
    expect(old.outcomes).toEqual([]);
    proposals.forwardRefused({
      ...{ type: 'forwardRefused', from: 3, to: SELF, term: 6, firstSequence: 2, count: 1 },
    });
    awaited.expire(100 + REFUSAL_WAIT_MS_MAX);
    expect(old.outcomes).toEqual([['unknown', null]]);
    expect([refused.outcomes, fresh.outcomes]).toEqual([[], []]);
    expect(proposals.waiting).toBe(true);
  });

  it('stop() answers everybody: held ones stopping, sent ones unknown', () => {
    const { raft, proposals, awaited } = setUp();
    raft.leader = 3;
    const sent = take(proposals, 'a');
    proposals.dispatch(0, 0);
    raft.leader = 0;
    const held = take(proposals, 'b');
    proposals.stop();
    awaited.stop();
    expect([sent.outcomes, held.outcomes]).toEqual([[['unknown', null]], [['stopping', null]]]);
    expect(awaited.commands).toBe(0);
  });

  it('load passes 1 when more commands wait than the cap allows', () => {
    const { proposals } = setUp();
    const waiter = new Waiter();
    const command = bytesFrom('x'.repeat(1024 * 1024));
    for (let i = 0; i < 32; i += 1) proposals.take(command, waiter, 0);
    expect(proposals.load).toBe(1);
    proposals.take(command, waiter, 0);
    expect(proposals.load).toBeGreaterThan(1);
  });
});
