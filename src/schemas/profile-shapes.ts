/** What the commands on profiles print. */
import { z } from 'zod';
import type { CapturedProfile } from '../profiling/capture.ts';
import type { HotFunction } from '../profiling/hot-functions.ts';
import type { ChangedFunction, ComparedProfile } from '../profiling/profile-diff.ts';
import type { MergedProfile } from '../scenarios/profile.ts';
import { count, exactly, share, texts } from './shapes.ts';

const captured = exactly<CapturedProfile>()(
  z.object({
    id: z.string(),
    kind: z.enum(['cpu', 'heap', 'allocs', 'snapshot']),
    file: z.string(),
    bytes: count,
    startedMonoMs: z.number().describe('The same clock for all nodes of a machine'),
  }),
);

const hot = exactly<HotFunction>()(
  z.object({
    name: z.string(),
    place: z.string(),
    selfMs: z.number(),
    totalMs: z.number(),
    selfShare: share,
  }),
);

const unit = z.enum(['us', 'bytes']).describe('Microseconds, or bytes');
const compared = exactly<ComparedProfile>()(
  z.object({ busy: z.number(), idle: z.number().nullable() }),
);
const changed = exactly<ChangedFunction>()(
  z.object({
    name: z.string(),
    place: z.string(),
    beforeShare: share,
    afterShare: share,
    change: z.number().min(-1).max(1),
  }),
);

const merged = exactly<MergedProfile>()(
  z.object({
    file: z.string(),
    bytes: count,
    markers: count.describe('Events of Raft in it'),
    silent: texts.describe('Nodes that did not tell their events'),
  }),
);

const profiles = z.object({
  cluster: z.string(),
  profiles: z.array(captured),
  merged: merged.nullable().describe("All nodes in one file of speedscope's"),
});

export const PROFILES: Readonly<Record<string, z.ZodType>> = {
  'profile cpu': profiles,
  'profile heap': profiles,
  'profile allocs': profiles,
  'profile snapshot': profiles,
  'profile flame': z.object({ file: z.string(), html: z.string(), unit, bytes: count }),
  'profile diff': z.object({
    files: z.tuple([z.string(), z.string()]).describe('Before, after'),
    unit,
    before: compared,
    after: compared,
    functions: z.array(changed),
    html: z.string().nullable(),
  }),
  'profile top': z.object({ file: z.string(), functions: z.array(hot) }),
};
