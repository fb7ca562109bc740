/** What an experiment is: the table `[experiment]` of a profile (docs/experiments.md). */
import { z } from 'zod';
import { durationMs, fsyncName } from './settings-schema.ts';

export const CONFIGURATIONS = ['NotLog', 'AppLogger', 'DecoupLog'] as const;
export type Configuration = (typeof CONFIGURATIONS)[number];
export const EXPERIMENT_APPS = ['kvstore', 'diskstorage'] as const;
export type ExperimentApp = (typeof EXPERIMENT_APPS)[number];
/** Bytes of a value: what raft-demo's load generator has. */
export const VALUE_SIZES = [128, 1024, 4096] as const;
export type ValueSize = (typeof VALUE_SIZES)[number];

const APPS_MAX = 9;
const CLIENTS_MAX = 99;

const sizeOf = z.literal(VALUE_SIZES);
const configurations = z
  .array(z.enum(CONFIGURATIONS))
  .min(1)
  .default([...CONFIGURATIONS]);
const loggers = z.int().min(1).max(9).default(2);
const clientCount = z.int().min(1).max(CLIENTS_MAX);
const replicas = z.int().min(1).max(5);

/** Throughput and latency by number of clients, of one app. */
const SWEEP = z.strictObject({
  app: z.enum(EXPERIMENT_APPS),
  configurations,
  sizes: z.array(sizeOf).min(1),
  clients: z.array(clientCount).min(1),
  loggers,
});

/** Several apps side by side on this machine, each under its own load. */
const SHARED = z.strictObject({
  app: z.enum(EXPERIMENT_APPS),
  configurations,
  size: sizeOf.default(1024),
  clients: clientCount,
  apps: z.array(z.int().min(1).max(APPS_MAX)).min(1),
  loggers,
});

/** One logger that follows several clusters. */
const LOGGERS = z.strictObject({
  clusters: z.array(z.int().min(1).max(APPS_MAX)).min(1),
  replicas: replicas.default(1),
  size: sizeOf.default(1024),
  /** Writes a second of each cluster. */
  rate: z.number().positive(),
  /** How far the servers step back where processors are short, as `nice` counts. */
  serverNice: z.int().min(0).max(19).default(0),
});

/** How long it takes to fetch and to install the log of so many minutes. */
const RECOVERY = z.strictObject({
  minutes: z.array(z.number().positive()).min(1),
  commandsPerMinute: z.int().min(1),
  size: sizeOf.default(1024),
  replicas: replicas.default(1),
  clients: clientCount.default(32),
  /** Of each recovery; the median counts. */
  repeats: z.int().min(1).max(99).default(3),
});

const FLOOR = z
  .strictObject({
    /** A pattern of points' paths: `kvstore/NotLog/1024/19`, `recovery/*`. */
    points: z.string().min(1),
    metric: z.string().min(1),
    atLeast: z.number().optional(),
    atMost: z.number().optional(),
  })
  .refine((floor) => floor.atLeast !== undefined || floor.atMost !== undefined, {
    message: 'A floor says atLeast or atMost',
  });

export const EXPERIMENT = z.strictObject({
  title: z.string().default('Experiment'),
  /** File beside the profile with the numbers that ours are printed beside. */
  reference: z.string().optional(),
  replicas: replicas.default(3),
  fsync: fsyncName.default('always'),
  /** Of the load of a point, and of the load before it that does not count. */
  duration: durationMs.default(60_000),
  warmup: durationMs.default(0),
  keys: z.int().min(1).default(1_000_000),
  /** A client rests for 0 to this long after each answer. */
  thinkingTime: durationMs.default(10),
  /** Of all requests, how many have their latency in the file. */
  samplePercent: z.int().min(1).max(100).default(10),
  sweep: z.array(SWEEP).default([]),
  shared: z.array(SHARED).default([]),
  loggers: LOGGERS.optional(),
  recovery: RECOVERY.optional(),
  floor: z.array(FLOOR).default([]),
});

export type ExperimentPlan = z.output<typeof EXPERIMENT>;
export type LoggersPlan = z.output<typeof LOGGERS>;
export type RecoveryPlan = z.output<typeof RECOVERY>;
export type Floor = z.output<typeof FLOOR>;

/** Numbers of somebody else, by the paths of points and the names of metrics. */
export const REFERENCE = z.strictObject({
  name: z.string(),
  source: z.string(),
  /** Where and how they were measured. */
  setting: z.string(),
  /** Patterns of paths whose numbers were read off plots. */
  approximate: z.array(z.string()).default([]),
  /** What else is said there. */
  remarks: z.array(z.string()).default([]),
  points: z.record(z.string(), z.record(z.string(), z.number())),
});

export type Reference = z.output<typeof REFERENCE>;
