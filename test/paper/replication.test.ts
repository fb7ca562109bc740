/** Claims of the paper about the log: sections 5.3 and 5.4, figure 7, thesis 10.2. */
import { expect, test } from 'vitest';
import type { Batch } from '../../src/node/model/batch.ts';
import type { AppendRequest } from '../../src/node/model/message.ts';
import { commandBatch } from '../interaction/command-batch.ts';
import { RaftWorld } from '../interaction/raft-world.ts';

interface AppendGiven {
  readonly term: number;
  readonly prev: readonly [number, number];
  readonly commit?: number;
  readonly batches: readonly Batch[];
}

function append({ term, prev, commit = 0, batches }: AppendGiven): AppendRequest {
  const [prevIndex, prevTerm] = prev;
  const head = { type: 'append', from: 2, to: 1, term, round: 0 } as const;
  return { ...head, prevIndex, prevTerm, commitIndex: commit, batches };
}

// 5.3: "appends the command to its log ... then issues AppendEntries RPCs in parallel"; 10.2.1: the
// leader writes to its own disk in parallel with replicating.
test('Raft 5.3, 10.2.1: a leader sends to all in the same turn, before its own sync', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.propose(1);
  expect(world.network.map((m) => [m.type, m.to])).toEqual([
    ['append', 2],
    ['append', 3],
  ]);
  expect(world.raft(1).durableIndex).toBe(2);
});

// 5.3: "A log entry is committed once the leader ... has replicated it on a majority".
test.each([
  { voters: 3, acks: 0, ownSync: true, committed: false },
  { voters: 3, acks: 1, ownSync: true, committed: true },
  { voters: 3, acks: 1, ownSync: false, committed: false },
  { voters: 3, acks: 2, ownSync: false, committed: true },
  { voters: 5, acks: 1, ownSync: true, committed: false },
  { voters: 5, acks: 2, ownSync: true, committed: true },
  { voters: 1, acks: 0, ownSync: false, committed: false },
  { voters: 1, acks: 0, ownSync: true, committed: true },
])('Raft 5.3: $acks of $voters acknowledge, own disk $ownSync: committed $committed', (row) => {
  const world = new RaftWorld({ voters: row.voters, learners: 2 });
  world.elect(1);
  world.propose(1);
  // Learners hold it at once; they never count (M26b).
  for (const learner of [row.voters + 1, row.voters + 2]) acknowledge(world, learner);
  for (let member = 2; member < 2 + row.acks; member += 1) acknowledge(world, member);
  if (row.ownSync) world.sync(1);
  world.deliver((m) => m.to === 1);
  expect(world.raft(1).commitIndex).toBe(row.committed ? 3 : 2);
});

function acknowledge(world: RaftWorld, member: number): void {
  world.deliver((m) => m.to === member);
  world.sync(member);
}

// 5.3: "If the follower does not find an entry in its log with the same index and term, then it
// refuses the new entries" (M19a); the hint names the newest place where the logs can meet.
test.each([
  { log: [2, 2], prev: [3, 2], refused: false, hint: null },
  { log: [2, 2], prev: [3, 3], refused: true, hint: [3, 2] },
  { log: [2, 2], prev: [5, 2], refused: true, hint: [3, 2] },
  { log: [3, 3, 3], prev: [4, 2], refused: true, hint: [1, 1] },
  { log: [2, 3, 3], prev: [4, 2], refused: true, hint: [2, 2] },
] as const)('Raft 5.3: log $log, append after $prev: refused $refused', (row) => {
  const world = new RaftWorld({ voters: 3, logs: { 1: row.log } });
  world.inject(append({ term: 4, prev: row.prev, batches: [] }));
  world.sync(1);
  const reply = world.drop((m) => m.type === 'appendReject' || m.type === 'appendReply')[0];
  if (row.refused) {
    const [hintIndex, hintTerm] = row.hint;
    expect(reply).toMatchObject({
      type: 'appendReject',
      prevIndex: row.prev[0],
      hintIndex,
      hintTerm,
    });
  } else {
    expect(reply).toMatchObject({ type: 'appendReply', matchIndex: row.prev[0] });
  }
});

// 5.3: "If an existing entry conflicts with a new one, delete the existing entry and all that
// follow it" (M16), but only then: an append that is late must not shorten the log (M15).
test.each([
  { name: 'appends at the end', term: 3, from: 4, terms: [3], log: [1, 2, 2, 3] },
  { name: 'keeps what it has', term: 3, from: 2, terms: [2], log: [1, 2, 2] },
  { name: 'cuts off a conflict', term: 3, from: 3, terms: [3], log: [1, 2, 3] },
  { name: 'cuts off all that follows', term: 3, from: 2, terms: [3], log: [1, 3] },
  { name: 'keeps the equal part', term: 3, from: 2, terms: [2, 3, 3], log: [1, 2, 3, 3] },
])('Raft 5.3: a follower $name', ({ term, from, terms, log }) => {
  const world = new RaftWorld({ voters: 3, logs: { 1: [2, 2] } });
  const batches = terms.map((batchTerm, at) => commandBatch(batchTerm, from + at));
  const prevTerm = world.raft(1).termAt(from - 1);
  world.inject(append({ term, prev: [from - 1, prevTerm], batches }));
  world.sync(1);
  expect(world.terms(1)).toEqual(log);
  expect(world.node(1).batches.map((batch) => batch.term)).toEqual(log);
});

test('Raft 5.3: a late, shorter append of the same leader shortens nothing (M15)', () => {
  const world = new RaftWorld({ voters: 3 });
  const batches = [2, 3, 4].map((first) => commandBatch(2, first));
  world.inject(append({ term: 2, prev: [1, 1], batches }));
  world.inject(append({ term: 2, prev: [1, 1], batches: batches.slice(0, 1) }));
  world.inject(append({ term: 2, prev: [2, 2], batches: [] }));
  expect(world.terms(1)).toEqual([1, 2, 2, 2]);
});

// Figure 2: "set commitIndex = min(leaderCommit, index of last new entry)" (M17).
test('Raft figure 2: a follower commits only what this append has shown to be equal', () => {
  const world = new RaftWorld({ voters: 3, logs: { 1: [2, 2, 2], 2: [2, 2, 2] } });
  world.inject(append({ term: 3, prev: [1, 1], commit: 4, batches: [] }));
  expect(world.raft(1).commitIndex).toBe(1);
  world.inject(append({ term: 3, prev: [1, 1], commit: 4, batches: [commandBatch(2, 2)] }));
  expect(world.raft(1).commitIndex).toBe(2);
  world.inject({ type: 'heartbeat', from: 2, to: 1, term: 3, commitIndex: 4, round: 1 });
  expect(world.raft(1).commitIndex).toBe(2);
  world.inject(append({ term: 3, prev: [1, 1], commit: 1, batches: [] }));
  expect(world.raft(1).commitIndex).toBe(2);
});

// Figure 2: "persistent state ... updated on stable storage before responding to RPCs" (M24).
test('Raft figure 2: a follower acknowledges only what is durable', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.propose(1, 'a');
  world.deliver();
  expect(world.drop((m) => m.from === 2)).toEqual([]);
  world.sync(2);
  expect(world.drop((m) => m.from === 2)).toMatchObject([{ type: 'appendReply', matchIndex: 3 }]);
});

test('Raft acknowledges once a turn, however many appends it took', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  for (const text of ['a', 'b', 'c']) world.propose(1, text);
  world.deliver((m) => m.to === 2);
  world.sync(2);
  expect(world.drop((m) => m.from === 2)).toMatchObject([{ type: 'appendReply', matchIndex: 5 }]);
});

// 5.3: a sync that was under way when the log was cut does not vouch for what replaced it.
test('Raft does not take an old sync for the durability of a new entry', () => {
  const world = new RaftWorld({ voters: 3 });
  world.inject(
    append({ term: 2, prev: [1, 1], batches: [commandBatch(2, 2), commandBatch(2, 3)] }),
  );
  const first = world.node(1).writes.splice(0);
  world.inject(
    append({ term: 3, prev: [1, 1], batches: [commandBatch(3, 2), commandBatch(3, 3)] }),
  );
  world.turn(1, (raft) => raft.logSynced(first[0]?.sequence ?? 0));
  expect(world.raft(1).durableIndex).toBe(1);
  expect(world.drop()).toEqual([]);
  world.sync(1);
  expect(world.raft(1).durableIndex).toBe(3);
});

// 5.3: the leader "never overwrites or deletes entries in its own log", and figure 7: whatever
// followers hold, they end with the leader's log.
test.each([
  { name: 'a', terms: [1, 1, 4, 4, 5, 5, 6, 6] },
  { name: 'b', terms: [1, 1, 4] },
  { name: 'c', terms: [1, 1, 4, 4, 5, 5, 6, 6, 6, 6] },
  { name: 'd', terms: [1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7] },
  { name: 'e', terms: [1, 1, 4, 4, 4, 4] },
  { name: 'f', terms: [1, 1, 2, 2, 2, 3, 3, 3, 3, 3] },
])('Raft figure 7: follower $name ends with the log of the leader', ({ terms }) => {
  const leader = [1, 1, 4, 4, 5, 5, 6, 6, 6];
  const term = Math.max(7, ...terms);
  const hardStates = { 1: { term, vote: 0 }, 2: { term, vote: 0 }, 3: { term, vote: 0 } };
  const world = new RaftWorld({ voters: 3, logs: { 1: leader, 2: leader, 3: terms }, hardStates });
  world.elect(1);
  expect(world.terms(1)).toEqual([1, ...leader, term + 1]);
  expect(world.terms(3)).toEqual(world.terms(1));
});

// 5.3, end: hints skip whole terms: never more than one reject per term of either log.
test('Raft 5.3: logs that went apart far meet after few rejects', () => {
  const own = Array.from({ length: 200 }, (_, at) => (at < 100 ? 3 : 6));
  const other = Array.from({ length: 300 }, (_, at) => (at < 150 ? 2 : 5));
  const world = new RaftWorld({ voters: 3, logs: { 1: own, 2: own, 3: other } });
  let rejects = 0;
  world.onReady = (_, ready) => {
    rejects += ready.messages.filter((m) => m.type === 'appendReject').length;
  };
  world.elect(1);
  expect(world.terms(3)).toEqual(world.terms(1));
  expect(rejects).toBeLessThanOrEqual(4);
});

// 5.4.2: "Raft never commits log entries from previous terms by counting replicas" (M13). The
// dialogue figure-8.txt plays the figure; here the rule by itself, and that the no-op helps (M14).
// It is check 62 of docs/older-systems.md too: goraft counts replicas of older terms.
test('Raft 5.4.2: an entry of an older term is committed only together with one of the own', () => {
  const world = new RaftWorld({ voters: 3, logs: { 1: [2], 2: [2], 3: [2] } });
  world.campaign(1);
  for (const type of ['preVote', 'preVoteReply', 'vote', 'voteReply'] as const) {
    world.sync(1);
    world.deliver((m) => m.type === type);
    world.sync(2);
  }
  world.inject({ type: 'appendReply', from: 2, to: 1, term: 3, matchIndex: 2 });
  world.inject({ type: 'appendReply', from: 3, to: 1, term: 3, matchIndex: 2 });
  expect([world.raft(1).commitIndex, world.raft(1).serving]).toEqual([1, false]);
  world.drop((m) => m.type !== 'append');
  world.settle();
  expect([world.raft(1).commitIndex, world.raft(1).serving]).toEqual([3, true]);
});

// 5.4.3: a committed entry is in the log of every later leader.
test('Raft 5.4.3: a member without a committed entry cannot become leader', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.isolate(3);
  world.propose(1);
  world.settle();
  world.crash(1);
  world.connect(2, 3);
  for (let i = 0; i < 300 && world.leader === 0; i += 1) {
    world.tickAll();
    world.settle();
  }
  expect(world.leader).toBe(2);
});

// M18b, M28: acknowledgements that are late or doubled move nothing back, and send nothing again.
test('Raft takes late and doubled acknowledgements without going back', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  for (const text of ['a', 'b']) world.propose(1, text);
  world.settle();
  const before = world.raft(1).progressOf(2);
  for (const matchIndex of [3, 4, 4, 2]) {
    world.inject({ type: 'appendReply', from: 2, to: 1, term: 2, matchIndex });
  }
  expect(world.raft(1).progressOf(2)).toEqual(before);
  expect(world.network).toEqual([]);
});

test('Raft answers doubled rejects with one probe, not with one each', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.propose(1, 'a');
  world.drop((m) => m.to === 2);
  world.propose(1, 'b');
  world.deliver((m) => m.to === 2);
  const [reject] = world.drop((m) => m.type === 'appendReject');
  if (reject === undefined) throw new Error('no reject');
  for (let i = 0; i < 20; i += 1) world.inject(reject);
  expect(world.network.filter((m) => m.to === 2)).toHaveLength(1);
});

// A hint names an entry; where the leader's batches begin and end a follower cannot know.
test('Raft probes with a whole batch when a hint lies inside it', () => {
  const world = new RaftWorld({ voters: 3 });
  world.isolate(3);
  world.elect(1);
  world.propose(1, 'x'.repeat(10), 4);
  world.settle();
  world.crash(1);
  world.restart(1);
  world.connect(1, 2);
  world.elect(2);
  world.connect(2, 3);
  const [probe] = world.drop((m) => m.type === 'append' && m.to === 3);
  if (probe?.type !== 'append') throw new Error('no probe');
  expect(probe.prevIndex).toBe(6);
  const { term, prevIndex } = probe;
  world.inject({
    ...{ type: 'appendReject', from: 3, to: 2, term, prevIndex },
    ...{ hintIndex: 4, hintTerm: 2 },
  });
  const [next] = world.network.filter((m) => m.type === 'append' && m.to === 3);
  expect(next).toMatchObject({ prevIndex: 2, batches: [{ first: 3, last: 6 }] });
});

// M21: batches travel whole, in order, without holes; at least one, then as many as fit.
test('Raft fills messages up to their size, and sends one large batch alone', () => {
  const world = new RaftWorld({
    voters: 3,
    config: { appendBytesMax: 400, inflightBatchesMax: 100 },
  });
  world.elect(1);
  world.crash(3);
  for (const size of [50, 50, 50, 2000, 50]) world.propose(1, 'x'.repeat(size));
  world.settle();
  world.restart(3);
  world.deliver();
  world.sync(3); // The probe, which carried the first batch.
  world.deliver((m) => m.from === 3);
  const sent = world.network
    .filter((m): m is AppendRequest => m.type === 'append' && m.to === 3)
    .map((m) => m.batches.map((batch) => batch.first));
  expect(sent).toEqual([[4, 5], [6], [7]]);
});

test('Raft bounds what is under way to one follower in batches and bytes', () => {
  for (const config of [{ inflightBatchesMax: 3 }, { inflightBytesMax: 200 }]) {
    const world = new RaftWorld({ voters: 3, config });
    world.elect(1);
    for (let i = 0; i < 10; i += 1) world.propose(1, 'x'.repeat(30));
    expect(world.network.filter((m) => m.type === 'append' && m.to === 2)).toHaveLength(3);
    world.settle();
    world.tick(1);
    world.settle();
    expect(world.raft(2).commitIndex).toBe(12);
  }
});

// M28: a follower whose probe was lost is probed again, once each heartbeat interval.
test('Raft probes again at the next heartbeat when a probe is lost', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.disconnect(1, 3);
  world.connect(1, 3);
  const isProbe = (m: { readonly type: string; readonly to: number }) =>
    m.type === 'append' && m.to === 3;
  expect(world.drop(isProbe)).toHaveLength(1);
  world.tick(1, world.config.heartbeatTicks - 1);
  world.propose(1);
  expect(world.network.filter(isProbe)).toEqual([]);
  world.tick(1);
  expect(world.network.filter(isProbe)).toHaveLength(1);
  world.settle();
  world.tick(1);
  world.settle();
  expect(world.raft(3).commitIndex).toBe(3);
});

test('Raft sends nothing to a member without a connection', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.disconnect(1, 3);
  world.propose(1);
  world.tick(1, 30);
  expect(world.network.filter((m) => m.to === 3)).toEqual([]);
});

test('Raft keeps recent batches only as far as its cache allows, but all that is not settled', () => {
  const world = new RaftWorld({ voters: 3, config: { cacheBytesMax: 300 } });
  world.elect(1);
  for (let i = 0; i < 10; i += 1) world.propose(1, 'x'.repeat(30));
  expect(world.raft(1).cachedBatch(3)).not.toBeNull();
  world.settle();
  expect(world.raft(1).cachedBatch(3)).toBeNull();
  expect(world.raft(1).cachedBatch(12)?.first).toBe(12);
});

test('Raft asks again, at the next heartbeat, for a read of the log that failed', () => {
  const world = new RaftWorld({ voters: 3, config: { cacheBytesMax: 1 } });
  world.elect(1);
  world.crash(3);
  world.propose(1);
  world.settle();
  world.restart(3);
  while (world.node(1).logReads.length === 0) world.deliver();
  world.node(1).logReads = [];
  world.turn(1, (raft) => raft.logRead(3, null));
  expect(world.node(1).logReads).toEqual([]);
  world.tick(1, world.config.heartbeatTicks);
  expect(world.node(1).logReads).toHaveLength(1);
  world.settle();
  expect(world.raft(3).commitIndex).toBe(3);
});

test('Raft hands batches to the log once, and none that were cut off before', () => {
  const world = new RaftWorld({ voters: 3 });
  const old = append({ term: 2, prev: [1, 1], batches: [commandBatch(2, 2), commandBatch(2, 3)] });
  const next = append({ term: 3, prev: [1, 1], batches: [commandBatch(3, 2)] });
  world.turn(1, (raft) => {
    raft.step(old);
    raft.step(next);
  });
  const [write] = world.node(1).writes;
  expect(write?.batches.map((batch) => [batch.first, batch.term])).toEqual([[2, 3]]);
  expect(world.turn(1, (raft) => raft.ready())).toBeNull();
});

test('Raft with a full disk takes no entries but follows, and catches up with space', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.turn(3, (raft) => raft.diskFull(true));
  world.propose(1);
  world.settle();
  expect([world.raft(3).lastIndex, world.raft(3).leader]).toEqual([2, 1]);
  world.turn(3, (raft) => raft.diskFull(false));
  for (let i = 0; i < 30; i += 1) {
    world.tickAll(10);
    world.settle();
  }
  expect([world.raft(3).commitIndex, world.raft(1).term]).toEqual([3, 2]);
});
