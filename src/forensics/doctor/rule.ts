/** What a rule of the doctor is, and what all rules look at. */

import type { HistogramJson } from '../../std/histogram.ts';
import { between, EMPTY_INTERVAL, type Interval } from '../../std/interval.ts';
import { formatDurationMs } from '../../std/units.ts';
import type { NodeEvent } from '../../wire/events.ts';
import type { ClusterNodeRow, NodeStatus } from '../../wire/status.ts';
import type { NodeVitals } from '../../wire/vitals.ts';
import { type Election, electionsOf } from '../elections.ts';
import type { DoctorFacts, NodeFacts } from './facts.ts';

/** `critical`: it does not work, or data is at risk; `warning`: it costs; `info`: know it. */
export type Severity = 'critical' | 'warning' | 'info';

/** What a rule found at one place. */
export interface Found {
  /** Null: it is of the cluster as a whole. */
  readonly node: string | null;
  /** Figures and names, as they were seen. */
  readonly evidence: string;
  /** What to type; null: nothing that raftctl could do. */
  readonly command: string | null;
}

export interface Rule {
  /** Stable. `docs/doctor.md` explains each. */
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  readonly find: (scene: Scene) => readonly Found[];
}

/** Events older than this say nothing of how the cluster is now. */
export const RECENT_MS = 10 * 60_000;

/** Figures of one node: of the span that is judged, or of the life of its process. */
export interface Figures {
  readonly id: string;
  readonly status: NodeStatus;
  readonly after: NodeVitals;
  readonly spanMs: number;
  readonly syncs: Interval;
  readonly loopDelay: Interval;
  readonly gcPauses: Interval;
  /** How long the loop was busy. */
  readonly activeMs: number;
  counter(name: string): number;
}

/** The facts, with what several rules want to know of them. */
export class Scene {
  readonly facts: DoctorFacts;
  readonly cluster: string;
  readonly figures: readonly Figures[];
  /** Of the node that leads; null: nobody does, or it does not tell. */
  readonly leader: NodeStatus | null;
  readonly elections: readonly Election[];

  constructor(facts: DoctorFacts) {
    this.facts = facts;
    this.cluster = facts.status.name;
    this.figures = facts.nodes.flatMap(figuresOf);
    const leads = this.figures.find(({ id }) => id === facts.status.leader);
    this.leader = leads?.status ?? null;
    this.elections = electionsOf(facts.events);
  }

  get rows(): readonly ClusterNodeRow[] {
    return this.facts.status.nodes;
  }

  /** Rows of those that belong to the cluster. */
  get members(): readonly ClusterNodeRow[] {
    return this.rows.filter(({ state }) => state !== 'removed');
  }

  /** Events of the last so many milliseconds, in no order. */
  recent(ms = RECENT_MS): readonly NodeEvent[] {
    const from = this.facts.atWallMs - ms;
    return this.facts.events.filter(({ wallMs }) => wallMs >= from);
  }

  /** `in the last 10 s`, `since its start 3m 2s ago`. */
  span({ spanMs }: Figures): string {
    const time = formatDurationMs(spanMs);
    return this.facts.spanMs === null ? `since its start ${time} ago` : `in the last ${time}`;
  }

  /** A command line on this cluster. */
  command(words: string): string {
    return `raftctl ${words} --cluster ${this.cluster}`;
  }
}

function figuresOf({ id, vitals, vitalsBefore }: NodeFacts): Figures[] {
  if (vitals === null) return [];
  const isSame = vitalsBefore?.status.incarnation === vitals.status.incarnation;
  const before = isSame ? vitalsBefore : null;
  const { process, status } = vitals;
  const interval = (old: HistogramJson | undefined, now: HistogramJson): Interval => {
    return before !== null && old === undefined ? EMPTY_INTERVAL : between(old ?? null, now);
  };
  return [
    {
      ...{ id, status, after: vitals },
      spanMs: before === null ? status.uptimeMs : process.monoMs - before.process.monoMs,
      syncs: interval(before?.syncs, vitals.syncs),
      loopDelay: interval(before?.process.loopDelay, process.loopDelay),
      gcPauses: interval(before?.process.gcPauses, process.gcPauses),
      activeMs: process.loopActiveMs - (before?.process.loopActiveMs ?? 0),
      counter: (name) => (vitals.counters[name] ?? 0) - (before?.counters[name] ?? 0),
    },
  ];
}
