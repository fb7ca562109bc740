/** How a run goes, for those who watch it from outside. */
import { formatBytes, formatCount, formatDurationMs, plural } from '../std/units.ts';
import type { LiveBench, LiveLatency } from '../wire/live-bench.ts';
import type { LatencyHistogram } from './latency-histogram.ts';
import type { BenchProgress } from './progress.ts';
import { judge } from './slo.ts';
import type { Totals } from './totals.ts';
import type { Workload } from './workload.ts';

const NS_PER_US = 1e3;

/** What is not known of the process that measures. */
export type LiveFigures = Omit<LiveBench, 'v' | 'pid' | 'label' | 'updatedAtMs'>;

export function liveFigures(
  totals: Totals,
  progress: BenchProgress,
  workload: Workload,
): LiveFigures {
  const isOpen = workload.ratePerSecond !== null;
  const corrected = isOpen ? totals.both('corrected') : null;
  const raw = totals.both('raw');
  const judged = corrected ?? raw;
  const { answered, failed, elapsedMs, doneShare, answeredBySecond } = progress;
  const ended = answered + failed;
  const measured = {
    latencyCount: judged.count,
    percentileNs: (percent: number) => judged.percentileNs(percent),
    meanNs: judged.meanNs,
    maxNs: judged.maxNs,
    errorShare: ended === 0 ? 0 : failed / ended,
    ratePerSecond: elapsedMs <= 0 ? 0 : (answered * 1000) / elapsedMs,
  };
  return {
    plan: planText(workload),
    ...{ elapsedMs: Math.round(elapsedMs), doneShare, answered, failed },
    durationMs: workload.durationMs,
    askedPerS: workload.ratePerSecond,
    answeredPerS: answeredBySecond.at(-2) ?? answeredBySecond.at(-1) ?? 0,
    sent: totals.sent,
    errors: Object.fromEntries(totals.errors),
    latency: { corrected: latencyOf(corrected), raw: latencyOf(raw) },
    recent: {
      corrected: isOpen ? latencyOf(totals.recent) : null,
      raw: latencyOf(totals.recentRaw),
    },
    latenessP99Us: isOpen ? totals.lateness.percentileNs(99) / NS_PER_US : null,
    slos: workload.slos.map((slo) => judge(slo, measured)),
  };
}

function planText(workload: Workload): string {
  const { ratePerSecond, arrival, pipeline, durationMs, requests, warmupMs } = workload;
  const pace =
    ratePerSecond === null
      ? `closed loop, ${pipeline} at a time`
      : `open loop, ${formatCount(ratePerSecond)}/s ${arrival}`;
  const end =
    durationMs === null ? `${formatCount(requests ?? 0)} requests` : formatDurationMs(durationMs);
  const warmup = warmupMs === 0 ? '' : ` after ${formatDurationMs(warmupMs)} of warm-up`;
  return (
    `${pace}, ${end}${warmup}; ${plural(workload.clients, 'connection')}, ` +
    `${workload.writeParts}:${workload.readParts} writes to reads, ` +
    `${formatCount(workload.keyMaximum)} keys ${workload.keyPattern}, ${formatBytes(workload.dataBytes)} values`
  );
}

function latencyOf(histogram: LatencyHistogram | null): LiveLatency | null {
  if (histogram === null || histogram.count === 0) return null;
  const { p50Us, p90Us, p99Us, p999Us, maxUs } = histogram.summary();
  return { p50Us, p90Us, p99Us, p999Us, maxUs };
}
