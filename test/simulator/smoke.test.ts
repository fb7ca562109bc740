/**
 * A hundred clusters, twenty simulated seconds each, everything on production code: no oracle may
 * fire, and everything that can go wrong must have gone wrong somewhere. A failure names its seed.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addCounts, missingRows } from '../../src/simulator/coverage.ts';
import { readPlan, worldOf } from '../../src/simulator/plan-file.ts';
import {
  RUN_OPTIONS_DEFAULT,
  type RunOptions,
  runSeed,
  runWorld,
  type SeedResult,
} from '../../src/simulator/run.ts';
import { replayCommand } from '../../src/simulator/seed-range.ts';

const PLANS = join(import.meta.dirname, 'plans');

interface Seeds {
  readonly first: number;
  readonly last: number;
  readonly options: RunOptions;
}

function seeds(first: number, last: number, options: Partial<RunOptions> = {}): Seeds {
  return { first, last, options: { ...RUN_OPTIONS_DEFAULT, ...options } };
}

async function runSeeds({ first, last, options }: Seeds): Promise<SeedResult[]> {
  const results: SeedResult[] = [];
  for (let seed = first; seed <= last; seed += 1) results.push(await runSeed(seed, options));
  return results;
}

/** One line a failing seed: what a person types to see it again. */
function failures(results: readonly SeedResult[], { options }: Seeds): readonly string[] {
  return results.flatMap(({ seed, violation }) =>
    violation === null
      ? []
      : [
          `${violation.oracle} at ${Math.round(violation.atMs)} ms: ${violation.detail} ` +
            `(${replayCommand(seed, options, null)})`,
        ],
  );
}

describe('runSeed', () => {
  test('runSeed finds no broken promise in 100 clusters, and gets everywhere', async () => {
    const many = seeds(1, 100);
    const results = await runSeeds(many);
    expect(failures(results, many)).toEqual([]);
    const counts: Record<string, number> = {};
    for (const result of results) addCounts(counts, result.counts);
    expect(missingRows(counts, { seeds: results.length, options: many.options })).toEqual([]);
  }, 300_000);

  test.each([
    ['a storm over three nodes', seeds(401, 408, { nodes: 3, profile: 'storm' })],
    ['five nodes under load', seeds(501, 502, { nodes: 5, load: 200, seconds: 10 })],
    [
      'a cluster so calm that nothing but a read of the log goes on',
      seeds(766, 766, { seconds: 60 }),
    ],
  ])(
    'runSeed finds no broken promise in %s',
    async (_, some) => {
      expect(failures(await runSeeds(some), some)).toEqual([]);
    },
    120_000,
  );

  test('runSeed runs a seed the same way every time (I30)', async () => {
    const some = seeds(11, 15);
    const once = await runSeeds(some);
    expect(await runSeeds(some)).toEqual(once);
    expect(new Set(once.map((result) => result.traceHash)).size).toBe(once.length);
  }, 120_000);
});

describe('runWorld', () => {
  test('runWorld passes every plan that was kept', async () => {
    const names = readdirSync(PLANS);
    expect(names).not.toEqual([]);
    for (const name of names) {
      const plan = await readPlan(join(PLANS, name));
      const { result } = await runWorld(worldOf(plan));
      expect(result.violation, name).toBeNull();
    }
  }, 120_000);
});
