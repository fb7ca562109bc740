/**
 * The result of a run: what `--json` prints (schema raftctl/bench/v1) and the report shows, and
 * whether the measurement may be believed. Pure.
 */
import { type AgentFacts, type AgentRow, agentRow } from './agent-row.ts';
import type { Environment } from './environment.ts';
import type { LatencyHistogram, LatencySummary } from './latency-histogram.ts';
import type { ServerPhases } from './server-phases.ts';
import { judge, type Measured, type SloResult } from './slo.ts';
import { READ, WRITE } from './tally.ts';
import type { TargetInfo } from './target.ts';
import type { WorkerEnd } from './thread-messages.ts';
import type { SecondRow, Totals } from './totals.ts';
import type { Verification } from './verify.ts';
import type { Workload } from './workload.ts';

export interface LatencyPair {
  /** From the intended send time; null in a closed loop, which intends none. */
  readonly corrected: LatencySummary | null;
  /** From the time the request was really sent. */
  readonly raw: LatencySummary;
}

export interface BenchTarget extends TargetInfo {
  /** Connections that were open when the run ended. */
  readonly openAtEnd: number;
  readonly leaderAfter: string | null;
  readonly termAfter: number | null;
}

export interface BenchResult {
  /** RFC 3339, of the first measured request. */
  readonly startedAt: string;
  readonly loop: 'closed' | 'open';
  readonly workload: Workload;
  readonly targets: readonly BenchTarget[];
  readonly environment: Environment;
  /** How writes were made durable, when all targets say the same. */
  readonly fsync: string | null;
  /** Cut short by a signal. */
  readonly isPartial: boolean;
  readonly isValid: boolean;
  readonly invalidReasons: readonly string[];
  readonly notes: readonly string[];
  readonly measuredMs: number;
  readonly throughputPerSecond: number;
  readonly requests: {
    /** Due in an open loop; null in a closed one. */
    readonly planned: number | null;
    readonly sent: number;
    readonly answered: number;
    readonly failed: number;
    /** Reads that found no key. */
    readonly missing: number;
    /** Answers that came after the timeout. */
    readonly lateAnswers: number;
  };
  readonly errors: Readonly<Record<string, number>>;
  readonly latency: LatencyPair;
  readonly byOperation: { readonly write: LatencyPair; readonly read: LatencyPair };
  /** How late the generator itself was; null in a closed loop. */
  readonly lateness: LatencySummary | null;
  /** Of the busiest worker, from 0 to 1. */
  readonly generatorBusyShare: number;
  /** Processor time that a request cost the generator, all threads; null: none was answered. */
  readonly generatorUsPerRequest: number | null;
  readonly series: readonly SecondRow[];
  readonly slos: readonly SloResult[];
  /** What was read back; null: nothing was to be. */
  readonly verification: Verification | null;
  /** Where the servers' time went; null: nobody looked. */
  readonly phases: ServerPhases | null;
  /** Only where the load came from other machines. */
  readonly agents?: readonly AgentRow[] | undefined;
}

export interface RunFacts {
  readonly workload: Workload;
  readonly totals: Totals;
  readonly startedAt: string;
  /** From the end of the warm-up until the end or the signal. */
  readonly elapsedMs: number;
  /** Processor time of this process meanwhile. */
  readonly processorUs: number;
  readonly isPartial: boolean;
  readonly ends: readonly WorkerEnd[];
  /** Other machines that made the load; empty: this one did. */
  readonly agents: readonly AgentFacts[];
  readonly before: readonly TargetInfo[];
  readonly after: readonly TargetInfo[];
  readonly environment: Environment;
  readonly verification: Verification | null;
  readonly phases: ServerPhases | null;
}

const NS_PER_MS = 1e6;
/** A generator later than this part of what it measures has measured itself. */
const LATENESS_SHARE_MAX = 0.1;
const BUSY_SHARE_MAX = 0.95;
const MISSING_SHARE_NOTED = 0.01;

/** Whether an open loop has measured its own generator rather than the target. */
export function isGeneratorLate({
  latency,
  lateness,
}: Pick<BenchResult, 'latency' | 'lateness'>): boolean {
  if (lateness === null || lateness.count === 0) return false;
  return lateness.p99Us > LATENESS_SHARE_MAX * (latency.corrected ?? latency.raw).p99Us;
}

export function resultOf(facts: RunFacts): BenchResult {
  const { workload, totals, isPartial } = facts;
  const isOpen = workload.ratePerSecond !== null;
  const measuredMs = measuredMsOf(facts);
  const judged = totals.both(isOpen ? 'corrected' : 'raw');
  const { failed } = totals;
  const ended = totals.answered + failed;
  const throughputPerSecond = perSecond(answeredWithin(totals, measuredMs), measuredMs);
  const measured: Measured = {
    latencyCount: judged.count,
    percentileNs: (percent) => judged.percentileNs(percent),
    meanNs: judged.meanNs,
    maxNs: judged.maxNs,
    errorShare: ended === 0 ? 0 : failed / ended,
    ratePerSecond: throughputPerSecond,
  };
  const targets = targetsOf(facts);
  const agents = facts.agents.map((agent) => agentRow(agent, isOpen, LATENESS_SHARE_MAX));
  const invalidReasons = [...invalidReasonsOf(facts, judged), ...agentReasons(agents)];
  return {
    startedAt: facts.startedAt,
    loop: isOpen ? 'open' : 'closed',
    workload,
    targets,
    environment: facts.environment,
    fsync: sameOf(targets.map((target) => target.fsync)),
    isPartial,
    isValid: invalidReasons.length === 0,
    invalidReasons,
    notes: notesOf(facts, targets),
    measuredMs: Math.round(measuredMs),
    throughputPerSecond: Math.round(throughputPerSecond * 10) / 10,
    requests: {
      planned: isOpen ? totals.sent + (totals.errors.get('unsent') ?? 0) : null,
      sent: totals.sent,
      answered: totals.answered,
      failed,
      missing: totals.missing,
      lateAnswers: totals.lateAnswers,
    },
    errors: Object.fromEntries([...totals.errors].sort(([, a], [, b]) => b - a)),
    latency: pairOf(isOpen ? judged : null, totals.both('raw')),
    byOperation: {
      write: pairOf(isOpen ? totals.corrected[WRITE] : null, totals.raw[WRITE]),
      read: pairOf(isOpen ? totals.corrected[READ] : null, totals.raw[READ]),
    },
    lateness: isOpen ? totals.lateness.summary() : null,
    generatorBusyShare: busyShareOf(facts),
    generatorUsPerRequest:
      totals.answered === 0 ? null : Math.round((facts.processorUs / totals.answered) * 10) / 10,
    series: totals.series.filter((row) => row.second * 1000 < measuredMs),
    slos: workload.slos.map((slo) => judge(slo, measured)),
    verification: facts.verification,
    phases: facts.phases,
    ...(agents.length === 0 ? {} : { agents }),
  };
}

function agentReasons(agents: readonly AgentRow[]): string[] {
  return agents.flatMap(({ address, trouble }) => {
    return trouble === null ? [] : [`agent ${address} ${trouble}`];
  });
}

/** A run that ends by count is over with its last answer. */
function measuredMsOf({ workload, totals, elapsedMs }: RunFacts): number {
  const lastMs = totals.lastAnswerNs / NS_PER_MS;
  if (workload.durationMs === null) return lastMs > 0 ? lastMs : elapsedMs;
  const limitMs = Math.min(workload.durationMs, elapsedMs);
  if (workload.requests === null || workload.ratePerSecond !== null) return limitMs;
  return lastMs > 0 ? Math.min(limitMs, lastMs) : limitMs;
}

/** Answers that came in whole seconds after the end were not given within the time measured. */
function answeredWithin(totals: Totals, measuredMs: number): number {
  let beyond = 0;
  for (const row of totals.series) if (row.second * 1000 >= measuredMs) beyond += row.answered;
  return totals.answered - beyond;
}

function perSecond(count: number, ms: number): number {
  return ms > 0 ? (count * 1000) / ms : 0;
}

function pairOf(corrected: LatencyHistogram | null, raw: LatencyHistogram): LatencyPair {
  return { corrected: corrected?.summary() ?? null, raw: raw.summary() };
}

function busyShareOf({ ends }: RunFacts): number {
  return Math.round(Math.max(0, ...ends.map((end) => end.busyShare)) * 1000) / 1000;
}

function targetsOf({ before, after, ends }: RunFacts): BenchTarget[] {
  return before.map((info, i) => ({
    ...info,
    openAtEnd: ends.reduce((sum, end) => sum + (end.openByTarget[i] ?? 0), 0),
    leaderAfter: after[i]?.leader ?? null,
    termAfter: after[i]?.term ?? null,
  }));
}

function invalidReasonsOf(facts: RunFacts, judged: LatencyHistogram): string[] {
  const { workload, totals, ends } = facts;
  const reasons: string[] = [];
  if (totals.answered === 0) reasons.push('no request was answered');
  const open = ends.reduce((sum, end) => sum + end.openByTarget.reduce((a, b) => a + b, 0), 0);
  if (open === 0) reasons.push('the target was lost: no connection was open at the end');
  if (workload.ratePerSecond === null || totals.lateness.count === 0) return reasons;
  const lateNs = totals.lateness.percentileNs(99);
  const measuredNs = judged.percentileNs(99);
  if (lateNs > LATENESS_SHARE_MAX * measuredNs) {
    const late = (lateNs / NS_PER_MS).toFixed(2);
    const p99 = (measuredNs / NS_PER_MS).toFixed(2);
    reasons.push(
      `the generator was too late: p99 of its lateness is ${late} ms, over a tenth of the ${p99} ms measured`,
    );
  }
  return reasons;
}

function notesOf(facts: RunFacts, targets: readonly BenchTarget[]): string[] {
  const { workload, totals } = facts;
  const notes: string[] = [];
  const changed = targets.find(
    (target) =>
      target.termAfter !== null && target.term !== null && target.termAfter !== target.term,
  );
  if (changed !== undefined) {
    const { leader, leaderAfter } = changed;
    notes.push(
      `the leader changed during the run: ${leader ?? '-'} in term ${changed.term}, ` +
        `then ${leaderAfter ?? '-'} in term ${changed.termAfter}`,
    );
  }
  for (const target of targets) {
    if (target.openAtEnd === 0 && targets.length > 1) {
      notes.push(`no connection to ${target.address} was open at the end`);
    }
  }
  const reads = totals.raw[READ].count;
  if (reads > 0 && totals.missing / reads > MISSING_SHARE_NOTED) {
    const share = Math.round((100 * totals.missing) / reads);
    notes.push(
      `${share} % of the reads found no key: write the keys first, with --ratio 1:0 --key-pattern seq`,
    );
  }
  if (workload.ratePerSecond === null && busyShareOf(facts) > BUSY_SHARE_MAX) {
    notes.push('the generator had no time to spare: the target may be faster than measured');
  }
  const unsent = totals.errors.get('unsent') ?? 0;
  if (workload.verify === true && facts.verification === null) {
    notes.push('nothing was read back: the run was cut short');
  }
  if (unsent > 0) notes.push('the rate was not reached: requests that were due were never sent');
  return notes;
}

/** The value, when all have the same one. */
function sameOf(values: readonly (string | null)[]): string | null {
  const [first = null] = values;
  return values.every((value) => value === first) ? first : null;
}
