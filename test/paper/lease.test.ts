/** Claims about reads by a lease: thesis 6.4.1, and what it asks of those who vote. */
import { expect, test } from 'vitest';
import { DRIFT_MAX } from '../../src/node/raft/lease.ts';
import { RaftWorld } from '../interaction/raft-world.ts';

/** The shortest election timeout of the worlds, and what a lease is by their clocks. */
const PROMISE_MS = 500;
const LEASE_MS = (PROMISE_MS * (1 - DRIFT_MAX)) / (1 + DRIFT_MAX);

function leased(voters = 3): RaftWorld {
  const world = new RaftWorld({ voters, leases: true });
  world.elect(1);
  return world;
}

/** Nobody hears anybody, and time passes on all sides. */
function silence(world: RaftWorld, ms: number): void {
  for (let passed = 0; passed < ms; passed += 10) {
    world.tickAll();
    world.drop();
  }
}

// 6.4.1: "During the lease, the leader can answer read-only queries without sending any messages".
test('Raft 6.4.1: a leader with a lease answers reads at once, and sends nothing for it', () => {
  const world = leased();
  world.drop();
  expect(world.readAnswer(1, world.read(1))).toBe(2);
  expect(world.network).toEqual([]);
  world.inject({ type: 'readIndex', from: 3, to: 1, term: 2, requestId: 9 });
  expect(world.network).toMatchObject([{ type: 'readIndexReply', to: 3, requestId: 9, index: 2 }]);
});

test('Raft 6.4.1: without leases in the configuration every read asks a majority', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  expect(world.readAnswer(1, world.read(1))).toBeNull();
  expect(world.raft(1).leaseUntilMs).toBe(Number.NEGATIVE_INFINITY);
});

test('Raft 6.4.1: a single voter always has its lease', () => {
  const world = leased(1);
  world.nowMs += 60_000;
  expect(world.readAnswer(1, world.read(1))).toBe(2);
});

// "The leader's lease ... start + election timeout / clock drift bound" (M32a, M32b).
test('Raft 6.4.1: the lease counts from before the round was sent, less the drift', () => {
  const world = leased();
  world.drop();
  const beganMs = world.nowMs + 10 * world.config.heartbeatTicks;
  world.tick(1, world.config.heartbeatTicks);
  world.nowMs += 200; // The round and its echo take their time.
  world.deliver((m) => m.to === 2);
  world.nowMs += 100;
  world.deliver((m) => m.to === 1);
  expect(world.raft(1).leaseUntilMs).toBeCloseTo(beganMs + LEASE_MS);
});

test('Raft 6.4.1: a majority must stand by the leader, learners do not count', () => {
  const world = new RaftWorld({ voters: 5, learners: 2, leases: true });
  world.elect(1);
  const before = world.raft(1).leaseUntilMs;
  world.tick(1, world.config.heartbeatTicks);
  world.deliver((m) => m.to === 2 || m.to > 5);
  world.deliver((m) => m.to === 1);
  expect(world.raft(1).leaseUntilMs).toBe(before);
  world.deliver((m) => m.to === 3);
  world.deliver((m) => m.to === 1);
  expect(world.raft(1).leaseUntilMs).toBeGreaterThan(before);
});

// The process stood still: nothing ticked, but the lease is over (M32c).
test('Raft 6.4.1: a leader that stood still asks before it answers', () => {
  const world = leased();
  world.drop();
  world.nowMs += Math.ceil(LEASE_MS);
  const request = world.read(1);
  expect(world.readAnswer(1, request)).toBeNull();
  world.settle();
  expect(world.readAnswer(1, request)).toBe(2);
});

// "as long as ... no other server becomes leader": it is the followers who make that true (M32d).
test('Raft 6.4.1: a follower that lost the connection to its leader stands by it all the same', () => {
  const world = leased();
  world.tick(1, world.config.heartbeatTicks);
  world.settle();
  const heardMs = world.nowMs;
  world.isolate(1);
  silence(world, PROMISE_MS - 20);
  expect([world.raft(2).role, world.raft(3).role]).toEqual(['follower', 'follower']);
  world.inject({ type: 'preVote', from: 3, to: 2, term: 3, lastIndex: 9, lastTerm: 2 });
  expect(world.drop()).toMatchObject([{ type: 'preVoteReply', granted: false }]);
  world.inject({ type: 'vote', from: 3, to: 2, term: 3, lastIndex: 9, lastTerm: 2 });
  expect([world.drop(), world.raft(2).term]).toEqual([[], 2]);
  expect(world.raft(1).leaseUntilMs).toBeLessThan(heardMs + PROMISE_MS);
  silence(world, 40);
  world.inject({ type: 'preVote', from: 3, to: 2, term: 3, lastIndex: 9, lastTerm: 2 });
  expect(world.drop()).toMatchObject([{ type: 'preVoteReply', granted: true }]);
});

test('Raft 6.4.1: a promise holds in later terms too', () => {
  const world = leased();
  world.tick(1, world.config.heartbeatTicks);
  world.settle();
  world.inject({ type: 'heartbeatReply', from: 3, to: 2, term: 7, round: 0 });
  world.sync(2);
  expect(world.raft(2).term).toBe(7);
  world.inject({ type: 'vote', from: 3, to: 2, term: 7, lastIndex: 9, lastTerm: 2 });
  expect(world.drop()).toMatchObject([{ type: 'voteReply', term: 7, granted: false }]);
});

// Promises are not on disk: whoever starts stands by a leader it may have heard before (M32e).
test('Raft 6.4.1: a follower that starts again votes for nobody as long as a promise lasts', () => {
  const world = leased();
  world.isolate(1);
  world.crash(2);
  world.restart(2);
  world.disconnect(1, 2);
  silence(world, PROMISE_MS - 20);
  expect(world.raft(2).role).toBe('follower');
  world.inject({ type: 'preVote', from: 3, to: 2, term: 3, lastIndex: 9, lastTerm: 2 });
  expect(world.drop()).toMatchObject([{ type: 'preVoteReply', granted: false }]);
  silence(world, 40);
  world.inject({ type: 'preVote', from: 3, to: 2, term: 3, lastIndex: 9, lastTerm: 2 });
  expect(world.drop()).toMatchObject([{ type: 'preVoteReply', granted: true }]);
});

test('Raft 6.4.1: founders that never had a leader elect one at once', () => {
  const world = new RaftWorld({ voters: 3, leases: true });
  const before = world.nowMs;
  while (world.leader === 0) {
    world.tickAll();
    world.settle();
  }
  expect(world.nowMs - before).toBeLessThan(PROMISE_MS);
});

// A lease counts on what others promise: it must not matter what timers each of them has.
test('Raft 6.4.1: a follower with shorter timers than its leader promises as long as the others', () => {
  const impatient = { electionTimeoutTicksMin: 10, electionTimeoutTicksMax: 20 };
  const configs = { 2: impatient, 3: impatient };
  const world = new RaftWorld({ voters: 3, leases: true, configs });
  world.elect(1);
  world.tick(1, world.config.heartbeatTicks);
  world.settle();
  const untilMs = world.raft(1).leaseUntilMs;
  world.isolate(1);
  while (world.nowMs + 10 < untilMs) {
    world.tick(2, 1);
    world.tick(3, 1);
    world.settle();
    expect([world.raft(2).role, world.raft(3).role]).not.toContain('leader');
  }
});

// 3.10: whoever is asked to take over needs no promise to end; so the lease ends first (M34).
test('Raft 6.4.1: a leader that hands over gives up its lease before it asks', () => {
  const world = leased();
  world.drop();
  world.turn(1, (raft) => raft.transferLeadership(2));
  expect(world.network).toMatchObject([{ type: 'timeoutNow', to: 2 }]);
  expect(world.raft(1).leaseUntilMs).toBe(Number.NEGATIVE_INFINITY);
  expect(world.readAnswer(1, world.read(1))).toBeNull();
  world.drop((m) => m.to === 1 || m.from === 1);
  world.tick(1, 60); // It is given up, but who was asked may still stand.
  expect([world.raft(1).transferTarget, world.raft(1).role]).toEqual([0, 'leader']);
  world.tick(1, world.config.heartbeatTicks);
  world.settle();
  expect([world.raft(1).term, world.raft(1).leaseUntilMs]).toEqual([2, Number.NEGATIVE_INFINITY]);
});

test('Raft 6.4.1: the one that was asked is elected while all promises last', () => {
  const world = leased();
  world.turn(1, (raft) => raft.transferLeadership(2));
  world.settle();
  expect([world.raft(2).role, world.raft(2).term]).toEqual(['leader', 3]);
});
