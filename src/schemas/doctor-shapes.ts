/** What the doctor and those that work with its facts print. */
import { z } from 'zod';
import type { Diagnosis, Finding } from '../forensics/doctor.ts';
import type { BundledFile } from '../scenarios/bundle-file.ts';
import { event } from './election-shapes.ts';
import { count, exactly, texts } from './shapes.ts';

const finding = exactly<Finding>()(
  z.object({
    code: z.string().describe('Stable: see docs/doctor.md'),
    severity: z.enum(['critical', 'warning', 'info']),
    title: z.string(),
    node: z.string().nullable().describe('Null: it is of the cluster as a whole'),
    evidence: texts,
    command: z.string().nullable().describe('What to type'),
  }),
);

const diagnosis = exactly<Diagnosis>()(
  z.object({
    cluster: z.string(),
    wallMs: count.describe('Unix time of the look'),
    spanMs: count.nullable().describe('How long was measured; null: since the nodes started'),
    silent: texts.describe('Nodes whose events are missing'),
    rules: count.describe('How many were tried'),
    findings: z.array(finding),
  }),
);

const bundledFile = exactly<BundledFile>()(
  z.object({ name: z.string(), bytes: count, sha256: z.string().describe('Hex') }),
);

const violation = z.object({
  rule: z.enum(['electionSafety', 'oneVote', 'commitMonotone', 'committedKept', 'equalState']),
  node: z.string(),
  term: count,
  text: z.string(),
  events: z.array(event).describe('The one that showed it, and the one before that it contradicts'),
});

export const DOCTOR: Readonly<Record<string, z.ZodType>> = {
  'cluster doctor': diagnosis,
  'cluster bundle': z.object({
    cluster: z.string(),
    file: z.string(),
    bytes: count,
    files: z.array(bundledFile),
    findings: count.describe('How many the doctor has'),
  }),
  'cluster watch': z.object({
    cluster: z.string(),
    durationMs: count,
    events: count.describe('How many were looked at'),
    gaps: count.describe('How often events were lost on the way'),
    violations: z.array(violation),
    bundle: z.string().nullable(),
    frozen: texts.describe('Nodes that were stopped'),
  }),
};
