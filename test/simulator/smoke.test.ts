/**
 * A hundred clusters, twenty simulated seconds each, everything on production code: no oracle may
 * fire, and everything that can go wrong must have gone wrong somewhere. A failure names its seed.
 */
import { describe, expect, test } from 'vitest';
import { runSeed, type SeedResult } from '../../src/simulator/run.ts';

const SECONDS = 20;

async function runSeeds(first: number, last: number, nodes: number): Promise<SeedResult[]> {
  const results: SeedResult[] = [];
  for (let seed = first; seed <= last; seed += 1) {
    results.push(await runSeed(seed, { seconds: SECONDS, nodes }));
  }
  return results;
}

/** One line a failing seed: what a person types to see it again. */
function failures(results: readonly SeedResult[], nodes: number): readonly string[] {
  return results.flatMap(({ seed, violation }) =>
    violation === null
      ? []
      : [
          `${violation.oracle} at ${Math.round(violation.atMs)} ms: ${violation.detail} ` +
            `(npm run sim -- --seed ${seed} --seconds ${SECONDS} --nodes ${nodes})`,
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
    const results = await runSeeds(1, 100, 3);
    expect(failures(results, 3)).toEqual([]);
    const never = Object.entries(totals(results)).filter(([, count]) => count === 0);
    expect(never).toEqual([]);
  }, 300_000);

  test('runSeed finds no broken promise in clusters of one and of five', async () => {
    expect(failures(await runSeeds(201, 208, 1), 1)).toEqual([]);
    expect(failures(await runSeeds(301, 308, 5), 5)).toEqual([]);
  }, 120_000);

  test('runSeed runs a seed the same way every time (I30)', async () => {
    const once = await runSeeds(11, 15, 3);
    expect(await runSeeds(11, 15, 3)).toEqual(once);
    expect(new Set(once.map((result) => result.traceHash)).size).toBe(once.length);
  });
});
