/** Cuts what workers count into intervals of whole seconds, and keeps each as a line of a log. */
import { intervalLine } from './interval-log.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { READ, WRITE } from './tally.ts';
import type { TimedPart } from './thread-messages.ts';

const SECOND_MS = 1000;
/** Longer runs have longer intervals, not more. */
const INTERVALS_MAX = 3600;
/** Parts of other workers may come this much later. */
const OPEN_INTERVALS = 2;

/** How long an interval of a run is. */
export function intervalMs(durationMs: number | null): number {
  return Math.max(1, Math.ceil((durationMs ?? 0) / SECOND_MS / INTERVALS_MAX)) * SECOND_MS;
}

export class IntervalRecorder {
  readonly #lengthMs: number;
  readonly #isOpenLoop: boolean;
  /** By the interval's number, then by tag. */
  readonly #open = new Map<number, Map<string, LatencyHistogram>>();
  readonly #lines: string[] = [];

  constructor(lengthMs: number, isOpenLoop: boolean) {
    this.#lengthMs = lengthMs;
    this.#isOpenLoop = isOpenLoop;
  }

  add({ tally, atMs }: TimedPart): void {
    const number = Math.max(0, Math.floor(atMs / this.#lengthMs));
    const kinds = this.#isOpenLoop ? (['corrected', 'raw'] as const) : (['raw'] as const);
    const counts = kinds.flatMap((kind) => {
      const [write, read] = [tally[kind][WRITE], tally[kind][READ]];
      return [[`${kind}.write`, write] as const, [`${kind}.read`, read] as const];
    });
    for (const [tag, sparse] of counts) {
      if (sparse.pairs.length > 0) this.#histogramOf(number, tag).add(sparse);
    }
    this.#closeBefore(number - OPEN_INTERVALS);
  }

  /** The lines of all intervals, in order. Afterwards nothing is added any more. */
  finish(): string[] {
    this.#closeBefore(Number.POSITIVE_INFINITY);
    return this.#lines;
  }

  #histogramOf(number: number, tag: string): LatencyHistogram {
    const tags = this.#open.get(number) ?? new Map<string, LatencyHistogram>();
    this.#open.set(number, tags);
    const histogram = tags.get(tag) ?? new LatencyHistogram();
    tags.set(tag, histogram);
    return histogram;
  }

  #closeBefore(number: number): void {
    const due = [...this.#open.keys()].filter((open) => open < number).sort((a, b) => a - b);
    for (const interval of due) {
      for (const [tag, histogram] of this.#open.get(interval) ?? []) {
        const startMs = interval * this.#lengthMs;
        this.#lines.push(intervalLine({ tag, startMs, lengthMs: this.#lengthMs, histogram }));
      }
      this.#open.delete(interval);
    }
  }
}
