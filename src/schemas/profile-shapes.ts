/** What the commands on profiles print. */
import { z } from 'zod';
import type { CapturedProfile } from '../profiling/capture.ts';
import type { HotFunction } from '../profiling/hot-functions.ts';
import { count, exactly, share } from './shapes.ts';

const captured = exactly<CapturedProfile>()(
  z.object({
    id: z.string(),
    kind: z.enum(['cpu', 'heap', 'snapshot']),
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

const profiles = z.object({ cluster: z.string(), profiles: z.array(captured) });

export const PROFILES: Readonly<Record<string, z.ZodType>> = {
  'profile cpu': profiles,
  'profile heap': profiles,
  'profile snapshot': profiles,
  'profile top': z.object({ file: z.string(), functions: z.array(hot) }),
};
