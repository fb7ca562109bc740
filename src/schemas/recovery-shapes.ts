/** What `recover quorum` prints with `--json`. */
import { z } from 'zod';
import type { RecoveryPlan } from '../wire/recovery.ts';
import { address, count, exactly } from './shapes.ts';

const logEnd = { id: z.string(), member: count, term: count, lastIndex: count, lastTerm: count };

const PLAN = {
  source: z.string().describe('The survivor whose log goes on'),
  ...{ lastIndex: count, lastTerm: count, term: count, index: count },
  lastWriteMs: count.nullable().describe('When its last entry was written, by cluster time'),
  ...{ votersBefore: count, votersAfter: count },
  survivors: z.array(z.object({ ...logEnd, voter: z.boolean() })),
  lost: z.array(
    z.object({ id: z.string(), member: count, voter: z.boolean(), adminAddress: address }),
  ),
  mayLose: z.boolean().describe('A write may have been acknowledged that no survivor holds'),
};
exactly<RecoveryPlan>()(z.object(PLAN));

export const RECOVERY: Readonly<Record<string, z.ZodType>> = {
  'recover quorum': z.object({
    name: z.string(),
    recovered: z.boolean().describe('False: it was only asked what would be'),
    kept: z.string().nullable().describe('Where what was changed is kept'),
    durationMs: count,
    unusable: z.array(z.object({ id: z.string(), reason: z.string() })),
    ...PLAN,
  }),
};
