/**
 * What each command prints with `--json`, by the command's words. Within a version fields are only
 * added: scripts rely on those that are there.
 */
import { z } from 'zod';
import type { JsonBytes } from '../cli/binary-text.ts';
import type { Health } from '../cluster/health.ts';
import type { Explained } from '../config/settings.ts';
import { BENCH } from './bench-run-shapes.ts';
import { demoResult } from './bench-shapes.ts';
import { CONTEXT } from './context-shapes.ts';
import { DOCTOR } from './doctor-shapes.ts';
import { ELECTIONS } from './election-shapes.ts';
import { EXPERIMENT } from './experiment-shapes.ts';
import { GUIDE } from './guide-shapes.ts';
import { LEADER } from './leader-shapes.ts';
import { LOGS } from './log-shapes.ts';
import { MEMBER } from './member-shapes.ts';
import { PROFILES } from './profile-shapes.ts';
import { RECOVERY } from './recovery-shapes.ts';
import {
  address,
  clusterStatus,
  count,
  errorReport,
  exactly,
  fsync,
  moment,
  nodeResults,
  nodeRow,
  stoppedNode,
  texts,
} from './shapes.ts';
import { SIM } from './sim-shapes.ts';
import { SNAPSHOT } from './snapshot-shapes.ts';
import { TLS } from './tls-shapes.ts';
import { topReport } from './top-shapes.ts';
import { requestTrace } from './trace-shapes.ts';

export interface Published {
  /** Of the schema, without `raftctl/` and version. */
  readonly name: string;
  readonly data: z.ZodType;
}

const health = exactly<Health>()(
  z.object({
    name: z.string(),
    verdict: z.enum(['healthy', 'degraded', 'unavailable']),
    checks: z.array(
      z.object({ name: z.string(), result: z.enum(['ok', 'warn', 'fail']), detail: z.string() }),
    ),
  }),
);

const CLUSTER: Readonly<Record<string, z.ZodType>> = {
  'cluster up': z.object({
    name: z.string(),
    isNew: z.boolean(),
    started: texts.describe('Nodes that did not run before'),
    durationMs: count,
    directory: z.string(),
    clientAddresses: z.array(address),
    status: clusterStatus.nullable(),
  }),
  'cluster status': clusterStatus,
  'cluster health': health,
  'cluster wait': z.object({
    name: z.string(),
    for: z.string(),
    durationMs: count,
    status: clusterStatus,
  }),
  'cluster ls': z.object({
    directory: z.string(),
    clusters: z.array(
      z.object({
        name: z.string(),
        app: z.string(),
        nodes: count,
        running: count,
        fsync,
        ephemeral: z.boolean(),
        createdAt: moment,
        clientAddresses: z.array(address),
      }),
    ),
  }),
  'cluster down': z.object({
    name: z.string(),
    removed: z.boolean().describe('It was ephemeral'),
    nodes: z.array(stoppedNode),
  }),
  'cluster destroy': z.object({ name: z.string(), nodes: z.array(stoppedNode) }),
};

const NODE: Readonly<Record<string, z.ZodType>> = {
  'node start': nodeResults,
  'node run': z.object({
    directory: z.string(),
    outcome: z.enum(['founded', 'joined', 'known']).describe('known: it was a member before'),
    cluster: z.string(),
    clusterId: z.string(),
    id: z.string(),
    member: count,
  }),
  'node stop': z.object({ cluster: z.string(), nodes: z.array(stoppedNode) }),
  'node restart': nodeResults,
  'node kill': nodeResults,
  'node pause': nodeResults,
  'node resume': nodeResults,
  'node status': z.object({
    cluster: z.string(),
    leader: z.string().nullable(),
    nodes: z.array(nodeRow),
  }),
  'node wait': z.object({
    cluster: z.string(),
    for: z.string(),
    durationMs: count,
    nodes: z.array(nodeRow),
  }),
  'node repair': z.object({
    cluster: z.string(),
    id: z.string(),
    outcome: z.enum(['repaired', 'sound']),
    durationMs: count,
    damage: errorReport.nullable(),
    from: z.string().nullable().describe('The node that gave the snapshot'),
    index: count.nullable().describe('All up to this entry came from there'),
    term: count.nullable().describe('It does not vote in this term any more, nor before'),
    kept: z.string().nullable().describe('Where the damaged data is kept'),
  }),
  'node logs': z.object({
    cluster: z.string(),
    lines: z.array(z.object({ id: z.string(), line: z.string() })),
  }),
};

const JSON_BYTES = { value: z.string(), encoding: z.enum(['utf8', 'base64']) };
const jsonBytes = exactly<JsonBytes>()(z.object(JSON_BYTES));

const KV: Readonly<Record<string, z.ZodType>> = {
  'kv get': z.object({ key: z.string(), ...JSON_BYTES }),
  'kv set': z.object({ key: z.string(), valueBytes: count }),
  'kv del': z.object({ keys: texts, deleted: count }),
  'kv list': z.object({
    prefix: z.string(),
    keys: z.array(jsonBytes),
    isCut: z.boolean().describe('There are more than --limit'),
  }),
};

const setting = exactly<Explained>()(
  z.object({
    key: z.string(),
    env: z.string(),
    value: z.string(),
    source: z.enum(['flag', 'env', 'context', 'file', 'default']),
    file: z.string().nullable(),
    line: count.nullable(),
    context: z.string().nullable(),
  }),
);

const CONFIG: Readonly<Record<string, z.ZodType>> = {
  'config explain': z.object({
    settings: z.array(setting),
    keys: z
      .array(z.object({ action: z.string(), key: z.string(), file: z.string(), line: count }))
      .describe('Keys of the dashboard that a file has changed'),
  }),
  'config lint': z.object({
    files: z.array(z.object({ path: z.string(), kind: z.enum(['configuration', 'profile']) })),
  }),
  'config path': z.object({
    files: z.array(z.object({ path: z.string(), exists: z.boolean() })),
    profiles: z.string(),
  }),
};

const operation = z.object({
  client: z.string(),
  op: z.enum(['get', 'put', 'cas', 'append', 'del', 'incr']),
  key: z.string(),
  value: z.string().nullable().optional(),
  from: z.string().nullable().optional(),
  to: z.string().nullable().optional(),
  by: z.string().optional(),
  result: z.union([z.string(), z.boolean()]).nullable().optional(),
  outcome: z.enum(['ok', 'unknown']),
  start: z.number(),
  end: z.number().nullable().describe('null: its outcome is not known'),
});

const chatLine = z.object({ index: count, text: z.string() });

const deployed = z.object({
  directory: z.string().nullable().describe('null: nothing was written'),
  files: z.array(
    z.object({
      name: z.string(),
      documents: z.array(z.object({ kind: z.string(), name: z.string() })),
      text: z.string().nullable().describe('Only where no file was written'),
    }),
  ),
  next: texts.describe('Commands to type then'),
});

const DEPLOY: Readonly<Record<string, z.ZodType>> = {
  'deploy k8s': deployed,
  'deploy raft-demo': deployed,
};

const OTHERS: Readonly<Record<string, z.ZodType>> = {
  monit: z.object({
    cluster: z.string(),
    looks: count,
    file: z.string().nullable(),
    silent: texts.describe('Nodes that did not answer at some look'),
  }),
  'check linearizability': z.object({
    file: z.string(),
    format: z.string(),
    timeUnit: z.string(),
    model: z.string(),
    verdict: z.enum(['ok', 'illegal', 'unknown']),
    operationCount: count,
    unknownCount: count.describe('Operations whose outcome is not known'),
    keyCount: count,
    undecidedCount: count.describe('Keys without a verdict'),
    undecidedKeys: texts,
    stepCount: count,
    durationMs: z.number(),
    fault: z
      .object({
        key: z.string(),
        operationCount: count,
        blocked: operation.nullable().describe('The first answer that no order explains'),
        possibleValues: z.array(z.string().nullable()),
        orderLength: count.describe('Operations of the longest legal prefix'),
        orderEnd: z.array(operation).describe('The last of them'),
      })
      .nullable(),
    html: z.string().nullable(),
  }),
  demo: demoResult,
  top: topReport,
  trace: requestTrace,
  chat: z.object({
    room: z.string(),
    said: z.array(chatLine),
    heard: z.array(chatLine).describe('The newest of all that were heard'),
  }),
  as: z.object({
    programs: z.array(
      z.object({ name: z.string(), system: z.string(), about: z.string(), examples: texts }),
    ),
  }),
};

function named(schemas: Readonly<Record<string, z.ZodType>>): [string, Published][] {
  return Object.entries(schemas).map(([command, data]) => {
    return [command, { name: command.replaceAll(' ', '.'), data }];
  });
}

/** A reply of the cluster; what else the shell runs prints what that prints. */
const SHELL: Published = {
  name: 'shell.reply',
  data: z.object({ command: z.string(), reply: z.unknown().describe('As RESP has it') }),
};

/** By the words of the command. */
export const PUBLISHED: ReadonlyMap<string, Published> = new Map([
  ...[CLUSTER, NODE, LEADER, MEMBER, RECOVERY, KV, CONFIG, CONTEXT, SIM].flatMap(named),
  ...[SNAPSHOT, ELECTIONS, DOCTOR, PROFILES, LOGS, BENCH].flatMap(named),
  ...[EXPERIMENT, DEPLOY, TLS, GUIDE, OTHERS].flatMap(named),
  ['shell', SHELL] as const,
]);
