/** What comes of a key: new choices, and what is to be done outside. */
import { nodeRows } from './panels/nodes.ts';
import { followerRows } from './panels/replication.ts';
import type { Scene, Size } from './scene.ts';
import type { Ui, ViewName } from './ui.ts';

/** A key as terminals name it: `a`, `A`, `enter`, `C-c`, `S-tab`, `pageup`. */
export type Key = string;

export type Effect =
  | { readonly type: 'quit' }
  | { readonly type: 'look' }
  | { readonly type: 'run'; readonly commands: readonly (readonly string[])[] }
  /** A line whose output is shown page by page. */
  | { readonly type: 'pager'; readonly words: readonly string[] }
  /** Ctrl-C to a process of this machine; the line is what does the same in a shell. */
  | { readonly type: 'interrupt'; readonly pid: number }
  | { readonly type: 'copy' }
  /** Show another of the clusters that are watched. */
  | { readonly type: 'cluster'; readonly index: number }
  | { readonly type: 'save' }
  | { readonly type: 'mouse'; readonly on: boolean };

export interface Outcome {
  readonly ui: Ui;
  readonly effects: readonly Effect[];
}

export interface Situation {
  readonly scene: Scene;
  readonly size: Size;
  /** The nearest sample with news before or after the one shown; null: none. */
  readonly newsStep: (direction: -1 | 1) => number | null;
  /** The sample this many milliseconds away. */
  readonly timeStep: (ms: number) => number;
}

/** What interrupts a process, in a shell. */
export function killWords(pid: number): string[] {
  return ['kill', '-INT', String(pid)];
}

export function stay(ui: Ui): Outcome {
  return { ui, effects: [] };
}

export function ask(ui: Ui, ...effects: Effect[]): Outcome {
  return { ui, effects };
}

export function showView(ui: Ui, view: ViewName): Ui {
  if (view === ui.view) return ui;
  return { ...ui, view, lastView: ui.view, panel: 0, row: 0, zoom: 'none' };
}

/** To one of the clusters that are watched, in a circle. */
export function toCluster(ui: Ui, { clusters }: Scene, index: number): Outcome {
  const { length } = clusters;
  if (length < 2) {
    return stay({
      ...ui,
      message: 'There is no other cluster here: raftctl top takes several names, or --all.',
    });
  }
  return ask(ui, { type: 'cluster', index: (index + length) % length });
}

/** The node of the chosen row; null: the rows of this view are no nodes. */
export function chosenNode(ui: Ui, scene: Scene): string | null {
  const rows = nodesOf({ ...scene, ui });
  return rows[Math.min(ui.row, rows.length - 1)] ?? null;
}

function nodesOf(scene: Scene): string[] {
  if (scene.ui.view === 'overview') return nodeRows(scene).map(({ node }) => node.id);
  if (scene.ui.view === 'replication') return followerRows(scene).map(({ node }) => node.id);
  return [];
}
