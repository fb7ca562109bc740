/**
 * A histogram of durations in whole microseconds, in the way of HDR histograms: every power of two
 * is split into 128 equal buckets, so a value is known to better than 1 % whatever its size, and
 * below 128 us exactly.
 *
 * ```
 *  value    0 .. 127   128 .. 255   256 .. 511   512 .. 1023   ...
 *  bucket   1 us wide  1 us wide    2 us wide    4 us wide     ...   up to 60 s
 * ```
 * All memory is taken when it is made (20 KB); recording allocates nothing. Two histograms can be
 * merged without loss, which percentiles cannot.
 */
import { assert } from './assert.ts';

const SUB_BUCKET_BITS = 7;
const SUB_BUCKET_COUNT = 1 << SUB_BUCKET_BITS;

/** Longer durations are counted as this long (and counted in `clamped`). 60 s. */
export const HISTOGRAM_MAX_US = 60_000_000;

const BUCKET_COUNT = bucketOf(HISTOGRAM_MAX_US) + 1;

/** What travels and is stored: only buckets that hold something. */
export interface HistogramJson {
  readonly v: 1;
  readonly sumUs: number;
  readonly minUs: number | null;
  readonly maxUs: number | null;
  readonly clamped: number;
  /** Bucket number, count, bucket number, count, ...; bucket numbers rise. */
  readonly buckets: readonly number[];
}

export class Histogram {
  /** Doubles rather than 32-bit counts: these do not wrap within 2^53 records. */
  readonly #counts = new Float64Array(BUCKET_COUNT);
  #count = 0;
  #sumUs = 0;
  #minUs = Number.POSITIVE_INFINITY;
  #maxUs = Number.NEGATIVE_INFINITY;
  #clamped = 0;

  /**
   * Counts one duration. Fractions of a microsecond are cut off. Below zero (stamps of two
   * processes may cross) it counts as zero.
   */
  record(durationUs: number): void {
    assert(durationUs < Number.POSITIVE_INFINITY, 'a duration is a finite number');
    const us = durationUs > 0 ? Math.floor(durationUs) : 0;
    if (us > HISTOGRAM_MAX_US) this.#clamped += 1;
    const bucket = bucketOf(Math.min(us, HISTOGRAM_MAX_US));
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count += 1;
    this.#sumUs += us;
    if (us < this.#minUs) this.#minUs = us;
    if (us > this.#maxUs) this.#maxUs = us;
  }

  get count(): number {
    return this.#count;
  }

  get sumUs(): number {
    return this.#sumUs;
  }

  /** How many were longer than HISTOGRAM_MAX_US. */
  get clamped(): number {
    return this.#clamped;
  }

  /** Exact, also above HISTOGRAM_MAX_US. 0: nothing recorded. */
  get maxUs(): number {
    return this.#count === 0 ? 0 : this.#maxUs;
  }

  /** Exact. 0: nothing recorded. */
  get minUs(): number {
    return this.#count === 0 ? 0 : this.#minUs;
  }

  /** Exact. 0: nothing recorded. */
  get meanUs(): number {
    return this.#count === 0 ? 0 : this.#sumUs / this.#count;
  }

  /** How many fell into the bucket that `us` falls into. */
  countAt(us: number): number {
    return this.#counts[bucketOf(clampUs(us))] as number;
  }

  /** How many were below `us`: exact when a bucket starts there, as at every power of two. */
  countBelow(us: number): number {
    const end = us > HISTOGRAM_MAX_US ? BUCKET_COUNT : bucketOf(clampUs(us));
    let total = 0;
    for (let bucket = 0; bucket < end; bucket += 1) total += this.#counts[bucket] as number;
    return total;
  }

  /**
   * The duration that `percent` of the records did not exceed: at least the exact one (nearest
   * rank) and at most 1/128 above it. Never above the largest recorded nor above HISTOGRAM_MAX_US.
   * 0: nothing recorded.
   */
  percentile(percent: number): number {
    assert(percent >= 0 && percent <= 100, 'a percentile lies between 0 and 100');
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil((percent * this.#count) / 100));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket += 1) {
      seen += this.#counts[bucket] as number;
      if (seen >= rank) return Math.min(bucketEnd(bucket), this.#maxUs, HISTOGRAM_MAX_US);
    }
    return Math.min(this.#maxUs, HISTOGRAM_MAX_US);
  }

  /** Calls `visit` for every bucket that holds something: its bounds, both included, and count. */
  forEachBucket(visit: (lowUs: number, highUs: number, count: number) => void): void {
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket += 1) {
      const count = this.#counts[bucket] as number;
      if (count > 0) visit(bucketStart(bucket), bucketEnd(bucket), count);
    }
  }

  /** Adds all records of another. Equal to having recorded them here. */
  merge(other: Histogram): void {
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket += 1) {
      this.#counts[bucket] = (this.#counts[bucket] as number) + (other.#counts[bucket] as number);
    }
    this.#count += other.#count;
    this.#sumUs += other.#sumUs;
    this.#clamped += other.#clamped;
    this.#minUs = Math.min(this.#minUs, other.#minUs);
    this.#maxUs = Math.max(this.#maxUs, other.#maxUs);
  }

  reset(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#sumUs = 0;
    this.#clamped = 0;
    this.#minUs = Number.POSITIVE_INFINITY;
    this.#maxUs = Number.NEGATIVE_INFINITY;
  }

  toJSON(): HistogramJson {
    const buckets: number[] = [];
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket += 1) {
      const count = this.#counts[bucket] as number;
      if (count > 0) buckets.push(bucket, count);
    }
    return {
      v: 1,
      sumUs: this.#sumUs,
      minUs: this.#count === 0 ? null : this.#minUs,
      maxUs: this.#count === 0 ? null : this.#maxUs,
      clamped: this.#clamped,
      buckets,
    };
  }

  /** @returns null when the value is not what `toJSON` gives. */
  static fromJSON(value: unknown): Histogram | null {
    if (!isHistogramJson(value)) return null;
    const histogram = new Histogram();
    let last = -1;
    for (let at = 0; at < value.buckets.length; at += 2) {
      const bucket = value.buckets[at];
      const count = value.buckets[at + 1];
      if (!isCount(bucket) || !isCount(count) || count === 0) return null;
      if (bucket <= last || bucket >= BUCKET_COUNT) return null;
      histogram.#counts[bucket] = count;
      histogram.#count += count;
      last = bucket;
    }
    if (histogram.#count === 0) return value.minUs === null ? histogram : null;
    if (value.minUs === null || value.maxUs === null) return null;
    histogram.#sumUs = value.sumUs;
    histogram.#clamped = value.clamped;
    histogram.#minUs = value.minUs;
    histogram.#maxUs = value.maxUs;
    return histogram;
  }
}

function clampUs(us: number): number {
  return us > 0 ? Math.min(Math.floor(us), HISTOGRAM_MAX_US) : 0;
}

/** Requires: a whole number from 0 to HISTOGRAM_MAX_US. */
function bucketOf(us: number): number {
  const shift = 31 - SUB_BUCKET_BITS - Math.clz32(us | (SUB_BUCKET_COUNT - 1));
  return shift <= 0 ? us : shift * SUB_BUCKET_COUNT + (us >>> shift);
}

function bucketShift(bucket: number): number {
  return Math.max(0, Math.floor(bucket / SUB_BUCKET_COUNT) - 1);
}

/** Lowest duration of a bucket of `HistogramJson`, in microseconds. */
export function bucketStart(bucket: number): number {
  const shift = bucketShift(bucket);
  return (bucket - shift * SUB_BUCKET_COUNT) << shift;
}

/** Highest duration of a bucket of `HistogramJson`, in microseconds. */
export function bucketEnd(bucket: number): number {
  return bucketStart(bucket) + (1 << bucketShift(bucket)) - 1;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isHistogramJson(value: unknown): value is HistogramJson {
  if (typeof value !== 'object' || value === null) return false;
  const json = value as Partial<Record<keyof HistogramJson, unknown>>;
  if (json.v !== 1 || !isCount(json.sumUs) || !isCount(json.clamped)) return false;
  if (json.minUs !== null && !isCount(json.minUs)) return false;
  if (json.maxUs !== null && !isCount(json.maxUs)) return false;
  return Array.isArray(json.buckets) && json.buckets.length % 2 === 0;
}
