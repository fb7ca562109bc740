/** What the commands about leadership print with `--json`. */
import { z } from 'zod';
import type { LeaderTransfer } from '../wire/leader-transfer.ts';
import { address, count, exactly } from './shapes.ts';

const TRANSFER = { from: z.string(), to: z.string(), term: count, durationMs: z.number() };
const transfer = exactly<LeaderTransfer>()(z.object(TRANSFER));

export const LEADER: Readonly<Record<string, z.ZodType>> = {
  'leader show': z.object({
    ...{ cluster: z.string(), leader: z.string(), member: count, term: count },
    serving: z.boolean().describe('It has committed in its term: writes are taken'),
    ...{ clientAddress: address, peerAddress: address, adminAddress: address },
  }),
  'leader transfer': z.object({ cluster: z.string() }).extend(transfer.shape),
  'leader step-down': z.object({ cluster: z.string() }).extend(transfer.shape),
};
