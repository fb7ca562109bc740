/** What schemas are made of. */
import { z } from 'zod';
import type { ErrorReport } from '../cli/error-report.ts';
import type { StoppedNode } from '../cluster/down.ts';
import type { NodeResult } from '../cluster/nodes.ts';
import type { ClusterNodeRow, ClusterStatus } from '../wire/status.ts';

type Mutable<T> = T extends readonly (infer Item)[]
  ? Mutable<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Mutable<T[Key]> }
    : T;

/** Compiles only for a schema of exactly this type: not a field more, and none less. */
export function exactly<T>() {
  return <S extends z.ZodType<T>>(
    schema: S & (Mutable<T> extends z.output<S> ? unknown : never),
  ): S => schema;
}

/** How many, how much, how long, which index: whole and not negative. */
export const count = z.int().min(0);
export const texts = z.array(z.string());
/** A part of one. */
export const share = z.number().min(0).max(1);
export const address = z.string().describe('host:port');
export const moment = z.iso.datetime().describe('RFC 3339');
export const fsync = z.enum(['always', 'batch', 'none']);

export const errorReport = exactly<ErrorReport>()(
  z.object({
    code: z.string().describe('Stable: see docs/errors.md'),
    message: z.string(),
    hint: z.string().nullable().describe('What to do'),
    exit: count.describe('Exit code of the command'),
  }),
);

export const nodeRow = exactly<ClusterNodeRow>()(
  z.object({
    id: z.string(),
    member: count,
    state: z.enum(['up', 'down', 'starting', 'paused', 'removed']),
    role: z.enum(['leader', 'candidate', 'preCandidate', 'follower', 'learner']).nullable(),
    voter: z.boolean(),
    term: count.nullable(),
    commitIndex: count.nullable(),
    appliedIndex: count.nullable(),
    lastIndex: count.nullable(),
    lag: count.nullable().describe("Entries behind the leader's commit index"),
    clientAddress: address,
    peerAddress: address,
    adminAddress: address,
    pid: count.nullable(),
    uptimeMs: count.nullable(),
    lastSeenMs: count.nullable().describe('Since it last answered; null: never'),
    fsync,
    logBytes: count.nullable(),
    freeBytes: count.nullable(),
    snapshotIndex: count.nullable(),
    snapshotBytes: count.nullable(),
    error: z.string().nullable(),
  }),
);

export const clusterStatus = exactly<ClusterStatus>()(
  z.object({
    name: z.string(),
    app: z.string(),
    leader: z.string().nullable(),
    term: count.nullable(),
    quorum: count,
    tolerance: count.describe('How many more voters may fail before writes stop'),
    serving: z.boolean().describe('Writes are acknowledged'),
    healthy: z.boolean().describe('It serves, and every node is up and well'),
    leases: z.boolean().describe('The leader answers reads by a lease'),
    fsync,
    durability: z.string(),
    nodes: z.array(nodeRow),
  }),
);

const nodeResult = exactly<NodeResult>()(
  z.object({
    id: z.string(),
    outcome: z
      .enum(['started', 'running', 'restarted', 'stopped', 'killed', 'paused', 'resumed', 'idle'])
      .describe('idle: it did not run'),
    durationMs: count,
  }),
);

export const stoppedNode = exactly<StoppedNode>()(
  z.object({
    id: z.string(),
    outcome: z.enum(['stopped', 'killed', 'idle']).describe('idle: it did not run'),
  }),
);

/** Something was done to nodes of a cluster. */
export const nodeResults = z.object({ cluster: z.string(), nodes: z.array(nodeResult) });
