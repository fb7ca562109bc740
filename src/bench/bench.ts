/** Measures a target: the front door of this floor. */
import { randomInt } from 'node:crypto';
import { Crew } from './crew.ts';
import type { DriverName } from './drivers/drivers.ts';
import { describeEnvironment } from './environment.ts';
import { type AgentsWish, FarCrew } from './far-crew.ts';
import {
  checkHistogramFiles,
  type HistogramFiles,
  percentileTables,
  writeHistogramFiles,
} from './histogram-files.ts';
import { intervalLogHead } from './interval-log.ts';
import { IntervalRecorder, intervalMs } from './interval-recorder.ts';
import { type LiveFigures, liveFigures } from './live.ts';
import { PhaseMeter, type WatchedNode } from './phase-meter.ts';
import type { BenchProgress } from './progress.ts';
import { type BenchResult, resultOf } from './result.ts';
import { INTERVAL_LOG, PHASES_FILE, type RunFiles } from './run-store.ts';
import { describeTarget, type Target, type TargetInfo } from './target.ts';
import type { TimedPart } from './thread-messages.ts';
import { Totals } from './totals.ts';
import { newMark } from './values.ts';
import { verifyWrites } from './verify.ts';
import type { Workload } from './workload.ts';

export interface BenchOptions {
  readonly workload: Workload;
  /** Where the connections go, dealt out in turn. Not empty. */
  readonly targets: readonly Target[];
  readonly histogramFiles: HistogramFiles;
  /** Nodes whose phases are looked at. Left out: none. */
  readonly watched?: readonly WatchedNode[];
  /** Other machines that make the load; left out: this one does. */
  readonly agents?: AgentsWish;
  /** The version of the program. */
  readonly program: string;
  /** Aborted: the run ends now, with the report of what it measured. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: BenchProgress) => void;
  /** Called as often, with more. */
  readonly onLive?: (figures: LiveFigures) => void;
}

export interface BenchRun {
  readonly result: BenchResult;
  /** What a stored run keeps beside the result. */
  readonly files: RunFiles;
}

const INFO_TIMEOUT_MS = 2000;
const PROGRESS_EVERY_MS = 1000;
const NS_PER_MS = 1e6;

/**
 * @throws {RaftctlError} UNREACHABLE when a target does not accept the connections.
 * @throws {RaftctlError} USAGE when a histogram file cannot be written.
 */
export async function runBench(options: BenchOptions): Promise<BenchRun> {
  const { workload, targets, histogramFiles, signal } = options;
  await checkHistogramFiles(histogramFiles);
  const environment = describeEnvironment(options.program);
  const isOpenLoop = workload.ratePerSecond !== null;
  const totals = new Totals(isOpenLoop);
  const intervals = new IntervalRecorder(intervalMs(workload.durationMs), isOpenLoop);
  const onPart = (part: TimedPart): void => {
    totals.add(part.tally);
    intervals.add(part);
  };
  const mark = workload.verify === true ? newMark(randomInt(2 ** 47)) : null;
  const { agents, program } = options;
  const crew =
    agents === undefined
      ? new Crew({ workload, targets, onPart, mark })
      : new FarCrew({ workload, targets, onPart, agents, program });
  const stop = (): void => crew.stop();
  let ticker: NodeJS.Timeout | null = null;
  let meter: PhaseMeter | null = null;
  try {
    await crew.muster();
    const before = await describeAll(targets, workload.driver);
    signal.addEventListener('abort', stop, { once: true });
    const startsInMs = crew.begin();
    if (signal.aborted) stop();
    const measureFromMs = performance.now() + startsInMs + workload.warmupMs;
    const fromMs = startsInMs + workload.warmupMs;
    const processorUs = meterProcessor(fromMs);
    const { watched = [] } = options;
    if (watched.length > 0) meter = new PhaseMeter(watched, fromMs, workload.durationMs);
    const startedAt = new Date(Date.now() + startsInMs + workload.warmupMs).toISOString();
    ticker = setInterval(() => {
      const progress = progressOf(totals, performance.now() - measureFromMs, workload);
      options.onProgress(progress);
      options.onLive?.(liveFigures(totals, progress, workload));
      totals.resetRecent();
    }, PROGRESS_EVERY_MS);
    const end = await crew.done;
    const isPartial = signal.aborted;
    const elapsedMs = Math.max(0, performance.now() - measureFromMs);
    const usedUs = processorUs();
    const metered = (await meter?.finish()) ?? null;
    const after = await describeAll(targets, workload.driver);
    const tables = percentileTables(totals, isOpenLoop);
    await writeHistogramFiles(histogramFiles, tables);
    const verification =
      mark === null || isPartial
        ? null
        : await verifyWrites({
            ...{ workload, targets, mark, signal },
            writes: end.ends.map(({ writes }) => writes),
          });
    const result = resultOf({
      ...{ workload, totals, startedAt, elapsedMs, isPartial, before, after, environment },
      ...{ ...end, verification, phases: metered?.phases ?? null },
      processorUs: usedUs + end.agents.reduce((sum, agent) => sum + agent.processorUs, 0),
    });
    const log = [intervalLogHead(Date.parse(startedAt)), ...intervals.finish()].join('');
    const files = new Map([[INTERVAL_LOG, log]]);
    for (const [name, text] of tables) files.set(`${name}.hgrm`, text);
    if (metered !== null) files.set(PHASES_FILE, `${JSON.stringify(metered.histograms)}\n`);
    return { result, files };
  } finally {
    if (ticker !== null) clearInterval(ticker);
    meter?.close();
    signal.removeEventListener('abort', stop);
    await crew.dismiss();
  }
}

/** Processor time of all threads of this process, from the end of the warm-up on. */
function meterProcessor(fromMs: number): () => number {
  let begun = process.cpuUsage();
  const timer = setTimeout(() => {
    begun = process.cpuUsage();
  }, fromMs);
  return () => {
    clearTimeout(timer);
    const { user, system } = process.cpuUsage(begun);
    return user + system;
  };
}

function describeAll(targets: readonly Target[], driver: DriverName): Promise<TargetInfo[]> {
  return Promise.all(targets.map((target) => describeTarget(target, driver, INFO_TIMEOUT_MS)));
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
