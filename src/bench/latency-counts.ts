/**
 * Durations counted in the buckets of an HdrHistogram of three digits, in nanoseconds: what a
 * worker keeps. All memory is taken at the start and a record costs a few instructions; the
 * library that reads such histograms (`latency-histogram.ts`) takes five times as long for one.
 *
 * ```
 *  value   0 .. 2047   2048 .. 4095   4096 .. 8191   ...  2^42 - 1 (73 min)
 *  width       1            2              4         ...
 *  index   0 .. 2047   2048 .. 3071   3072 .. 4095   ...
 * ```
 * The index is that of HdrHistogram's own count array, so nothing is lost on the way to it.
 */
import { assert } from '../std/assert.ts';

const HALF_BITS = 10;
const HALF_COUNT = 1 << HALF_BITS;
/** Values from here on are halved this many times before they fit into 31 bits. */
const WIDE_FROM = 2 ** 31;
const WIDE_BITS = 11;

/** Longer durations are counted as this long. 73 minutes. */
export const LATENCY_NS_MAX = 2 ** 42 - 1;

export const BUCKET_COUNT = bucketOf(LATENCY_NS_MAX) + 1;

/** What travels from a worker: only buckets that hold something. */
export interface SparseCounts {
  /** Index, count, index, count, ...; indexes rise. */
  readonly pairs: Float64Array;
  /** Exact; 0: nothing recorded. */
  readonly maxNs: number;
}

export class LatencyCounts {
  readonly #counts = new Float64Array(BUCKET_COUNT);
  #maxNs = 0;
  /** Only this range of buckets may hold something. */
  #low = BUCKET_COUNT;
  #high = -1;

  /** Counts one duration; below zero it counts as zero. */
  record(ns: number): void {
    this.recordMany(ns, 1);
  }

  recordMany(ns: number, count: number): void {
    const value = ns > 0 ? Math.min(Math.floor(ns), LATENCY_NS_MAX) : 0;
    const bucket = bucketOf(value);
    this.#counts[bucket] = (this.#counts[bucket] as number) + count;
    if (value > this.#maxNs) this.#maxNs = value;
    if (bucket < this.#low) this.#low = bucket;
    if (bucket > this.#high) this.#high = bucket;
  }

  /** What was recorded since the last time; empties it. */
  take(): SparseCounts {
    let filled = 0;
    for (let i = this.#low; i <= this.#high; i += 1) if (this.#counts[i] !== 0) filled += 1;
    const pairs = new Float64Array(filled * 2);
    let at = 0;
    for (let i = this.#low; i <= this.#high; i += 1) {
      const count = this.#counts[i] as number;
      if (count === 0) continue;
      pairs[at] = i;
      pairs[at + 1] = count;
      at += 2;
    }
    const taken = { pairs, maxNs: this.#maxNs };
    if (this.#high >= 0) this.#counts.fill(0, this.#low, this.#high + 1);
    this.#maxNs = 0;
    this.#low = BUCKET_COUNT;
    this.#high = -1;
    return taken;
  }
}

/** Requires: a whole number from 0 to LATENCY_NS_MAX. */
function bucketOf(ns: number): number {
  if (ns < WIDE_FROM) return narrowBucketOf(ns);
  return WIDE_BITS * HALF_COUNT + narrowBucketOf(Math.floor(ns / 2 ** WIDE_BITS));
}

function narrowBucketOf(ns: number): number {
  const shift = 31 - HALF_BITS - Math.clz32(ns | (2 * HALF_COUNT - 1));
  return shift * HALF_COUNT + (ns >>> shift);
}

/** The smallest duration of a bucket, in nanoseconds. */
export function bucketStart(bucket: number): number {
  assert(bucket >= 0 && bucket < BUCKET_COUNT, 'a bucket of this histogram');
  const shift = Math.max(0, Math.floor(bucket / HALF_COUNT) - 1);
  return (bucket - shift * HALF_COUNT) * 2 ** shift;
}
