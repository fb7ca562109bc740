/** What the leader knows of each follower, and how the lag went. */
import { type TableColumn, table } from '../columns.ts';
import { bytes, count, durationMs, NOTHING } from '../figures.ts';
import { filterOf } from '../filter.ts';
import { tallSpark } from '../glyphs.ts';
import { tableWindow } from '../layout.ts';
import { lagOf, leaderOf, type NodeSample, type PeerLoad } from '../sample.ts';
import { bySecond, leaderIn, type Panel, type Scene } from '../scene.ts';
import { line, padStart, piece } from '../text.ts';

interface FollowerRow {
  readonly node: NodeSample;
  readonly lag: number | null;
  readonly matchIndex: number | null;
  readonly nextIndex: number | null;
  readonly peer: PeerLoad | null;
}

export function followerRows(scene: Scene): FollowerRow[] {
  const leader = leaderIn(scene);
  const passes = filterOf(scene.ui.filter);
  return scene.now.nodes
    .filter((node) => node.id !== leader?.id && passes(`${node.id} ${node.state}`))
    .map((node) => {
      const known = leader?.status?.members.find((member) => member.member === node.member);
      return {
        node,
        lag: lagOf(node, leader),
        matchIndex: known?.matchIndex ?? null,
        nextIndex: known?.nextIndex ?? null,
        peer: leader?.peers.find((peer) => peer.member === node.member) ?? null,
      };
    });
}

export const FOLLOWERS_PANEL: Panel = {
  title: '2 Replication',
  note: (scene) => {
    const leader = leaderIn(scene);
    return leader === null
      ? 'nobody leads'
      : `seen from ${leader.id}, last ${count(leader.status?.lastIndex ?? null)}`;
  },
  rows: (scene) => followerRows(scene).map(({ node }) => node.id),
  draw: (scene, { width, height }) => {
    const rows = followerRows(scene);
    if (leaderIn(scene) === null) {
      return [line(piece('Nobody leads: nothing is replicated.', 'bad'))];
    }
    const columns = columnsOf(scene);
    const lead = (row: FollowerRow) => {
      const isSelected = rows[Math.min(scene.ui.row, rows.length - 1)] === row;
      return piece(isSelected ? `${scene.glyphs.cursor} ` : '  ', 'accent');
    };
    return tableWindow(table(columns, rows, { width, lead }), scene.ui.row, height);
  },
};

const right = { align: 'right' as const };

/** What a leader of another program does not tell of its followers. */
const OWN_TITLES: ReadonlySet<string> = new Set([
  ...['LINK', 'MATCH', 'NEXT', 'WINDOW', 'RTT', 'SENT/s', 'QUEUE', 'DROPPED', 'RECONN', 'SNAP@'],
]);

function columnsOf(scene: Scene): readonly TableColumn<FollowerRow>[] {
  const columns = allColumns(scene);
  if (scene.now.engine === undefined) return columns;
  const told = columns.filter(({ title }) => !OWN_TITLES.has(title));
  return [...told, ...INDEX_COLUMNS];
}

/** What such a follower says of itself. */
const INDEX_COLUMNS: readonly TableColumn<FollowerRow>[] = [
  {
    ...{ title: 'COMMIT', worth: 70, ...right },
    cell: ({ node }) => ({ text: count(node.status?.commitIndex ?? null) }),
  },
  {
    ...{ title: 'APPLIED', worth: 60, ...right },
    cell: ({ node }) => ({ text: count(node.status?.appliedIndex ?? null) }),
  },
];

function allColumns({ glyphs }: Scene): readonly TableColumn<FollowerRow>[] {
  return [
    { title: 'FOLLOWER', worth: 100, cell: ({ node }) => ({ text: node.id, tone: 'strong' }) },
    {
      ...{ title: 'LINK', worth: 90, width: 6 },
      cell: ({ peer }) =>
        peer?.connected === true
          ? { text: 'up', tone: 'good' }
          : { text: `${glyphs.down} cut`, tone: 'bad' },
    },
    { title: 'MATCH', worth: 95, ...right, cell: (row) => ({ text: count(row.matchIndex) }) },
    { title: 'NEXT', worth: 80, ...right, cell: (row) => ({ text: count(row.nextIndex) }) },
    {
      ...{ title: 'WINDOW', worth: 70, ...right },
      cell: ({ matchIndex, nextIndex }) => ({
        text:
          matchIndex === null || nextIndex === null ? NOTHING : count(nextIndex - matchIndex - 1),
      }),
    },
    {
      ...{ title: 'LAG', worth: 94, width: 5, ...right },
      cell: ({ lag }) => ({ text: count(lag), tone: (lag ?? 0) > 1000 ? 'warn' : 'plain' }),
    },
    {
      title: 'RTT',
      worth: 60,
      ...right,
      cell: ({ peer }) => ({ text: durationMs(peer?.rttMs ?? null) }),
    },
    {
      title: 'SENT/s',
      worth: 55,
      ...right,
      cell: ({ peer }) => ({ text: bytes(peer?.sentBytesPerS ?? null) }),
    },
    {
      title: 'QUEUE',
      worth: 50,
      ...right,
      cell: ({ peer }) => ({ text: bytes(peer?.queuedBytes ?? null) }),
    },
    {
      title: 'DROPPED',
      worth: 20,
      ...right,
      cell: ({ peer }) => ({ text: count(peer?.droppedMessages ?? null) }),
    },
    {
      title: 'RECONN',
      worth: 20,
      ...right,
      cell: ({ peer }) => ({ text: count(peer?.reconnects ?? null) }),
    },
    {
      ...{ title: 'SNAP@', worth: 30, ...right },
      cell: ({ node }) => ({ text: count(node.status?.snapshotIndex || null) }),
    },
  ];
}

/** Of one follower's lag. */
const LAG_ROWS_MAX = 8;

/** How far behind each follower was, second by second. */
export const LAG_PANEL: Panel = {
  title: '2 Lag over time',
  note: () => 'entries behind the leader, 1 column = 1 s',
  draw: (scene, { width, height }) => {
    const rows = followerRows(scene).slice(0, height);
    const tall = Math.max(1, Math.min(LAG_ROWS_MAX, Math.floor(height / Math.max(1, rows.length))));
    const lead = Math.max(3, ...rows.map(({ node }) => node.id.length)) + 1;
    const seconds = Math.max(5, Math.min(120, width - lead - 21));
    const columns = bySecond(scene.history, scene.now.atMs, seconds);
    const leaders = columns.map((samples) => samples.map(leaderOf));
    return rows.flatMap(({ node }) => {
      const values = columns.map((samples, column) => {
        const lags = samples.map((sample, at) => {
          const then = sample.nodes.find(({ id }) => id === node.id);
          return then === undefined ? null : lagOf(then, leaders[column]?.[at] ?? null);
        });
        const known = lags.filter((lag) => lag !== null);
        return known.length === 0 ? null : Math.max(...known);
      });
      const peak = Math.max(0, ...values.map((value) => value ?? 0));
      const chart = tallSpark(values, tall, scene.glyphs);
      return chart.map((cells, row) => {
        const isLast = row === chart.length - 1;
        const words = ` now ${padStart(count(values.at(-1) ?? null), 4)} peak ${count(peak)}`;
        return line(
          piece((isLast ? node.id : '').padEnd(lead), 'strong'),
          piece(cells, 'accent'),
          isLast ? words : '',
        );
      });
    });
  },
};

/** Round trips between every two nodes, as the row's node measured them. */
export const LINKS_PANEL: Panel = {
  title: '7 Links',
  note: () => 'row to column',
  draw: (scene, { width }) => {
    const nodes = scene.now.nodes.slice(0, Math.max(1, Math.floor((width - 4) / 8)));
    const header = nodes.map(({ id }) => padStart(id, 7)).join(' ');
    const rows = nodes.map((from) => {
      const cells = nodes.flatMap((to) => {
        if (from.id === to.id) return [piece(padStart('-', 8), 'dim')];
        const peer = from.peers.find(({ member }) => member === to.member);
        if (peer === undefined) return [piece(padStart('?', 8), 'dim')];
        if (!peer.connected) return [piece(padStart(`${scene.glyphs.down} cut`, 8), 'bad')];
        return [piece(padStart(durationMs(peer.rttMs), 8))];
      });
      return line(piece(from.id.padEnd(4), 'strong'), ...cells);
    });
    return [line(piece(`     ${header}`, 'dim')), ...rows];
  },
};
