import { expect, test } from 'vitest';
import { PLAIN } from '../std/paint.ts';
import { describeEnvironment } from './environment.ts';
import { progressLine, progressText } from './progress.ts';
import { reportLines } from './report.ts';
import { type BenchResult, type RunFacts, resultOf } from './result.ts';
import { Tally } from './tally.ts';
import { readInfo, type TargetInfo } from './target.ts';
import { Totals } from './totals.ts';
import { resolveWorkload } from './workload.ts';
import type { WorkloadInput } from './workload-fields.ts';

interface Story {
  readonly input?: WorkloadInput;
  readonly latencyMs?: number;
  readonly latenessMs?: number;
  readonly answered?: number;
  readonly missing?: number;
  readonly errors?: Readonly<Record<string, number>>;
  readonly openAtEnd?: number;
  readonly termAfter?: number;
  readonly fsync?: string;
  readonly elapsedMs?: number;
  readonly isPartial?: boolean;
  readonly busyShare?: number;
}

const ADDRESS = '127.0.0.1:1';

function infoOf(term: number, fsync: string): TargetInfo {
  const text = `raftctl_version:1.2.3\r\nraft_cluster:demo\r\nraft_node:n1\r\nraft_role:leader\r\n`;
  return readInfo(ADDRESS, `${text}raft_term:${term}\r\nraft_leader:n1\r\nraft_fsync:${fsync}\r\n`);
}

/** The result of a run that went as told: two answers a second, a read and a write in turn. */
function told(story: Story = {}): BenchResult {
  const workload = resolveWorkload({ workers: 1, ...story.input });
  const isOpen = workload.ratePerSecond !== null;
  const tally = new Tally();
  const answered = story.answered ?? 20;
  for (let i = 0; i < answered; i += 1) {
    const operation = i % 2 === 0 ? 0 : 1;
    const ns = (story.latencyMs ?? 5) * 1e6;
    tally.raw[operation].record(ns);
    if (isOpen) tally.corrected[operation].record(ns * 2);
    if (isOpen) tally.lateness.record((story.latenessMs ?? 0.01) * 1e6);
    tally.answer(i * 0.5e9);
    tally.sent += 1;
  }
  tally.missing = story.missing ?? 0;
  for (const [kind, count] of Object.entries(story.errors ?? {})) tally.fail(kind, 0, count);
  const totals = new Totals(isOpen);
  totals.add(tally.take());
  const fsync = story.fsync ?? 'always';
  const facts: RunFacts = {
    ...{ workload, totals, startedAt: '2026-01-01T00:00:00.000Z' },
    elapsedMs: story.elapsedMs ?? 10_000,
    processorUs: 12_345,
    isPartial: story.isPartial ?? false,
    agents: [],
    ends: [
      { openByTarget: [story.openAtEnd ?? 50], busyShare: story.busyShare ?? 0.5, writes: [] },
    ],
    ...{ verification: null, phases: null },
    before: [infoOf(3, fsync)],
    after: [infoOf(story.termAfter ?? 3, fsync)],
    environment: describeEnvironment('1.2.3'),
  };
  return resultOf(facts);
}

test('resultOf() a good run is valid and counts what was answered within the time', () => {
  const result = told({ input: { rate: 2 } });
  expect(result).toMatchObject({
    ...{ loop: 'open', isValid: true, invalidReasons: [], notes: [], fsync: 'always' },
    ...{ measuredMs: 10_000, throughputPerSecond: 2, slos: [] },
    requests: { planned: 20, sent: 20, answered: 20, failed: 0 },
    latency: { raw: { p50Us: 5000, count: 20 }, corrected: { maxUs: 10_000 } },
    byOperation: { write: { raw: { count: 10 } }, read: { raw: { count: 10 } } },
  });
  expect(result.series).toHaveLength(10);
  expect(result.series[3]).toEqual({ second: 3, answered: 2, failed: 0 });
});

test('resultOf() leaves answers after the end out of the throughput', () => {
  const result = told({ input: { rate: 2, duration: '8s' } });
  expect(result.throughputPerSecond).toBe(2);
  expect(result.series).toHaveLength(8);
  expect(told({ input: { requests: 20 } })).toMatchObject({ measuredMs: 9500 });
});

test('resultOf() says what a request cost the generator itself', () => {
  const result = told();
  expect(result.generatorUsPerRequest).toBe(617.3);
  expect(reportLines(result, PLAIN).join('\n')).toMatch(
    /generator +617.3 us of processor time a request, busy 50 %/,
  );
  expect(told({ answered: 0 }).generatorUsPerRequest).toBeNull();
});

test('resultOf() gives a closed loop no corrected latency and no lateness', () => {
  const { latency, lateness, loop, requests } = told();
  expect([latency.corrected, lateness, loop, requests.planned]).toEqual([
    null,
    null,
    'closed',
    null,
  ]);
});

test.each([
  [{ input: { rate: 2 }, latenessMs: 1.1 }, /generator was too late: p99 .* is 1\.10 ms/],
  [{ openAtEnd: 0 }, /target was lost/],
  [{ answered: 0 }, /no request was answered/],
])('resultOf() does not believe %j', (story, reason) => {
  const result = told(story);
  expect(result.isValid).toBe(false);
  expect(result.invalidReasons.join()).toMatch(reason);
  expect(reportLines(result, PLAIN).join('\n')).toMatch(reason);
});

test('resultOf() believes a lateness of up to a tenth of what was measured', () => {
  expect(told({ input: { rate: 2 }, latenessMs: 0.99 }).isValid).toBe(true);
});

test.each([
  [{ termAfter: 4 }, /leader changed during the run: n1 in term 3, then n1 in term 4/],
  [{ missing: 5 }, /50 % of the reads found no key/],
  [{ busyShare: 0.99 }, /generator had no time to spare/],
  [{ input: { rate: 2 }, errors: { unsent: 3 } }, /the rate was not reached/],
])('resultOf() notes %j', (story, note) => {
  const result = told(story);
  expect(result.isValid).toBe(true);
  expect(result.notes.join()).toMatch(note);
});

test('resultOf() judges by the corrected latency where there is one', () => {
  const slo = ['p99<8ms', 'err<5%'];
  expect(told({ input: { slo, rate: 2 } }).slos.map(({ isMet }) => isMet)).toEqual([false, true]);
  expect(told({ input: { slo } }).slos.map(({ isMet }) => isMet)).toEqual([true, true]);
  const errors = { timeout: 2 };
  expect(told({ input: { slo }, errors }).slos.map(({ actual }) => actual)).toEqual([5000, 2 / 22]);
});

test('reportLines() shows the pair of latencies, errors and verdicts, and what is not durable', () => {
  const input = { rate: 2, slo: ['p99<8ms', 'rate>1'] };
  const errors = { NOLEADER: 3, timeout: 1200 };
  const text = reportLines(told({ input, errors, fsync: 'none', isPartial: true }), PLAIN).join(
    '\n',
  );
  expect(text).toMatch(/fsync none: a crash can lose answered writes/);
  expect(text).toMatch(/^corrected +10\.0 ms/m);
  expect(text).toMatch(/^raw +5\.00 ms/m);
  expect(text).toMatch(/timeout 1,200\n +NOLEADER 3/);
  expect(text).toMatch(/p99<8ms MISSED, 10\.0 ms/);
  expect(text).toMatch(/rate>1 met, 2\/s/);
  expect(text).toMatch(/PARTIAL/);
  expect(reportLines(told(), PLAIN).join('\n')).not.toMatch(/fsync|PARTIAL|INVALID/);
});

test('progressLine() and progressText() say how far it is', () => {
  const progress = {
    ...{ elapsedMs: 12_400, doneShare: 0.41, answered: 5, failed: 1200, p50Ms: 0.81, p99Ms: 12 },
    answeredBySecond: [1000, 0, 2000, 17],
  };
  expect(progressText(progress)).toBe(' 12 s   41 %  2,000/s  p50 0.8 ms  p99 12 ms  1,200 failed');
  expect(progressLine(progress, PLAIN)).toContain('▅·█');
  expect(progressText({ ...progress, elapsedMs: -1 })).toMatch(/^warm-up/);
});

test('readInfo() knows raftctl, Redis, and who says nothing', () => {
  expect(infoOf(3, 'batch')).toMatchObject({
    ...{ server: 'raftctl', version: '1.2.3', node: 'n1', term: 3, fsync: 'batch' },
  });
  const redis = readInfo(ADDRESS, '# Server\r\nredis_version:7.0.15\r\naof_enabled:0\r\n');
  expect(redis).toMatchObject({ server: 'redis', version: '7.0.15', fsync: 'none', term: null });
  expect(readInfo(ADDRESS, '')).toMatchObject({ server: null, version: null, fsync: null });
});
