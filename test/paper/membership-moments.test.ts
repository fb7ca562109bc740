/** Rules of changing members that show only when something else is under way at the same moment. */
import { expect, test } from 'vitest';
import type { MemberNumber } from '../../src/node/model/ids.ts';
import { decodeMembership } from '../../src/node/model/membership.ts';
import type { MemberChange } from '../../src/node/model/membership-change.ts';
import { RaftWorld } from '../interaction/raft-world.ts';

const promote = (member: MemberNumber): MemberChange => ({ type: 'promote', member });

/** Three voters led by 1, and the learner 4, which has caught up. */
function ledWithLearner(): RaftWorld {
  const world = new RaftWorld({ voters: 3, learners: 1 });
  world.elect(1);
  for (let i = 0; i < 30; i += 1) {
    world.tickAll();
    world.settle();
  }
  return world;
}

function configurationsOf(world: RaftWorld, number: MemberNumber): number {
  return world.node(number).batches.filter((batch) => batch.kind === 1).length;
}

// Thesis 3.10: who hands leadership over appends nothing more, a configuration neither (M47c).
test('Raft 3.10: while leadership is handed over no change begins and none is ended', () => {
  const world = ledWithLearner();
  const transfer = () => world.turn(1, (raft) => raft.transferLeadership(3));
  world.disconnect(1, 3);
  expect(transfer()).not.toBeNull();
  world.connect(1, 3);
  expect(world.reconfigure(1, [promote(4)])).toMatchObject({ accepted: true });
  world.sync(1);
  // The joint configuration becomes committed while the target still lacks it.
  expect(transfer()).toBeNull();
  expect(world.reconfigure(1, [promote(4)])).toMatchObject({ reason: 'transferring' });
  for (const number of [2, 4]) {
    world.deliver((m) => m.to === number);
    world.sync(number);
    world.deliver((m) => m.from === number && m.to === 1);
  }
  expect(world.raft(1).commitIndex).toBe(world.raft(1).configurationIndex);
  expect(configurationsOf(world, 1)).toBe(2);
  // Whoever leads in the end leaves it, once.
  world.settle();
  expect(world.raft(3).role).toBe('leader');
  for (let i = 0; i < 5; i += 1) {
    world.tickAll();
    world.settle();
  }
  expect(world.numbers.map((number) => configurationsOf(world, number))).toEqual([3, 3, 3, 3]);
});

// 7: a snapshot includes "the latest configuration in the log as of last included index", so that
// one which was never committed cannot come to count by way of it (M46).
test('Raft 7: the configuration of an entry is the newest up to it, whatever follows', () => {
  const world = ledWithLearner();
  const { commitIndex } = world.raft(1);
  world.isolate(1);
  world.reconfigure(1, [promote(4)]);
  world.sync(1);
  const raft = world.raft(1);
  expect(raft.configurationIndex).toBeGreaterThan(commitIndex);
  const votersAt = (index: number): MemberNumber[] =>
    decodeMembership(raft.configurationAt(index))
      .members.filter((m) => m.voter)
      .map((m) => m.number);
  expect(votersAt(commitIndex)).toEqual([1, 2, 3]);
  expect(votersAt(raft.configurationIndex)).toEqual([1, 2, 3, 4]);
});
