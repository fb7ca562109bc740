import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HISTOGRAM_MAX_US, Histogram } from './histogram.ts';

/** The obvious twin: keeps every value. */
class SortedValues {
  readonly values: readonly number[];

  constructor(values: readonly number[]) {
    this.values = values.toSorted((a, b) => a - b);
  }

  percentile(percent: number): number {
    const rank = Math.max(1, Math.ceil((percent * this.values.length) / 100));
    return this.values[rank - 1] as number;
  }
}

/** Every order of magnitude is as likely as any other. */
const durationUs = fc
  .tuple(fc.integer({ min: 0, max: 25 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([bits, part]) => Math.min(HISTOGRAM_MAX_US, Math.floor(2 ** bits * (1 + part)) - 1));
const durations = fc.array(durationUs, { minLength: 1, maxLength: 300 });

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

describe('Histogram', () => {
  test('Histogram gives every percentile within 1/128 above the exact one', () => {
    const percents = fc.oneof(
      fc.constantFrom(0, 50, 90, 99, 99.9, 100),
      fc.double({ min: 0, max: 100, noNaN: true }),
    );
    fc.assert(
      fc.property(durations, percents, (values, percent) => {
        const exact = new SortedValues(values).percentile(percent);
        const given = histogramOf(values).percentile(percent);
        expect(given).toBeGreaterThanOrEqual(exact);
        expect(given).toBeLessThanOrEqual(exact + Math.floor(exact / 128));
      }),
      { numRuns: 500 },
    );
  });

  test('Histogram keeps count, sum, mean, smallest and largest exactly', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const histogram = histogramOf(values);
        const sum = values.reduce((total, value) => total + value, 0);
        expect(histogram.count).toBe(values.length);
        expect(histogram.sumUs).toBe(sum);
        expect(histogram.meanUs).toBe(sum / values.length);
        expect(histogram.minUs).toBe(Math.min(...values));
        expect(histogram.maxUs).toBe(Math.max(...values));
      }),
    );
  });

  test('Histogram counts below a power of two exactly', () => {
    fc.assert(
      fc.property(durations, fc.integer({ min: 0, max: 25 }), (values, bits) => {
        const exact = values.filter((value) => value < 2 ** bits).length;
        expect(histogramOf(values).countBelow(2 ** bits)).toBe(exact);
      }),
    );
  });

  test('Histogram merged from two halves equals one that recorded everything', () => {
    fc.assert(
      fc.property(durations, durations, (left, right) => {
        const merged = histogramOf(left);
        merged.merge(histogramOf(right));
        expect(merged.toJSON()).toEqual(histogramOf([...left, ...right]).toJSON());
      }),
    );
  });

  test('Histogram survives its way through JSON text', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const histogram = histogramOf([...values, HISTOGRAM_MAX_US * 2]);
        const read = Histogram.fromJSON(JSON.parse(JSON.stringify(histogram)));
        expect(read?.toJSON()).toEqual(histogram.toJSON());
        expect(read?.count).toBe(histogram.count);
        expect(read?.percentile(50)).toBe(histogram.percentile(50));
      }),
    );
  });

  test('Histogram buckets lie side by side and each holds its own values only', () => {
    const histogram = new Histogram();
    for (let us = 0; us < 5000; us += 1) histogram.record(us);
    let next = 0;
    let total = 0;
    histogram.forEachBucket((lowUs, highUs, count) => {
      expect(lowUs).toBe(next);
      next = highUs + 1;
      total += count;
      if (highUs < 5000) expect(count).toBe(highUs - lowUs + 1);
      expect(histogram.countAt(lowUs)).toBe(count);
      expect(histogram.countAt(highUs)).toBe(count);
    });
    expect(total).toBe(5000);
  });

  test('Histogram counts what is over the cap in its last bucket and keeps the true maximum', () => {
    const histogram = histogramOf([1, HISTOGRAM_MAX_US, HISTOGRAM_MAX_US + 1, 1e15]);
    expect(histogram.clamped).toBe(2);
    expect(histogram.countAt(HISTOGRAM_MAX_US)).toBe(3);
    expect(histogram.countAt(1e15)).toBe(3);
    expect(histogram.percentile(100)).toBe(HISTOGRAM_MAX_US);
    expect(histogram.maxUs).toBe(1e15);
    expect(histogram.countBelow(1e15)).toBe(4);
  });

  test('Histogram cuts fractions and counts negative durations as zero', () => {
    const histogram = histogramOf([-3, 0.9, 127.9, 128]);
    expect(histogram.countAt(0)).toBe(2);
    expect(histogram.countAt(127)).toBe(1);
    expect(histogram.countBelow(128)).toBe(3);
    expect(histogram.sumUs).toBe(255);
  });

  test('Histogram refuses a duration that is not a finite number', () => {
    const histogram = new Histogram();
    expect(() => histogram.record(Number.NaN)).toThrow('finite');
    expect(() => histogram.record(Number.POSITIVE_INFINITY)).toThrow('finite');
    expect(histogram.count).toBe(0);
  });

  test('Histogram without records answers zero, and does so again after a reset', () => {
    const histogram = histogramOf([5, 1e9]);
    histogram.reset();
    for (const empty of [histogram, new Histogram()]) {
      expect(empty.percentile(99)).toBe(0);
      expect([empty.count, empty.minUs, empty.maxUs, empty.meanUs, empty.clamped]).toEqual([
        0, 0, 0, 0, 0,
      ]);
      expect(empty.toJSON()).toEqual({
        ...{ v: 1, sumUs: 0, minUs: null, maxUs: null, clamped: 0 },
        buckets: [],
      });
      expect(Histogram.fromJSON(empty.toJSON())?.toJSON()).toEqual(empty.toJSON());
    }
  });

  test('Histogram reads no JSON but its own', () => {
    const good = histogramOf([1, 300]).toJSON();
    const bad: readonly unknown[] = [
      null,
      'x',
      [],
      {},
      { ...good, v: 2 },
      { ...good, sumUs: -1 },
      { ...good, minUs: null },
      { ...good, maxUs: 'x' },
      { ...good, buckets: [] },
      { ...good, buckets: [1] },
      { ...good, buckets: [1, 0] },
      { ...good, buckets: [1, 1.5] },
      { ...good, buckets: [2, 1, 1, 1] },
      { ...good, buckets: [1e6, 1] },
      { ...good, buckets: ['1', 1] },
    ];
    for (const value of bad) expect(Histogram.fromJSON(value)).toBeNull();
    expect(Histogram.fromJSON(good)).not.toBeNull();
  });
});
