/** Which panels a view has and how they share the screen, by its size. */
import { BOX_COLUMNS, BOX_ROWS, beside, box, share } from './layout.ts';
import {
  BENCH_LATENCY_PANEL,
  BENCH_PANEL,
  BENCH_TIME_PANEL,
  benchLatencyRows,
  benchShown,
} from './panels/bench.ts';
import {
  COMPACT_PATH_PANEL,
  PERCENTILES_PANEL,
  phaseRows,
  WATERFALL_PANEL,
} from './panels/commit-path.ts';
import { ELECTIONS_PANEL, GANTT_PANEL, LEDGER_PANEL } from './panels/elections.ts';
import { COMMANDS_PANEL, EVENTS_PANEL } from './panels/events.ts';
import { drawPanel } from './panels/foreign.ts';
import { HEAT_PANEL } from './panels/heat.ts';
import { BATCHES_PANEL, EXTENT_PANEL } from './panels/log.ts';
import { LOGS_PANEL } from './panels/logs.ts';
import { NODES_PANEL } from './panels/nodes.ts';
import { PROFILES_PANEL } from './panels/profiles.ts';
import { FOLLOWERS_PANEL, LAG_PANEL, LINKS_PANEL } from './panels/replication.ts';
import type { Panel, Scene, Size } from './scene.ts';
import type { Line } from './text.ts';
import type { ViewName } from './ui.ts';

/** Below this a view shows one panel at a time, without its frame. */
export const FULL_COLUMNS_MIN = 78;
export const FULL_ROWS_MIN = 16;

/** Plan, progress, rate, requests, errors and lateness with their frame. */
const BENCH_ROWS = 9;

/** Panels in rows from top to bottom, each row from left to right. */
interface Row {
  readonly panels: readonly Panel[];
  readonly columns: readonly number[];
  /** Weight of its height; a number of lines when `isFixed`. */
  readonly height: number;
  readonly isFixed?: boolean;
}

type Plan = readonly Row[];

/** Panels of a view in the order of Tab, whatever of them fits. */
export function panelsOf(scene: Scene, size: Size): readonly Panel[] {
  return planOf(scene, size).flatMap(({ panels }) => panels);
}

export function bodyLines(scene: Scene, size: Size): Line[] {
  const plan = planOf(scene, size);
  const panels = plan.flatMap((row) => row.panels);
  const focus = panels[scene.ui.panel % panels.length] as Panel;
  if (size.width < FULL_COLUMNS_MIN || size.height < FULL_ROWS_MIN) {
    return filled([...drawPanel(scene, focus, size)], size);
  }
  if (scene.ui.zoom === 'whole' || (scene.ui.zoom === 'half' && panels.length === 1)) {
    return framed(scene, focus, { ...size, hasFocus: true });
  }
  if (scene.ui.zoom === 'half') return halves(scene, panels, focus, size);
  const heights = heightsOf(plan, size.height);
  return plan.flatMap((row, i) => {
    const widths = share(size.width, row.columns);
    const height = heights[i] ?? BOX_ROWS;
    const blocks = row.panels.map((panel, at) => {
      const hasFocus = panels.length > 1 && panel === focus;
      return framed(scene, panel, { width: widths[at] ?? size.width, height, hasFocus });
    });
    return blocks.length === 1 ? (blocks[0] as Line[]) : beside(...blocks);
  });
}

/** The focused panel in one half, the one after it in the other. */
function halves(scene: Scene, panels: readonly Panel[], focus: Panel, size: Size): Line[] {
  const other = panels[(panels.indexOf(focus) + 1) % panels.length] as Panel;
  const { width } = size;
  const [upper = 0, lower = 0] = share(size.height, [1, 1]);
  return [
    ...framed(scene, focus, { width, height: upper, hasFocus: true }),
    ...framed(scene, other, { width, height: lower, hasFocus: false }),
  ];
}

function framed(scene: Scene, panel: Panel, at: Size & { readonly hasFocus: boolean }): Line[] {
  const inner = { width: at.width - BOX_COLUMNS, height: at.height - BOX_ROWS };
  const note = panel.note?.(scene) ?? '';
  const lines = inner.height <= 0 ? [] : drawPanel(scene, panel, inner);
  return box(lines, { title: panel.title, note, ...at }, scene.glyphs);
}

function filled(lines: Line[], { height }: Size): Line[] {
  while (lines.length < height) lines.push([]);
  return lines.slice(0, height);
}

/** Fixed rows get what they ask for, the others share the rest; all of it is used. */
function heightsOf(plan: Plan, total: number): number[] {
  const fixed = plan.reduce((sum, row) => sum + (row.isFixed ? row.height : 0), 0);
  const rest = Math.max(0, total - fixed);
  const weights = plan.filter((row) => !row.isFixed).map(({ height }) => height);
  if (weights.length === 0) {
    return plan.map((row, i) => (i === plan.length - 1 ? row.height + rest : row.height));
  }
  const shares = share(rest, weights);
  return plan.map((row) => (row.isFixed ? row.height : (shares.shift() ?? 0)));
}

function planOf(scene: Scene, size: Size): Plan {
  return PLANS[scene.ui.view](scene, size);
}

/** Room for the wide overview; `size` is that of the body. */
function isWide({ width, height }: Size): boolean {
  return width >= 150 && height >= 36;
}

/** Whether the command log has a place of its own in what is shown. */
export function hasRoomForCommands({ ui }: Scene, size: Size): boolean {
  return ui.view === 'overview' && isWide(size);
}

/** Rows for a table of the nodes, bounded by a share of the screen. */
function nodesHeight(scene: Scene, height: number, most: number): number {
  return Math.min(scene.now.nodes.length + 1 + BOX_ROWS, Math.floor(height * most));
}

const PLANS: Readonly<Record<ViewName, (scene: Scene, size: Size) => Plan>> = {
  overview: (scene, size) => {
    const nodes = nodesHeight(scene, size.height, size.height < 26 ? 0.45 : 0.4);
    if (isWide(size)) return wideOverview(scene, nodes);
    if (size.width >= 110 && size.height >= 22) {
      return [
        { panels: [NODES_PANEL], columns: [1], height: nodes, isFixed: true },
        { panels: [WATERFALL_PANEL, HEAT_PANEL], columns: [62, 58], height: 5 },
        { panels: [EVENTS_PANEL], columns: [1], height: 3 },
      ];
    }
    return [
      { panels: [NODES_PANEL], columns: [1], height: nodes, isFixed: true },
      { panels: [COMPACT_PATH_PANEL], columns: [1], height: 9, isFixed: true },
      { panels: [EVENTS_PANEL], columns: [1], height: 1 },
    ];
  },
  replication: (scene, size) => [
    {
      ...{ panels: [FOLLOWERS_PANEL], columns: [1], isFixed: true },
      height: nodesHeight(scene, size.height, 0.45),
    },
    { panels: [LAG_PANEL], columns: [1], height: 1 },
    ...(size.height >= 20 ? [linksRow(scene, size)] : []),
  ],
  latency: (scene, size) => {
    if (size.width >= 110) {
      return [
        { panels: [WATERFALL_PANEL, PERCENTILES_PANEL], columns: [1, 1], height: 1 },
        { panels: [HEAT_PANEL], columns: [1], height: 1 },
      ];
    }
    return [
      {
        ...{ panels: [PERCENTILES_PANEL], columns: [1], isFixed: true },
        height: Math.min(phaseRows(scene).length + 1 + BOX_ROWS, Math.floor(size.height * 0.6)),
      },
      { panels: [HEAT_PANEL], columns: [1], height: 1 },
    ];
  },
  log: (scene, size) => [
    {
      ...{ panels: [EXTENT_PANEL], columns: [1], isFixed: true },
      height: nodesHeight(scene, size.height, 0.45),
    },
    { panels: [BATCHES_PANEL], columns: [1], height: 1 },
  ],
  elections: (scene, size) => [
    {
      ...{ panels: [GANTT_PANEL], columns: [1], isFixed: true },
      height: Math.min(scene.now.nodes.length + 3 + BOX_ROWS, Math.floor(size.height * 0.45)),
    },
    { panels: [ELECTIONS_PANEL], columns: [1], height: 2 },
    ...(size.height >= 20 ? [{ panels: [LEDGER_PANEL], columns: [1], height: 2 }] : []),
  ],
  bench: (scene, size) => {
    const shown = benchShown(scene);
    if (shown === null) return [{ panels: [BENCH_PANEL], columns: [1], height: 1 }];
    const latency = benchLatencyRows(shown.bench) + BOX_ROWS;
    if (size.width >= 140) {
      return [
        {
          ...{ panels: [BENCH_PANEL, BENCH_LATENCY_PANEL], columns: [1, 1], isFixed: true },
          height: Math.max(BENCH_ROWS, latency),
        },
        { panels: [BENCH_TIME_PANEL], columns: [1], height: 1 },
      ];
    }
    return [
      { panels: [BENCH_PANEL], columns: [1], height: BENCH_ROWS, isFixed: true },
      {
        ...{ panels: [BENCH_LATENCY_PANEL], columns: [1], isFixed: true },
        height: Math.min(latency, size.height - BENCH_ROWS - BOX_ROWS - 1),
      },
      { panels: [BENCH_TIME_PANEL], columns: [1], height: 1 },
    ];
  },
  logs: () => [{ panels: [LOGS_PANEL], columns: [1], height: 1 }],
  profiles: () => [{ panels: [PROFILES_PANEL], columns: [1], height: 1 }],
};

function wideOverview(scene: Scene, nodes: number): Plan {
  const last: readonly Panel[] = scene.ui.hasCommandLog
    ? [EVENTS_PANEL, COMMANDS_PANEL]
    : [EVENTS_PANEL];
  return [
    { panels: [NODES_PANEL, LINKS_PANEL], columns: [12, 4], height: nodes, isFixed: true },
    { panels: [WATERFALL_PANEL, HEAT_PANEL], columns: [1, 1], height: 15, isFixed: true },
    { panels: [GANTT_PANEL, LAG_PANEL], columns: [1, 1], height: 1 },
    { panels: last, columns: last.map(() => 1), height: 1 },
  ];
}

function linksRow(scene: Scene, size: Size): Row {
  return {
    ...{ panels: [LINKS_PANEL], columns: [1], isFixed: true },
    height: nodesHeight(scene, size.height, 0.35),
  };
}
