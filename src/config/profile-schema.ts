/**
 * What a profile may hold: a topology for `cluster up -f`, a workload for `bench -f`, an experiment
 * for `experiment run`.
 */
import { z } from 'zod';
import { APP_NAMES, RETAIN_NAMES } from '../wire/node-config.ts';
import { EXPERIMENT } from './experiment-schema.ts';
import { durationMs, fsyncName, port } from './settings-schema.ts';

const TIMES = {
  electionTimeoutMin: durationMs.optional(),
  electionTimeoutMax: durationMs.optional(),
  heartbeat: durationMs.optional(),
};

const NODE = z.strictObject({
  fsync: fsyncName.optional(),
  clientPort: port.optional(),
  peerPort: port.optional(),
  adminPort: port.optional(),
  ...TIMES,
});

const CLUSTER = z.strictObject({
  nodes: z.int().min(1).max(99).optional(),
  app: z.enum(APP_NAMES).optional(),
  fsync: fsyncName.optional(),
  leases: z.boolean().optional(),
  tls: z.boolean().optional(),
  portBase: port.optional(),
  retain: z.enum(RETAIN_NAMES).optional(),
  ...TIMES,
  node: z.record(z.string(), NODE).optional(),
});

/** Checked by the bench's own flags: each key is a flag in camelCase, each value what is typed. */
const BENCH = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]),
);

export const PROFILE_SCHEMA = z.strictObject({
  cluster: CLUSTER.optional(),
  bench: BENCH.optional(),
  experiment: EXPERIMENT.optional(),
});

export type Profile = z.output<typeof PROFILE_SCHEMA>;
export type ClusterProfile = z.output<typeof CLUSTER>;
export type NodeProfile = z.output<typeof NODE>;
