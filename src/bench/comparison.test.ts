import { expect, test } from 'vitest';
import { Prng } from '../std/prng.ts';
import { type Compared, compareSeries, permutationP, repeatsNeeded } from './comparison.ts';

const RULES = { alpha: 0.05, minEffect: 0.03, seed: 1 };
const REPEATS = 5;
const NOISE = 0.02;

/** Normally distributed (Box and Muller). */
function normal(prng: Prng): number {
  const radius = Math.sqrt(-2 * Math.log(1 - prng.unit()));
  return radius * Math.cos(2 * Math.PI * prng.unit());
}

function repeats(mean: number, prng: Prng): number[] {
  return Array.from({ length: REPEATS }, () => mean * (1 + NOISE * normal(prng)));
}

/** A series of throughputs, of a server that answers `change` more in the second half. */
function compared(change: number, seed: number, isDeciding = true): Compared {
  const prng = new Prng(seed);
  const before = repeats(10_000, prng);
  const after = repeats(10_000 * (1 + change), prng);
  const series = [{ metric: 'rate', isMoreBetter: true, before, after, isDeciding }];
  return compareSeries(series, RULES)[0] as Compared;
}

function verdicts(change: number, trials: number): Record<string, number> {
  const counts: Record<string, number> = { none: 0, better: 0, worse: 0, undecided: 0 };
  for (let trial = 0; trial < trials; trial += 1) {
    const { difference } = compared(change, 1000 + trial);
    counts[difference] = (counts[difference] ?? 0) + 1;
  }
  return counts;
}

test('compareSeries() finds no difference between equals in at least 92 of 100 trials', () => {
  expect(verdicts(0, 100)['none']).toBeGreaterThanOrEqual(92);
});

test('compareSeries() finds a slowdown of 5 % in at least 80 of 100 trials', () => {
  const counts = verdicts(-0.05, 100);
  expect(counts['worse']).toBeGreaterThanOrEqual(80);
  expect(counts['better']).toBe(0);
});

test('compareSeries() without a smallest effect errs as often as alpha says, and no more', () => {
  let wrong = 0;
  const trials = 2000;
  for (let trial = 0; trial < trials; trial += 1) {
    const prng = new Prng(trial);
    const [a, b] = [repeats(1, prng), repeats(1, prng)];
    if (permutationP(a, b, prng) <= 0.05) wrong += 1;
  }
  // Of 252 ways, 12 are at or below alpha: 4.8 %; three standard errors around it.
  expect(wrong / trials).toBeGreaterThan(0.033);
  expect(wrong / trials).toBeLessThan(0.063);
});

test('compareSeries() gives an interval that mostly holds the true change', () => {
  let held = 0;
  for (let trial = 0; trial < 200; trial += 1) {
    const { low, high } = compared(-0.05, 5000 + trial);
    if ((low ?? 0) <= -0.05 && (high ?? -1) >= -0.05) held += 1;
  }
  // Of five repeats a side a bootstrap is somewhat too sure of itself.
  expect(held / 200).toBeGreaterThan(0.8);
});

test('permutationP() counts every way to part the repeats', () => {
  const prng = new Prng(1);
  expect(permutationP([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], prng)).toBe(2 / 252);
  expect(permutationP([1, 2], [3, 4], prng)).toBe(2 / 6);
  expect(permutationP([1, 1, 1], [1, 1, 1], prng)).toBe(1);
  expect(permutationP([1, 4], [2, 3], prng)).toBe(1);
});

test('permutationP() of many repeats is sampled, and near the exact one', () => {
  const prng = new Prng(2);
  const a = Array.from({ length: 12 }, () => normal(prng));
  const b = Array.from({ length: 12 }, () => normal(prng) + 0.9);
  const sampled = permutationP(a, b, prng);
  const all = permutationP(a.slice(0, 9), b.slice(0, 9), prng);
  expect(sampled).toBeGreaterThan(0);
  expect(Math.abs(sampled - permutationP(a, b, new Prng(9)))).toBeLessThan(0.01);
  expect(all).toBeGreaterThan(0);
});

test('repeatsNeeded() says how many a side can rule out chance', () => {
  expect([0.05, 0.01, 0.2].map(repeatsNeeded)).toEqual([4, 5, 3]);
});

test('compareSeries() decides nothing on too few repeats, or where something was zero', () => {
  const few = { metric: 'p99', isMoreBetter: false, isDeciding: true };
  const [three] = compareSeries([{ ...few, before: [1, 1, 1], after: [9, 9, 9] }], RULES);
  expect(three).toMatchObject({ difference: 'undecided', p: null });
  expect(three?.change).toBeCloseTo(8);
  const [one] = compareSeries([{ ...few, before: [1], after: [2] }], RULES);
  expect(one).toMatchObject({ difference: 'undecided', low: null });
  const zero = { ...few, before: [0, 1, 1, 1, 1], after: [1, 1, 1, 1, 1] };
  expect(compareSeries([zero], RULES)[0]).toMatchObject({ difference: 'undecided', change: null });
});

test('compareSeries() knows what is better, and shares alpha among what decides', () => {
  const [slow, fast] = [
    [20, 21, 22, 23, 24],
    [10, 11, 12, 13, 14],
  ];
  const latency = { metric: 'p99', isMoreBetter: false, isDeciding: true };
  const rate = { metric: 'rate', isMoreBetter: true, isDeciding: true };
  const both = compareSeries(
    [
      { ...latency, before: fast ?? [], after: slow ?? [] },
      { ...rate, before: fast ?? [], after: slow ?? [] },
    ],
    RULES,
  );
  expect(both.map(({ difference }) => difference)).toEqual(['worse', 'better']);
  // One of 252 ways in six on each side: p is 4 / 252, enough alone and not for one of four.
  const near = { before: [1, 2, 3, 4, 6], after: [5, 7, 8, 9, 10] };
  const alone = compareSeries([{ ...latency, ...near }], RULES);
  expect(alone[0]).toMatchObject({ difference: 'worse', p: 4 / 252 });
  const others = ['a', 'b', 'c'].map((metric) => ({
    ...latency,
    metric,
    ...{ before: [1, 2, 1, 2, 1], after: [2, 1, 2, 1, 1] },
  }));
  const four = compareSeries([{ ...latency, ...near }, ...others], RULES);
  expect(four[0]).toMatchObject({ difference: 'none' });
  const informal = compareSeries(
    [{ ...latency, ...near }, ...others.map((one) => ({ ...one, isDeciding: false }))],
    RULES,
  );
  expect(informal[0]).toMatchObject({ difference: 'worse' });
});
