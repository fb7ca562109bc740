/** The table of nodes: role, term, indexes, lag, and what each needs of its machine. */

import { type Interval, merged, percentileUs } from '../../std/interval.ts';
import type { TableColumn } from '../columns.ts';
import { table } from '../columns.ts';
import { age, bytes, count, duration, durationMs, NOTHING, percent } from '../figures.ts';
import { filterOf } from '../filter.ts';
import { tableWindow } from '../layout.ts';
import { LAG_ALARM, lagOf, type NodeSample, type Sample } from '../sample.ts';
import { leaderIn, type Panel, perSample, recent, type Scene } from '../scene.ts';
import { type Line, line, type Piece, piece, type Tone } from '../text.ts';

export interface NodeRow {
  readonly node: NodeSample;
  readonly lag: number | null;
  readonly rttMs: number | null;
  readonly syncs: Interval;
  readonly loopDelay: Interval;
  readonly gcPerS: number;
  /** What is wrong with it: a word for the last column; '': nothing. */
  readonly isAlarming: boolean;
}

export const NODES_PANEL: Panel = {
  title: '1 Nodes',
  note: ({ ui, glyphs }) => {
    const arrow = ui.sort.descending ? glyphs.descending : glyphs.ascending;
    const filter = ui.filter === '' ? NOTHING : ui.filter;
    return `sort ${ui.sort.column}${arrow}  filter ${filter}`;
  },
  rows: (scene) => nodeRows(scene).map(({ node }) => node.id),
  draw: (scene, { width, height }) => {
    const { ui, glyphs } = scene;
    const rows = nodeRows(scene);
    const mark = ui.sort.descending ? glyphs.descending : glyphs.ascending;
    const lines = table(nodeColumns(scene), rows, {
      width,
      lead: (row) => lead(scene, row, rows),
      sortedBy: { title: ui.sort.column, mark },
    });
    return tableWindow(lines, ui.row, height);
  },
};

/** In the chosen order, those that the filter lets through. */
export function nodeRows(scene: Scene): NodeRow[] {
  const passes = filterOf(scene.ui.filter);
  const rows = allRows(scene).filter(({ node }) =>
    passes(`${node.id} ${roleWord(node)} ${node.state}`),
  );
  const column = sortColumn(scene);
  const sign = scene.ui.sort.descending ? -1 : 1;
  return rows.sort((a, b) => sign * compare(column.value?.(a) ?? null, column.value?.(b) ?? null));
}

const allRows = perSample((scene: Scene): readonly NodeRow[] => {
  const leader = leaderIn(scene);
  const window = recent(scene);
  return scene.now.nodes.map((node) => rowOf(node, leader, window));
});

function rowOf(node: NodeSample, leader: NodeSample | null, window: readonly Sample[]): NodeRow {
  const loads = window.flatMap(({ nodes }) => nodes.find(({ id }) => id === node.id)?.load ?? []);
  const seconds = window.reduce((sum, { spanMs }) => sum + spanMs, 0) / 1000;
  const lag = lagOf(node, leader);
  const peer = leader?.peers.find((one) => one.member === node.member);
  const gcCount = merged(loads.map((load) => load.gcPauses)).count;
  return {
    node,
    lag,
    rttMs: peer?.rttMs ?? null,
    syncs: merged(loads.map((load) => load.syncs)),
    loopDelay: merged(loads.map((load) => load.loopDelay)),
    gcPerS: seconds === 0 ? 0 : gcCount / seconds,
    isAlarming: node.state !== 'up' || node.error !== null || (lag ?? 0) > LAG_ALARM,
  };
}

function lead({ ui, glyphs }: Scene, row: NodeRow, rows: readonly NodeRow[]): Piece {
  const isSelected = rows[Math.min(ui.row, rows.length - 1)]?.node.id === row.node.id;
  const cursor = isSelected ? glyphs.cursor : ' ';
  const mark = ui.marked.includes(row.node.id) ? glyphs.mark : ' ';
  return piece(`${cursor}${mark}`, isSelected ? 'accent' : 'plain');
}

export function roleWord(node: NodeSample): string {
  if (node.state !== 'up') return node.state;
  const role = node.status?.role ?? NOTHING;
  return role === 'preCandidate' ? 'candid?' : role === 'follower' ? 'follow' : role;
}

export function roleShape(node: NodeSample, { glyphs }: Scene): string {
  if (node.state === 'paused') return glyphs.paused;
  if (node.state !== 'up') return glyphs.down;
  switch (node.status?.role) {
    case 'leader':
      return glyphs.leader;
    case 'follower':
      return glyphs.follower;
    case 'learner':
      return glyphs.learner;
    default:
      return glyphs.candidate;
  }
}

export function roleTone(node: NodeSample): Tone {
  if (node.state === 'paused' || node.state === 'starting') return 'warn';
  if (node.state !== 'up') return 'bad';
  if (node.status?.role === 'leader') return 'good';
  return node.status?.role === 'follower' ? 'plain' : 'warn';
}

/** What nodes of another program do not tell. */
const OWN_TITLES: ReadonlySet<string> = new Set([
  ...['RTT', 'FSYNC99', 'LOOP99', 'GC/s', 'SNAP@', 'LAST'],
]);

/** Column by column, what is known of a node. */
export function nodeColumns(scene: Scene): readonly TableColumn<NodeRow>[] {
  const columns = allColumns(scene);
  if (scene.now.engine === undefined) return columns;
  return columns.filter(({ title }) => !OWN_TITLES.has(title));
}

function allColumns(scene: Scene): readonly TableColumn<NodeRow>[] {
  const { glyphs } = scene;
  const right = { align: 'right' as const };
  const status = ({ node }: NodeRow) => node.status;
  const load = ({ node }: NodeRow) => node.load;
  const p99 = (interval: Interval) => percentileUs(interval, 99);
  return [
    {
      ...{ title: 'NODE', worth: 100 },
      cell: ({ node }) => ({ text: node.id, tone: 'strong' }),
      value: ({ node }) => node.member,
    },
    {
      ...{ title: 'ROLE', worth: 99, width: 8 },
      cell: (row) => {
        const alarm = row.isAlarming && row.node.state === 'up' ? glyphs.alarm : '';
        const shape = alarm === '' ? roleShape(row.node, scene) : alarm;
        return { text: shape + roleWord(row.node), tone: alarm ? 'warn' : roleTone(row.node) };
      },
      value: ({ node }) => roleWord(node),
    },
    {
      ...{ title: 'VOTE', worth: 8 },
      cell: (row) => ({ text: status(row) === null ? NOTHING : status(row)?.voter ? 'yes' : 'no' }),
    },
    {
      ...{ title: 'TERM', worth: 90, ...right },
      cell: (row) => ({ text: count(status(row)?.term ?? null) }),
      value: (row) => status(row)?.term ?? null,
    },
    {
      ...{ title: 'COMMIT', worth: 95, ...right },
      cell: (row) => ({ text: count(status(row)?.commitIndex ?? null) }),
      value: (row) => status(row)?.commitIndex ?? null,
    },
    {
      ...{ title: 'APPLIED', worth: 70, ...right },
      cell: (row) => ({ text: count(status(row)?.appliedIndex ?? null) }),
      value: (row) => status(row)?.appliedIndex ?? null,
    },
    {
      ...{ title: 'LAST', worth: 9, ...right },
      cell: (row) => ({ text: count(status(row)?.lastIndex ?? null) }),
      value: (row) => status(row)?.lastIndex ?? null,
    },
    {
      ...{ title: 'LAG', worth: 94, width: 5, ...right },
      cell: ({ lag }) => ({ text: count(lag), tone: (lag ?? 0) > LAG_ALARM ? 'warn' : 'plain' }),
      value: ({ lag }) => lag,
    },
    {
      ...{ title: 'SNAP@', worth: 10, ...right },
      cell: (row) => ({ text: count(status(row)?.snapshotIndex || null) }),
      value: (row) => status(row)?.snapshotIndex ?? null,
    },
    {
      ...{ title: 'LOG', worth: 20, ...right },
      cell: (row) => ({ text: bytes(status(row)?.logBytes ?? null) }),
      value: (row) => status(row)?.logBytes ?? null,
    },
    {
      ...{ title: 'RTT', worth: 60, ...right },
      cell: ({ rttMs }) => ({ text: durationMs(rttMs) }),
      value: ({ rttMs }) => rttMs,
    },
    {
      ...{ title: 'FSYNC99', worth: 80, ...right },
      cell: ({ syncs }) => ({ text: duration(p99(syncs)) }),
      value: ({ syncs }) => p99(syncs),
    },
    {
      ...{ title: 'LOOP99', worth: 40, ...right },
      cell: ({ loopDelay }) => ({ text: duration(p99(loopDelay)) }),
      value: ({ loopDelay }) => p99(loopDelay),
    },
    {
      ...{ title: 'GC/s', worth: 15, ...right },
      cell: (row) => ({ text: load(row) === null ? NOTHING : row.gcPerS.toFixed(1) }),
      value: ({ gcPerS }) => gcPerS,
    },
    {
      ...{ title: 'CPU', worth: 75, width: 4, ...right },
      cell: (row) => ({ text: percent(load(row)?.cpuShare ?? null) }),
      value: (row) => load(row)?.cpuShare ?? null,
    },
    {
      ...{ title: 'RSS', worth: 50, width: 4, ...right },
      cell: (row) => ({ text: bytes(load(row)?.rssBytes ?? null) }),
      value: (row) => load(row)?.rssBytes ?? null,
    },
    {
      ...{ title: 'OPS/s', worth: 30, width: 5, ...right },
      cell: (row) => ({ text: count(load(row)?.commandsPerS ?? null) }),
      value: (row) => load(row)?.commandsPerS ?? null,
    },
    {
      ...{ title: 'UP', worth: 55, width: 3, ...right },
      cell: (row) => ({ text: age(status(row)?.uptimeMs ?? null) }),
      value: (row) => status(row)?.uptimeMs ?? null,
    },
  ];
}

/** Titles of the columns that can be sorted by, as they stand. */
export function sortTitles(scene: Scene): string[] {
  return nodeColumns(scene)
    .filter(({ value }) => value !== undefined)
    .map(({ title }) => title);
}

function sortColumn(scene: Scene): TableColumn<NodeRow> {
  const columns = nodeColumns(scene);
  const chosen = columns.find(({ title }) => title === scene.ui.sort.column);
  return chosen ?? (columns[0] as TableColumn<NodeRow>);
}

/** What is not known comes last when it rises. */
function compare(a: number | string | null, b: number | string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : String(a) === String(b) ? 0 : 1;
}

/** All there is to say about one node, for the detail overlay. */
export function detailLines(scene: Scene, id: string): Line[] {
  const row = nodeRows({ ...scene, ui: { ...scene.ui, filter: '' } }).find((r) => r.node.id === id);
  if (row === undefined) return [line(`There is no ${id}`)];
  const cells = nodeColumns(scene).map(({ title, cell }) => {
    const { text, tone = 'plain' } = cell(row);
    return line(piece(title.padEnd(10), 'dim'), piece(text, tone));
  });
  const { status, error, silentMs } = row.node;
  const facts: readonly (readonly [string, string])[] = [
    ['client', status?.clientAddress ?? NOTHING],
    ['peer', status?.peerAddress ?? NOTHING],
    ['admin', status?.adminAddress ?? NOTHING],
    ['pid', String(status?.pid ?? NOTHING)],
    ['free disk', bytes(status?.freeBytes ?? null)],
    ['clients', String(status?.connections ?? NOTHING)],
    ['last seen', silentMs === null ? 'never' : silentMs === 0 ? 'now' : `${age(silentMs)} ago`],
    ['error', error ?? NOTHING],
  ];
  return [...cells, ...facts.map(([name, text]) => line(piece(name.padEnd(10), 'dim'), text))];
}
