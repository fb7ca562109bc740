/** The demo as lines for a person. Pure. */
import type { Paint } from '../std/paint.ts';
import { formatCount, formatDurationMs } from '../std/units.ts';
import type { DemoProgress, DemoResult } from './demo-result.ts';

const BARS = '▁▂▃▄▅▆▇█';
/** Nothing at all in a grain of time: a hole, not a low bar. */
const HOLE = '·';
const TIMELINE_COLUMNS = 80;
const RECENT_COLUMNS = 30;

/** `4.2 s ▅▆▇▇▆···▅▆▇  12,345 acknowledged  9,876/s  n2 leads`. */
export function progressLine(progress: DemoProgress, paint: Paint): string {
  const { buckets, bucketMs, elapsedMs, leader } = progress;
  const done = Math.floor(elapsedMs / bucketMs);
  const perColumn = 2;
  const recent = columnsOf(buckets, done - (done % perColumn), perColumn).slice(-RECENT_COLUMNS);
  const lastSecond = Math.max(1, Math.round(1000 / bucketMs));
  const rate = sum(buckets.slice(Math.max(0, done - lastSecond), done));
  const leads = leader === null ? paint('red', 'no leader') : `${leader} leads`;
  const unknown =
    progress.unknown === 0 ? '' : paint('dim', `  ${formatCount(progress.unknown)} unknown`);
  const time = `${(elapsedMs / 1000).toFixed(1)} s`.padStart(6);
  return (
    `${paint('dim', time)} ${paint('cyan', sparkline(recent).padEnd(RECENT_COLUMNS))}  ` +
    `${paint('bold', formatCount(progress.acknowledged))} acknowledged  ` +
    `${formatCount(rate)}/s  ${leads}${unknown}`
  );
}

/** The same without bars, for logs. */
export function progressText(progress: DemoProgress): string {
  const { acknowledged, unknown, elapsedMs, leader } = progress;
  const leads = leader === null ? 'no leader' : `${leader} leads`;
  const seconds = (elapsedMs / 1000).toFixed(1);
  return `${seconds} s  ${formatCount(acknowledged)} acknowledged  ${formatCount(unknown)} unknown  ${leads}`;
}

export function summaryLines(result: DemoResult, paint: Paint): string[] {
  const verdict =
    result.lost === 0
      ? paint('green', '0 lost')
      : paint('red', `${formatCount(result.lost)} LOST: ${result.lostSample.join(', ')}`);
  const gap =
    result.failoverMs === null
      ? paint('red', 'no write was acknowledged after the kill')
      : formatDurationMs(result.failoverMs);
  const facts: readonly (readonly [string, string])[] = [
    ['acknowledged', `${formatCount(result.acknowledged)} writes, ${verdict}`],
    ['', paint('dim', 'each one read back from every node, also from the one that was killed')],
    [
      'failover',
      `${paint('bold', gap)} from kill -9 of ${result.leaderBefore} to the next acknowledged write`,
    ],
    [
      'leader',
      `${result.leaderBefore} (term ${result.termBefore}) -> ${result.leaderAfter ?? '-'} (term ${result.termAfter ?? '-'})`,
    ],
    [
      'load',
      `${formatCount(result.opsPerSecond)} operations/s over ${formatDurationMs(result.loadMs)}, every write synced on a majority`,
    ],
    [
      'unknown',
      `${formatCount(result.unknown)} in flight at the kill, reported as unknown, never sent twice`,
    ],
    ['came back', `${result.leaderBefore} caught up in ${formatDurationMs(result.catchUpMs)}`],
  ];
  const lines = facts.map(([name, value]) => `  ${paint('dim', name.padEnd(13))} ${value}`);
  return ['', ...timelineLines(result, paint), '', ...lines, ''];
}

/** Acknowledged writes over time, with the kill and the return marked below. */
export function timelineLines(result: DemoResult, paint: Paint): string[] {
  const { timeline, loadMs } = result;
  const count = Math.max(1, Math.floor(loadMs / timeline.bucketMs));
  const perColumn = Math.max(1, Math.ceil(count / TIMELINE_COLUMNS));
  const bars = sparkline(columnsOf(timeline.acknowledged, count, perColumn));
  const columnMs = perColumn * timeline.bucketMs;
  const killAt = Math.floor(timeline.killedAtMs / columnMs);
  const backAt = Math.max(killAt + 12, Math.floor(timeline.restartedAtMs / columnMs));
  const coloured = bars.replace(new RegExp(`${HOLE}+`, 'g'), (holes) => paint('red', holes));
  const marks = `${' '.repeat(killAt)}^ kill -9 ${result.leaderBefore}`.padEnd(backAt);
  return [
    `  ${coloured}`,
    `  ${paint('dim', `${marks}^ ${result.leaderBefore} starts again`)}`,
    `  ${paint('dim', `one column is ${columnMs} ms; ${HOLE} nothing acknowledged`)}`,
  ];
}

/** Heights relative to the highest. */
export function sparkline(values: readonly number[]): string {
  const top = Math.max(1, ...values);
  return values
    .map((value) => {
      if (value === 0) return HOLE;
      return BARS[Math.min(BARS.length - 1, Math.floor((value / top) * BARS.length))] ?? HOLE;
    })
    .join('');
}

/** Sums of `perColumn` buckets each, from the first to `count`. */
function columnsOf(buckets: readonly number[], count: number, perColumn: number): number[] {
  const columns: number[] = [];
  for (let at = 0; at + perColumn <= count; at += perColumn) {
    columns.push(sum(buckets.slice(at, at + perColumn)));
  }
  return columns;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
