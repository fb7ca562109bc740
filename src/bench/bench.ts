/** Measures a target: the front door of this floor. */
import { Crew } from './crew.ts';
import { describeEnvironment } from './environment.ts';
import {
  checkHistogramFiles,
  type HistogramFiles,
  writeHistogramFiles,
} from './histogram-files.ts';
import type { BenchProgress } from './progress.ts';
import { type BenchResult, resultOf } from './result.ts';
import { describeTarget, type Target, type TargetInfo } from './target.ts';
import { Totals } from './totals.ts';
import type { Workload } from './workload.ts';

export interface BenchOptions {
  readonly workload: Workload;
  /** Where the connections go, dealt out in turn. Not empty. */
  readonly targets: readonly Target[];
  readonly histogramFiles: HistogramFiles;
  /** The version of the program. */
  readonly program: string;
  /** Aborted: the run ends now, with the report of what it measured. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: BenchProgress) => void;
}

const INFO_TIMEOUT_MS = 2000;
const PROGRESS_EVERY_MS = 1000;
const NS_PER_MS = 1e6;

/**
 * @throws {RaftctlError} UNREACHABLE when a target does not accept the connections.
 * @throws {RaftctlError} USAGE when a histogram file cannot be written.
 */
export async function runBench(options: BenchOptions): Promise<BenchResult> {
  const { workload, targets, histogramFiles, signal } = options;
  await checkHistogramFiles(histogramFiles);
  const environment = describeEnvironment(options.program);
  const isOpenLoop = workload.ratePerSecond !== null;
  const totals = new Totals(isOpenLoop);
  const crew = new Crew({ workload, targets, onPart: (part) => totals.add(part) });
  const stop = (): void => crew.stop();
  let ticker: NodeJS.Timeout | null = null;
  try {
    await crew.muster();
    const before = await describeAll(targets);
    signal.addEventListener('abort', stop, { once: true });
    const startsInMs = crew.begin();
    if (signal.aborted) stop();
    const measureFromMs = performance.now() + startsInMs + workload.warmupMs;
    const startedAt = new Date(Date.now() + startsInMs + workload.warmupMs).toISOString();
    ticker = setInterval(() => {
      options.onProgress(progressOf(totals, performance.now() - measureFromMs, workload));
      totals.recent.reset();
    }, PROGRESS_EVERY_MS);
    const ends = await crew.done;
    const isPartial = signal.aborted;
    const elapsedMs = Math.max(0, performance.now() - measureFromMs);
    const after = await describeAll(targets);
    await writeHistogramFiles(histogramFiles, totals, isOpenLoop);
    return resultOf({
      ...{ workload, totals, startedAt, elapsedMs, isPartial, ends, before, after, environment },
    });
  } finally {
    if (ticker !== null) clearInterval(ticker);
    signal.removeEventListener('abort', stop);
    await crew.dismiss();
  }
}

function describeAll(targets: readonly Target[]): Promise<TargetInfo[]> {
  return Promise.all(targets.map((target) => describeTarget(target, INFO_TIMEOUT_MS)));
}

function progressOf(totals: Totals, elapsedMs: number, workload: Workload): BenchProgress {
  const { recent } = totals;
  const { durationMs, requests } = workload;
  const byTime = durationMs === null ? 0 : elapsedMs / durationMs;
  const byCount = requests === null ? 0 : (totals.answered + totals.failed) / requests;
  return {
    elapsedMs,
    doneShare: Math.max(0, Math.min(1, Math.max(byTime, byCount))),
    answered: totals.answered,
    failed: totals.failed,
    answeredBySecond: totals.series.map((row) => row.answered),
    p50Ms: recent.percentileNs(50) / NS_PER_MS,
    p99Ms: recent.percentileNs(99) / NS_PER_MS,
  };
}
