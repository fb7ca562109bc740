/** What the commands that change members print with `--json`. */
import { z } from 'zod';
import type { MembersResult } from '../cluster/members.ts';
import type { MemberChangeReply } from '../wire/member-change.ts';
import type { MemberConfig } from '../wire/node-config.ts';
import type { MemberStatus } from '../wire/status.ts';
import { address, count, exactly, texts } from './shapes.ts';

const addresses = { clientAddress: address, peerAddress: address, adminAddress: address };

const memberConfig = exactly<MemberConfig>()(
  z.object({ member: count, id: z.string(), ...addresses }),
);

const memberStatus = exactly<MemberStatus>()(
  z.object({
    ...{ member: count, id: z.string(), voter: z.boolean(), caughtUp: z.boolean().nullable() },
    ...addresses,
    ...{ matchIndex: count.nullable(), nextIndex: count.nullable() },
    ...{ connected: z.boolean(), rttMs: z.number().nullable() },
  }),
);

const strength = z.object({ voters: count, quorum: count, tolerance: count });

const reply = exactly<MemberChangeReply>()(
  z.object({
    ...{ cluster: z.string(), clusterId: z.string(), app: z.string(), index: count },
    ...{ members: z.array(memberConfig), founding: z.array(memberConfig) },
    retain: z.literal('all').nullable(),
    leasePromiseMs: count.nullable(),
  }),
);

const result = {
  ...{ before: strength, after: strength, reply: reply.nullable() },
  members: z.array(memberStatus),
  dropped: texts
    .optional()
    .describe('Named nodes that were no members before, and are no nodes of the cluster any more'),
};
const change = exactly<MembersResult>()(z.object(result));
const changed = z.object({ cluster: z.string(), ...result });

export const MEMBER: Readonly<Record<string, z.ZodType>> = {
  'member list': z.object({
    ...{ cluster: z.string(), leader: z.string().nullable(), term: count, changing: z.boolean() },
    members: z.array(memberStatus),
  }),
  'member add': changed,
  'member remove': changed,
  'member promote': changed,
  'member demote': changed,
  'member change': changed,
  'cluster scale': z.object({
    ...{ name: z.string(), to: count, added: texts, removed: texts },
    change: change.nullable(),
  }),
};
