import { expect, test } from 'vitest';
import { PLAIN } from '../std/paint.ts';
import type { DemoResult } from './demo-result.ts';
import { closeUpOf, timelineOf } from './demo-timeline.ts';
import { progressLine, summaryLines } from './demo-view.ts';

/** Ten writes every 10 ms, but for a gap from 400 to 440 ms. */
const FINE = Array.from({ length: 100 }, (_, i) => (i >= 40 && i < 44 ? 0 : 10));

const RESULT: DemoResult = {
  acknowledged: 960,
  unknown: 7,
  refused: 0,
  lost: 0,
  lostSample: [],
  readsAnswered: 300,
  failoverMs: 41.5,
  opsPerSecond: 1260,
  leaderBefore: 'n2',
  leaderAfter: 'n1',
  termBefore: 2,
  termAfter: 3,
  startMs: 700,
  loadMs: 1000,
  catchUpMs: 400,
  verifyMs: 100,
  durationMs: 2300,
  killedAtMs: 400,
  restartedAtMs: 650,
  timeline: timelineOf(FINE, 10, { fromMs: 0, toMs: 1000, bucketMs: 100 }),
  closeUp: closeUpOf(FINE, 10, { atMs: 400, gapMs: 41.5 }),
};

test('timelineOf() loses no write', () => {
  expect(RESULT.timeline.acknowledged).toEqual([100, 100, 100, 100, 60, 100, 100, 100, 100, 100]);
});

test('closeUpOf() widens its columns until the gap fits', () => {
  expect(RESULT.closeUp).toMatchObject({ fromMs: 200, bucketMs: 10 });
  expect(closeUpOf(FINE, 10, { atMs: 400, gapMs: 5000 }).bucketMs * 80).toBeGreaterThan(8000);
});

test('summaryLines() marks the kill below the hole', () => {
  const lines = summaryLines(RESULT, PLAIN);
  const at = lines.findIndex((line) => line.includes('····'));
  const hole = lines[at]?.indexOf('·');
  expect(lines[at + 1]?.indexOf('^')).toBe(hole);
  expect(lines.join('\n')).toContain('960 writes, 0 lost');
  expect(lines.join('\n')).toContain('42 ms from kill -9 of n2');
});

test('summaryLines() does not hide a loss', () => {
  const lines = summaryLines({ ...RESULT, lost: 2, lostSample: ['demo:3', 'demo:4'] }, PLAIN);
  expect(lines.join('\n')).toContain('2 LOST: demo:3, demo:4');
});

test('progressLine() counts the last second', () => {
  const progress = { elapsedMs: 1000, acknowledged: 960, unknown: 0, buckets: FINE, bucketMs: 10 };
  expect(progressLine({ ...progress, leader: 'n1' }, PLAIN)).toContain(
    '960 acknowledged  960/s  n1',
  );
  expect(progressLine({ ...progress, leader: null }, PLAIN)).toContain('no leader');
});
