/** The demo as lines for a person. Pure. */
import type { Paint } from '../std/paint.ts';
import { HOLE, sparkline } from '../std/sparkline.ts';
import { formatCount, formatDurationMs } from '../std/units.ts';
import type { DemoProgress, DemoResult } from './demo-result.ts';
import { type Timeline, timelineOf } from './demo-timeline.ts';

const HOLES = new RegExp(`${HOLE}+`, 'g');
const TIMELINE_COLUMNS = 80;
const RECENT_COLUMNS = 24;
const RECENT_COLUMN_MS = 200;

/** `4.2 s ▅▆▇▇▆···▅▆▇  12,345 acknowledged  9,876/s  n2 leads`. */
export function progressLine(progress: DemoProgress, paint: Paint): string {
  const { buckets, bucketMs, elapsedMs, leader } = progress;
  const done = Math.floor(elapsedMs / bucketMs);
  const toMs = elapsedMs - (elapsedMs % RECENT_COLUMN_MS);
  const wish = { fromMs: 0, toMs, bucketMs: RECENT_COLUMN_MS };
  const recent = timelineOf(buckets, bucketMs, wish).acknowledged.slice(-RECENT_COLUMNS);
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
  const facts: (readonly [string, string])[] = [
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
  if (result.refused > 0) {
    facts.push(['refused', `${formatCount(result.refused)} without effect, while nobody led`]);
  }
  const lines = facts.map(([name, value]) => `  ${paint('dim', name.padEnd(13))} ${value}`);
  return ['', ...timelineLines(result, paint), '', ...lines, ''];
}

/** Acknowledged writes over time, whole and close up, with kill and return marked below. */
export function timelineLines(result: DemoResult, paint: Paint): string[] {
  const { leaderBefore, closeUp } = result;
  const whole = coarser(result.timeline);
  const columnAt = (timeline: Timeline, ms: number): number =>
    Math.floor((ms - timeline.fromMs) / timeline.bucketMs);
  const killAt = columnAt(whole, result.killedAtMs);
  const killText = `${' '.repeat(killAt)}^ kill -9 ${leaderBefore}`;
  const backAt = Math.max(killText.length + 1, columnAt(whole, result.restartedAtMs));
  const closeAt = ' '.repeat(Math.max(0, columnAt(closeUp, result.killedAtMs)));
  const bars = (timeline: Timeline): string =>
    `  ${sparkline(timeline.acknowledged).replace(HOLES, (holes) => paint('red', holes))}`;
  return [
    paint('dim', `  acknowledged writes, a column is ${whole.bucketMs} ms`),
    bars(whole),
    paint('dim', `  ${killText.padEnd(backAt)}^ ${leaderBefore} starts again`),
    '',
    paint('dim', `  close up, a column is ${closeUp.bucketMs} ms; ${HOLE} is none`),
    bars(closeUp),
    paint('dim', `  ${closeAt}^ kill -9 ${leaderBefore}`),
  ];
}

/** At most as many columns as a terminal shows. */
function coarser(timeline: Timeline): Timeline {
  const { acknowledged, bucketMs, fromMs } = timeline;
  const per = Math.max(1, Math.ceil(acknowledged.length / TIMELINE_COLUMNS));
  const toMs = acknowledged.length * bucketMs;
  const wish = { fromMs: 0, toMs, bucketMs: per * bucketMs };
  return { ...timelineOf(acknowledged, bucketMs, wish), fromMs };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
