/** The drawings of a report: latency by time, percentiles, throughput. Pure. */
import { formatCount } from '../std/units.ts';
import { chart, countTicks, frameOf, point, polyline, powerTicks, timeTicks } from './chart.ts';
import { type IntervalLog, mergeIntervals } from './interval-log.ts';
import { judgedIntervals, latencyGrid, type latencyRange, shade } from './latency-grid.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { durationText } from './latency-text.ts';
import type { BenchResult } from './result.ts';

const COLUMNS = 160;
const ROWS = 44;
const LEVELS = 8;
const NS_PER_US = 1e3;
const PERCENTILE_STEP = 0.05;

/** @param range of all that is drawn beside it. */
export function heatMap(log: IntervalLog, range: ReturnType<typeof latencyRange>): string {
  const grid = latencyGrid(log, { columns: COLUMNS, rows: ROWS }, range);
  if (grid === null) return '<p>No latency was recorded.</p>';
  const { columnMs, edgesNs, counts, countMax } = grid;
  const { x, y } = frameOf();
  const [width, rows] = [counts.length, edgesNs.length - 1];
  const paths = new Map<number, string[]>();
  for (const [column, cells] of counts.entries()) {
    for (const [row, count] of cells.entries()) {
      if (count === 0) continue;
      const level = shade(count, countMax, LEVELS);
      const path = paths.get(level) ?? [];
      const [left, right] = [x(column / width), x((column + 1) / width)];
      const [bottom, top] = [y(row / rows), y((row + 1) / rows)];
      path.push(`M${point(left)} ${point(bottom)}H${point(right)}V${point(top)}H${point(left)}z`);
      paths.set(level, path);
    }
  }
  const content = [...paths].map(
    ([level, path]) => `<path class="heat${level}" d="${path.join('')}"/>`,
  );
  const low = (edgesNs[0] ?? 1) / NS_PER_US;
  const high = (edgesNs[rows] ?? 1) / NS_PER_US;
  return chart({
    label: `Latency by time, from ${durationText(low)} to ${durationText(high)}`,
    xTicks: timeTicks(width * columnMs),
    yTicks: powerTicks(low, high, durationText),
    content: content.join(''),
  });
}

export interface Curve {
  readonly log: IntervalLog;
  readonly className: string;
}

/** Of all requests of each: how long the slowest part of them took. */
export function percentileCurves(curves: readonly Curve[]): string {
  const whole = curves.map(({ log, className }) => ({ histogram: wholeOf(log), className }));
  const filled = whole.filter(({ histogram }) => histogram.count > 0);
  if (filled.length === 0) return '<p>No latency was recorded.</p>';
  const count = Math.max(...filled.map(({ histogram }) => histogram.count));
  const nines = Math.max(1, Math.log10(count));
  const low = Math.max(1, Math.min(...filled.map(({ histogram }) => histogram.percentileNs(0))));
  const high = Math.max(low * 2, ...filled.map(({ histogram }) => histogram.maxNs));
  const frame = frameOf();
  const place = (ns: number): number => Math.log(Math.max(ns, low) / low) / Math.log(high / low);
  const lines = filled.map(({ histogram, className }) => {
    const points: [number, number][] = [];
    const end = Math.log10(Math.max(10, histogram.count));
    for (let nine = 0; nine <= end + PERCENTILE_STEP; nine += PERCENTILE_STEP) {
      const at = Math.min(nine, end);
      points.push([at / nines, place(histogram.percentileNs(100 - 100 * 10 ** -at))]);
    }
    return polyline({ points, className }, frame);
  });
  const ticks = [0, 90, 99, 99.9, 99.99, 99.999, 99.9999];
  const xTicks = ticks
    .map((percent) => ({ at: -Math.log10(1 - percent / 100) / nines, label: `${percent} %` }))
    .filter(({ at }) => at <= 1.001);
  const us = (ns: number): number => ns / NS_PER_US;
  return chart({
    label: 'Latency by percentile',
    xTicks,
    yTicks: powerTicks(us(low), us(high), durationText),
    content: lines.join(''),
  });
}

function wholeOf(log: IntervalLog): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const interval of judgedIntervals(mergeIntervals([log])))
    histogram.merge(interval.histogram);
  return histogram;
}

/** Answers a second; failures from the bottom up. @param top of the scale. */
export function throughputChart({ series, measuredMs }: BenchResult, top: number): string {
  const frame = frameOf();
  const endMs = Math.max(measuredMs, series.length * 1000);
  const columns = (of: (row: BenchResult['series'][number]) => number): string => {
    const points = series.flatMap((row) => {
      const value = Math.min(1, of(row) / top);
      return [row.second, row.second + 1].map(
        (second) => [(second * 1000) / endMs, value] as const,
      );
    });
    return [[0, 0] as const, ...points, [1, 0] as const]
      .map(([px, py]) => `${point(frame.x(px))},${point(frame.y(py))}`)
      .join(' ');
  };
  const failed = series.some((row) => row.failed > 0)
    ? `<polygon class="failed" points="${columns((row) => row.failed)}"/>`
    : '';
  return chart({
    label: `Requests answered by the second, up to ${formatCount(top)}`,
    xTicks: timeTicks(endMs),
    yTicks: countTicks(top, (value) => `${formatCount(value)}/s`),
    content: `<polygon class="answered" points="${columns((row) => row.answered)}"/>${failed}`,
  });
}
