/** Claims of the thesis about disturbances: pre-vote (9.6), check-quorum (6.2), and this program's
 * quick failover, which leans on both. */
import { expect, test } from 'vitest';
import { RaftWorld } from '../interaction/raft-world.ts';

const ASK = { from: 3, to: 2, lastIndex: 9, lastTerm: 9 } as const;

// 9.6: a candidate "only increments its term if it first learns from a majority ... that they would
// be willing to grant the candidate their votes" (M06a).
test('Raft 9.6: a pre-vote changes neither term nor vote, on either side', () => {
  const world = new RaftWorld({ voters: 3 });
  world.campaign(1);
  world.deliver();
  expect(world.numbers.map((n) => world.raft(n).term)).toEqual([1, 1, 1]);
  expect(world.numbers.map((n) => world.node(n).writes)).toEqual([[], [], []]);
  expect(world.drop()).toMatchObject([
    { type: 'preVoteReply', term: 2, granted: true },
    { type: 'preVoteReply', term: 2, granted: true },
  ]);
});

// 9.6: it is refused by a server that hears the leader (M06b), and granted when it no longer does.
test('Raft 9.6: a pre-vote is refused while the leader is heard', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.inject({ ...ASK, type: 'preVote', term: 3 });
  expect(world.drop()).toMatchObject([{ type: 'preVoteReply', term: 2, granted: false }]);
  world.tick(2, world.config.electionTimeoutTicksMin);
  world.drop();
  world.inject({ ...ASK, type: 'preVote', term: 3 });
  expect(world.drop()).toMatchObject([{ type: 'preVoteReply', term: 3, granted: true }]);
});

test('Raft 9.6: a lost connection to the leader frees a follower to support another', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.disconnect(1, 2);
  world.inject({ ...ASK, type: 'preVote', term: 3 });
  expect(world.drop()).toMatchObject([{ type: 'preVoteReply', granted: true }]);
});

// 4.2.3: "if a server receives a RequestVote within the minimum election timeout of hearing from a
// current leader, it does not update its term or grant its vote".
test('Raft 4.2.3: a real vote is ignored, term and all, while the leader is heard', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  for (const to of [1, 2]) world.inject({ ...ASK, to, type: 'vote', term: 3 });
  expect(world.numbers.map((n) => world.raft(n).term)).toEqual([2, 2, 2]);
  expect(world.network).toEqual([]);
  world.tick(2, world.config.electionTimeoutTicksMin);
  world.inject({ ...ASK, type: 'vote', term: 3 });
  expect(world.raft(2).term).toBe(3);
});

test('Raft 9.6: a stale answer to an older pre-vote does not count', () => {
  const world = new RaftWorld({ voters: 3, logs: { 1: [2, 2] } });
  world.campaign(1);
  world.drop();
  world.inject({ type: 'preVoteReply', from: 2, to: 1, term: 2, granted: true });
  expect(world.raft(1).role).toBe('preCandidate');
  world.inject({ type: 'preVoteReply', from: 2, to: 1, term: 3, granted: true });
  expect(world.raft(1).role).toBe('candidate');
});

// 9.6: a server that was partitioned away does not raise its term, and disturbs nobody on return.
test('Raft 9.6: a member that comes back after long isolation deposes nobody', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.isolate(3);
  world.tick(3, 2000);
  world.settle();
  expect(world.raft(3).term).toBe(2);
  world.tickAll(world.config.heartbeatTicks);
  world.heal(3);
  world.settle();
  expect(world.numbers.map((n) => [world.raft(n).term, world.raft(n).leader])).toEqual([
    [2, 1],
    [2, 1],
    [2, 1],
  ]);
});

// 6.2: "a leader steps down if an election timeout elapses without a successful round of heartbeats
// to a majority" (M08).
test('Raft 6.2: a leader that hears no majority steps down after an election timeout', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  const ticks = world.config.electionTimeoutTicksMax;
  world.tick(1, ticks - 1);
  expect(world.raft(1).role).toBe('leader');
  world.tick(1);
  expect([world.raft(1).role, world.raft(1).term, world.raft(1).leader]).toEqual([
    'follower',
    2,
    0,
  ]);
});

test('Raft 6.2: one follower of two is enough for a leader to stay', () => {
  const world = new RaftWorld({ voters: 3, learners: 2 });
  world.elect(1);
  world.crash(3);
  for (let i = 0; i < 50; i += 1) {
    world.tickAll(10);
    world.settle();
  }
  expect(world.raft(1).role).toBe('leader');
});

test('Raft 6.2: learners that are heard do not keep a leader', () => {
  const world = new RaftWorld({ voters: 3, learners: 2 });
  world.elect(1);
  world.crash(2);
  world.crash(3);
  for (let i = 0; i < 12; i += 1) {
    world.tickAll(10);
    world.settle();
  }
  expect(world.raft(1).role).not.toBe('leader');
});

// Time is judged by the clock, but never before the answers of a stalled process were read.
test('Raft 6.2: a stall of the own process gives followers one interval to answer', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.nowMs += 60_000;
  world.tick(1);
  expect(world.raft(1).role).toBe('leader');
  expect(world.network.filter((m) => m.type === 'heartbeat')).toHaveLength(2);
  world.drop();
  world.tick(1, world.config.heartbeatTicks);
  expect(world.raft(1).role).toBe('follower');
});

test('Raft stands within a few ticks when the connection to the leader breaks', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.crash(1);
  let ticks = 0;
  while (world.leader === 0 && ticks < 1000) {
    world.tickAll();
    world.settle();
    ticks += 1;
  }
  expect(ticks).toBeLessThanOrEqual(world.config.reconnectVoteTicksMax);
});

test('Raft asks less and less often while a hasty election cannot be won', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.disconnect(1, 3);
  let asked = 0;
  for (let i = 0; i < 100; i += 1) {
    world.tickAll(10);
    asked += world.network.filter((m) => m.type === 'preVote').length;
    world.settle();
  }
  expect(world.raft(1).role).toBe('leader');
  expect(asked).toBeGreaterThan(20);
  expect(asked).toBeLessThan(100);
});

// M11: what a leader wanted to say, and what waited for its disk, is not said once it stepped down.
test('Raft drops the held appends of a leader that steps down in its own term', () => {
  const world = new RaftWorld({ voters: 1, learners: 1 });
  world.campaign(1);
  expect([world.raft(1).role, world.network]).toEqual(['leader', []]);
  world.turn(1, (raft) => raft.diskFull(true));
  world.sync(1);
  expect([world.raft(1).role, world.raft(1).term, world.network]).toEqual(['follower', 2, []]);
});

// A full disk: no leader, no candidate, and no promise to vote.
test('Raft with a full disk neither leads nor stands, until there is space', () => {
  const world = new RaftWorld({ voters: 1 });
  world.elect(1);
  world.turn(1, (raft) => raft.diskFull(true));
  world.tick(1, 500);
  expect(world.raft(1).role).toBe('follower');
  expect(world.propose(1)).toEqual({ accepted: false, reason: 'diskFull' });
  world.turn(1, (raft) => raft.diskFull(false));
  world.elect(1);
  expect(world.raft(1).serving).toBe(true);
});
