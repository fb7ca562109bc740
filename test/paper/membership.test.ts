/** Claims of the paper's section 6 and of chapter 4 of the thesis: changing the members. */
import { expect, test } from 'vitest';
import type { MemberNumber } from '../../src/node/model/ids.ts';
import type { MemberChange } from '../../src/node/model/membership-change.ts';
import type { RaftMessage } from '../../src/node/model/message.ts';
import { addition } from '../interaction/member-changes.ts';
import { RaftWorld } from '../interaction/raft-world.ts';

const promote = (member: MemberNumber): MemberChange => ({ type: 'promote', member });
const demote = (member: MemberNumber): MemberChange => ({ type: 'demote', member });
const remove = (member: MemberNumber): MemberChange => ({ type: 'remove', member });

/** Heartbeats and acknowledgements, long enough for learners to be seen catching up. */
function pass(world: RaftWorld, ticks = 30): void {
  for (let i = 0; i < ticks; i += 1) {
    world.tickAll();
    world.settle();
  }
}

/** Three voters led by 1, and caught-up learners from 4 on. */
function ledWithLearners(learners: number): RaftWorld {
  const world = new RaftWorld({ voters: 3, learners });
  world.elect(1);
  pass(world);
  return world;
}

function shape(world: RaftWorld, number: MemberNumber): string {
  const { members, outgoing } = world.raft(number).membership;
  const text = (list: readonly { number: number; voter: boolean }[]): string =>
    list.map((m) => (m.voter ? `${m.number}` : `(${m.number})`)).join(' ');
  return outgoing === undefined ? text(members) : `${text(members)} / ${text(outgoing)}`;
}

function reply(world: RaftWorld, number: MemberNumber): void {
  world.deliver((m) => m.to === number);
  world.sync(number);
  world.deliver((m) => m.from === number && m.to === 1);
}

// 6: "the cluster first switches to a transitional configuration we call joint consensus; once the
// joint consensus has been committed, the system then transitions to the new configuration".
test('Raft 6: voters change through a joint configuration that the leader leaves by itself', () => {
  const world = ledWithLearners(1);
  expect(world.reconfigure(1, [promote(4), remove(3)])).toMatchObject({ accepted: true });
  expect(shape(world, 1)).toBe('1 2 4 / 1 2 3 (4)');
  world.settle();
  pass(world, 5);
  expect(world.numbers.map((n) => shape(world, n))).toEqual(Array(4).fill('1 2 4'));
  expect(world.raft(1).commitIndex).toBe(world.raft(1).configurationIndex);
});

// 6: "agreement (for elections and entry commitment) requires separate majorities from both the old
// and new configurations" (M43a).
test.each<[MemberNumber[], boolean]>([
  [[2], false],
  [[4, 5], false],
  [[2, 4], true],
  [[3, 5], true],
  [[2, 3], false],
])(
  'Raft 6: acknowledged by %j and its leader, a joint configuration is committed: %s',
  (who, is) => {
    const world = ledWithLearners(2);
    world.reconfigure(1, [promote(4), promote(5), demote(2), remove(3)]);
    const { configurationIndex } = world.raft(1);
    world.sync(1);
    for (const number of who) reply(world, number);
    expect(world.raft(1).commitIndex >= configurationIndex).toBe(is);
  },
);

// As above, for elections (M43b).
test.each<[MemberNumber[], boolean]>([
  [[2], false],
  [[4, 5], false],
  [[2, 3], false],
  [[2, 4], true],
])(
  'Raft 6: with votes of %j and its own, a candidate wins in the middle of a change: %s',
  (who, is) => {
    const world = ledWithLearners(2);
    world.reconfigure(1, [promote(4), promote(5), demote(2), remove(3)]);
    world.sync(1);
    for (const number of [2, 3, 4, 5]) {
      world.deliver((m) => m.to === number);
      world.sync(number);
    }
    world.drop();
    world.crash(1);
    world.restart(1);
    world.drop();
    for (const number of [2, 3, 4, 5]) {
      world.tick(number, world.config.electionTimeoutTicksMin);
    }
    world.drop();
    world.campaign(1);
    const elected = (m: RaftMessage): boolean => who.includes(m.to) || who.includes(m.from);
    for (let i = 0; i < 6; i += 1) {
      world.deliver(elected);
      for (const number of [1, ...who]) world.sync(number);
    }
    expect(world.raft(1).role === 'leader').toBe(is);
  },
);

// 6: "each server adds the new configuration entry to its log ... uses that configuration for all
// future decisions (a server always uses the latest configuration in its log, regardless of whether
// the entry is committed)" (M42b), and back when the entry is cut off (M45).
test('Raft 6: a configuration counts as soon as it is in the log, and no more once it is cut off', () => {
  const world = ledWithLearners(1);
  world.isolate(1);
  world.reconfigure(1, [promote(4)]);
  world.sync(1);
  expect(shape(world, 1)).toBe('1 2 3 4 / 1 2 3 (4)');
  world.elect(2);
  world.propose(2);
  world.settle();
  world.heal(1);
  pass(world);
  expect(shape(world, 1)).toBe('1 2 3 (4)');
  expect(world.raft(1).role).toBe('follower');
});

// 4.1: one change at a time (M42a), and none before the leader has committed in its own term (M41).
test('Raft 4.1: a change waits for the one before it, and for an entry of the own term', () => {
  const world = new RaftWorld({ voters: 3, spares: 2 });
  world.campaign(1);
  for (let i = 0; i < 4; i += 1) {
    for (const number of [1, 2]) world.sync(number);
    world.deliver((m) => m.to !== 3 && m.type !== 'append');
  }
  expect(world.raft(1).role).toBe('leader');
  expect(world.reconfigure(1, [addition('n4')])).toMatchObject({ reason: 'notServing' });
  world.settle();
  expect(world.reconfigure(1, [addition('n4')])).toMatchObject({ accepted: true });
  expect(world.reconfigure(1, [addition('n5')])).toMatchObject({ reason: 'changePending' });
  world.settle();
  expect(world.reconfigure(1, [addition('n5')])).toMatchObject({ accepted: true });
  expect(world.reconfigure(2, [addition('n6')])).toMatchObject({ reason: 'notLeader' });
});

// 6, first issue: new servers "join the cluster as non-voting members"; 4.2.1: only once they have
// caught up are they given a vote (M48).
test('Raft 4.2.1: a learner is promoted once it has caught up, and not before', () => {
  const world = new RaftWorld({ voters: 3, spares: 1 });
  world.elect(1);
  for (let i = 0; i < 20; i += 1) world.propose(1, 'entry');
  world.settle();
  world.reconfigure(1, [addition('n4')]);
  world.disconnect(1, 4);
  world.settle();
  pass(world);
  expect(world.reconfigure(1, [promote(4)])).toMatchObject({ reason: 'notCaughtUp' });
  world.connect(1, 4);
  pass(world);
  expect(world.reconfigure(1, [promote(4)])).toMatchObject({ accepted: true });
  world.settle();
  expect(shape(world, 4)).toBe('1 2 3 4');
  expect(world.raft(4).role).toBe('follower');
});

test('Raft 4.2.1: who is to join is promoted by the leader, whoever that is by then', () => {
  const world = new RaftWorld({ voters: 3, spares: 1 });
  world.elect(1);
  world.disconnect(1, 4);
  world.reconfigure(1, [addition('n4', true)]);
  world.settle();
  expect(shape(world, 2)).toBe('1 2 3 (4)');
  world.crash(1);
  world.elect(2);
  pass(world);
  expect(shape(world, 4)).toBe('1 2 3 4');
  expect(world.raft(2).membership.members.some((m) => m.joins)).toBe(false);
});

// 6, second issue: "the leader steps down (returns to follower state) once it has committed the
// C_new log entry ... it replicates log entries but does not count itself in majorities" (M47).
test('Raft 6: a leader that is removed serves until that is committed, without counting itself', () => {
  const world = new RaftWorld({ voters: 4 });
  world.elect(1);
  world.reconfigure(1, [remove(1)]);
  world.sync(1);
  reply(world, 2);
  reply(world, 3);
  expect(shape(world, 1)).toBe('2 3 4');
  world.sync(1);
  reply(world, 2);
  // Its own disk and one of the three: not a majority of the three.
  expect(world.raft(1).role).toBe('leader');
  expect(world.raft(1).commitIndex).toBeLessThan(world.raft(1).configurationIndex);
  world.settle();
  world.tick(1);
  expect(world.raft(1).commitIndex).toBe(world.raft(1).configurationIndex);
  expect(world.raft(1).role).toBe('learner');
  const { term } = world.raft(1);
  const leader = world.raft(3).leader;
  expect([2, 3, 4]).toContain(leader);
  for (const number of [2, 3, 4]) {
    // It was asked to take over: nobody had to wait for an election timeout.
    expect(world.raft(number).term).toBe(term + 1);
    expect(world.raft(number).leader).toBe(leader);
  }
});

test('Raft 6: a removed leader whom nobody can relieve steps down all the same', () => {
  const world = new RaftWorld({ voters: 4 });
  world.elect(1);
  world.reconfigure(1, [remove(1)]);
  world.sync(1);
  reply(world, 2);
  reply(world, 3);
  world.sync(1);
  reply(world, 2);
  reply(world, 3);
  expect(world.raft(1).commitIndex).toBe(world.raft(1).configurationIndex);
  expect(world.raft(1).role).toBe('leader');
  for (const number of [2, 3, 4]) world.disconnect(1, number);
  world.tick(1);
  expect(world.raft(1).role).toBe('learner');
  world.elect(2);
  expect(world.raft(3).leader).toBe(2);
});

// 4.2.2: "a server that is not part of its own latest configuration should still start new
// elections, as it might still be needed until the C_new entry is committed".
test('Raft 4.2.2: a removed leader that alone holds the end of the change may lead once more', () => {
  const world = new RaftWorld({ voters: 2 });
  world.elect(1);
  world.reconfigure(1, [remove(1)]);
  world.sync(1);
  reply(world, 2);
  expect(shape(world, 1)).toBe('2');
  world.sync(1);
  world.crash(1);
  expect(shape(world, 2)).toBe('2 / 1 2');
  world.restart(1);
  world.elect(1);
  pass(world, 2 * world.config.electionTimeoutTicksMax);
  expect(shape(world, 2)).toBe('2');
  expect(world.leader).toBe(2);
  expect(world.raft(1).role).toBe('learner');
});

// A follower told of its removal knows it: the leader sends it the entry, and that it is committed.
test('Raft tells a removed member that it is removed, then sends it nothing more', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.reconfigure(1, [remove(3)]);
  world.settle();
  pass(world, 2);
  expect(shape(world, 3)).toBe('1 2');
  expect(world.raft(3).commitIndex).toBe(world.raft(3).configurationIndex);
  expect(world.raft(3).role).toBe('learner');
  world.tickAll(world.config.heartbeatTicks);
  expect(world.network.filter((m) => m.to === 3)).toEqual([]);
});

// 6, third issue: removed servers must not disrupt; 4.2.3.
test('Raft 4.2.3: a removed server that was not told cannot depose the leader', () => {
  const world = new RaftWorld({ voters: 4 });
  world.elect(1);
  world.isolate(4);
  world.reconfigure(1, [remove(4)]);
  world.settle();
  pass(world);
  const { term } = world.raft(1);
  world.heal(4);
  for (let i = 0; i < 300; i += 1) {
    world.tickAll();
    world.settle();
  }
  expect(world.node(4).trace.some((item) => item.type === 'electionStarted')).toBe(true);
  expect(world.leader).toBe(1);
  expect(world.raft(1).term).toBe(term);
});

// A vote is given to whoever asks for it and is up to date: the candidate's configuration counts,
// and the voter may not know yet that it is one (M09b).
test('Raft 6: a server votes for a candidate that its own configuration does not know', () => {
  const world = new RaftWorld({ voters: 3, spares: 2 });
  world.inject({ type: 'vote', from: 5, to: 4, term: 2, lastIndex: 1, lastTerm: 1 });
  world.sync(4);
  expect(world.drop()).toMatchObject([{ type: 'voteReply', to: 5, term: 2, granted: true }]);
});

// 6: a change that was begun is ended by whoever leads next (M44).
test('Raft 6: a new leader leaves the joint configuration that another entered', () => {
  const world = ledWithLearners(1);
  world.reconfigure(1, [promote(4), demote(3)]);
  world.sync(1);
  for (const number of [2, 3, 4]) {
    world.deliver((m) => m.to === number);
    world.sync(number);
  }
  world.drop();
  world.crash(1);
  expect(shape(world, 2)).toBe('1 2 (3) 4 / 1 2 3 (4)');
  world.elect(2);
  pass(world, 5);
  expect(shape(world, 2)).toBe('1 2 (3) 4');
  const configurations = world.node(2).batches.filter((batch) => batch.kind === 1);
  expect(configurations).toHaveLength(3);
});

// A single voter is a majority by itself, also of what it becomes.
test('Raft 6: one voter grows to three and three shrink to one', () => {
  const world = new RaftWorld({ voters: 1, spares: 2 });
  world.elect(1);
  world.reconfigure(1, [addition('n2', true), addition('n3', true)]);
  pass(world);
  expect(shape(world, 3)).toBe('1 2 3');
  expect(world.reconfigure(1, [remove(2), remove(3)])).toMatchObject({ accepted: true });
  pass(world, 5);
  expect(shape(world, 1)).toBe('1');
  world.propose(1);
  world.settle();
  expect(world.raft(1).commitIndex).toBe(world.raft(1).lastIndex);
});
