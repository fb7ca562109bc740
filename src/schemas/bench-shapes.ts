/** What `bench` and `demo` measure. */
import { z } from 'zod';
import type { AgentRow } from '../bench/agent-row.ts';
import { ARRIVALS } from '../bench/arrivals.ts';
import { DRIVER_NAMES } from '../bench/drivers/drivers.ts';
import type { Environment } from '../bench/environment.ts';
import { KEY_PATTERNS } from '../bench/keys.ts';
import type { LatencySummary } from '../bench/latency-histogram.ts';
import type { BenchResult, BenchTarget } from '../bench/result.ts';
import type { ServerPhases } from '../bench/server-phases.ts';
import type { Verification } from '../bench/verify.ts';
import { READ_MODES, type Workload } from '../bench/workload.ts';
import type { DemoResult } from '../scenarios/demo-result.ts';
import { address, count, exactly, moment, share, texts } from './shapes.ts';

export const positive = z.number().min(0);

const workload = exactly<Workload>()(
  z.object({
    driver: z.enum(DRIVER_NAMES),
    targets: texts,
    clients: count,
    workers: count,
    pipeline: count,
    ratePerSecond: positive.nullable().describe('null: a closed loop'),
    arrival: z.enum(ARRIVALS),
    burst: count,
    stages: z.array(z.object({ durationMs: count, fromRate: positive, toRate: positive })),
    durationMs: count.nullable(),
    requests: count.nullable(),
    warmupMs: count,
    cooldownMs: count,
    modify: z.boolean().describe('Writes return what was there before'),
    scanLength: count.describe('Keys of a read'),
    writeParts: count,
    readParts: count,
    reads: z.enum(READ_MODES),
    keyPattern: z.enum(KEY_PATTERNS),
    keyMaximum: count,
    keyPrefix: z.string(),
    zipfExponent: positive,
    hot: z.object({ keysPercent: positive, requestsPercent: positive }),
    dataBytes: count,
    dataSizes: z.array(z.object({ bytes: count, weight: count })).describe('Empty: one size'),
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
    verify: z.literal(true).optional(),
  }),
);

export const environment = exactly<Environment>()(
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

export const latency = exactly<LatencySummary>()(
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
    server: z.enum(['raftctl', 'redis', 'etcd']).nullable(),
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

const verification = exactly<Verification>()(
  z.object({
    keys: count.describe('Written and watched'),
    sound: count,
    missing: count,
    older: count.describe('With a value that an acknowledged one has followed'),
    foreign: count.describe('With a value that this run did not write'),
    damaged: count,
    unjudged: count.describe('No write was acknowledged, or too many outcomes are unknown'),
    unread: count.describe('Nobody answered for them'),
    lost: z
      .array(
        z.object({
          key: z.string(),
          found: z.enum(['missing', 'older', 'foreign', 'damaged']),
          expected: z.array(count).describe('Writes any of which may be the last'),
          stamp: count.nullable(),
        }),
      )
      .describe('Of the keys that do not hold what they should the first 20'),
    durationMs: count,
  }),
);

const phases = exactly<ServerPhases>()(
  z.object({
    nodes: texts.describe('Looked at before and after'),
    restarted: texts.describe('What these measured before their start is lost'),
    gone: texts.describe('These answered before and not after: what they measured is lost'),
    phases: z
      .array(
        z.object({
          phase: z.string(),
          fromUs: positive.describe('When it begins, at the median of those before it'),
          count: count.describe('Batches'),
          meanUs: positive,
          p50Us: positive,
          p90Us: positive,
          p99Us: positive,
          p999Us: positive,
          maxUs: positive,
        }),
      )
      .describe('In the order of a write; of all nodes together'),
    deciders: z.array(
      z.object({
        member: z.string(),
        share: share.describe('Of commits that waited for its disk last'),
        slowShare: share.nullable().describe('The same among the slowest hundredth'),
      }),
    ),
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

const agent = exactly<AgentRow>()(
  z.object({
    address,
    host: z.string(),
    workers: count,
    answered: count,
    failed: count,
    lateness: latency.nullable(),
    busyShare: share,
    clockErrorMs: positive.describe('It began at most so much before or after the others'),
    trouble: z.string().nullable().describe('What makes the run invalid'),
  }),
);

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
    generatorUsPerRequest: positive.nullable().describe('Processor time; null: nothing answered'),
    series: z.array(z.object({ second: count, answered: count, failed: count })),
    slos: z.array(
      z.object({
        slo: z.string(),
        isMet: z.boolean(),
        actual: positive.nullable(),
        unit: z.enum(['us', 'share', 'perSecond']),
      }),
    ),
    verification: verification.nullable().describe('null: nothing was to be read back'),
    phases: phases.nullable().describe('null: nobody looked'),
    agents: z.array(agent).optional().describe('Other machines that made the load'),
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
