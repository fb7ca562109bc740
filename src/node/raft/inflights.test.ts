import { expect, test } from 'vitest';
import { Inflights } from './inflights.ts';

test('Inflights is full at its cap of batches, and frees what is acknowledged', () => {
  const window = new Inflights(3, 1000);
  window.add(5, 2, 10);
  window.add(6, 1, 10);
  expect([window.full, window.count, window.bytes]).toEqual([true, 2, 20]);
  expect(() => window.add(7, 1, 10)).toThrow(/full/);
  window.freeThrough(4);
  expect(window.count).toBe(2);
  window.freeThrough(5);
  expect([window.full, window.count, window.batchRoom, window.bytes]).toEqual([false, 1, 2, 10]);
});

test('Inflights is full at its cap of bytes, though one large message passes', () => {
  const window = new Inflights(8, 100);
  window.add(1, 1, 5000);
  expect(window.full).toBe(true);
  window.clear();
  expect([window.full, window.count, window.bytes]).toEqual([false, 0, 0]);
});

test('Inflights goes round its ring many times', () => {
  const window = new Inflights(4, 1_000_000);
  for (let last = 1; last <= 50; last += 1) {
    window.add(last, 1, last);
    if (window.full) window.freeThrough(last - 2);
  }
  window.freeThrough(50);
  expect([window.count, window.bytes, window.batchRoom]).toEqual([0, 0, 4]);
});
