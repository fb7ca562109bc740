/**
 * Random schedules over the dialogue world: messages lost, doubled and reordered, members crashed
 * and cut off, syncs late. Every input checks the invariants; afterwards all must be healed.
 */
import { expect, test } from 'vitest';
import { Prng } from '../../src/std/prng.ts';
import { randomChanges } from './member-changes.ts';
import { RaftWorld } from './raft-world.ts';

const SEEDS = 60;
const STEPS = 3000;

/** One message: mostly the oldest, at times another one, at times twice, at times never. */
function deliverOne(world: RaftWorld, prng: Prng): void {
  if (world.network.length === 0) return;
  const message = prng.chance(0.8) ? world.network[0] : prng.pick(world.network);
  if (message === undefined) return;
  if (!prng.chance(0.1)) world.network.splice(world.network.indexOf(message), 1);
  if (!prng.chance(0.05) && world.node(message.to).alive) world.inject(message);
}

function randomStep(world: RaftWorld, prng: Prng, cut: Set<string>): void {
  const number = prng.pick(world.numbers);
  const dice = prng.unit();
  if (dice < 0.35) {
    for (let count = prng.between(1, 8); count > 0; count -= 1) deliverOne(world, prng);
  } else if (dice < 0.55) {
    world.tickAll();
  } else if (!world.node(number).alive) {
    if (prng.chance(0.1)) world.restart(number);
  } else if (dice < 0.75) {
    world.sync(number);
  } else if (dice < 0.85) {
    const to = world.leader !== 0 ? world.leader : number;
    world.propose(to, 'p'.repeat(prng.between(1, 300)), prng.between(1, 3));
  } else if (dice < 0.9) {
    world.read(number);
  } else if (dice < 0.96) {
    world.answerLogReads(number);
  } else {
    disturb(world, prng, { number, cut });
  }
}

/**
 * Kills a member, lets a leader hand over, cuts a connection or mends it, fills a disk or empties
 * it.
 */
function disturb(
  world: RaftWorld,
  prng: Prng,
  at: { readonly number: number; readonly cut: Set<string> },
): void {
  const { number, cut } = at;
  const dice = prng.unit();
  if (dice < 0.3) {
    world.crash(number);
    return;
  }
  if (dice < 0.4) {
    world.turn(number, (raft) => raft.diskFull(prng.chance(0.3)));
    return;
  }
  const other = prng.pick(world.numbers);
  if (dice < 0.6) {
    world.turn(number, (raft) => raft.transferLeadership(prng.chance(0.3) ? 0 : other));
    return;
  }
  if (other === number || !world.node(other).alive) return;
  const key = [number, other].sort().join();
  if (cut.delete(key)) {
    world.connect(number, other);
  } else {
    cut.add(key);
    world.disconnect(number, other);
  }
}

function heal(world: RaftWorld): void {
  for (const number of world.numbers) if (!world.node(number).alive) world.restart(number);
  for (const number of world.numbers) world.turn(number, (raft) => raft.diskFull(false));
  for (const number of world.numbers) world.isolate(number);
  world.connectAll();
}

interface Shape {
  readonly voters: number;
  readonly learners: number;
  readonly spares: number;
}

function newWorld(seed: number, prng: Prng, shape: Shape): RaftWorld {
  return new RaftWorld({
    ...shape,
    seed,
    config: {
      inflightBatchesMax: prng.pick([1, 2, 16]),
      inflightBytesMax: prng.pick([200, 100_000]),
      appendBytesMax: prng.pick([100, 1000, 100_000]),
      cacheBytesMax: prng.pick([0, 1000, 1_000_000]),
    },
  });
}

/** Everybody who belongs to the cluster ends with the same log, all of it committed. */
function expectConverged(world: RaftWorld, seed: number): void {
  for (let i = 0; i < 400; i += 1) {
    world.tickAll();
    world.settle();
  }
  expect(world.leader).not.toBe(0);
  world.propose(world.leader, 'last');
  world.settle();
  world.tickAll();
  world.settle();
  const { lastIndex, membership } = world.raft(world.leader);
  expect(membership.outgoing).toBeUndefined();
  for (const { number } of membership.members) {
    expect([seed, number, world.raft(number).commitIndex]).toEqual([seed, number, lastIndex]);
    expect(world.terms(number)).toEqual(world.terms(world.leader));
  }
}

test('Raft keeps its invariants under random faults, and heals', () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const prng = new Prng(seed);
    const voters = prng.pick([1, 2, 3, 3, 3, 5]);
    const world = newWorld(seed, prng, { voters, learners: prng.pick([0, 0, 1]), spares: 0 });
    const cut = new Set<string>();
    try {
      for (let step = 0; step < STEPS; step += 1) randomStep(world, prng, cut);
      heal(world);
      expectConverged(world, seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});

test('Raft keeps its invariants while members come and go under random faults, and heals', () => {
  const outcomes = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const prng = new Prng(1000 + seed);
    const voters = prng.pick([1, 2, 3, 3, 3, 4]);
    const world = newWorld(seed, prng, { voters, learners: prng.pick([0, 0, 1]), spares: 4 });
    const cut = new Set<string>();
    try {
      for (let step = 0; step < STEPS; step += 1) {
        randomStep(world, prng, cut);
        if (world.leader === 0 || !prng.chance(0.05)) continue;
        const { membership } = world.raft(world.leader);
        const changes = randomChanges(prng, membership, world.numbers.length);
        const result = world.reconfigure(world.leader, changes);
        const outcome = result.accepted ? 'accepted' : result.reason;
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      heal(world);
      expectConverged(world, seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  // Something must have happened, and something must have been refused, or it shows nothing.
  expect(outcomes.get('accepted')).toBeGreaterThan(3 * SEEDS);
  for (const refusal of ['changePending', 'notCaughtUp', 'noVoter', 'notServing']) {
    expect(outcomes.get(refusal), refusal).toBeGreaterThan(0);
  }
});
