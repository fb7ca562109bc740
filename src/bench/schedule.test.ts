import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareOf } from './arrivals.ts';
import { type OpenLoad, Schedule } from './schedule.ts';

const NS_PER_S = 1e9;

function loadOf(ratePerSecond: number, more: Partial<OpenLoad> = {}): OpenLoad {
  const stages = [{ durationMs: 1000, fromRate: ratePerSecond, toRate: ratePerSecond }];
  return { arrival: 'constant', burst: 1, stages, warmupMs: 0, seed: 1, ...more };
}

function schedules(
  workers: number,
  rate: number | OpenLoad,
  seconds: number,
  requestsMax = Infinity,
) {
  const load = typeof rate === 'number' ? loadOf(rate) : rate;
  return Array.from(
    { length: workers },
    (_, worker) =>
      new Schedule({
        ...{ load, worker, workers, requestsMax },
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

/** All due times of all workers, in order, in nanoseconds from the start. */
function dueTimes(workers: number, load: OpenLoad, seconds: number, requests = Infinity): number[] {
  return schedules(workers, load, seconds, requests)
    .flatMap((schedule) =>
      Array.from({ length: schedule.total }, (_, i) => schedule.dueNs(i) - 5e9),
    )
    .sort((a, b) => a - b);
}

test('Schedule of bursts has so many at once, as often as the rate says', () => {
  const due = dueTimes(2, loadOf(1000, { arrival: 'burst', burst: 50 }), 1);
  expect(due).toHaveLength(1000);
  expect([...new Set(due)]).toEqual(Array.from({ length: 20 }, (_, i) => i * 50e6));
});

test('Schedule of stages follows their rates, the first during the warm-up, the last for ever', () => {
  const stages = [
    { durationMs: 1000, fromRate: 100, toRate: 100 },
    { durationMs: 2000, fromRate: 100, toRate: 900 },
  ];
  const due = dueTimes(3, loadOf(1, { stages, warmupMs: 1000 }), 5);
  const within = (from: number, to: number): number => {
    return due.filter((ns) => ns >= from * NS_PER_S && ns < to * NS_PER_S).length;
  };
  expect([within(0, 1), within(1, 2)]).toEqual([100, 100]);
  expect(within(2, 4)).toBe(1000);
  // Of an even rise from 100 to 900 a third comes in the first half.
  expect(within(2, 3)).toBe(300);
  expect(within(4, 5)).toBe(900);
});

test('Schedule by chance has the rate, gaps as exponential as can be, and the same from one seed', () => {
  const load = loadOf(2000, { arrival: 'poisson', seed: 5 });
  const due = dueTimes(2, load, 20);
  expect(Math.abs(due.length - 40_000)).toBeLessThan(4 * Math.sqrt(40_000));
  const gaps = due.slice(1).map((ns, i) => ns - (due[i] as number));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  expect(deviation / mean).toBeGreaterThan(0.97);
  expect(deviation / mean).toBeLessThan(1.03);
  expect(gaps.filter((gap) => gap > mean).length / gaps.length).toBeCloseTo(Math.exp(-1), 2);
  expect(dueTimes(2, load, 20)).toEqual(due);
  expect(dueTimes(2, { ...load, seed: 6 }, 20).slice(0, 5)).not.toEqual(due.slice(0, 5));
});

test('Schedule by chance finds any request again, and counts as due what dueNs() says', () => {
  const load = loadOf(1000, { arrival: 'poisson', seed: 3, warmupMs: 500 });
  const [schedule] = schedules(1, load, 60, 20_000) as [Schedule];
  const all = Array.from({ length: schedule.total }, (_, i) => schedule.dueNs(i));
  const measured = all.filter((ns) => ns >= 5.5e9);
  expect(measured).toHaveLength(20_000);
  for (const index of [19_999, 0, 5000, 1023, 1024, 12_345, 1]) {
    expect(schedule.dueNs(index)).toBe(all[index]);
    expect(schedule.dueAt((all[index] as number) + 1)).toBe(index + 1);
    expect(schedule.dueAt((all[index] as number) - 1)).toBe(index);
  }
});
