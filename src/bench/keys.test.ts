import { expect, test } from 'vitest';
import { Prng } from '../std/prng.ts';
import { type KeyPattern, type KeySource, keySourceOf } from './keys.ts';

const DRAWS = 200_000;
const HOT = { keysPercent: 20, requestsPercent: 80 };

function source(pattern: KeyPattern, maximum: number, worker = 0, workers = 1): KeySource {
  const prng = new Prng(42);
  return keySourceOf({ pattern, maximum, exponent: 0.99, hot: HOT, prng, worker, workers });
}

function histogram(keys: KeySource, maximum: number, draws = DRAWS): number[] {
  const counts = Array.from({ length: maximum }, () => 0);
  for (let i = 0; i < draws; i += 1) {
    const key = keys.next(false);
    counts[key] = (counts[key] as number) + 1;
  }
  expect(counts).toHaveLength(maximum); // No key beyond the last.
  return counts;
}

/** Pearson's statistic: about the number of classes when the draws follow `expected`. */
function chiSquare(counts: readonly number[], expected: readonly number[]): number {
  return counts.reduce(
    (sum, n, i) => sum + (n - (expected[i] as number)) ** 2 / (expected[i] as number),
    0,
  );
}

test('uniform keys are all as likely', () => {
  const maximum = 100;
  const counts = histogram(source('uniform', maximum), maximum);
  const expected = counts.map(() => DRAWS / maximum);
  expect(chiSquare(counts, expected)).toBeLessThan(150); // 99 degrees: p = 0.0007
});

test.each([1, 2, 50])('zipf keys of %i follow 1 / rank^0.99', (maximum) => {
  const counts = histogram(source('zipf', maximum), maximum);
  const weights = counts.map((_, i) => (i + 1) ** -0.99);
  const total = weights.reduce((a, b) => a + b, 0);
  const expected = weights.map((weight) => (DRAWS * weight) / total);
  expect(chiSquare(counts, expected)).toBeLessThan(maximum + 5 * Math.sqrt(2 * maximum));
});

test('zipf keys need no table: a trillion keys work at once', () => {
  const keys = source('zipf', 1e12);
  let top = 0;
  for (let i = 0; i < 1000; i += 1) top = Math.max(top, keys.next(false));
  expect(top).toBeGreaterThan(1e6);
  expect(top).toBeLessThan(1e12);
});

test('uniform keys reach beyond 32 bits without gaps at the ends', () => {
  const keys = source('uniform', 1e12);
  const drawn = Array.from({ length: 1000 }, () => keys.next(false));
  expect(Math.max(...drawn)).toBeGreaterThan(0.99e12);
  expect(new Set(drawn.map((key) => key % 2)).size).toBe(2);
});

test('seq keys of all workers together go through every key in turn', () => {
  const workers = [0, 1, 2].map((worker) => source('seq', 10, worker, 3));
  const keys = Array.from({ length: 21 }, (_, i) => workers[i % 3]?.next(false));
  expect(keys).toEqual(Array.from({ length: 21 }, (_, i) => i % 10));
});

test('gauss keys are hottest in the middle, and symmetric', () => {
  const counts = histogram(source('gauss', 600), 600);
  const sum = (from: number, to: number): number => {
    return counts.slice(from, to).reduce((total, n) => total + n, 0) / DRAWS;
  };
  // One standard deviation is a sixth of the keys.
  expect(sum(200, 400)).toBeCloseTo(0.6845, 2);
  expect(sum(100, 500)).toBeCloseTo(0.957, 2);
  expect(sum(0, 300)).toBeCloseTo(0.5, 2);
});

test('hot keys get their part of the requests', () => {
  const counts = histogram(source('hot', 1000), 1000);
  const hot = counts.slice(0, 200).reduce((total, n) => total + n, 0);
  expect(hot / DRAWS).toBeCloseTo(0.8, 2);
  expect(Math.min(...counts.slice(0, 200))).toBeGreaterThan(Math.max(...counts.slice(200)));
  expect(histogram(source('hot', 1), 1, 100)).toEqual([100]);
});

test('latest keys: writes are new, reads are mostly of the newest', () => {
  const [first, second] = [source('latest', 100, 0, 2), source('latest', 100, 1, 2)];
  expect([first, second, first, second].map((keys) => keys.next(true))).toEqual([
    100, 101, 102, 103,
  ]);
  const reads = Array.from({ length: 1000 }, () => first.next(false));
  expect(Math.max(...reads)).toBe(102);
  expect(Math.min(...reads)).toBeGreaterThanOrEqual(0);
  expect(reads.filter((key) => key === 102).length).toBeGreaterThan(100);
});
