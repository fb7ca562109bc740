/** What `bench` and `demo` measure. */
import { z } from 'zod';
import { DRIVER_NAMES } from '../bench/drivers/drivers.ts';
import type { Environment } from '../bench/environment.ts';
import { KEY_PATTERNS } from '../bench/keys.ts';
import type { LatencySummary } from '../bench/latency-histogram.ts';
import type { BenchResult, BenchTarget } from '../bench/result.ts';
import { READ_MODES, type Workload } from '../bench/workload.ts';
import type { DemoResult } from '../scenarios/demo-result.ts';
import { address, count, exactly, moment, share, texts } from './shapes.ts';

const positive = z.number().min(0);

const workload = exactly<Workload>()(
  z.object({
    driver: z.enum(DRIVER_NAMES),
    targets: texts,
    clients: count,
    workers: count,
    pipeline: count,
    ratePerSecond: positive.nullable().describe('null: a closed loop'),
    durationMs: count.nullable(),
    requests: count.nullable(),
    warmupMs: count,
    writeParts: count,
    readParts: count,
    reads: z.enum(READ_MODES),
    keyPattern: z.enum(KEY_PATTERNS),
    keyMaximum: count,
    keyPrefix: z.string(),
    zipfExponent: positive,
    dataBytes: count,
    timeoutMs: count,
    slos: z.array(
      z.object({
        text: z.string(),
        metric: z.enum(['latency', 'mean', 'max', 'errors', 'rate']),
        percentile: positive.max(100).describe('For latency'),
        operator: z.enum(['<', '<=', '>', '>=']),
        bound: positive.describe('Nanoseconds, a part of one, or requests per second'),
      }),
    ),
    seed: count,
  }),
);

const environment = exactly<Environment>()(
  z.object({
    raftctl: z.string(),
    node: z.string(),
    v8: z.string(),
    platform: z.string(),
    kernel: z.string(),
    cores: count,
    cpu: z.string(),
    memoryBytes: count,
    loadAverage: positive,
  }),
);

const latency = exactly<LatencySummary>()(
  z.object({
    count,
    meanUs: positive,
    minUs: positive,
    p50Us: positive,
    p90Us: positive,
    p95Us: positive,
    p99Us: positive,
    p999Us: positive,
    p9999Us: positive,
    maxUs: positive,
  }),
);

const latencies = z.object({
  corrected: latency.nullable().describe('From the time a request was due; null: closed loop'),
  raw: latency.describe('From the time it was really sent'),
});

const target = exactly<BenchTarget>()(
  z.object({
    address,
    server: z.enum(['raftctl', 'redis']).nullable(),
    version: z.string().nullable(),
    cluster: z.string().nullable(),
    node: z.string().nullable(),
    role: z.string().nullable(),
    leader: z.string().nullable(),
    term: count.nullable(),
    fsync: z.string().nullable(),
    openAtEnd: count,
    leaderAfter: z.string().nullable(),
    termAfter: count.nullable(),
  }),
);

const requests = z.object({
  planned: count.nullable().describe('null: closed loop'),
  sent: count,
  answered: count,
  failed: count,
  missing: count.describe('Reads that found no key'),
  lateAnswers: count,
});

export const benchResult = exactly<BenchResult>()(
  z.object({
    startedAt: moment,
    loop: z.enum(['closed', 'open']),
    workload,
    targets: z.array(target),
    environment,
    fsync: z.string().nullable(),
    isPartial: z.boolean().describe('Cut short by a signal'),
    isValid: z.boolean(),
    invalidReasons: texts,
    notes: texts,
    measuredMs: count,
    throughputPerSecond: positive,
    requests,
    errors: z.record(z.string(), count).describe('How many failed, by kind'),
    latency: latencies,
    byOperation: z.object({ write: latencies, read: latencies }),
    lateness: latency.nullable().describe("The generator's own; null: closed loop"),
    generatorBusyShare: share,
    series: z.array(z.object({ second: count, answered: count, failed: count })),
    slos: z.array(
      z.object({
        slo: z.string(),
        isMet: z.boolean(),
        actual: positive.nullable(),
        unit: z.enum(['us', 'share', 'perSecond']),
      }),
    ),
  }),
);

const timeline = z.object({ fromMs: positive, bucketMs: positive, acknowledged: z.array(count) });

export const demoResult = exactly<DemoResult>()(
  z.object({
    acknowledged: count,
    unknown: count,
    refused: count,
    lost: count.describe('Acknowledged writes that some node does not return'),
    lostSample: texts,
    readsAnswered: count,
    failoverMs: positive.nullable().describe('null: nothing was acknowledged after the kill'),
    opsPerSecond: positive,
    leaderBefore: z.string(),
    leaderAfter: z.string().nullable(),
    termBefore: count,
    termAfter: count.nullable(),
    startMs: positive,
    loadMs: positive,
    catchUpMs: positive,
    verifyMs: positive,
    durationMs: positive,
    killedAtMs: positive,
    restartedAtMs: positive,
    timeline,
    closeUp: timeline,
  }),
);
