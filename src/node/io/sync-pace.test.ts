import { expect, test } from 'vitest';
import { SyncPace } from './sync-pace.ts';

function feed(pace: SyncPace, count: number, durationMs: number): void {
  for (let i = 0; i < count; i += 1) {
    if (pace.onLoop) pace.tookOnLoop(durationMs);
    else pace.tookInPool(durationMs);
  }
}

test('SyncPace starts in the pool and leaves it once the disk has shown that it is fast', () => {
  const pace = new SyncPace();
  expect(pace.onLoop).toBe(false);
  feed(pace, 63, 0.1);
  expect(pace.onLoop).toBe(false);
  pace.tookInPool(0.1);
  expect(pace.onLoop).toBe(true);
});

test('SyncPace keeps the loop free while it may not block, and goes on watching the disk', () => {
  const pace = new SyncPace();
  pace.mayBlock = false;
  feed(pace, 64, 0.1);
  expect(pace.onLoop).toBe(false);
  pace.mayBlock = true;
  expect(pace.onLoop).toBe(true);
  pace.mayBlock = false;
  feed(pace, 64, 3);
  pace.mayBlock = true;
  expect(pace.onLoop).toBe(false);
});

test('SyncPace stays in the pool when no sync of a window was short', () => {
  const pace = new SyncPace();
  feed(pace, 1000, 1);
  expect(pace.onLoop).toBe(false);
});

test('SyncPace takes the shortest of a window, as a busy loop hears late of the others', () => {
  const pace = new SyncPace();
  feed(pace, 63, 3);
  pace.tookInPool(0.2);
  expect(pace.onLoop).toBe(true);
});

test('SyncPace returns to the pool after one long stall or when the disk becomes slow', () => {
  const stalled = new SyncPace();
  feed(stalled, 64, 0.1);
  stalled.tookOnLoop(5);
  expect(stalled.onLoop).toBe(false);

  const slower = new SyncPace();
  feed(slower, 64, 0.1);
  feed(slower, 20, 0.39);
  expect(slower.onLoop).toBe(true);
  for (let i = 0; i < 20 && slower.onLoop; i += 1) slower.tookOnLoop(0.6);
  expect(slower.onLoop).toBe(false);
  // Only a whole new window brings it back.
  feed(slower, 63, 0.1);
  expect(slower.onLoop).toBe(false);
  slower.tookInPool(0.1);
  expect(slower.onLoop).toBe(true);
});

test('SyncPace judges a sync by where it began, not by where the next one will', () => {
  const pace = new SyncPace();
  feed(pace, 64, 0.1);
  pace.tookInPool(50);
  expect(pace.onLoop).toBe(true);
});
