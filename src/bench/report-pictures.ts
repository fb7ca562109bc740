/** A run as pictures of characters, for those who stay in the terminal. Pure. */
import type { Paint } from '../std/paint.ts';
import type { IntervalLog } from './interval-log.ts';
import { type LatencyGrid, latencyGrid, shade } from './latency-grid.ts';
import { durationText } from './latency-text.ts';

const ROWS = 12;
const LABEL_COLUMNS = 9;
const BLOCKS = ' ░▒▓█';
const LETTERS = ' .:*#';
const NS_PER_US = 1e3;

export interface PictureStyle {
  readonly columns: number;
  readonly isAscii: boolean;
  readonly paint: Paint;
}

/** Latency by time: a row a stretch of latency, the longest on top. */
export function heatMapLines(log: IntervalLog, style: PictureStyle): string[] {
  const grid = latencyGrid(log, { columns: style.columns - LABEL_COLUMNS - 2, rows: ROWS });
  if (grid === null) return ['no latency was recorded'];
  const rows = Array.from({ length: ROWS }, (_, i) => ROWS - 1 - i);
  const seconds = (grid.counts.length * grid.columnMs) / 1000;
  return [
    style.paint('dim', 'latency by time'),
    ...rows.map((row) => rowLine(row, grid, style)),
    `${' '.repeat(LABEL_COLUMNS)} ${style.paint('dim', `0 s ${'-'.repeat(Math.max(1, grid.counts.length - 10))} ${seconds} s`)}`,
  ];
}

function rowLine(row: number, grid: LatencyGrid, { isAscii, paint }: PictureStyle): string {
  const { counts, countMax, edgesNs } = grid;
  const shades = isAscii ? LETTERS : BLOCKS;
  const cells = counts.map((column) => {
    return shades.charAt(shade(column[row] ?? 0, countMax, shades.length - 1));
  });
  const label = durationText((edgesNs[row] ?? 0) / NS_PER_US).padStart(LABEL_COLUMNS);
  return `${paint('dim', label)} ${paint('cyan', cells.join('').trimEnd())}`;
}
