import fc from 'fast-check';
import { build } from 'hdr-histogram-js';
import { describe, expect, test } from 'vitest';
import { bucketStart, LATENCY_NS_MAX, LatencyCounts } from './latency-counts.ts';
import { LatencyHistogram } from './latency-histogram.ts';

/** Every order of magnitude is as likely as any other. */
const durationNs = fc
  .tuple(fc.integer({ min: 0, max: 41 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([bits, part]) => Math.min(LATENCY_NS_MAX, Math.floor(2 ** bits * (1 + part)) - 1));
const durations = fc.array(durationNs, { minLength: 1, maxLength: 200 });

function countsOf(values: readonly number[]): LatencyCounts {
  const counts = new LatencyCounts();
  for (const value of values) counts.record(value);
  return counts;
}

function histogramOf(...parts: readonly (readonly number[])[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const part of parts) histogram.add(countsOf(part).take());
  return histogram;
}

/** The library itself, given every value. */
function referenceOf(values: readonly number[]) {
  const histogram = build({
    ...{ bitBucketSize: 64, autoResize: false, lowestDiscernibleValue: 1 },
    ...{ highestTrackableValue: LATENCY_NS_MAX, numberOfSignificantValueDigits: 3 },
  });
  for (const value of values) histogram.recordValue(value);
  return histogram;
}

describe('LatencyCounts', () => {
  test('LatencyCounts loses nothing on its way into an HdrHistogram', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const table = referenceOf(values).outputPercentileDistribution(5, 1e6);
        const ours = histogramOf(values).percentileTable();
        // Mean and deviation are of the buckets' middles, and the largest value is exact in both.
        expect(ours).toBe(table);
      }),
      { numRuns: 20 },
    );
  });

  test('LatencyCounts merged from two workers equals one that recorded everything', () => {
    fc.assert(
      fc.property(durations, durations, (left, right) => {
        const whole = histogramOf([...left, ...right]);
        const merged = histogramOf(left, right);
        expect(merged.count).toBe(whole.count);
        for (const percent of [0, 50, 90, 99, 99.9]) {
          const both = [merged.percentileNs(percent), whole.percentileNs(percent)];
          expect(both[0]).toBe(both[1]);
        }
        expect(merged.maxNs).toBe(Math.max(...left, ...right));
      }),
      { numRuns: 20 },
    );
  });

  test('LatencyCounts puts a value into the bucket whose bounds hold it, within 1/1024', () => {
    fc.assert(
      fc.property(durationNs, (value) => {
        const { pairs } = countsOf([value]).take();
        const start = bucketStart(pairs[0] as number);
        expect(start).toBeLessThanOrEqual(value);
        expect(value - start).toBeLessThanOrEqual(value / 1024);
      }),
    );
  });

  test('LatencyCounts.take() empties it', () => {
    const counts = countsOf([1, 1e12]);
    expect(counts.take().pairs).toHaveLength(4);
    expect(counts.take()).toEqual({ pairs: new Float64Array(0), maxNs: 0 });
    counts.recordMany(-5, 3);
    counts.record(1e15);
    expect([...counts.take().pairs].filter((_, i) => i % 2 === 1)).toEqual([3, 1]);
  });
});

describe('LatencyHistogram', () => {
  test('LatencyHistogram prints a table that reads back as its percentiles', () => {
    const values = Array.from({ length: 10_000 }, (_, i) => (i + 1) * 10_000);
    const histogram = histogramOf(values);
    const rows = histogram
      .percentileTable()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
      .filter((row) => row.length >= 3 && row.every((n) => !Number.isNaN(n)));
    expect(rows.length).toBeGreaterThan(40);
    for (const [ms = 0, part = 0] of rows) {
      expect(Math.abs(ms * 1e6 - histogram.percentileNs(part * 100))).toBeLessThan(1e4);
    }
    expect(rows.at(-1)?.slice(0, 3)).toEqual([expect.closeTo(100, 1), 1, 10_000]);
    expect(histogram.percentileTable()).toMatch(
      /Value\s+Percentile\s+TotalCount\s+1\/\(1-Percentile\)/,
    );
    expect(histogram.percentileTable()).toMatch(/#\[Max\s+=\s+100\.0/);
  });

  test('LatencyHistogram without values is all zero', () => {
    const summary = new LatencyHistogram().summary();
    expect(new Set(Object.values(summary))).toEqual(new Set([0]));
  });

  test('LatencyHistogram.reset() begins anew', () => {
    const histogram = histogramOf([5e6]);
    histogram.reset();
    histogram.add(countsOf([1e6]).take());
    expect(histogram.summary()).toMatchObject({ count: 1, maxUs: 1000 });
  });
});
