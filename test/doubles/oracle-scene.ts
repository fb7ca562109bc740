/** Three members as the oracles see them: what passes their ports, told step by step. */
import { BATCH_KIND, type Batch, sealBatch } from '../../src/node/model/batch.ts';
import { foundingBatch } from '../../src/node/model/membership.ts';
import type { PeerMessage } from '../../src/node/model/message.ts';
import type { RecoveredLog } from '../../src/node/ports/log-store.ts';
import type { RaftFrontDoor } from '../../src/node/raft/contract.ts';
import type { Role } from '../../src/node/raft/ready.ts';
import { History } from '../../src/simulator/history.ts';
import { Oracles } from '../../src/simulator/oracles.ts';
import { type OracleName, Violation } from '../../src/simulator/violation.ts';
import { bytesFrom } from '../../src/std/bytes.ts';
import { SESSION_LIMITS } from '../../src/wire/apps/session.ts';

const CLUSTER = '0123456789abcdef0123456789abcdef';

export function batchOf(first: number, term: number, text = ''): Batch {
  const input = { cluster: CLUSTER, term, first, count: 1, leaderTimeMs: 0 };
  const kind = text === '' ? BATCH_KIND.noop : BATCH_KIND.commands;
  return sealBatch({ ...input, kind, payload: bytesFrom(text) });
}

export const FOUNDING = foundingBatch(CLUSTER, {
  members: [1, 2, 3].map((number) => ({
    ...{ number, name: `n${number}`, voter: true },
    ...{ peerAddress: '', clientAddress: '', adminAddress: '' },
  })),
  leases: false,
});

/** What the oracles look at in a core. */
class Core {
  role: Role = 'follower';
  term = 1;
  commitIndex = 1;
  lastIndex = 1;
  lastTerm = 1;
  matchIndex = 0;

  termAt(): number {
    return this.lastTerm;
  }

  progressOf(): { matchIndex: number; nextIndex: number; inflightBytes: number } {
    return { matchIndex: this.matchIndex, nextIndex: this.matchIndex + 1, inflightBytes: 0 };
  }
}

export class Scene {
  readonly oracles = new Oracles([1, 2, 3], [FOUNDING]);
  readonly history = new History(this.oracles, {
    timeCommand: 'time',
    sessionLimits: SESSION_LIMITS,
    clockMs: () => this.clockMs,
  });
  clockMs = 0;
  readonly cores = new Map<number, Core>();
  #sequence = 0;

  constructor() {
    for (const member of [1, 2, 3]) this.boot(member, { term: 1, vote: 0 }, [FOUNDING]);
  }

  boot(member: number, hardState: { term: number; vote: number }, tail: readonly Batch[]): void {
    const found: RecoveredLog = {
      ...{ hardState, baseIndex: 0, baseTerm: 0, lastIndex: tail.length, configurations: [], tail },
      termRuns: tail.map((batch) => ({ term: batch.term, first: batch.first })),
    };
    this.oracles.recovered(member, found);
    const core = new Core();
    this.cores.set(member, core);
    this.oracles.started(member, core as unknown as RaftFrontDoor);
  }

  /** Hands a hard state and batches to the log of a member. @returns the write's sequence. */
  write(member: number, term: number, vote: number, ...batches: Batch[]): number {
    this.#sequence += 1;
    this.oracles.wrote(member, { sequence: this.#sequence, hardState: { term, vote }, batches });
    const core = this.cores.get(member) as Core;
    const last = batches.at(-1);
    if (last !== undefined) Object.assign(core, { lastIndex: last.last, lastTerm: last.term });
    core.term = term;
    return this.#sequence;
  }

  durable(member: number, term: number, vote: number, ...batches: Batch[]): void {
    this.oracles.synced(member, this.write(member, term, vote, ...batches));
  }

  send(message: PeerMessage): void {
    this.oracles.leaves(message);
  }

  turn(member: number, change: Partial<Core> = {}): void {
    Object.assign(this.cores.get(member) as Core, change);
    this.oracles.turn(member);
  }

  /** Requires: the vote is durable. */
  vote(from: number, to: number, term: number): void {
    this.send({ type: 'voteReply', from, to, term, granted: true });
  }

  /** Everybody holds entry 2 of term 2 and member 1 leads. */
  replicated(text = ''): void {
    for (const member of [1, 2, 3]) this.durable(member, 2, 1, batchOf(2, 2, text));
    this.vote(2, 1, 2);
    this.turn(1, { role: 'leader' });
  }

  operation(value: string, ttlMs: number | null = null): ReturnType<History['begin']> {
    return this.history.begin({ key: 'k', value, ttlMs, command: bytesFrom(value) });
  }
}

export function oracleOf(act: () => void): OracleName | null {
  try {
    act();
  } catch (error) {
    if (error instanceof Violation) return error.oracle;
    throw error;
  }
  return null;
}

export function context(index: number, term: number, leaderTimeMs = 0) {
  return { index, term, leaderTimeMs };
}
