/**
 * Where things stand on the page that draws a history: a row for each client, a bar from each call
 * to its answer, and for each operation of the order a point at a moment when it may have happened.
 *
 * The axis is time with long waits made shorter: two events that follow each other are never so
 * close that they cannot be told apart, and never so far that the page is empty.
 */
import type { Finding } from './checker.ts';
import { isUnknown, type Operation } from './history.ts';

/** Operations that are drawn: those nearest to the fault. */
const BEFORE_MAX = 220;
const AFTER_MAX = 40;
const GAP_MIN_PX = 16;
const GAP_MAX_PX = 64;
/** After the last event, for what was never answered. */
const OPEN_END_PX = 60;
const TICK_EVERY_PX = 130;

export interface Bar {
  readonly operation: Operation;
  readonly row: number;
  readonly left: number;
  readonly right: number;
  /** Its place in the order, from 1; null: it has none. */
  readonly rank: number | null;
  readonly isBlocked: boolean;
  /** Where the page opens. */
  readonly isFocus: boolean;
}

export interface Point {
  readonly x: number;
  readonly row: number;
}

export interface Layout {
  readonly bars: readonly Bar[];
  readonly clients: readonly string[];
  readonly points: readonly Point[];
  readonly ticks: readonly { readonly x: number; readonly time: number }[];
  readonly width: number;
  /** Operations of the key that are not drawn, before and after. */
  readonly hiddenBefore: number;
  readonly hiddenAfter: number;
}

export function layOut(finding: Finding): Layout {
  const { operations, blocked, order, isIllegal } = finding;
  const { shown, hiddenBefore, hiddenAfter } = windowOf(operations, blocked);
  const axis = new Axis(shown);
  const ranks = new Map(order.map((operation, index) => [operation, index + 1]));
  const clients = [...new Set(shown.map(({ client }) => client))].sort(byNumber);
  const rows = new Map(clients.map((client, row) => [client, row]));
  const bars = shown.map((operation): Bar => {
    return {
      operation,
      row: rows.get(operation.client) ?? 0,
      left: axis.at(operation.calledAt),
      right: isUnknown(operation) ? axis.width : axis.at(operation.returnedAt),
      rank: ranks.get(operation) ?? null,
      isBlocked: isIllegal && operation === blocked,
      isFocus: operation === blocked,
    };
  });
  const points = pointsOf(order, bars, axis);
  return { bars, clients, points, ticks: axis.ticks, width: axis.width, hiddenBefore, hiddenAfter };
}

function windowOf(
  operations: readonly Operation[],
  blocked: Operation | null,
): { shown: Operation[]; hiddenBefore: number; hiddenAfter: number } {
  const until = blocked?.returnedAt ?? Number.NEGATIVE_INFINITY;
  const before = operations.filter((it) => it.calledAt <= until && it !== blocked);
  const after = operations.filter((it) => it.calledAt > until);
  const near = blocked === null ? [] : [...before.slice(-BEFORE_MAX), blocked];
  const next = after.slice(0, blocked === null ? BEFORE_MAX : AFTER_MAX);
  const shown = [...near, ...next].sort((a, b) => a.calledAt - b.calledAt);
  return {
    shown,
    hiddenBefore: Math.max(0, before.length - BEFORE_MAX),
    hiddenAfter: after.length - next.length,
  };
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Moments that respect both the order and each operation's span. */
function pointsOf(order: readonly Operation[], bars: readonly Bar[], axis: Axis): Point[] {
  const rows = new Map(bars.map((bar) => [bar.operation, bar.row]));
  const points: Point[] = [];
  let time = Number.NEGATIVE_INFINITY;
  for (const operation of order) {
    time = Math.max(time, operation.calledAt);
    const row = rows.get(operation);
    if (row !== undefined) points.push({ x: axis.at(time), row });
  }
  return points;
}

class Axis {
  readonly width: number;
  readonly #times: readonly number[];
  readonly #xs: readonly number[];

  constructor(operations: readonly Operation[]) {
    const moments = operations.flatMap(({ calledAt, returnedAt }) => [calledAt, returnedAt]);
    this.#times = [...new Set(moments.filter(Number.isFinite))].sort((a, b) => a - b);
    const gaps = this.#times.slice(1).map((time, index) => time - (this.#times[index] as number));
    const middle = [...gaps].sort((a, b) => a - b)[gaps.length >> 1] ?? 1;
    const xs: number[] = [];
    let x = GAP_MIN_PX;
    this.#times.forEach((_, index) => {
      const gap = index === 0 ? 0 : (gaps[index - 1] as number);
      const px = GAP_MIN_PX + 8 * Math.log2(1 + gap / Math.max(middle, Number.MIN_VALUE));
      if (index > 0) x += Math.min(GAP_MAX_PX, px);
      xs.push(Math.round(x));
    });
    this.#xs = xs;
    this.width = Math.round(x) + OPEN_END_PX;
  }

  /** Where a time is; what is not an event lies at the event before it. */
  at(time: number): number {
    let low = 0;
    let high = this.#times.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#times[middle] as number) <= time) low = middle;
      else high = middle - 1;
    }
    return this.#xs[low] ?? 0;
  }

  get ticks(): { x: number; time: number }[] {
    const ticks: { x: number; time: number }[] = [];
    this.#times.forEach((time, index) => {
      const x = this.#xs[index] as number;
      if (x - (ticks.at(-1)?.x ?? -TICK_EVERY_PX) >= TICK_EVERY_PX) ticks.push({ x, time });
    });
    return ticks;
  }
}
