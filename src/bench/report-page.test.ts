import { expect, test } from 'vitest';
import { PLAIN } from '../std/paint.ts';
import type { IntervalLog } from './interval-log.ts';
import { LatencyCounts } from './latency-counts.ts';
import { latencyGrid, shade } from './latency-grid.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { drawReport } from './report-page.ts';
import { heatMapLines } from './report-pictures.ts';
import type { StoredRun } from './run-store.ts';
import { resolveWorkload } from './workload.ts';

const MS = 1e6;

function histogramOf(ns: readonly number[]): LatencyHistogram {
  const counts = new LatencyCounts();
  for (const value of ns) counts.record(value);
  const histogram = new LatencyHistogram();
  histogram.add(counts.take());
  return histogram;
}

/** A second of quick answers, a silent one, one of slow answers. */
function logOf(slowNs: number): IntervalLog {
  const interval = (tag: string, startMs: number, ns: readonly number[]) => {
    return { tag, startMs, lengthMs: 1000, histogram: histogramOf(ns) };
  };
  return {
    startedAtMs: 0,
    intervals: [
      interval('corrected.write', 0, [MS, MS, MS, 3 * MS]),
      interval('raw.write', 0, [1]),
      interval('corrected.read', 2000, [slowNs]),
    ],
  };
}

function runOf(name: string, log: IntervalLog, more: Partial<StoredRun['result']> = {}): StoredRun {
  const latency = (log.intervals[0]?.histogram ?? new LatencyHistogram()).summary();
  const pair = { corrected: latency, raw: latency };
  const environment = {
    ...{ raftctl: '1', node: '20', v8: '11', platform: 'linux-x64', kernel: '6' },
    ...{ cores: 2, cpu: 'A <fast> one', memoryBytes: 4096, loadAverage: 0.5 },
  };
  const requests = { planned: 5, sent: 5, answered: 5, failed: 0, missing: 0, lateAnswers: 0 };
  const verdict = { isPartial: false, isValid: true, invalidReasons: [], notes: [] };
  const result: StoredRun['result'] = {
    ...{ startedAt: '2026-03-01T12:00:00.000Z', loop: 'open', workload: resolveWorkload({}) },
    ...{ targets: [], environment, fsync: 'always', ...verdict, measuredMs: 3000 },
    ...{ throughputPerSecond: 5, requests, errors: {}, latency: pair, lateness: null },
    ...{
      byOperation: { write: pair, read: pair },
      generatorBusyShare: 0.1,
      generatorUsPerRequest: 9.5,
      slos: [],
      verification: null,
      phases: null,
    },
    series: [4, 0, 1].map((answered, second) => ({ second, answered, failed: 0 })),
    ...more,
  };
  const id = '01ARYZ6S410000000000000000';
  const command = ['bench', '--name', name];
  return {
    ...{
      formatVersion: 1,
      id,
      name,
      tags: [],
      group: id,
      command,
      input: {},
      cluster: null,
      result,
    },
  };
}

test('latencyGrid() counts what users were shown, by time and by magnitude', () => {
  const grid = latencyGrid(logOf(64 * MS), { columns: 10, rows: 6 });
  expect(grid?.columnMs).toBe(1000);
  expect(grid?.counts).toEqual([
    [3, 1, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 1],
  ]);
  const narrow = latencyGrid(logOf(64 * MS), { columns: 2, rows: 1 });
  expect(narrow).toMatchObject({ columnMs: 2000, counts: [[4], [1]], countMax: 4 });
  expect(latencyGrid({ startedAtMs: 0, intervals: [] }, { columns: 5, rows: 5 })).toBeNull();
});

test('shade() shows a single request, and most of all the most', () => {
  expect([0, 1, 10, 1000].map((count) => shade(count, 1000, 8))).toEqual([0, 1, 3, 8]);
  expect(shade(1, 1, 8)).toBe(8);
});

test('drawReport() is one page that loads nothing and takes names as text', () => {
  const log = logOf(64 * MS);
  const page = drawReport({ run: runOf('<b>', log), log }, null);
  expect(page).not.toMatch(/<script|https?:|@import|url\(|<link|<img|src=/);
  expect(page).toContain("default-src 'none'");
  expect(page).toContain('raftctl bench --name &lt;b&gt;');
  expect(page).toContain('A &lt;fast&gt; one');
  expect(page).not.toContain('<fast>');
  for (const tag of ['svg', 'table', 'div', 'tr', 'td', 'p']) {
    const count = (pattern: string): number => page.split(new RegExp(pattern)).length;
    expect(count(`<${tag}[ >]`), tag).toBe(count(`</${tag}>`));
  }
  expect(page.match(/<svg/g)).toHaveLength(3);
});

test('drawReport() of two runs has them side by side, and marks what differs', () => {
  const [a, b] = [logOf(64 * MS), logOf(8 * MS)];
  const other = runOf('second', b, { notes: ['the leader changed'], invalidReasons: ['too late'] });
  const page = drawReport({ run: runOf('first', a), log: a }, { run: other, log: b });
  expect(page).toContain('raftctl bench: first and second');
  expect(page.match(/<svg/g)).toHaveLength(5);
  expect(page.match(/<polyline/g)).toHaveLength(2);
  expect(page).toContain('INVALID: too late');
  expect(page).toContain('<li>the leader changed</li>');
  expect(page).not.toContain('class="differs"');
});

test('drawReport() of a point of a knee has the curve, with every step', () => {
  const log = logOf(64 * MS);
  const step = {
    askedPerSecond: 100,
    achievedPerSecond: 99,
    p50Us: 900,
    p99Us: 4000,
    p999Us: 5000,
  };
  const points = (['holds', 'misses'] as const).map((outcome) => {
    return { ...step, failed: 0, outcome, isValid: true, latenessP99Us: 80, run: '<01>' };
  });
  const bounds = { ceilingPerSecond: 1000, kneePerSecond: 100, missesPerSecond: 105 };
  const knee = { slos: ['p99<10ms'], ...bounds, limit: 'objective' as const, points };
  const page = drawReport({ run: runOf('knee', log), log, knee }, null);
  expect(page).toContain('100/s hold p99&lt;10ms, 105/s do not');
  expect(page.match(/<svg/g)).toHaveLength(4);
  expect(page.match(/class="(holds|misses)"/g)).toEqual(['class="holds"', 'class="misses"']);
  expect(page.match(/&lt;01&gt;/g)).toHaveLength(2);
});

test('heatMapLines() draws the same for a terminal, with letters only where asked', () => {
  const style = { columns: 60, isAscii: true, paint: PLAIN };
  const lines = heatMapLines(logOf(64 * MS), style);
  expect(lines).toHaveLength(14);
  expect(lines[1]).toMatch(/^ +[\d.]+ ms {3}\.$/);
  expect(lines[12]).toMatch(/^ {2}1000 us #$/);
  expect(lines.join('')).toMatch(/^[\x20-\x7e]*$/);
  expect(heatMapLines(logOf(64 * MS), { ...style, isAscii: false })[12]).toContain('█');
  expect(heatMapLines({ startedAtMs: 0, intervals: [] }, style)).toEqual([
    'no latency was recorded',
  ]);
});
