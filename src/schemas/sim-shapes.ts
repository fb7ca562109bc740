/** What the simulator's commands print. */
import { z } from 'zod';
import { count, texts } from './shapes.ts';

const hash = z.int().min(0).describe('Equal for equal runs');
const time = z.number().min(0);
const counts = z.record(z.string(), count).describe('How often each state was reached');

const failing = z.object({
  seed: count,
  nodes: count,
  violation: z
    .object({
      oracle: z.string(),
      atMs: time.describe('Simulated'),
      detail: z.string(),
      events: texts.describe('The last that happened before it'),
    })
    .nullable(),
  traceHash: hash,
  simulatedMs: time,
  events: count,
  counts,
});

const kind = z.enum(['safety', 'liveness', 'control']);

export const SIM: Readonly<Record<string, z.ZodType>> = {
  sim: z.object({
    seeds: count,
    violations: z.array(failing),
    counts,
    simulatedMs: time,
    events: count,
    wallMs: time,
    traceHash: hash,
    interrupted: z.boolean(),
    missing: texts.describe('States that should have been reached'),
    replays: texts.describe('Commands that show each violation again'),
  }),
  'sim mutants': z.object({
    mutants: z.array(z.object({ id: z.string(), kind, bug: z.string() })),
  }),
  'sim report': z.object({
    rows: z.array(
      z.object({
        id: z.string(),
        kind,
        bug: z.string(),
        directed: z.string().nullable().describe('A test that finds it by itself'),
        profile: z.string().describe('Of the runs'),
        nodes: count.nullable().describe('Members of each cluster; null: drawn'),
        oracle: z.string().nullable().describe('What found it; null: nothing'),
        seed: count.nullable(),
        seeds: count,
        simSeconds: count,
        wallMs: time.describe('On one thread'),
      }),
    ),
    speed: z
      .object({ simSecondsPerSecond: count, eventsPerSecond: count })
      .nullable()
      .describe('Per second of processor time: five members, 200 requests a second, all oracles'),
  }),
  'sim shrink': z.object({
    path: z.string(),
    oracle: z.string(),
    mutant: z.string().nullable(),
    nodes: count,
    runs: count,
    traceHash: hash,
    faults: count,
    operations: count,
    faultsBefore: count,
    operationsBefore: count,
  }),
};
