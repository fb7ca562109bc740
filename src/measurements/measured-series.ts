/** Runs that belong together: repeats of one load, or of several in turn. */
import type { BenchResult } from '../bench/result.ts';
import type { StoredRun } from '../bench/run-store.ts';

export interface MeasuredRun {
  readonly result: BenchResult;
  /** Null: it was not kept. */
  readonly stored: StoredRun | null;
}

export interface MeasuredSeries {
  /** By load, in the order measured. */
  readonly runs: readonly (readonly MeasuredRun[])[];
  /** Of the signal that cut it short; null: all was measured. */
  readonly interruptedWith: number | null;
}

/**
 * Which load is measured when: `0 1 1 0 0 1 1 0`. Each is as often early as late, so that a machine
 * that slows down meanwhile slows both.
 */
export function interleaved(loads: number, repeats: number): number[] {
  return Array.from({ length: repeats }, (_, round) => {
    const order = Array.from({ length: loads }, (_, load) => load);
    return round % 2 === 0 ? order : order.reverse();
  }).flat();
}

/** The run in the middle: the report of a series is its. */
export function middleOf<T extends { readonly result: BenchResult }>(runs: readonly T[]): T | null {
  const sorted = runs.toSorted(
    (a, b) => a.result.throughputPerSecond - b.result.throughputPerSecond,
  );
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
