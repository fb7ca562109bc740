import { describe, expect, test } from 'vitest';
import { Ticker } from './ticker.ts';

const TICK_MS = 25;

/** A clock that is moved by hand, with at most one timer. */
class HandClock {
  atMs = 0;
  due: { atMs: number; task: () => void } | null = null;
  nowMs(): number {
    return this.atMs;
  }
  wallMs(): number {
    return this.atMs;
  }
  after(delayMs: number, task: () => void): { cancel(): void } {
    const due = { atMs: this.atMs + delayMs, task };
    this.due = due;
    return {
      cancel: () => {
        if (this.due === due) this.due = null;
      },
    };
  }
  defer(): void {
    throw new Error('a ticker defers nothing');
  }
  /** Runs what is due until then; each late by `lateMs`. */
  to(atMs: number, lateMs = 0): void {
    while (this.due !== null && this.due.atMs + lateMs <= atMs) {
      const { due } = this;
      this.due = null;
      this.atMs = due.atMs + lateMs;
      due.task();
    }
    this.atMs = atMs;
  }
}

function rig(idleTicks = 100) {
  const clock = new HandClock();
  const wakes: { atMs: number; ticks: number; lateMs: number }[] = [];
  const ticker: Ticker = new Ticker({
    ...{ clock, tickMs: TICK_MS, idleTicks: () => idleTicks },
    onWake: (lateMs) => {
      const ticks = ticker.elapsed(clock.atMs) + 1;
      wakes.push({ atMs: clock.atMs, ticks, lateMs });
    },
  });
  ticker.start();
  return { clock, ticker, wakes };
}

describe('Ticker', () => {
  test('wakes once a tick until there was nothing to do for a while, then once in four', () => {
    const { clock, wakes } = rig();
    clock.to(500);
    const times = wakes.map(({ atMs }) => atMs);
    expect(times).toEqual([25, 50, 75, 100, 125, 150, 175, 200, 300, 400, 500]);
    expect(wakes.map(({ ticks }) => ticks)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 4, 4, 4]);
  });

  test('wakes sooner when the core has something to do sooner', () => {
    const { clock, wakes } = rig(2);
    clock.to(300);
    expect(wakes.slice(8).map(({ atMs }) => atMs)).toEqual([250, 300]);
    expect(rig(0).clock.due?.atMs).toBe(TICK_MS);
  });

  test('counts what has gone by of a long wait before its end, and once', () => {
    const { clock, ticker, wakes } = rig();
    clock.to(260);
    expect(ticker.elapsed(clock.atMs)).toBe(2);
    expect(ticker.elapsed(clock.atMs)).toBe(0);
    clock.to(300);
    expect(wakes.at(-1)).toEqual({ atMs: 300, ticks: 2, lateMs: 0 });
  });

  test('wakes with the next tick, in its time, when there is work again', () => {
    const { clock, ticker, wakes } = rig();
    clock.to(260);
    expect(ticker.elapsed(clock.atMs)).toBe(2);
    ticker.busy(clock.atMs);
    clock.to(330);
    expect(wakes.slice(8).map(({ atMs, ticks }) => [atMs, ticks])).toEqual([
      [275, 1],
      [300, 1],
      [325, 1],
    ]);
  });

  test('leaves the tick that a late wake brings to the wake', () => {
    const { clock, ticker, wakes } = rig();
    clock.to(200);
    clock.atMs = 900;
    expect(ticker.elapsed(clock.atMs)).toBe(3);
    clock.due?.task();
    expect(wakes.at(-1)).toEqual({ atMs: 900, ticks: 1, lateMs: 600 });
  });

  test('does not make up for time in which the process stood still', () => {
    const { clock, wakes } = rig();
    clock.to(200);
    clock.to(1000, 700);
    expect(wakes.at(-1)).toEqual({ atMs: 1000, ticks: 4, lateMs: 700 });
  });

  test('does not wake once it is stopped, nor when it is stopped by a wake', () => {
    const { clock, ticker, wakes } = rig();
    clock.to(60);
    ticker.stop();
    clock.to(500);
    expect(wakes).toHaveLength(2);
    expect(clock.due).toBeNull();
    const own = new HandClock();
    const ended: Ticker = new Ticker({
      ...{ clock: own, tickMs: TICK_MS, idleTicks: () => 1 },
      onWake: () => ended.stop(),
    });
    ended.start();
    own.to(25);
    expect(own.due).toBeNull();
  });
});
