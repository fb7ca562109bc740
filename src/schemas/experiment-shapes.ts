/** What `experiment run` and `experiment report` print. */
import { z } from 'zod';
import { EXPERIMENTS } from '../scenarios/experiment/points.ts';
import type { ExperimentReport } from '../scenarios/experiment/report.ts';
import { environment } from './bench-shapes.ts';
import { count, exactly, moment, texts } from './shapes.ts';

const metrics = z
  .record(z.string(), z.number().nullable())
  .describe('By name, units last; null: it was not to be had');

const point = z.object({
  path: z.string().describe('Of its directory'),
  experiment: z.enum(EXPERIMENTS),
  app: z.string().nullable(),
  configuration: z.string().nullable(),
  size: count.nullable().describe('Bytes of a value'),
  clients: count.nullable().describe('Of each app'),
  apps: count.nullable(),
  clusters: count.nullable(),
  minutes: z.number().nullable(),
  startedAt: moment,
  loadAverage: z.number().min(0).describe('Of the minute before'),
  metrics,
  reference: metrics.nullable().describe('The same by somebody else; null: no such point'),
  isReferenceApproximate: z.boolean().describe('Read off a plot'),
});

const floor = z.object({
  points: z.string().describe('Pattern of paths'),
  metric: z.string(),
  atLeast: z.number().nullable(),
  atMost: z.number().nullable(),
  path: z.string().nullable().describe('The worst point; null: none was measured'),
  actual: z.number().nullable(),
  isMet: z.boolean().nullable().describe('null: not measured'),
});

const fields = {
  directory: z.string(),
  title: z.string(),
  profile: z.string(),
  durationMs: count.describe('Of the load of a point'),
  environment,
  reference: z
    .object({ name: z.string(), source: z.string(), setting: z.string(), remarks: texts })
    .nullable(),
  points: z.array(point),
  floors: z.array(floor),
};

exactly<ExperimentReport>()(z.object(fields));

export const EXPERIMENT: Readonly<Record<string, z.ZodType>> = {
  'experiment run': z.object({
    measured: count.describe('Points that were measured now'),
    kept: count.describe('Points that were there'),
    ...fields,
  }),
  'experiment report': z.object({
    ...fields,
    files: texts.describe('What was written'),
  }),
};
