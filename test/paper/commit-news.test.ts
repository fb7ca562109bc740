/** When followers hear that the commit index has moved (paper 5.3). */
import { expect, test } from 'vitest';
import { RaftWorld } from '../interaction/raft-world.ts';

// 5.3: "the leader keeps track of the highest index it knows to be committed, and includes that
// index in future AppendEntries RPCs": without one, a heartbeat says it, with the next tick.
test('Raft 5.3: followers hear of a new commit index with the next append or tick', () => {
  const world = new RaftWorld({ voters: 3 });
  const commits = () => world.numbers.map((n) => world.raft(n).commitIndex);
  world.elect(1);
  world.propose(1);
  world.settle();
  expect(commits()).toEqual([3, 2, 2]);
  world.propose(1);
  world.settle();
  expect(commits()).toEqual([4, 3, 3]);
  world.tick(1);
  world.settle();
  expect(commits()).toEqual([4, 4, 4]);
});

test('Raft tells a follower through which clients work of every commit at once', () => {
  const world = new RaftWorld({ voters: 3 });
  const commits = () => world.numbers.map((n) => world.raft(n).commitIndex);
  world.elect(1);
  world.turn(1, (raft) => raft.servesClients(2));
  world.propose(1);
  world.settle();
  expect(commits()).toEqual([3, 3, 2]);
  world.read(3);
  world.settle();
  world.propose(1);
  world.settle();
  expect(commits()).toEqual([4, 4, 4]);
  // Nothing came by way of them for a while.
  for (let i = 0; i <= world.config.electionTimeoutTicksMin; i += 1) {
    world.tick(1);
    world.settle();
  }
  world.propose(1);
  world.settle();
  expect(commits()).toEqual([5, 4, 4]);
});
