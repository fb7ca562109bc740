import { expect, test } from 'vitest';
import type { Clock } from '../ports/clock.ts';
import { HOLD_BYTES_MAX, HOLD_MS_MAX, Pacing } from './pacing.ts';

function setUp() {
  const timers: { delayMs: number; task: () => void; cancelled: boolean }[] = [];
  let turns = 0;
  const clock: Clock = {
    nowMs: () => 0,
    wallMs: () => 0,
    defer: () => {},
    after: (delayMs, task) => {
      const timer = { delayMs, task, cancelled: false };
      timers.push(timer);
      return {
        cancel: () => {
          timer.cancelled = true;
        },
      };
    },
  };
  const pacing = new Pacing({
    clock,
    wake: () => {
      turns += 1;
    },
  });
  return { pacing, timers, turns: () => turns };
}

test('Pacing lets a batch go when the one before it is committed, or there is none', () => {
  const { pacing, timers } = setUp();
  expect(pacing.holds(100, 7, 1000)).toBe(false);
  pacing.sealed(9, 1000);
  expect(pacing.holds(100, 9, 1000.1)).toBe(false);
  expect(timers).toEqual([]);
});

test('Pacing holds a small batch behind an uncommitted one, and lets a large one go', () => {
  const { pacing } = setUp();
  pacing.sealed(9, 1000);
  expect(pacing.holds(HOLD_BYTES_MAX - 1, 8, 1000.5)).toBe(true);
  expect(pacing.holds(HOLD_BYTES_MAX, 8, 1000.5)).toBe(false);
});

test('Pacing holds nothing for longer than its time, and asks once for a turn at its end', () => {
  const { pacing, timers, turns } = setUp();
  pacing.sealed(9, 1000);
  expect(pacing.holds(10, 8, 1000.5)).toBe(true);
  expect(pacing.holds(20, 8, 1001)).toBe(true);
  expect(timers.map((t) => t.delayMs)).toEqual([HOLD_MS_MAX - 0.5]);
  timers[0]?.task();
  expect(turns()).toBe(1);
  expect(pacing.holds(20, 8, 1000 + HOLD_MS_MAX)).toBe(false);
  pacing.sealed(12, 1002);
  expect(pacing.holds(10, 8, 1002.5)).toBe(true);
  expect(timers).toHaveLength(2);
  pacing.stop();
  expect(timers[1]?.cancelled).toBe(true);
});
