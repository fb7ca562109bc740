import { expect, test } from 'vitest';
import { lagPercent, latencyFigures, medianOf, numbersIn, wholeSeconds } from './throughput.ts';

test.each([
  ['begins late and ends cut', [0, 0, 40, 100, 110, 90, 20, 0], 4, [100, 110, 90]],
  ['stands still for a second', [60, 100, 0, 90, 10], 4, [100, 0, 90]],
  ['comes behind the rest of another', [30, 0, 0, 40, 100, 110, 20], 3, [100, 110]],
  ['is a second long', [50, 50], 1, []],
  ['has not been told to its end', [50, 100, 100], 10, [100, 100]],
  ['was none', [0, 0, 0], 3, []],
])('wholeSeconds() of a load that %s', (_, lines, seconds, whole) => {
  expect(wholeSeconds(lines, seconds)).toEqual(whole);
});

test('latencyFigures() are nearest ranks, in milliseconds', () => {
  const latencies = Array.from({ length: 100 }, (_, i) => (100 - i) * 1e6);
  expect(latencyFigures(latencies)).toEqual({
    ...{ samples: 100, meanMs: 50.5, p50Ms: 50, p90Ms: 90, p99Ms: 99, maxMs: 100 },
  });
  expect(latencyFigures([])).toEqual({
    ...{ samples: 0, meanMs: null, p50Ms: null, p90Ms: null, p99Ms: null, maxMs: null },
  });
});

test('lagPercent() says how much less a logger wrote down', () => {
  expect(lagPercent(1000, 990)).toBe(1);
  expect(lagPercent(1000, 1010)).toBe(-1);
  expect([lagPercent(null, 1), lagPercent(1, null), lagPercent(0, 0)]).toEqual([null, null, null]);
});

test('medianOf() and numbersIn()', () => {
  expect([medianOf([3, 1, 2]), medianOf([4, 1, 2, 3])]).toEqual([2, 2.5]);
  expect(numbersIn('1\n20\n\n3\n')).toEqual([1, 20, 3]);
});
