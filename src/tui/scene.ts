/** Everything a frame is drawn from. Panels are pure functions of it. */
import type { Election } from '../forensics/elections.ts';
import { EMPTY_INTERVAL, type Interval, merged } from '../std/interval.ts';
import type { NodeEvent } from '../wire/events.ts';
import type { BatchView } from '../wire/log-view.ts';
import type { Glance } from './glance.ts';
import type { Glyphs } from './glyphs.ts';
import { leaderOf, type NodeSample, type Sample } from './sample.ts';
import type { Line } from './text.ts';
import type { Ui } from './ui.ts';

export interface LogLine {
  readonly node: string;
  readonly atMs: number | null;
  readonly level: string;
  readonly text: string;
}

/** A finished or running capture of a profile. */
export interface ProfileEntry {
  readonly node: string;
  readonly kind: string;
  readonly atMs: number;
  readonly file: string;
  readonly bytes: number;
}

export interface Scene {
  readonly ui: Ui;
  readonly glyphs: Glyphs;
  /** The sample that is shown. */
  readonly now: Sample;
  /** Samples up to it, the oldest first, as many as any panel shows. */
  readonly history: readonly Sample[];
  readonly events: readonly NodeEvent[];
  readonly elections: readonly Election[];
  readonly logs: readonly LogLine[];
  readonly profiles: readonly ProfileEntry[];
  /** Newest batches of the nodes' logs, by node. */
  readonly batches: Readonly<Record<string, readonly BatchView[]>>;
  readonly position: { readonly index: number; readonly length: number };
  /** A recording is being shown, or one is being made. */
  readonly replay: string | null;
  readonly recordedBytes: number | null;
  /** All that are watched, as they are at the moment that is shown. */
  readonly clusters: readonly Glance[];
  /** Which of them all else is of. */
  readonly chosen: number;
}

export interface Panel {
  readonly title: string;
  readonly note?: (scene: Scene) => string;
  /** Lines of at most `width` columns; `height` of them are shown. */
  readonly draw: (scene: Scene, size: Size) => readonly Line[];
  /** Rows that can be selected, when it is a list. */
  readonly rows?: (scene: Scene) => readonly string[];
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Time over which percentiles are taken. */
export const WINDOW_MS = 10_000;

/** The samples of the last `ms`. */
export function recent(scene: Scene, ms = WINDOW_MS): Sample[] {
  return scene.history.filter((sample) => sample.atMs > scene.now.atMs - ms);
}

/**
 * Remembers what is worked out of a scene's history: it is the same for every frame that shows the
 * same sample, and keys bring many frames between two samples.
 */
export function perSample<T>(workOut: (scene: Scene) => T): (scene: Scene) => T {
  const known = new WeakMap<Sample, T>();
  return (scene) => {
    let found = known.get(scene.now);
    if (found === undefined) {
      found = workOut(scene);
      known.set(scene.now, found);
    }
    return found;
  };
}

/** Writes in these samples, from first command to answer. */
export function totalOf(samples: readonly Sample[]): Interval {
  const parts: Interval[] = [];
  for (const { nodes } of samples) {
    for (const { phases } of nodes) if (phases['total'] !== undefined) parts.push(phases['total']);
  }
  return parts.length === 0 ? EMPTY_INTERVAL : merged(parts);
}

/** What leaders measured in these samples, by phase. */
export function phasesOf(samples: readonly Sample[]): Map<string, Interval> {
  const parts = new Map<string, Interval[]>();
  for (const sample of samples) {
    for (const node of sample.nodes) {
      for (const [phase, interval] of Object.entries(node.phases)) {
        const list = parts.get(phase);
        if (list === undefined) parts.set(phase, [interval]);
        else list.push(interval);
      }
    }
  }
  return new Map([...parts].map(([phase, intervals]) => [phase, merged(intervals)]));
}

/** Samples joined so that there is one for each second, the newest last; null: none in that one. */
export function bySecond(history: readonly Sample[], nowMs: number, seconds: number): Sample[][] {
  const columns: Sample[][] = Array.from({ length: seconds }, () => []);
  const last = Math.floor(nowMs / 1000);
  for (let at = history.length - 1; at >= 0; at -= 1) {
    const sample = history[at] as Sample;
    const column = seconds - 1 - (last - Math.floor(sample.atMs / 1000));
    if (column < 0) break;
    columns[column]?.unshift(sample);
  }
  return columns;
}

/** Commands of clients on all nodes, each second. */
export function commandsPerS(sample: Sample): number {
  return sample.nodes.reduce((sum, node) => sum + (node.load?.commandsPerS ?? 0), 0);
}

export function leaderIn(scene: Scene): NodeSample | null {
  return leaderOf(scene.now);
}
