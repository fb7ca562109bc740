/** What the snapshot commands print. */
import { z } from 'zod';
import type { TakenSnapshot } from '../cluster/snapshots.ts';
import { address, count, errorReport, exactly, moment, texts } from './shapes.ts';

const asOf = moment.nullable().describe('Cluster time of the newest command in it');
const digest = z.string().nullable().describe('SHA-256 of the data, in hex');

const taken = exactly<TakenSnapshot>()(
  z.object({
    id: z.string(),
    index: count,
    term: count,
    bytes: count,
    asOf,
    isCurrent: z.boolean().describe('It was there: nothing was applied since'),
    durationMs: count,
  }),
);

export const SNAPSHOT: Readonly<Record<string, z.ZodType>> = {
  'snapshot take': z.object({ cluster: z.string(), snapshots: z.array(taken) }),
  'snapshot list': z.object({
    cluster: z.string().nullable(),
    snapshots: z.array(
      z.object({
        id: z.string().nullable(),
        index: count.nullable(),
        term: count.nullable(),
        bytes: count,
        asOf,
        state: z.enum(['kept', 'writing', 'damaged']),
        file: z.string().nullable().describe('null: the node was asked'),
      }),
    ),
    damage: errorReport
      .nullable()
      .describe('Of a file, or why a machine could not be asked for its own'),
  }),
  'snapshot save': z.object({
    cluster: z.string(),
    node: z.string(),
    file: z.string(),
    index: count,
    term: count,
    asOf,
    bytes: count,
    digest,
  }),
  'snapshot inspect': z.object({
    file: z.string(),
    bytes: count,
    clusterId: z.string().nullable(),
    app: z.string().nullable(),
    index: count.nullable(),
    term: count.nullable(),
    asOf,
    chainHash: z.string().nullable(),
    chunks: count.describe('That were sound'),
    dataBytes: count,
    digest,
    members: z.array(
      z.object({ member: count, id: z.string(), voter: z.boolean(), peerAddress: address }),
    ),
    damage: errorReport.nullable(),
  }),
  'snapshot restore': z.object({
    name: z.string(),
    clusterId: z.string(),
    directory: z.string(),
    nodes: texts,
    clientAddresses: z.array(address),
    from: z.object({
      file: z.string(),
      clusterId: z.string(),
      cluster: z.string().nullable().describe('Its name, if it is a cluster of this folder'),
      app: z.string(),
      index: count,
      term: count,
      asOf,
    }),
  }),
};
