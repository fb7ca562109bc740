import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Histogram } from './histogram.ts';
import { between, countWithin, maxUs, merged, percentileUs } from './interval.ts';

const durations = fc.array(fc.integer({ min: 0, max: 2_000_000 }), { maxLength: 60 });

function histogramOf(...parts: readonly (readonly number[])[]): Histogram {
  const histogram = new Histogram();
  for (const us of parts.flat()) histogram.record(us);
  return histogram;
}

describe('between', () => {
  test('between of two looks holds what came between them, however they are split', () => {
    fc.assert(
      fc.property(durations, durations, (first, second) => {
        const interval = between(histogramOf(first).toJSON(), histogramOf(first, second).toJSON());
        const twin = histogramOf(second);
        expect(interval.count).toBe(second.length);
        expect(interval.sumUs).toBe(twin.sumUs);
        expect(interval.buckets).toEqual(twin.toJSON().buckets);
      }),
    );
  });

  test('between takes all of it when the process is another one', () => {
    const before = histogramOf([10, 20, 30]).toJSON();
    expect(between(before, histogramOf([7]).toJSON())).toMatchObject({ count: 1, sumUs: 7 });
  });
});

describe('merged', () => {
  test('merged intervals have the percentiles of all of them together', () => {
    fc.assert(
      fc.property(durations, durations, (first, second) => {
        const all = merged(
          [first, second].map((part) => between(null, histogramOf(part).toJSON())),
        );
        const twin = histogramOf(first, second);
        for (const percent of [1, 50, 99, 100]) {
          const expected = twin.count === 0 ? null : twin.percentile(percent);
          const found = percentileUs(all, percent);
          // The twin knows the largest exactly.
          if (expected === null) expect(found).toBeNull();
          else expect(Math.min(found ?? 0, twin.maxUs)).toBe(expected);
        }
        expect(countWithin(all, 0, 1024)).toBe(twin.countBelow(1024));
        expect(maxUs(all) === null).toBe(twin.count === 0);
      }),
    );
  });
});
