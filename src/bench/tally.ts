/**
 * What one worker counts. All memory of the hot path is taken at the start; what was counted since
 * the last time is taken out as one plain object and added up in the parent.
 */
import { LatencyCounts, type SparseCounts } from './latency-counts.ts';

export const WRITE = 0;
export const READ = 1;
export type Operation = typeof WRITE | typeof READ;

/** Durations by operation: `[writes, reads]`. */
export type ByOperation<T> = readonly [T, T];

export interface TallyPart {
  /** From the time a request was really sent. */
  readonly raw: ByOperation<SparseCounts>;
  /** From the time it should have been sent; empty in a closed loop. */
  readonly corrected: ByOperation<SparseCounts>;
  /** How much later than intended the generator itself was. */
  readonly lateness: SparseCounts;
  /** Requests that were sent and count. */
  readonly sent: number;
  readonly answered: number;
  /** Of the answered ones, reads that found no key. */
  readonly missing: number;
  /** Answers that came after their request had been counted as timed out. */
  readonly lateAnswers: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly series: SeriesPart;
  /** When the last answer came, from the start; 0: none. */
  readonly lastAnswerNs: number;
}

/** By the second in which they ended, from the start of the measurement. */
export interface SeriesPart {
  readonly firstSecond: number;
  readonly answered: readonly number[];
  readonly failed: readonly number[];
}

/** More kinds of errors than that are counted together. */
const ERROR_KINDS_MAX = 64;
const OTHER = 'other';
const NS_PER_S = 1e9;

export class Tally {
  readonly raw: ByOperation<LatencyCounts> = [new LatencyCounts(), new LatencyCounts()];
  readonly corrected: ByOperation<LatencyCounts> = [new LatencyCounts(), new LatencyCounts()];
  readonly lateness = new LatencyCounts();
  sent = 0;
  missing = 0;
  lateAnswers = 0;
  #answered = 0;
  #lastAnswerNs = 0;
  #errors = new Map<string, number>();
  #firstSecond = 0;
  #answeredBySecond: number[] = [];
  #failedBySecond: number[] = [];

  /** @param sinceStartNs from the start of the measurement. */
  answer(sinceStartNs: number): void {
    this.#answered += 1;
    if (sinceStartNs > this.#lastAnswerNs) this.#lastAnswerNs = sinceStartNs;
    const at = this.#secondOf(sinceStartNs);
    this.#answeredBySecond[at] = (this.#answeredBySecond[at] as number) + 1;
  }

  fail(kind: string, sinceStartNs: number, count = 1): void {
    const known = this.#errors.has(kind) || this.#errors.size < ERROR_KINDS_MAX ? kind : OTHER;
    this.#errors.set(known, (this.#errors.get(known) ?? 0) + count);
    const at = this.#secondOf(sinceStartNs);
    this.#failedBySecond[at] = (this.#failedBySecond[at] as number) + count;
  }

  /** What was counted since the last time. */
  take(): TallyPart {
    const part = {
      raw: [this.raw[WRITE].take(), this.raw[READ].take()] as const,
      corrected: [this.corrected[WRITE].take(), this.corrected[READ].take()] as const,
      lateness: this.lateness.take(),
      sent: this.sent,
      answered: this.#answered,
      missing: this.missing,
      lateAnswers: this.lateAnswers,
      errors: Object.fromEntries(this.#errors),
      series: {
        firstSecond: this.#firstSecond,
        answered: this.#answeredBySecond,
        failed: this.#failedBySecond,
      },
      lastAnswerNs: this.#lastAnswerNs,
    };
    this.sent = 0;
    this.missing = 0;
    this.lateAnswers = 0;
    this.#answered = 0;
    this.#errors = new Map();
    this.#firstSecond += Math.max(0, this.#answeredBySecond.length - 1);
    this.#answeredBySecond = [];
    this.#failedBySecond = [];
    return part;
  }

  /** The place of a second in the series, which reaches that far afterwards. */
  #secondOf(sinceStartNs: number): number {
    const second = Math.max(0, Math.floor(sinceStartNs / NS_PER_S));
    const at = Math.max(0, second - this.#firstSecond);
    while (this.#answeredBySecond.length <= at) {
      this.#answeredBySecond.push(0);
      this.#failedBySecond.push(0);
    }
    return at;
  }
}
