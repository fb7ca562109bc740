/** The parts of all workers, added up. */
import { LatencyHistogram } from './latency-histogram.ts';
import { type ByOperation, READ, type TallyPart, WRITE } from './tally.ts';

export interface SecondRow {
  /** Counted from the start of the measurement. */
  readonly second: number;
  readonly answered: number;
  readonly failed: number;
}

type Histograms = ByOperation<LatencyHistogram>;

export class Totals {
  readonly raw: Histograms = [new LatencyHistogram(), new LatencyHistogram()];
  readonly corrected: Histograms = [new LatencyHistogram(), new LatencyHistogram()];
  readonly lateness = new LatencyHistogram();
  /** What came since `resetRecent`: from intended send times where there are such. */
  readonly recent = new LatencyHistogram();
  /** The same from the times of sending. */
  readonly recentRaw = new LatencyHistogram();
  sent = 0;
  answered = 0;
  missing = 0;
  lateAnswers = 0;
  lastAnswerNs = 0;
  readonly errors = new Map<string, number>();
  readonly #answeredBySecond: number[] = [];
  readonly #failedBySecond: number[] = [];
  readonly #isOpenLoop: boolean;

  constructor(isOpenLoop: boolean) {
    this.#isOpenLoop = isOpenLoop;
  }

  add(part: TallyPart): void {
    for (const operation of [WRITE, READ] as const) {
      this.raw[operation].add(part.raw[operation]);
      this.corrected[operation].add(part.corrected[operation]);
      this.recent.add((this.#isOpenLoop ? part.corrected : part.raw)[operation]);
      this.recentRaw.add(part.raw[operation]);
    }
    this.lateness.add(part.lateness);
    this.sent += part.sent;
    this.answered += part.answered;
    this.missing += part.missing;
    this.lateAnswers += part.lateAnswers;
    this.lastAnswerNs = Math.max(this.lastAnswerNs, part.lastAnswerNs);
    for (const [kind, count] of Object.entries(part.errors)) {
      this.errors.set(kind, (this.errors.get(kind) ?? 0) + count);
    }
    part.series.answered.forEach((answered, i) => {
      const second = part.series.firstSecond + i;
      while (this.#answeredBySecond.length <= second) {
        this.#answeredBySecond.push(0);
        this.#failedBySecond.push(0);
      }
      this.#answeredBySecond[second] = (this.#answeredBySecond[second] ?? 0) + answered;
      const failed = part.series.failed[i] ?? 0;
      this.#failedBySecond[second] = (this.#failedBySecond[second] ?? 0) + failed;
    });
  }

  get failed(): number {
    let failed = 0;
    for (const count of this.errors.values()) failed += count;
    return failed;
  }

  get series(): SecondRow[] {
    return this.#answeredBySecond.map((answered, second) => ({
      second,
      answered,
      failed: this.#failedBySecond[second] ?? 0,
    }));
  }

  /** A new second begins. */
  resetRecent(): void {
    this.recent.reset();
    this.recentRaw.reset();
  }

  /** Both operations together. */
  both(kind: 'raw' | 'corrected'): LatencyHistogram {
    const whole = new LatencyHistogram();
    for (const histogram of this[kind]) whole.merge(histogram);
    return whole;
  }
}
