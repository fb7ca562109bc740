/**
 * Histograms of one interval: what two looks at a histogram that is never reset differ by. Sparse,
 * as they travel and are recorded; percentiles of several intervals come from merging them.
 */
import { bucketEnd, bucketStart, type HistogramJson } from './histogram.ts';

/** Bucket number, count, bucket number, count, ...; bucket numbers rise. */
export interface Interval {
  readonly count: number;
  readonly sumUs: number;
  readonly buckets: readonly number[];
}

export const EMPTY_INTERVAL: Interval = { count: 0, sumUs: 0, buckets: [] };

/** What came between two looks. A count that fell means another life of the process: all is new. */
export function between(before: HistogramJson | null, after: HistogramJson): Interval {
  if (before === null) return intervalOf(after.buckets, after.sumUs);
  const known = new Map<number, number>();
  forEachBucket(before.buckets, (bucket, count) => known.set(bucket, count));
  const buckets: number[] = [];
  let isAnother = after.sumUs < before.sumUs;
  forEachBucket(after.buckets, (bucket, count) => {
    const more = count - (known.get(bucket) ?? 0);
    if (more > 0) buckets.push(bucket, more);
    if (more < 0) isAnother = true;
    known.delete(bucket);
  });
  if (isAnother || known.size > 0) return intervalOf(after.buckets, after.sumUs);
  return intervalOf(buckets, after.sumUs - before.sumUs);
}

export function merged(intervals: readonly Interval[]): Interval {
  if (intervals.length === 1) return intervals[0] as Interval;
  const counts = new Map<number, number>();
  let sumUs = 0;
  for (const interval of intervals) {
    sumUs += interval.sumUs;
    forEachBucket(interval.buckets, (bucket, count) => {
      counts.set(bucket, (counts.get(bucket) ?? 0) + count);
    });
  }
  const buckets = [...counts].sort(([a], [b]) => a - b).flat();
  return intervalOf(buckets, sumUs);
}

/** Microseconds, at most 1 % too high; null: nothing was measured. */
export function percentileUs(interval: Interval, percent: number): number | null {
  if (interval.count === 0) return null;
  const rank = Math.max(1, Math.ceil((percent * interval.count) / 100));
  let seen = 0;
  for (let at = 0; at < interval.buckets.length; at += 2) {
    seen += interval.buckets[at + 1] as number;
    if (seen >= rank) return bucketEnd(interval.buckets[at] as number);
  }
  return null;
}

export function maxUs(interval: Interval): number | null {
  const last = interval.buckets.at(-2);
  return last === undefined ? null : bucketEnd(last);
}

/** How many took at least `lowUs` and less than `highUs`. */
export function countWithin(interval: Interval, lowUs: number, highUs: number): number {
  let total = 0;
  forEachBucket(interval.buckets, (bucket, count) => {
    const us = bucketStart(bucket);
    if (us >= lowUs && us < highUs) total += count;
  });
  return total;
}

function intervalOf(buckets: readonly number[], sumUs: number): Interval {
  let count = 0;
  for (let at = 1; at < buckets.length; at += 2) count += buckets[at] as number;
  return { count, sumUs, buckets };
}

function forEachBucket(
  buckets: readonly number[],
  visit: (bucket: number, count: number) => void,
): void {
  for (let at = 0; at < buckets.length; at += 2) {
    visit(buckets[at] as number, buckets[at + 1] as number);
  }
}
