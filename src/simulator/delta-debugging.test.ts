import { describe, expect, test } from 'vitest';
import { minimise } from './delta-debugging.ts';

/** Fails when it holds all of `needed`. */
function failing(needed: readonly number[]) {
  return async (candidates: readonly (readonly number[])[]) =>
    candidates.find((list) => needed.every((n) => list.includes(n))) ?? null;
}

const ITEMS = Array.from({ length: 100 }, (_, at) => at);

describe('minimise', () => {
  test.each([
    ['one item', [37]],
    ['two far apart', [3, 96]],
    ['neighbours', [50, 51, 52]],
    ['all ends', [0, 99]],
  ])('minimise leaves exactly what is needed: %s', async (_, needed) => {
    expect(await minimise(ITEMS, failing(needed))).toEqual(needed);
  });

  test('minimise leaves nothing where nothing is needed', async () => {
    expect(await minimise(ITEMS, failing([]))).toEqual([]);
  });

  test('minimise leaves all where nothing can go', async () => {
    expect(await minimise(ITEMS.slice(0, 9), failing(ITEMS.slice(0, 9)))).toHaveLength(9);
  });
});
