/** What a result says of an agent, and whether that agent is to blame. Pure. */
import type { LatencySummary } from './latency-histogram.ts';
import type { WorkerEnd } from './thread-messages.ts';
import type { Totals } from './totals.ts';

/** An agent when the run has ended. */
export interface AgentFacts {
  readonly address: string;
  /** Name of its machine. */
  readonly host: string;
  readonly clockErrorMs: number;
  /** What it counted. */
  readonly totals: Totals;
  /** Empty: it did not come to its end. */
  readonly ends: readonly WorkerEnd[];
  readonly processorUs: number;
  /** In words; null: it came to its end. */
  readonly trouble: string | null;
}

export interface AgentRow {
  readonly address: string;
  readonly host: string;
  readonly workers: number;
  readonly answered: number;
  readonly failed: number;
  /** How late it was itself; null in a closed loop. */
  readonly lateness: LatencySummary | null;
  /** Of its busiest thread, from 0 to 1. */
  readonly busyShare: number;
  /** It began at most so much before or after the others. */
  readonly clockErrorMs: number;
  /** What makes the run invalid; null: nothing. */
  readonly trouble: string | null;
}

const NS_PER_MS = 1e6;

/** @param latenessShareMax a generator later than this part of what it measures measured itself. */
export function agentRow(
  facts: AgentFacts,
  isOpenLoop: boolean,
  latenessShareMax: number,
): AgentRow {
  const { totals, ends } = facts;
  const busiest = Math.max(0, ...ends.map(({ busyShare }) => busyShare));
  return {
    address: facts.address,
    host: facts.host,
    workers: ends.length,
    answered: totals.answered,
    failed: totals.failed,
    lateness: isOpenLoop ? totals.lateness.summary() : null,
    busyShare: Math.round(busiest * 1000) / 1000,
    clockErrorMs: Math.round(facts.clockErrorMs * 1000) / 1000,
    trouble: facts.trouble ?? (isOpenLoop ? tooLate(totals, latenessShareMax) : null),
  };
}

function tooLate(totals: Totals, latenessShareMax: number): string | null {
  if (totals.lateness.count === 0) return null;
  const lateNs = totals.lateness.percentileNs(99);
  const measuredNs = totals.both('corrected').percentileNs(99);
  if (lateNs <= latenessShareMax * measuredNs) return null;
  const late = (lateNs / NS_PER_MS).toFixed(2);
  const p99 = (measuredNs / NS_PER_MS).toFixed(2);
  return `was too late: p99 of its lateness is ${late} ms, over a tenth of the ${p99} ms it measured`;
}
