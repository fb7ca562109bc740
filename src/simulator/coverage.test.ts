import { describe, expect, test } from 'vitest';
import { addCounts, COVERAGE_ROWS, missingRows } from './coverage.ts';
import { RUN_OPTIONS_DEFAULT } from './run.ts';

const ALL = Object.fromEntries(COVERAGE_ROWS.map(({ name }) => [name, 1]));

function missing(counts: Readonly<Record<string, number>>, seeds: number, change = {}): string[] {
  const options = { ...RUN_OPTIONS_DEFAULT, ...change };
  return missingRows(counts, { seeds, options }).map(({ name }) => name);
}

describe('missingRows', () => {
  test('missingRows finds nothing where every row was reached', () => {
    expect(missing(ALL, 10_000)).toEqual([]);
  });

  test('missingRows names a row of zeros, from so many seeds on', () => {
    const counts = { ...ALL, truncations: 0 };
    expect(missing(counts, 50)).toEqual(['truncations']);
    expect(missing(counts, 49)).toEqual([]);
  });

  test('missingRows takes a row that nobody counts for one of zeros', () => {
    expect(missing({}, 10_000)).toEqual(COVERAGE_ROWS.map(({ name }) => name));
  });

  test.each([{ seconds: 5 }, { nodes: 1 }, { profile: 'storm' }])(
    'missingRows asks nothing of runs that cannot reach everything: %j',
    (change) => expect(missing({}, 10_000, change)).toEqual([]),
  );
});

describe('addCounts', () => {
  test('addCounts adds row by row', () => {
    const total = { commits: 2 };
    addCounts(total, { commits: 3, resets: 1 });
    expect(total).toEqual({ commits: 5, resets: 1 });
  });
});
