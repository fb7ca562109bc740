/** The durations of a run, merged from its workers, as an HdrHistogram: percentiles and `.hgrm`. */
import {
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  Float64Histogram,
  JsHistogram,
} from 'hdr-histogram-js';
import { BUCKET_COUNT, bucketStart, LATENCY_NS_MAX, type SparseCounts } from './latency-counts.ts';

const DIGITS = 3;
const BITS = 64;
const NS_PER_MS = 1e6;
const NS_PER_US = 1e3;
const TICKS_PER_HALF_DISTANCE = 5;

/** Microseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly meanUs: number;
  readonly minUs: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p95Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly p9999Us: number;
  readonly maxUs: number;
}

export class LatencyHistogram {
  readonly #histogram = new Float64Histogram(1, LATENCY_NS_MAX, DIGITS);
  #isEmpty = true;

  /** Adds what a worker recorded: the same buckets, so nothing is lost. */
  add({ pairs, maxNs }: SparseCounts): void {
    for (let at = 0; at < pairs.length; at += 2) {
      const low = bucketStart(pairs[at] as number);
      const count = pairs[at + 1] as number;
      this.#isEmpty = false;
      // The largest of all is kept exactly.
      if (at + 2 < pairs.length) this.#histogram.recordValueWithCount(low, count);
      else this.#histogram.recordValueWithCount(maxNs, count);
    }
  }

  merge(other: LatencyHistogram): void {
    if (other.#isEmpty) return;
    this.#histogram.add(other.#histogram);
    this.#isEmpty = false;
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** As a line of a `.hlog` holds it: every bucket, the largest value as its bucket has it. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }

  /** @returns null when the text is no histogram, or one of durations longer than ours. */
  static decode(text: string): LatencyHistogram | null {
    const whole = new LatencyHistogram();
    try {
      const read = decodeFromCompressedBase64(text, BITS);
      if (!(read instanceof JsHistogram)) return null;
      whole.#histogram.add(read);
      whole.#isEmpty = read.totalCount === 0;
    } catch {
      return null;
    }
    return whole;
  }

  /** Lower end (ns) and count of every bucket that holds something, rising. */
  buckets(): (readonly [number, number])[] {
    const filled: [number, number][] = [];
    let below = 0;
    for (let bucket = 0; bucket < BUCKET_COUNT && below < this.count; bucket += 1) {
      const startNs = bucketStart(bucket);
      const count = this.#histogram.getCountAtIndex(bucket);
      if (count === 0) continue;
      below += count;
      filled.push([startNs, count]);
    }
    return filled;
  }

  /** 0: nothing recorded. */
  percentileNs(percent: number): number {
    if (this.#isEmpty) return 0;
    return Math.min(this.#histogram.getValueAtPercentile(percent), this.#histogram.maxValue);
  }

  get maxNs(): number {
    return this.#isEmpty ? 0 : this.#histogram.maxValue;
  }

  get meanNs(): number {
    return this.#isEmpty ? 0 : this.#histogram.mean;
  }

  summary(): LatencySummary {
    const us = (percent: number): number => rounded(this.percentileNs(percent) / NS_PER_US);
    return {
      count: this.count,
      meanUs: rounded(this.meanNs / NS_PER_US),
      minUs: us(0),
      p50Us: us(50),
      p90Us: us(90),
      p95Us: us(95),
      p99Us: us(99),
      p999Us: us(99.9),
      p9999Us: us(99.99),
      maxUs: rounded(this.maxNs / NS_PER_US),
    };
  }

  reset(): void {
    if (!this.#isEmpty) this.#histogram.reset();
    this.#isEmpty = true;
  }

  /** HdrHistogram's table of percentiles, in milliseconds: what its plotter reads. */
  percentileTable(): string {
    return this.#histogram.outputPercentileDistribution(TICKS_PER_HALF_DISTANCE, NS_PER_MS);
  }
}

function rounded(us: number): number {
  return Math.round(us * 10) / 10;
}
