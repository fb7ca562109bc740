import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Schedule, shareOf } from './schedule.ts';

const NS_PER_S = 1e9;

function schedules(
  workers: number,
  ratePerSecond: number,
  seconds: number,
  requestsMax = Infinity,
) {
  return Array.from(
    { length: workers },
    (_, worker) =>
      new Schedule({
        ...{ ratePerSecond, worker, workers, requestsMax },
        startNs: 5e9,
        endNs: 5e9 + seconds * NS_PER_S,
      }),
  );
}

test('Schedule of all workers together is one request every 1/rate seconds', () => {
  const due = schedules(3, 2000, 2)
    .flatMap((schedule) => Array.from({ length: schedule.total }, (_, i) => schedule.dueNs(i)))
    .sort((a, b) => a - b);
  expect(due).toHaveLength(4000);
  due.forEach((ns, i) => {
    expect(ns).toBe(5e9 + i * 500_000);
  });
});

test('Schedule counts as due exactly what dueNs() puts at or before a moment', () => {
  const cases = fc.record({
    rate: fc.double({ min: 0.5, max: 1e6, noNaN: true }),
    worker: fc.integer({ min: 0, max: 3 }),
    ns: fc.integer({ min: 0, max: 1e9 }),
  });
  fc.assert(
    fc.property(cases, ({ rate, worker, ns }) => {
      const schedule = schedules(4, rate, 3600)[worker] as Schedule;
      const due = schedule.dueAt(5e9 + ns);
      const slackNs = 1;
      if (due > 0) expect(schedule.dueNs(due - 1)).toBeLessThanOrEqual(5e9 + ns + slackNs);
      expect(schedule.dueNs(due)).toBeGreaterThanOrEqual(5e9 + ns - slackNs);
    }),
  );
});

test('Schedule has nothing before its start, and no more than asked for', () => {
  const [schedule] = schedules(1, 1000, 10, 7) as [Schedule];
  expect(schedule.dueAt(4.9e9)).toBe(0);
  expect(schedule.total).toBe(7);
  expect(schedule.dueAt(1e12)).toBe(7);
});

test('Schedule.cut() forgets what is due later', () => {
  const [schedule] = schedules(1, 1000, 10) as [Schedule];
  schedule.cut(5e9 + 2.0005 * NS_PER_S);
  expect(schedule.total).toBe(2001);
});

test('shareOf() deals everything out once', () => {
  const shares = [0, 1, 2].map((worker) => shareOf(100, worker, 3));
  expect(shares).toEqual([34, 33, 33]);
  expect(shareOf(Number.POSITIVE_INFINITY, 1, 3)).toBe(Number.POSITIVE_INFINITY);
});
