/**
 * A hundred clusters, twenty simulated seconds each, everything on production code: no oracle may
 * fire, and everything that can go wrong must have gone wrong somewhere. A failure names its seed.
 */
import { describe, expect, test } from 'vitest';
import type { Profile } from '../../src/simulator/fault-plan.ts';
import { runSeed, type SeedResult } from '../../src/simulator/run.ts';

const SECONDS = 20;

interface Seeds {
  readonly first: number;
  readonly last: number;
  readonly nodes: number;
  readonly profile: Profile;
}

async function runSeeds({ first, last, nodes, profile }: Seeds): Promise<SeedResult[]> {
  const results: SeedResult[] = [];
  for (let seed = first; seed <= last; seed += 1) {
    results.push(await runSeed(seed, { seconds: SECONDS, nodes, profile }));
  }
  return results;
}

/** One line a failing seed: what a person types to see it again. */
function failures(results: readonly SeedResult[], { nodes, profile }: Seeds): readonly string[] {
  const options = `--seconds ${SECONDS} --nodes ${nodes} --profile ${profile}`;
  return results.flatMap(({ seed, violation }) =>
    violation === null
      ? []
      : [
          `${violation.oracle} at ${Math.round(violation.atMs)} ms: ${violation.detail} ` +
            `(npm run sim -- --seed ${seed} ${options})`,
        ],
  );
}

function totals(results: readonly SeedResult[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { counts } of results) {
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

describe('runSeed', () => {
  test('runSeed finds no broken promise in 100 clusters of three, and gets everywhere', async () => {
    const seeds: Seeds = { first: 1, last: 100, nodes: 3, profile: 'swarm' };
    const results = await runSeeds(seeds);
    expect(failures(results, seeds)).toEqual([]);
    const never = Object.entries(totals(results)).filter(([, count]) => count === 0);
    expect(never).toEqual([]);
  }, 300_000);

  test.each<Seeds>([
    { first: 201, last: 208, nodes: 1, profile: 'swarm' },
    { first: 301, last: 308, nodes: 5, profile: 'swarm' },
    { first: 401, last: 408, nodes: 3, profile: 'storm' },
  ])(
    'runSeed finds no broken promise in a $profile over $nodes nodes',
    async (seeds) => {
      expect(failures(await runSeeds(seeds), seeds)).toEqual([]);
    },
    120_000,
  );

  test('runSeed runs a seed the same way every time (I30)', async () => {
    const seeds: Seeds = { first: 11, last: 15, nodes: 3, profile: 'swarm' };
    const once = await runSeeds(seeds);
    expect(await runSeeds(seeds)).toEqual(once);
    expect(new Set(once.map((result) => result.traceHash)).size).toBe(once.length);
  });
});
