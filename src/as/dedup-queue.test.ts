import { expect, it } from 'vitest';
import { DedupQueue } from './dedup-queue.ts';

it('DedupQueue tells each line once while it is among the last ones', () => {
  const queue = new DedupQueue(2);
  expect(['5-a', '5-a', '6-a'].map((line) => queue.offer(line))).toEqual([true, false, true]);
  // A repetition does not make a line newer.
  expect(queue.offer('5-a')).toBe(false);
  expect(queue.offer('7-b')).toBe(true);
  expect(queue.offer('6-a')).toBe(false);
  expect(queue.offer('5-a')).toBe(true);
});
