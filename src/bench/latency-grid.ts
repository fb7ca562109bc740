/**
 * Latency by time as a grid of counts: a column a stretch of time, a row a stretch of latency, on a
 * logarithmic scale. What the heat maps of the report and of the terminal are drawn from. Pure.
 */
import type { Interval, IntervalLog } from './interval-log.ts';
import type { LatencyHistogram } from './latency-histogram.ts';

export interface LatencyGrid {
  /** Of a column. */
  readonly columnMs: number;
  /** Lower ends of the rows, and the upper end of the last, in nanoseconds. */
  readonly edgesNs: readonly number[];
  /** By column, then by row. */
  readonly counts: readonly (readonly number[])[];
  readonly countMax: number;
}

export interface GridSize {
  readonly columns: number;
  readonly rows: number;
}

/** What the user is shown: corrected where there is such, else raw. */
export function judgedIntervals({ intervals }: IntervalLog): Interval[] {
  const isCorrected = intervals.some(({ tag }) => tag.startsWith('corrected.'));
  const kind = isCorrected ? 'corrected.' : 'raw.';
  return intervals.filter(({ tag }) => tag.startsWith(kind));
}

/** Shortest and longest of all that was recorded, in nanoseconds; null: nothing was. */
export function latencyRange(logs: readonly IntervalLog[]): readonly [number, number] | null {
  const all = logs.flatMap(judgedIntervals).map(({ histogram }) => histogram);
  const filled = all.filter((histogram) => histogram.count > 0);
  if (filled.length === 0) return null;
  const low = Math.max(1, Math.min(...filled.map((histogram) => histogram.percentileNs(0))));
  return [low, Math.max(low * 2, ...filled.map((histogram) => histogram.maxNs)) * 1.001];
}

/** @returns null when nothing was recorded. @param size at most. @param range of several runs. */
export function latencyGrid(
  log: IntervalLog,
  size: GridSize,
  range = latencyRange([log]),
): LatencyGrid | null {
  const intervals = judgedIntervals(log).filter(({ histogram }) => histogram.count > 0);
  const [first] = intervals;
  if (first === undefined || range === null) return null;
  const endMs = Math.max(...intervals.map(({ startMs, lengthMs }) => startMs + lengthMs));
  const perColumn = Math.max(1, Math.ceil(endMs / first.lengthMs / size.columns));
  const columnMs = perColumn * first.lengthMs;
  const edgesNs = edgesOf(range, size.rows);
  const counts = Array.from({ length: Math.ceil(endMs / columnMs) }, () =>
    new Array<number>(edgesNs.length - 1).fill(0),
  );
  for (const { startMs, histogram } of intervals) {
    const column = counts[Math.floor(startMs / columnMs)];
    if (column !== undefined) addTo(column, histogram, edgesNs);
  }
  return { columnMs, edgesNs, counts, countMax: Math.max(...counts.flat()) };
}

/** Of equal ratio. */
function edgesOf([low, high]: readonly [number, number], rows: number): number[] {
  const ratio = (high / low) ** (1 / rows);
  return Array.from({ length: rows + 1 }, (_, row) => low * ratio ** row);
}

function addTo(column: number[], histogram: LatencyHistogram, edgesNs: readonly number[]): void {
  let row = 0;
  for (const [startNs, count] of histogram.buckets()) {
    while (row < column.length - 1 && startNs >= (edgesNs[row + 1] ?? 0)) row += 1;
    column[row] = (column[row] ?? 0) + count;
  }
}

/** How strongly a cell is drawn, 0 (nothing) to `levels`: logarithmic, so that few are seen too. */
export function shade(count: number, countMax: number, levels: number): number {
  if (count === 0) return 0;
  if (countMax <= 1) return levels;
  return 1 + Math.round((Math.log(count) / Math.log(countMax)) * (levels - 1));
}
