import { describe, expect, test } from 'vitest';
import type { Membership } from '../node/model/membership.ts';
import type { PeerMessage } from '../node/model/message.ts';
import { RAFT_CONFIG_DEFAULT } from '../node/raft/config.ts';
import type { RaftFrontDoor } from '../node/raft/contract.ts';
import type { Role } from '../node/raft/ready.ts';
import { NO_BYTES } from '../std/bytes.ts';
import { ElectionOracles } from './election-oracles.ts';
import { type OracleName, Violation } from './violation.ts';

/** Timeouts of 500 to 1000 ms, heartbeats of 100 ms. */
const CONFIG = RAFT_CONFIG_DEFAULT;

function voters(...numbers: number[]): Membership['members'] {
  return numbers.map((number) => ({
    ...{ number, name: `n${number}`, voter: true },
    ...{ peerAddress: '', clientAddress: '', adminAddress: '' },
  }));
}

class Scene {
  readonly oracles = new ElectionOracles(CONFIG);
  readonly core = {
    ...{ role: 'follower' as Role, term: 2, leader: 0 },
    ...{ membership: { members: voters(1, 2, 3), leases: false }, configurationIndex: 1 },
  };

  constructor() {
    this.oracles.started(1, this.core as unknown as RaftFrontDoor, 0);
  }

  turn(nowMs: number, change: Partial<Scene['core']> = {}): void {
    Object.assign(this.core, change);
    this.oracles.turn(1, nowMs);
  }

  heartbeat(nowMs: number): void {
    const rest = { term: 2, commitIndex: 1, round: 1 };
    this.oracles.arrived({ type: 'heartbeat', from: 2, to: 1, ...rest }, nowMs);
  }

  asked(nowMs: number): void {
    const rest = { term: 3, lastIndex: 1, lastTerm: 1 };
    this.oracles.arrived({ type: 'preVote', from: 3, to: 1, ...rest }, nowMs);
  }

  grants(): void {
    const rest = { term: 3, granted: true };
    this.oracles.leaves({ type: 'preVoteReply', from: 1, to: 3, ...rest });
  }

  /** Leads from 0 ms to `untilMs` with a turn every 10 ms, while `from` answer. */
  leads(untilMs: number, from: readonly number[], type: 'heartbeatReply' | 'clock'): void {
    this.oracles.wrote(1, { term: 2, vote: 1 });
    for (let nowMs = 0; nowMs <= untilMs; nowMs += 10) {
      for (const member of from) {
        const head = { from: member, to: 1, term: 2 };
        const answer: PeerMessage =
          type === 'clock' ? { type, ...head, wallMs: 0 } : { type, ...head, round: 1 };
        this.oracles.arrived(answer, nowMs);
      }
      this.turn(nowMs, { role: 'leader', leader: 1 });
    }
  }
}

function oracleOf(act: () => void): OracleName | null {
  try {
    act();
  } catch (error) {
    if (error instanceof Violation) return error.oracle;
    throw error;
  }
  return null;
}

describe('ElectionOracles', () => {
  test('ElectionOracles let a leader lead that hears one of two others', () => {
    const scene = new Scene();
    expect(oracleOf(() => scene.leads(10_000, [3], 'heartbeatReply'))).toBeNull();
  });

  test('ElectionOracles fire when a leader that hears nobody leads on', () => {
    const scene = new Scene();
    expect(oracleOf(() => scene.leads(1500, [], 'heartbeatReply'))).toBeNull();
    expect(oracleOf(() => scene.leads(10_000, [], 'heartbeatReply'))).toBe('I29 check-quorum');
  });

  test('ElectionOracles do not count what says nothing of a term', () => {
    const scene = new Scene();
    expect(oracleOf(() => scene.leads(10_000, [2, 3], 'clock'))).toBe('I29 check-quorum');
  });

  test('ElectionOracles fire when a pre-vote is granted while the leader is heard', () => {
    const scene = new Scene();
    scene.turn(5, { leader: 2 });
    scene.heartbeat(10);
    scene.asked(50);
    expect(oracleOf(() => scene.grants())).toBe('I29 pre-vote');
  });

  test('ElectionOracles let a pre-vote pass when the leader has been silent', () => {
    const scene = new Scene();
    scene.turn(5, { leader: 2 });
    scene.heartbeat(10);
    scene.asked(600);
    expect(oracleOf(() => scene.grants())).toBeNull();
  });

  test('ElectionOracles let a pre-vote pass once the connection to the leader is lost', () => {
    for (const [lost, fired] of [
      [2, null],
      [3, 'I29 pre-vote'],
    ] as const) {
      const scene = new Scene();
      scene.turn(5, { leader: 2 });
      scene.heartbeat(10);
      scene.oracles.connectionLost(1, lost);
      scene.asked(50);
      expect(oracleOf(() => scene.grants())).toBe(fired);
    }
  });

  test('ElectionOracles let a pre-vote pass that came before the leader was heard', () => {
    const scene = new Scene();
    scene.asked(9);
    scene.heartbeat(10);
    scene.turn(11, { leader: 2 });
    expect(oracleOf(() => scene.grants())).toBeNull();
  });

  test('ElectionOracles let the older of two copies of a pre-vote pass, not both', () => {
    const scene = new Scene();
    scene.asked(9);
    scene.heartbeat(10);
    scene.asked(10);
    scene.turn(11, { leader: 2 });
    expect(oracleOf(() => scene.grants())).toBeNull();
    expect(oracleOf(() => scene.grants())).toBe('I29 pre-vote');
  });

  test('ElectionOracles fire when the same entries are sent twice in one turn', () => {
    const scene = new Scene();
    const { oracles } = scene;
    const head = { type: 'append', from: 1, to: 2, term: 2, prevIndex: 1, prevTerm: 1 } as const;
    const batch = {
      first: 2,
      last: 2,
      term: 2,
      kind: 0,
      leaderTimeMs: 0,
      bytes: NO_BYTES,
    } as const;
    const append = { ...head, commitIndex: 1, round: 0, batches: [batch] };
    oracles.leaves(append);
    scene.turn(10); // After a pause many turns come at once.
    expect(oracleOf(() => oracles.leaves(append))).toBeNull();
    expect(oracleOf(() => oracles.leaves(append))).toBe('I14 progress sanity');
  });

  test('ElectionOracles fire when a node enters a term for which nobody stood', () => {
    const scene = new Scene();
    scene.oracles.wrote(2, { term: 3, vote: 2 });
    expect(oracleOf(() => scene.turn(10, { term: 3 }))).toBeNull();
    expect(oracleOf(() => scene.turn(20, { term: 4 }))).toBe('I4 terms begun by candidates');
  });

  test('ElectionOracles fire when all timeouts are the same', () => {
    const scene = new Scene();
    for (let i = 0; i < 20; i += 1) {
      scene.oracles.electionStarted({ reason: 'timeout', timeoutMs: 500 });
    }
    expect(oracleOf(() => scene.oracles.checkTimeouts())).toBe('I29 election timeouts');
    for (const timeoutMs of [510, 520, 530]) {
      scene.oracles.electionStarted({ reason: 'timeout', timeoutMs });
    }
    expect(oracleOf(() => scene.oracles.checkTimeouts())).toBeNull();
  });
});
