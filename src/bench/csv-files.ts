/**
 * A run as tables that any spreadsheet reads: a header, commas, a point in fractions, microseconds.
 * Rows of intervals must not be averaged: the table of percentiles is of all together. Pure.
 */

import { type Interval, type IntervalLog, readIntervalLog } from './interval-log.ts';
import { readKnee } from './knee.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { INTERVAL_LOG, KNEE_FILE, type RunFiles, type StoredRun } from './run-store.ts';

type Cell = string | number | boolean | null;

const PERCENTS = [
  ...[0, 1, 5, 10, 25, 50, 75, 90, 95, 97, 98, 99],
  ...[99.5, 99.9, 99.95, 99.99, 99.999, 100],
];
const NS_PER_US = 1e3;

/** By what stands between the run's name and `.csv`. */
export function csvFiles({ id, result }: StoredRun, files: RunFiles): Map<string, string> {
  const tables = new Map<string, string>();
  const written = files.get(INTERVAL_LOG);
  if (written !== undefined) {
    const log = readIntervalLog(written, `${id}/${INTERVAL_LOG}`);
    tables.set('intervals', intervalsCsv(log));
    tables.set('percentiles', percentilesCsv(log));
  }
  const series = result.series.map(({ second, answered, failed }) => [second, answered, failed]);
  tables.set('throughput', csvText(['second', 'answered', 'failed'], series));
  if (result.phases) tables.set('phases', objectsCsv(result.phases.phases));
  const knee = readKnee(files.get(KNEE_FILE));
  if (knee !== null) tables.set('knee', objectsCsv(knee.points));
  return tables;
}

/** A row an interval and what it is of. */
function intervalsCsv({ intervals }: IntervalLog): string {
  const head = ['kind', 'operation', 'startS', 'lengthS', 'count', 'meanUs'];
  const times = ['minUs', 'p50Us', 'p90Us', 'p99Us', 'p999Us', 'maxUs'] as const;
  const rows = intervals.map(({ tag, startMs, lengthMs, histogram }) => {
    const summary = histogram.summary();
    const where = [startMs / 1000, lengthMs / 1000, summary.count, summary.meanUs];
    return [...partsOf(tag), ...where, ...times.map((field) => summary[field])];
  });
  return csvText([...head, ...times], rows);
}

/** A row a percentile of the whole run. */
function percentilesCsv(log: IntervalLog): string {
  const rows = [...byTag(log.intervals)].flatMap(([tag, histogram]) => {
    return PERCENTS.map((percent) => {
      const us = Math.round(histogram.percentileNs(percent) / (NS_PER_US / 10)) / 10;
      return [...partsOf(tag), percent, us, histogram.count];
    });
  });
  return csvText(['kind', 'operation', 'percent', 'latencyUs', 'count'], rows);
}

/** All intervals of each tag together. */
function byTag(intervals: readonly Interval[]): Map<string, LatencyHistogram> {
  const wholes = new Map<string, LatencyHistogram>();
  for (const { tag, histogram } of intervals) {
    const whole = wholes.get(tag) ?? new LatencyHistogram();
    whole.merge(histogram);
    wholes.set(tag, whole);
  }
  return wholes;
}

/** `corrected.write` is two columns. */
function partsOf(tag: string): readonly [string, string] {
  const [kind = '', operation = ''] = tag.split('.');
  return [kind, operation];
}

function objectsCsv(rows: readonly object[]): string {
  const head = Object.keys(rows[0] ?? {});
  return csvText(
    head,
    rows.map((row) => head.map((key) => (row as Record<string, Cell>)[key] ?? null)),
  );
}

function csvText(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [head, ...rows].map((row) => row.map(cellText).join(','));
  return `${lines.join('\n')}\n`;
}

function cellText(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
