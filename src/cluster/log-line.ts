/** A line of a node's log, from JSON to what a person reads. Pure. */
import type { Paint, Style } from '../std/paint.ts';

const LEVELS: Readonly<Record<number, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};
const LEVEL_STYLES: Readonly<Record<string, Style>> = {
  WARN: 'yellow',
  ERROR: 'red',
  FATAL: 'red',
};
const NODE_STYLES: readonly Style[] = ['cyan', 'magenta', 'green', 'blue', 'yellow'];
/** Fields that the line shows elsewhere, or that are the same on each. */
const HIDDEN: ReadonlySet<string> = new Set(
  'level time ts caller msg message pid hostname name v node cluster clusterId member incarnation hint'.split(
    ' ',
  ),
);

export interface LineStyle {
  readonly id: string;
  /** Position of the node in its cluster: its colour. */
  readonly slot: number;
  /** Columns that the widest name of a node takes. */
  readonly width: number;
  readonly paint: Paint;
}

/** `n1 │ 12:03:58.121 INFO  became leader term=3`. What is not JSON is shown as it is. */
export function formatLogLine(line: string, style: LineStyle): string {
  const { paint } = style;
  const colour = NODE_STYLES[style.slot % NODE_STYLES.length] ?? 'cyan';
  const prefix = `${paint(colour, style.id.padEnd(style.width))} ${paint('dim', '│')} `;
  const fields = parseFields(line);
  if (fields === null) return prefix + line;
  const level = levelOf(fields['level']);
  const levelStyle = LEVEL_STYLES[level];
  const shown = levelStyle === undefined ? level.padEnd(5) : paint(levelStyle, level.padEnd(5));
  const text = String(fields['msg'] ?? fields['message'] ?? '');
  const hint = typeof fields['hint'] === 'string' ? ` (${fields['hint']})` : '';
  const rest = Object.entries(fields)
    .filter(([key, value]) => !HIDDEN.has(key) && value !== null)
    .map(([key, value]) => ` ${paint('dim', `${key}=`)}${valueText(value)}`)
    .join('');
  return `${prefix}${paint('dim', clockOf(fields['time'] ?? fields['ts']))} ${shown} ${text}${hint}${rest}`;
}

export interface PlainLogLine {
  readonly atMs: number | null;
  readonly level: string;
  /** Message and fields. */
  readonly text: string;
}

/** A line's parts without colour, for those who lay it out themselves. */
export function partsOfLogLine(line: string): PlainLogLine {
  const fields = parseFields(line);
  if (fields === null) return { atMs: timeOfLine(line), level: '', text: line };
  const rest = Object.entries(fields)
    .filter(([key, value]) => !HIDDEN.has(key) && value !== null)
    .map(([key, value]) => ` ${key}=${valueText(value)}`)
    .join('');
  const text = String(fields['msg'] ?? fields['message'] ?? '');
  return { atMs: timeOfLine(line), level: levelOf(fields['level']), text: text + rest };
}

/** Wall clock of a line, without parsing all of it; null: it has none. */
export function timeOfLine(line: string): number | null {
  const match = /"(?:time|ts)":(?:(\d+)|"([^"]+)")/.exec(line);
  if (match === null) return null;
  const time = match[1] === undefined ? Date.parse(match[2] ?? '') : Number(match[1]);
  return Number.isNaN(time) ? null : time;
}

function parseFields(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}

function levelOf(level: unknown): string {
  if (typeof level === 'number') return LEVELS[level] ?? String(level);
  return typeof level === 'string' ? level.toUpperCase() : 'ERROR';
}

/** Time of day, local, to the millisecond. */
function clockOf(time: unknown): string {
  if (typeof time !== 'number' && typeof time !== 'string') return '--:--:--.---';
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${clock}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return /\s/.test(value) ? JSON.stringify(value) : value;
  return JSON.stringify(value);
}
