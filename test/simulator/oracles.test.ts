/** Each oracle fires on the smallest sequence of events that breaks its promise, and only then. */
import { describe, expect, test } from 'vitest';
import { BATCH_KIND, type Batch, sealBatch } from '../../src/node/model/batch.ts';
import type { PeerMessage } from '../../src/node/model/message.ts';
import type { RecoveredLog } from '../../src/node/ports/log-store.ts';
import type { RaftFrontDoor } from '../../src/node/raft/contract.ts';
import type { Role } from '../../src/node/raft/ready.ts';
import { History } from '../../src/simulator/history.ts';
import { Oracles } from '../../src/simulator/oracles.ts';
import { type OracleName, Violation } from '../../src/simulator/violation.ts';
import { bytesFrom } from '../../src/std/bytes.ts';

const CLUSTER = '0123456789abcdef0123456789abcdef';

function batchOf(first: number, term: number, text = ''): Batch {
  const input = { cluster: CLUSTER, term, first, count: 1, leaderTimeMs: 0 };
  const kind = text === '' ? BATCH_KIND.noop : BATCH_KIND.commands;
  return sealBatch({ ...input, kind, payload: bytesFrom(text) });
}

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

class Scene {
  readonly oracles = new Oracles([1, 2, 3], [batchOf(1, 1)]);
  readonly history = new History(this.oracles, {
    timeCommand: 'time',
    clockMs: () => this.clockMs,
  });
  clockMs = 0;
  readonly cores = new Map<number, Core>();
  #sequence = 0;

  constructor() {
    for (const member of [1, 2, 3]) this.boot(member, { term: 1, vote: 0 }, [batchOf(1, 1)]);
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

function oracleOf(act: () => void): OracleName | null {
  try {
    act();
  } catch (error) {
    if (error instanceof Violation) return error.oracle;
    throw error;
  }
  return null;
}

function context(index: number, term: number, leaderTimeMs = 0) {
  return { index, term, leaderTimeMs };
}

describe('Oracles', () => {
  test('Oracles let a proper election, commit and read pass', () => {
    const scene = new Scene();
    const operation = scene.operation('a');
    expect(
      oracleOf(() => {
        scene.durable(1, 2, 1);
        scene.send({ type: 'vote', from: 1, to: 2, term: 2, lastIndex: 1, lastTerm: 1 });
        scene.durable(2, 2, 1);
        scene.send({ type: 'voteReply', from: 2, to: 1, term: 2, granted: true });
        scene.turn(1, { role: 'leader' });
        scene.write(1, 2, 1, batchOf(2, 2, 'a'));
        scene.durable(2, 2, 1, batchOf(2, 2, 'a'));
        scene.durable(3, 2, 0, batchOf(2, 2, 'a'));
        scene.send({ type: 'appendReply', from: 2, to: 1, term: 2, matchIndex: 2 });
        scene.turn(1, { commitIndex: 2, matchIndex: 2 });
        scene.history.applies(1, 'a', context(2, 2));
        scene.history.settled(operation, 1, 'ok');
        scene.history.read(1, { key: 'k', value: 'a', committedAtStart: 2 });
        scene.history.checkAcknowledged();
      }),
    ).toBeNull();
  });

  test('Oracles see two leaders of one term (I1)', () => {
    const scene = new Scene();
    scene.durable(1, 2, 1);
    scene.durable(2, 2, 2);
    scene.durable(3, 2, 1);
    scene.vote(3, 1, 2);
    scene.turn(1, { role: 'leader' });
    expect(oracleOf(() => scene.turn(2, { role: 'leader' }))).toBe('I1 election safety');
  });

  test('Oracles see a leader that a majority did not vote for (I1)', () => {
    const scene = new Scene();
    scene.durable(1, 2, 1);
    expect(oracleOf(() => scene.turn(1, { role: 'leader' }))).toBe('I1 election safety');
  });

  test('Oracles see an append of a node that does not lead (I1)', () => {
    const scene = new Scene();
    scene.durable(1, 2, 1);
    expect(
      oracleOf(() =>
        scene.send({ type: 'heartbeat', from: 1, to: 3, term: 2, commitIndex: 1, round: 0 }),
      ),
    ).toBe('I1 election safety');
  });

  test.each([
    [1, 1, 'I7 leader completeness'],
    [2, 2, null],
    [1, 3, null],
  ])(
    'Oracles see a vote for an older log than the own (I7): (%i, %i)',
    (lastIndex, lastTerm, fired) => {
      const scene = new Scene();
      scene.durable(2, 2, 0, batchOf(2, 2));
      scene.durable(1, 3, 1);
      scene.send({ type: 'vote', from: 1, to: 2, term: 3, lastIndex, lastTerm });
      expect(oracleOf(() => scene.write(2, 3, 1))).toBe(fired);
    },
  );

  test('Oracles see an append of a term that another leads (I1)', () => {
    const scene = new Scene();
    scene.durable(1, 2, 1);
    scene.durable(2, 2, 2);
    scene.durable(3, 2, 1);
    scene.vote(3, 1, 2);
    scene.turn(1, { role: 'leader' });
    expect(
      oracleOf(() =>
        scene.send({ type: 'heartbeat', from: 2, to: 3, term: 2, commitIndex: 1, round: 0 }),
      ),
    ).toBe('I1 election safety');
  });

  test('Oracles see a second vote in a term, also over a crash (I2)', () => {
    const scene = new Scene();
    scene.durable(3, 2, 1);
    scene.send({ type: 'voteReply', from: 3, to: 1, term: 2, granted: true });
    scene.durable(3, 2, 2);
    expect(
      oracleOf(() => scene.send({ type: 'voteReply', from: 3, to: 2, term: 2, granted: true })),
    ).toBe('I2 one vote per term');
  });

  test('Oracles see a vote that leaves before it is durable (I3)', () => {
    const scene = new Scene();
    scene.write(3, 2, 1);
    expect(
      oracleOf(() => scene.send({ type: 'voteReply', from: 3, to: 1, term: 2, granted: true })),
    ).toBe('I3 persist before reply');
  });

  test('Oracles see a candidate whose own vote is not durable (I3)', () => {
    const scene = new Scene();
    scene.durable(1, 2, 0);
    expect(
      oracleOf(() =>
        scene.send({ type: 'vote', from: 1, to: 2, term: 2, lastIndex: 1, lastTerm: 1 }),
      ),
    ).toBe('I3 persist before reply');
  });

  test('Oracles see a term that falls, in a core and over a crash (I4)', () => {
    const scene = new Scene();
    scene.turn(1, { term: 3 });
    expect(oracleOf(() => scene.turn(1, { term: 2 }))).toBe('I4 term monotone');
    scene.durable(2, 2, 0);
    scene.send({ type: 'heartbeatReply', from: 2, to: 1, term: 2, round: 0 });
    scene.oracles.record(2).durableHard = { term: 1, vote: 0 };
    expect(oracleOf(() => scene.boot(2, { term: 1, vote: 0 }, [batchOf(1, 1)]))).toBe(
      'I4 term monotone',
    );
  });

  test('Oracles see logs that differ below an equal entry (I6)', () => {
    const scene = new Scene();
    scene.write(1, 3, 0, batchOf(2, 2, 'a'), batchOf(3, 3));
    expect(oracleOf(() => scene.write(2, 3, 0, batchOf(2, 2, 'b'), batchOf(3, 3)))).toBe(
      'I6 log matching',
    );
  });

  test('Oracles see a core that holds more than it gave to its log (I6)', () => {
    const scene = new Scene();
    expect(oracleOf(() => scene.turn(1, { lastIndex: 5 }))).toBe('I6 log matching');
  });

  test('Oracles see a leader without what was committed before its term (I7)', () => {
    const scene = new Scene();
    scene.durable(3, 2, 3);
    scene.durable(2, 2, 3);
    scene.vote(2, 3, 2);
    for (const member of [1, 2]) scene.durable(member, 3, 1, batchOf(2, 3));
    scene.vote(2, 1, 3);
    scene.turn(1, { role: 'leader' });
    scene.turn(1, { commitIndex: 2 });
    scene.turn(3, { role: 'leader' }); // Of term 2, by votes that were long under way.
    for (const member of [2, 3]) scene.durable(member, 4, 3);
    scene.vote(2, 3, 4);
    scene.turn(3, { role: 'candidate' });
    expect(oracleOf(() => scene.turn(3, { role: 'leader' }))).toBe('I7 leader completeness');
  });

  test('Oracles see another entry committed at an index (I8)', () => {
    const scene = new Scene();
    scene.replicated();
    scene.turn(1, { commitIndex: 2 });
    scene.durable(3, 3, 0, batchOf(2, 3));
    expect(oracleOf(() => scene.turn(3, { commitIndex: 2 }))).toBe('I8 state machine safety');
  });

  test('Oracles see a commit that no quorum holds durably (I9)', () => {
    const scene = new Scene();
    scene.write(1, 2, 1, batchOf(2, 2));
    scene.durable(2, 2, 1, batchOf(2, 2));
    expect(oracleOf(() => scene.turn(1, { role: 'leader', commitIndex: 2 }))).toBe(
      'I9 committed is durable',
    );
  });

  test('Oracles see an acknowledgement of what is not durable (I9)', () => {
    const scene = new Scene();
    scene.durable(2, 2, 0);
    scene.write(2, 2, 0, batchOf(2, 2));
    expect(
      oracleOf(() => scene.send({ type: 'appendReply', from: 2, to: 1, term: 2, matchIndex: 2 })),
    ).toBe('I9 committed is durable');
  });

  test('Oracles see an old term committed by counting (I11)', () => {
    const scene = new Scene();
    for (const member of [1, 2, 3]) scene.durable(member, 2, 0, batchOf(2, 2));
    scene.turn(1);
    scene.durable(1, 3, 1);
    expect(oracleOf(() => scene.turn(1, { role: 'leader', commitIndex: 2 }))).toBe(
      'I11 current-term rule',
    );
  });

  test('Oracles see a commit index that falls or passes the log (I12)', () => {
    const scene = new Scene();
    scene.replicated();
    scene.turn(1, { commitIndex: 2 });
    expect(oracleOf(() => scene.turn(1, { commitIndex: 1 }))).toBe('I12 commit monotone');
    expect(oracleOf(() => scene.turn(2, { commitIndex: 9 }))).toBe('I12 commit monotone');
  });

  test('Oracles see a follower counted for what it does not hold (I13)', () => {
    const scene = new Scene();
    for (const member of [1, 2]) scene.durable(member, 2, 1, batchOf(2, 2));
    scene.durable(3, 2, 1);
    scene.vote(2, 1, 2);
    expect(oracleOf(() => scene.turn(1, { role: 'leader', matchIndex: 2 }))).toBe(
      'I13 match accuracy',
    );
  });

  test('Oracles see a gap in a log (I19)', () => {
    const scene = new Scene();
    expect(oracleOf(() => scene.write(1, 2, 0, batchOf(3, 2)))).toBe('I19 log shape');
  });

  test('Oracles see a recovery that lost, invented or forgot something (I20)', () => {
    const lost = new Scene();
    lost.durable(1, 2, 0, batchOf(2, 2));
    expect(oracleOf(() => lost.boot(1, { term: 2, vote: 0 }, [batchOf(1, 1)]))).toBe(
      'I20 recovery',
    );
    const invented = new Scene();
    const tail = [batchOf(1, 1), batchOf(2, 1)];
    expect(oracleOf(() => invented.boot(1, { term: 1, vote: 0 }, tail))).toBe('I20 recovery');
    const forgot = new Scene();
    forgot.durable(1, 2, 3);
    expect(oracleOf(() => forgot.boot(1, { term: 1, vote: 0 }, [batchOf(1, 1)]))).toBe(
      'I20 recovery',
    );
  });

  test('Oracles let a recovery find part of what was under way', () => {
    const scene = new Scene();
    scene.write(1, 2, 0, batchOf(2, 2));
    scene.write(1, 2, 3, batchOf(3, 2));
    expect(
      oracleOf(() => scene.boot(1, { term: 2, vote: 0 }, [batchOf(1, 1), batchOf(2, 2)])),
    ).toBeNull();
  });
});

describe('History', () => {
  test('History sees different commands applied at an index (I8)', () => {
    const scene = new Scene();
    scene.operation('a');
    scene.operation('b');
    scene.replicated('a');
    for (const member of [1, 2]) scene.turn(member, { commitIndex: 2 });
    scene.history.applies(1, 'a', context(2, 2));
    expect(oracleOf(() => scene.history.applies(2, 'b', context(2, 2)))).toBe(
      'I8 state machine safety',
    );
  });

  test('History sees an entry applied before it is committed, or twice (I12)', () => {
    const scene = new Scene();
    scene.operation('a');
    scene.replicated('a');
    expect(oracleOf(() => scene.history.applies(1, 'a', context(2, 2)))).toBe(
      'I12 commit monotone',
    );
    scene.turn(1, { commitIndex: 2 });
    scene.history.applies(1, 'a', context(2, 2));
    expect(oracleOf(() => scene.history.applies(1, 'a', context(2, 2)))).toBe(
      'I12 commit monotone',
    );
  });

  test('History sees an answer without a commit (I10)', () => {
    const scene = new Scene();
    const operation = scene.operation('a');
    expect(oracleOf(() => scene.history.settled(operation, 1, 'ok'))).toBe(
      'I10 no ack before commit',
    );
  });

  test('History sees a refused write that happens and a write that happens twice (I24)', () => {
    const scene = new Scene();
    const operation = scene.operation('a');
    scene.replicated('a');
    scene.turn(1, { commitIndex: 2 });
    scene.history.settled(operation, 1, 'noLeader');
    expect(oracleOf(() => scene.history.applies(1, 'a', context(2, 2)))).toBe('I24 at most once');
    const twice = new Scene();
    twice.operation('a');
    twice.replicated('a');
    twice.turn(1, { commitIndex: 2 });
    twice.history.applies(1, 'a', context(2, 2));
    for (const member of [1, 2]) twice.durable(member, 2, 1, batchOf(3, 2, 'a'));
    twice.turn(1, { commitIndex: 3 });
    expect(oracleOf(() => twice.history.applies(1, 'a', context(3, 2)))).toBe('I24 at most once');
  });

  test('History sees a read that misses what was committed before it began (I26)', () => {
    const scene = new Scene();
    scene.operation('a');
    scene.replicated('a');
    scene.turn(1, { commitIndex: 2 });
    scene.history.applies(1, 'a', context(2, 2));
    expect(
      oracleOf(() => scene.history.read(2, { key: 'k', value: null, committedAtStart: 2 })),
    ).toBe('I26 stale read');
  });

  test('History sees a value that the log does not explain (I23)', () => {
    const scene = new Scene();
    expect(
      oracleOf(() => scene.history.read(2, { key: 'k', value: 'x', committedAtStart: 1 })),
    ).toBe('I23 read value');
  });

  test('History lets a value expire in cluster time, and sees one that stays', () => {
    const scene = new Scene();
    const operation = scene.operation('a', 100);
    scene.clockMs = 2000;
    scene.replicated('a');
    scene.turn(1, { commitIndex: 2, matchIndex: 2 });
    scene.history.applies(1, 'a', context(2, 2, 1000));
    scene.history.settled(operation, 1, 'ok');
    const read = (value: string | null): OracleName | null =>
      oracleOf(() => scene.history.read(1, { key: 'k', value, committedAtStart: 2 }));
    expect(read('a')).toBeNull();
    expect(read(null)).toBe('I23 read value');
  });

  test('History sees a time in the log that no sound clock shows', () => {
    const scene = new Scene();
    scene.operation('a');
    scene.clockMs = 2000;
    scene.replicated('a');
    scene.turn(1, { commitIndex: 2, matchIndex: 2 });
    const applied = (): void => scene.history.applies(1, 'a', context(2, 2, 90_000));
    expect(oracleOf(applied)).toBe('cluster time');
  });
});
