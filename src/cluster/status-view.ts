/** Cluster status as lines for a person. Pure. */
import type { Paint, Style } from '../std/paint.ts';
import { type Column, tableLines } from '../std/table.ts';
import { formatBytes, formatCount, formatDurationMs, plural } from '../std/units.ts';
import type { ClusterNodeRow, ClusterStatus } from '../wire/status.ts';

const STATE_STYLES: Readonly<Record<string, Style>> = {
  up: 'green',
  down: 'red',
  paused: 'yellow',
  starting: 'yellow',
  removed: 'dim',
};

export function statusLines(status: ClusterStatus, paint: Paint): string[] {
  const lines = [headline(status, paint), ''];
  lines.push(...tableLines(columns(status, paint), status.nodes, paint));
  for (const row of status.nodes) {
    if (row.error !== null) lines.push(`${paint('red', row.id)}: ${row.error}`);
  }
  if (status.leases) lines.push('', paint('dim', 'leases: the leader answers reads by itself'));
  if (status.fsync !== 'always') lines.push('', paint('yellow', status.durability));
  return lines;
}

/** Everything about one node, a line a fact. */
export function nodeLines(row: ClusterNodeRow, paint: Paint): string[] {
  const facts: readonly (readonly [string, string | number | null])[] = [
    ['state', paint(STATE_STYLES[row.state] ?? 'dim', row.state)],
    ['role', row.role],
    ['member', row.member],
    ['term', row.term],
    ['commit index', countOf(row.commitIndex)],
    ['applied index', countOf(row.appliedIndex)],
    ['last index', countOf(row.lastIndex)],
    ['lag', countOf(row.lag)],
    ['log', row.logBytes === null ? null : formatBytes(row.logBytes)],
    ['snapshot', snapshotText(row)],
    ['disk free', row.freeBytes === null ? null : formatBytes(row.freeBytes)],
    ['fsync', row.fsync],
    ['client', row.clientAddress],
    ['peer', row.peerAddress],
    ['admin', row.adminAddress],
    ['pid', row.pid],
    ['up', row.uptimeMs === null ? null : formatDurationMs(row.uptimeMs)],
    ['seen', seenText(row.lastSeenMs)],
    ['error', row.error],
  ];
  const lines = facts.map(([name, value]) => `  ${paint('dim', name.padEnd(14))} ${value ?? '-'}`);
  return [paint('bold', row.id), ...lines];
}

function headline(status: ClusterStatus, paint: Paint): string {
  const up = status.nodes.filter((row) => row.state === 'up').length;
  const verdict = status.healthy
    ? paint('green', 'healthy')
    : status.serving
      ? paint('yellow', 'degraded')
      : paint('red', status.leader === null ? 'no leader' : 'not serving');
  const leads =
    status.leader === null ? 'nobody leads' : `${status.leader} leads term ${status.term}`;
  const survives = `survives ${plural(status.tolerance, 'more failure')}`;
  const tail = status.serving ? `, ${survives}` : `, needs ${status.quorum} for writes`;
  const name = paint('bold', status.name);
  return `${name}  ${verdict}  ${leads}, ${up} of ${status.nodes.length} up${tail}`;
}

function columns(status: ClusterStatus, paint: Paint): Column<ClusterNodeRow>[] {
  return [
    { title: 'NODE', cell: (row) => (row.id === status.leader ? paint('bold', row.id) : row.id) },
    { title: 'STATE', cell: (row) => paint(STATE_STYLES[row.state] ?? 'dim', row.state) },
    { title: 'ROLE', cell: (row) => row.role },
    { title: 'TERM', align: 'right', cell: (row) => row.term },
    { title: 'COMMIT', align: 'right', cell: (row) => countOf(row.commitIndex) },
    { title: 'APPLIED', align: 'right', cell: (row) => countOf(row.appliedIndex) },
    { title: 'LAG', align: 'right', cell: (row) => countOf(row.lag) },
    {
      title: 'LOG',
      align: 'right',
      cell: (row) => (row.logBytes === null ? null : formatBytes(row.logBytes)),
    },
    { title: 'CLIENT', cell: (row) => row.clientAddress },
    { title: 'PID', align: 'right', cell: (row) => row.pid },
    {
      title: 'UP',
      align: 'right',
      cell: (row) => (row.uptimeMs === null ? null : formatDurationMs(row.uptimeMs)),
    },
    { title: 'SEEN', align: 'right', cell: (row) => seenText(row.lastSeenMs) },
  ];
}

function countOf(value: number | null): string | null {
  return value === null ? null : formatCount(value);
}

function seenText(lastSeenMs: number | null): string | null {
  if (lastSeenMs === null) return 'never';
  return lastSeenMs === 0 ? 'now' : `${formatDurationMs(lastSeenMs)} ago`;
}

function snapshotText({ snapshotIndex, snapshotBytes }: ClusterNodeRow): string | null {
  if (snapshotIndex === null || snapshotBytes === null || snapshotIndex === 0) return null;
  return `up to ${countOf(snapshotIndex)}, ${formatBytes(snapshotBytes)}`;
}
