/** Whom a leader talks to first where all members share a machine (src/node/raft/thrift.ts). */
import { expect, test } from 'vitest';
import { RaftWorld } from '../interaction/raft-world.ts';

/** Leads, and everybody replicates; a tick has chosen who is eager. */
function lead(voters: number, sharesMachine = true): RaftWorld {
  const world = new RaftWorld({ voters, sharesMachine });
  world.elect(1);
  for (let i = 0; i < 2; i += 1) tick(world);
  return world;
}

function tick(world: RaftWorld): void {
  world.tick(1);
  world.settle();
}

/** To whom the appends go that a turn of the leader sends. */
function appendsOf(world: RaftWorld, act: () => void): readonly number[] {
  act();
  return world.network.filter((m) => m.type === 'append').map((m) => m.to);
}

test.each([
  { voters: 3, sharesMachine: true, eager: [2] },
  { voters: 4, sharesMachine: true, eager: [2, 3] },
  { voters: 5, sharesMachine: true, eager: [2, 3] },
  { voters: 3, sharesMachine: false, eager: [2, 3] },
  { voters: 2, sharesMachine: true, eager: [2] },
])('Raft of $voters, one machine $sharesMachine: entries go to $eager at once', (row) => {
  const world = lead(row.voters, row.sharesMachine);
  expect(appendsOf(world, () => world.propose(1))).toEqual(row.eager);
  world.settle();
  expect(world.raft(1).commitIndex).toBe(3);
});

test('Raft sends to a patient follower with the next tick, all in one message', () => {
  const world = lead(3);
  for (let i = 0; i < 3; i += 1) {
    world.propose(1);
    world.settle();
  }
  expect(world.raft(3).lastIndex).toBe(2);
  world.tick(1);
  const [append, ...more] = world.network.filter((m) => m.to === 3 && m.type === 'append');
  expect(append).toMatchObject({ prevIndex: 2, batches: [{}, {}, {}] });
  expect(more).toEqual([]);
  world.settle();
  expect(world.raft(3).lastIndex).toBe(5);
});

test('Raft lets nobody wait longer than its patience while turns go on', () => {
  const world = lead(3);
  world.propose(1);
  world.settle();
  world.nowMs += world.config.patienceMs - 1;
  expect(appendsOf(world, () => world.propose(1))).toEqual([2]);
  world.settle();
  world.nowMs += 1;
  expect(appendsOf(world, () => world.propose(1))).toEqual([2, 3]);
});

test('Raft turns to a patient follower at once when the connection to an eager one breaks', () => {
  const world = lead(3);
  world.disconnect(1, 2);
  expect(appendsOf(world, () => world.propose(1))).toContain(3);
  world.settle();
  expect(world.raft(1).commitIndex).toBe(3);
});

test('Raft commits with the next tick when the eager follower falls silent, then turns away', () => {
  const world = lead(3);
  const silent = () => world.drop((m) => m.to === 2 || m.from === 2);
  world.propose(1);
  silent();
  world.settle();
  expect(world.raft(1).commitIndex).toBe(2);
  world.tick(1);
  silent();
  world.settle();
  expect(world.raft(1).commitIndex).toBe(3);
  for (let i = 0; i < 2; i += 1) {
    world.tick(1);
    silent();
    world.settle();
  }
  world.propose(1);
  silent();
  world.settle();
  expect(world.raft(1).commitIndex).toBe(4);
});

test('Raft keeps no follower waiting through which clients work, and prefers it', () => {
  const world = lead(3);
  world.turn(1, (raft) => raft.servesClients(3));
  expect(appendsOf(world, () => world.propose(1))).toEqual([2, 3]);
  world.settle();
  tick(world);
  expect(appendsOf(world, () => world.propose(1))).toEqual([3]);
});

test('Raft asks no more followers about a read than a majority needs', () => {
  const world = lead(3);
  world.read(1);
  expect(world.network.map((m) => [m.type, m.to])).toEqual([['heartbeat', 2]]);
  world.settle();
  expect(world.node(1).reads).toHaveLength(1);
});

test('Raft turns away from an eager follower that has fallen silent while there are only reads', () => {
  const world = lead(3);
  const silent = () => world.drop((m) => m.to === 2 || m.from === 2);
  for (let tick = 0; tick <= 3 * world.config.heartbeatTicks; tick += 1) {
    world.tick(1);
    silent();
    world.settle();
  }
  const request = world.read(1);
  silent();
  world.settle();
  expect(world.readAnswer(1, request)).toBe(2);
});

test.each([true, false])('Raft, one machine %s: who has no vote waits there', (sharesMachine) => {
  const world = new RaftWorld({ voters: 1, learners: 1, sharesMachine });
  world.elect(1);
  for (let i = 0; i < 2; i += 1) tick(world);
  expect(appendsOf(world, () => world.propose(1))).toEqual(sharesMachine ? [] : [2]);
  world.settle();
  tick(world);
  expect(world.raft(2).lastIndex).toBe(world.raft(1).lastIndex);
});
