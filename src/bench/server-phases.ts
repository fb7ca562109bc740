/**
 * Where the servers' time went during a run: what their histograms of a write's phases grew by
 * between two looks, all nodes together. Percentiles come from the merged buckets. Pure.
 */
import type { HistogramJson } from '../std/histogram.ts';
import {
  between,
  countWithin,
  EMPTY_INTERVAL,
  type Interval,
  maxUs,
  merged,
  percentileUs,
} from '../std/interval.ts';
import type { PhaseStats } from '../wire/phases.ts';

/** One look at a node. */
export interface PhaseLook {
  readonly id: string;
  /** Of its start: another one has counted anew. */
  readonly incarnation: string;
  readonly phases: Readonly<Record<string, HistogramJson>>;
}

export interface PhaseFigures extends Omit<PhaseStats, 'histogram'> {
  /** As the node names it: `queue`, `sync`, `ack.n2`, ... */
  readonly phase: string;
  /** When it begins, at the median of those before it. */
  readonly fromUs: number;
}

/** How often a member was the one whose disk the majority waited for. */
export interface Decider {
  readonly member: string;
  readonly share: number;
  /** The same among the slowest hundredth; null: nothing was that slow. */
  readonly slowShare: number | null;
}

export interface ServerPhases {
  /** Nodes that were looked at before and after. */
  readonly nodes: readonly string[];
  /** Of them, those that were started anew meanwhile: what they measured before that is lost. */
  readonly restarted: readonly string[];
  /** Nodes that answered before and not after: what they measured is lost. */
  readonly gone: readonly string[];
  /** Batches of writes, in the order of a write's way. */
  readonly phases: readonly PhaseFigures[];
  readonly deciders: readonly Decider[];
}

/** Beside the figures: what they come from, for whoever wants to merge runs. */
export type PhaseHistograms = Readonly<Record<string, Readonly<Record<string, Interval>>>>;

const DECIDED = 'decided.';
const ACK = 'ack.';
/** In the order of a write's way; what follows `sync` stands behind it. */
const ORDER = ['queue', 'append', 'sync', ACK, 'quorum', 'apply', 'reply', 'total'];

/** By node, by phase. */
export function phaseHistograms(
  before: readonly PhaseLook[],
  after: readonly PhaseLook[],
): PhaseHistograms {
  const nodes = after.flatMap((late) => {
    const early = before.find(({ id }) => id === late.id);
    if (early === undefined) return [];
    const isSame = early.incarnation === late.incarnation;
    const phases = Object.entries(late.phases).flatMap(([phase, histogram]) => {
      const interval = between(isSame ? (early.phases[phase] ?? null) : null, histogram);
      return interval.count === 0 ? [] : [[phase, interval] as const];
    });
    return [[late.id, Object.fromEntries(phases)] as const];
  });
  return Object.fromEntries(nodes);
}

export function serverPhases(
  before: readonly PhaseLook[],
  after: readonly PhaseLook[],
): ServerPhases {
  const histograms = phaseHistograms(before, after);
  const parts = new Map<string, Interval[]>();
  for (const [phase, interval] of Object.values(histograms).flatMap(Object.entries<Interval>)) {
    parts.set(phase, [...(parts.get(phase) ?? []), interval]);
  }
  const whole = new Map([...parts].map(([phase, intervals]) => [phase, merged(intervals)]));
  const nodes = Object.keys(histograms);
  const lifeOf = (looks: readonly PhaseLook[], node: string): string => {
    return looks.find(({ id }) => id === node)?.incarnation ?? '';
  };
  return {
    nodes,
    restarted: nodes.filter((id) => lifeOf(before, id) !== lifeOf(after, id)),
    gone: before.map(({ id }) => id).filter((id) => !nodes.includes(id)),
    phases: figuresOf(whole),
    deciders: decidersOf(whole),
  };
}

function figuresOf(whole: ReadonlyMap<string, Interval>): PhaseFigures[] {
  const rankOf = (phase: string): number => {
    return ORDER.indexOf(phase.startsWith(ACK) ? ACK : phase);
  };
  const median = (phase: string): number =>
    percentileUs(whole.get(phase) ?? EMPTY_INTERVAL, 50) ?? 0;
  const [queue, quorum, apply] = ['queue', 'quorum', 'apply'].map(median) as [
    number,
    number,
    number,
  ];
  const beginOf = (phase: string): number => {
    if (phase === 'queue' || phase === 'total') return 0;
    if (phase === 'apply') return queue + quorum;
    return phase === 'reply' ? queue + quorum + apply : queue;
  };
  const known = [...whole].filter(([phase]) => rankOf(phase) >= 0);
  known.sort(([a], [b]) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1));
  return known.map(([phase, interval]) => {
    const at = (percent: number): number => percentileUs(interval, percent) ?? 0;
    return {
      ...{ phase, fromUs: beginOf(phase), count: interval.count },
      meanUs: Math.round((interval.sumUs / interval.count) * 10) / 10,
      ...{ p50Us: at(50), p90Us: at(90), p99Us: at(99), p999Us: at(99.9) },
      maxUs: maxUs(interval) ?? 0,
    };
  });
}

function decidersOf(whole: ReadonlyMap<string, Interval>): Decider[] {
  const quorum = whole.get('quorum') ?? EMPTY_INTERVAL;
  const slowUs = percentileUs(quorum, 99) ?? 0;
  const slow = (interval: Interval): number => {
    return countWithin(interval, slowUs, Number.POSITIVE_INFINITY);
  };
  const slowCount = slow(quorum);
  const decided = [...whole].filter(([phase]) => phase.startsWith(DECIDED));
  return decided
    .map(([phase, interval]) => ({
      member: phase.slice(DECIDED.length),
      share: quorum.count === 0 ? 0 : Math.min(1, interval.count / quorum.count),
      slowShare: slowCount === 0 ? null : Math.min(1, slow(interval) / slowCount),
    }))
    .sort((a, b) => b.share - a.share);
}
