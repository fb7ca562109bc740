import { expect, test } from 'vitest';
import { csvFiles } from './csv-files.ts';
import { intervalLine, intervalLogHead } from './interval-log.ts';
import { LatencyCounts } from './latency-counts.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { INTERVAL_LOG, KNEE_FILE, type StoredRun } from './run-store.ts';

const MS = 1e6;

function lineOf(startMs: number, ns: readonly number[]): string {
  const counts = new LatencyCounts();
  for (const value of ns) counts.record(value);
  const histogram = new LatencyHistogram();
  histogram.add(counts.take());
  return intervalLine({ tag: 'raw.write', startMs, lengthMs: 1000, histogram });
}

const LOG = intervalLogHead(0) + lineOf(0, [MS, MS, 3 * MS]) + lineOf(1000, [8 * MS]);
const SERIES = [{ second: 0, answered: 3, failed: 1 }];

function tablesOf(result: object, files: readonly (readonly [string, string])[]) {
  const run = { id: 'X', result: { series: SERIES, ...result } } as unknown as StoredRun;
  return csvFiles(run, new Map(files));
}

test('csvFiles() has a row an interval, a percentile, a second', () => {
  const tables = tablesOf({ phases: null }, [[INTERVAL_LOG, LOG]]);
  expect([...tables.keys()]).toEqual(['intervals', 'percentiles', 'throughput']);
  const lines = (tables.get('intervals') ?? '').split('\n');
  expect(lines[0]).toMatch(/^kind,operation,startS,lengthS,count,meanUs,minUs,p50Us/);
  expect(lines[1]).toMatch(/^raw,write,0,1,3,16\d\d\.?\d*,/);
  expect(lines[2]).toMatch(/^raw,write,1,1,1,80\d\d\.?\d*,/);
  expect(lines).toHaveLength(4);
  expect(tables.get('throughput')).toBe('second,answered,failed\n0,3,1\n');
  const half = /^raw,write,50,([\d.]+),4$/m.exec(tables.get('percentiles') ?? '')?.[1];
  expect(Number(half)).toBeCloseTo(1000, -1);
  expect(tables.get('percentiles')).toMatch(/^raw,write,100,80\d\d\.?\d*,4$/m);
});

test('csvFiles() has the phases and the knee where there are such, and quotes what it must', () => {
  const phases = { phases: [{ phase: 'ack.a,b"', count: 2 }] };
  const knee = { slos: [], points: [{ askedPerSecond: 10, outcome: 'holds', run: null }] };
  const tables = tablesOf({ phases }, [[KNEE_FILE, JSON.stringify(knee)]]);
  expect(tables.get('phases')).toBe('phase,count\n"ack.a,b""",2\n');
  expect(tables.get('knee')).toBe('askedPerSecond,outcome,run\n10,holds,\n');
  expect(tables.has('intervals')).toBe(false);
});
