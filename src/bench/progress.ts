/** How far a run is, as one line. Pure. */
import type { Paint } from '../std/paint.ts';
import { sparkline } from '../std/sparkline.ts';
import { formatCount, formatDurationMs } from '../std/units.ts';

export interface BenchProgress {
  /** Since the end of the warm-up; below zero: still warming up. */
  readonly elapsedMs: number;
  /** From 0 to 1. */
  readonly doneShare: number;
  readonly answered: number;
  readonly failed: number;
  /** The last of them is not over yet. */
  readonly answeredBySecond: readonly number[];
  /** Of the last second. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const COLUMNS = 24;

/** `12.0 s  40 %  ▅▆▇▇▆▅  52,345/s  p50 0.8 ms  p99 2.1 ms`. */
export function progressLine(progress: BenchProgress, paint: Paint): string {
  const bars = sparkline(progress.answeredBySecond.slice(0, -1).slice(-COLUMNS));
  return `${headOf(progress)}  ${paint('cyan', bars.padEnd(COLUMNS))}  ${tailOf(progress)}`;
}

/** The same without bars, for logs. */
export function progressText(progress: BenchProgress): string {
  return `${headOf(progress)}  ${tailOf(progress)}`;
}

function headOf({ elapsedMs, doneShare }: BenchProgress): string {
  if (elapsedMs < 0) return 'warm-up';
  const percent = `${Math.floor(doneShare * 100)} %`;
  return `${`${(elapsedMs / 1000).toFixed(0)} s`.padStart(5)}  ${percent.padStart(5)}`;
}

function tailOf({ answeredBySecond, p50Ms, p99Ms, failed }: BenchProgress): string {
  const rate = answeredBySecond.at(-2) ?? answeredBySecond.at(-1) ?? 0;
  const errors = failed === 0 ? '' : `  ${formatCount(failed)} failed`;
  const latency = `p50 ${formatDurationMs(p50Ms)}  p99 ${formatDurationMs(p99Ms)}`;
  return `${formatCount(rate)}/s  ${latency}${errors}`;
}
