import { expect, test } from 'vitest';
import type { NodeEvent } from '../../wire/events.ts';
import { isAnomaly, SlowSyncs } from './anomaly-watch.ts';

test('isAnomaly() is an election that nobody asked for, a standstill or a slow sync', () => {
  const event = (type: string, data: object) => ({ type, data }) as NodeEvent;
  expect(isAnomaly(event('election.started', { reason: 'timeout' }))).toBe(true);
  expect(isAnomaly(event('election.started', { reason: 'transfer' }))).toBe(false);
  expect(isAnomaly(event('process.stalled', { delayMs: 300 }))).toBe(true);
  expect(isAnomaly(event('sync.slow', { durationMs: 300 }))).toBe(true);
  expect(isAnomaly(event('commit.advanced', {}))).toBe(false);
});

test('SlowSyncs tells of a sync that took long, once a second', () => {
  const slow = new SlowSyncs();
  slow.timed(9000);
  const told: number[] = [];
  slow.tell = (durationMs) => told.push(durationMs);
  slow.timed(10);
  expect(told).toEqual([]);
  const other = new SlowSyncs();
  other.tell = slow.tell;
  for (const durationMs of [249, 250, 700]) other.timed(durationMs);
  expect(told).toEqual([250]);
});
