import { expect, test } from 'vitest';
import { liveFigures } from './live.ts';
import type { BenchProgress } from './progress.ts';
import { Tally, WRITE } from './tally.ts';
import { Totals } from './totals.ts';
import { resolveWorkload } from './workload.ts';

const PROGRESS: BenchProgress = {
  ...{ elapsedMs: 2000, doneShare: 0.2, answered: 90, failed: 10 },
  ...{ answeredBySecond: [40, 50, 3], p50Ms: 1, p99Ms: 2 },
};

function totalsOf(isOpen: boolean): Totals {
  const totals = new Totals(isOpen);
  const tally = new Tally();
  for (let i = 1; i <= 100; i += 1) {
    tally.raw[WRITE].record(i * 1e6);
    tally.corrected[WRITE].record(i * 2e6);
  }
  totals.add(tally.take());
  return totals;
}

test('liveFigures tells of a run that goes on: rates, both latencies, objectives so far', () => {
  const input = { rate: '500', duration: '10s', slo: ['p99<10ms', 'err<50%'], workers: 1 };
  const live = liveFigures(totalsOf(true), PROGRESS, resolveWorkload(input));
  expect(live.plan).toMatch(/^open loop, 500\/s constant, 10(\.0)? s after 1(\.0)? s of warm-up; /);
  expect(live).toMatchObject({ askedPerS: 500, answeredPerS: 50, durationMs: 10_000 });
  expect(live.latency.corrected?.p50Us).toBeCloseTo(100_000, -3);
  expect(live.latency.raw?.p50Us).toBeCloseTo(50_000, -3);
  expect(live.recent.corrected?.maxUs).toBeCloseTo(200_000, -3);
  expect(live.recent.raw?.maxUs).toBeCloseTo(100_000, -3);
  expect(live.slos.map(({ isMet }) => isMet)).toEqual([false, true]);
});

test('liveFigures of a closed loop has nothing to correct, and nothing before the first answer', () => {
  const workload = resolveWorkload({ duration: '10s', workers: 1 });
  const live = liveFigures(totalsOf(false), PROGRESS, workload);
  expect(live.plan).toMatch(/^closed loop, /);
  expect(live).toMatchObject({ askedPerS: null, latenessP99Us: null });
  expect(live.latency.corrected).toBeNull();
  expect(live.latency.raw?.p99Us).toBeCloseTo(99_000, -3);
  expect(liveFigures(new Totals(false), PROGRESS, workload).latency.raw).toBeNull();
});
