/** Time in the log: it never falls, whatever the leaders' clocks say. */
import { expect, test } from 'vitest';
import { BATCH_KIND } from '../../src/node/model/batch.ts';
import { RaftWorld } from './raft-world.ts';

function propose(world: RaftWorld, member: number, leaderTimeMs: number): void {
  const payload = Buffer.from([1, 0, 0, 0, 7]);
  const input = { kind: BATCH_KIND.commands, count: 1, payload, leaderTimeMs };
  world.turn(member, (raft) => raft.propose(input));
}

function timeAt(world: RaftWorld, member: number, index: number): number | undefined {
  return world.raft(member).cachedBatch(index)?.leaderTimeMs;
}

test('Raft raises a time before the newest one in its log', () => {
  const world = new RaftWorld({ voters: 1 });
  world.elect(1);
  for (const timeMs of [5000, 3000, 5001]) propose(world, 1, timeMs);
  expect([3, 4, 5].map((index) => timeAt(world, 1, index))).toEqual([5000, 5000, 5001]);
  expect(world.raft(1).lastTimeMs).toBe(5001);
});

test('Raft goes on from the time of an earlier leader, from its no-op on', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  propose(world, 1, 5000);
  world.settle();
  world.isolate(1);
  world.disconnect(1, 2);
  world.disconnect(1, 3);
  world.elect(2);
  propose(world, 2, 10);
  expect([4, 5].map((index) => timeAt(world, 2, index))).toEqual([5000, 5000]);
});
