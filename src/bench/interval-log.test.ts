import { expect, test } from 'vitest';
import { Prng } from '../std/prng.ts';
import { intervalLine, intervalLogHead, mergeIntervals, readIntervalLog } from './interval-log.ts';
import { IntervalRecorder, intervalMs } from './interval-recorder.ts';
import { LatencyCounts } from './latency-counts.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { READ, Tally, WRITE } from './tally.ts';

const STARTED_AT_MS = Date.parse('2026-03-01T12:00:00.250Z');

/** Durations of all magnitudes that a request can take. */
function durations(seed: number, count: number): number[] {
  const prng = new Prng(seed);
  return Array.from({ length: count }, () => Math.floor(Math.exp(prng.unit() * 24)));
}

function histogramOf(ns: readonly number[]): LatencyHistogram {
  const counts = new LatencyCounts();
  for (const value of ns) counts.record(value);
  const histogram = new LatencyHistogram();
  histogram.add(counts.take());
  return histogram;
}

function logOf(ns: readonly number[], startMs: number, tag = 'write'): string {
  const interval = { tag, startMs, lengthMs: 1000, histogram: histogramOf(ns) };
  return intervalLogHead(STARTED_AT_MS) + intervalLine(interval);
}

test('mergeIntervals() of two halves that were written and read equals the whole, bucket for bucket', () => {
  const all = durations(7, 20_000);
  const halves = [all.slice(0, 9000), all.slice(9000)];
  const logs = halves.map((half, i) => readIntervalLog(logOf(half, i * 1000), 'x.hlog'));
  const { startedAtMs, intervals } = mergeIntervals(logs);
  expect(startedAtMs).toBe(STARTED_AT_MS);
  expect(intervals).toMatchObject([{ tag: 'write', startMs: 0, lengthMs: 2000 }]);
  const whole = histogramOf(all);
  expect(intervals[0]?.histogram.buckets()).toEqual(whole.buckets());
  expect(whole.buckets().reduce((sum, [, count]) => sum + count, 0)).toBe(20_000);
  const table = (histogram?: LatencyHistogram): string[] =>
    (histogram?.percentileTable() ?? '').split('\n').filter((line) => !line.startsWith('#'));
  expect(table(intervals[0]?.histogram).slice(0, -3)).toEqual(table(whole).slice(0, -3));
});

test('mergeIntervals() keeps tags apart and places logs that began at different times', () => {
  const later = intervalLogHead(STARTED_AT_MS + 5000);
  const interval = { tag: 'read', startMs: 0, lengthMs: 1000, histogram: histogramOf([5]) };
  const logs = [
    readIntervalLog(logOf([1, 2], 0), 'a'),
    readIntervalLog(later + intervalLine({ ...interval, tag: 'write' }), 'b'),
    readIntervalLog(later + intervalLine(interval), 'c'),
  ];
  const { intervals } = mergeIntervals(logs);
  expect(intervals.map(({ tag, startMs, lengthMs }) => [tag, startMs, lengthMs])).toEqual([
    ['write', 0, 6000],
    ['read', 5000, 1000],
  ]);
});

test.each([
  ['nonsense', 1],
  ['Tag=a,0.000,1.000,0.1,!!!!', 1],
  [`${logOf([1], 0)}0.000,1.000,0.1,SGVsbG8=\n`, 6],
])('readIntervalLog() refuses %# and names the line', (text, line) => {
  expect(() => readIntervalLog(text, 'x.hlog')).toThrow(
    new RegExp(`Cannot read x.hlog as a log of histograms: line ${line} is none`),
  );
});

test('IntervalRecorder cuts what was counted by the second, and loses nothing', () => {
  const tally = new Tally();
  const recorder = new IntervalRecorder(1000, true);
  const all = durations(3, 4000);
  all.forEach((ns, i) => {
    tally.corrected[i % 2 === 0 ? WRITE : READ].record(ns);
    tally.raw[WRITE].record(1);
    // Parts of a second: two of each, the second second is silent.
    if (i % 1000 === 999) {
      const part = Math.floor(i / 1000);
      recorder.add({ tally: tally.take(), atMs: part < 2 ? 250 + part * 500 : 2250 + part });
    }
  });
  const text = intervalLogHead(0) + recorder.finish().join('');
  const { intervals } = readIntervalLog(text, 'x');
  expect(intervals.map(({ tag, startMs }) => `${tag}@${startMs}`)).toEqual([
    ...['corrected.write@0', 'corrected.read@0', 'raw.write@0'],
    ...['corrected.write@2000', 'corrected.read@2000', 'raw.write@2000'],
  ]);
  const sum = mergeIntervals([{ startedAtMs: 0, intervals }]);
  const writes = histogramOf(all.filter((_, i) => i % 2 === 0));
  expect(sum.intervals[0]?.histogram.buckets()).toEqual(writes.buckets());
});

test('intervalMs() is a second, and more only for hours', () => {
  expect([null, 10_000, 3_600_000, 3_601_000, 86_400_000].map(intervalMs)).toEqual([
    1000, 1000, 1000, 2000, 24_000,
  ]);
});
