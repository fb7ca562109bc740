/** What the commands on logs print: those of nodes, of loggers, and files of older systems. */
import { z } from 'zod';
import type { JsonBytes } from '../cli/binary-text.ts';
import type { EntryRow } from '../cli/record-text.ts';
import type { LogDumpRow } from '../node/wal/dump.ts';
import { address, count, errorReport, exactly } from './shapes.ts';

const logRow = exactly<LogDumpRow>()(
  z.object({
    file: z.string(),
    offset: count,
    position: count,
    kind: z.enum(['batch', 'hardState', 'synced', 'roll', 'close', 'reset']),
    first: count.nullable(),
    last: count.nullable(),
    term: count.nullable(),
    vote: count.nullable().describe('0: for none'),
    batchKind: z.enum(['noop', 'configuration', 'commands']).nullable(),
    bytes: count,
    syncedTo: count,
    checksum: z.literal('ok'),
  }),
);

const jsonBytes = exactly<JsonBytes>()(
  z.object({ value: z.string(), encoding: z.enum(['utf8', 'base64']) }),
);

const entryRow = exactly<EntryRow>()(
  z.object({
    index: count,
    term: count.nullable(),
    op: z.string(),
    key: jsonBytes.nullable(),
    value: jsonBytes.nullable(),
  }),
);

export const LOGS: Readonly<Record<string, z.ZodType>> = {
  'log dump': z.object({
    rows: z.array(logRow),
    cluster: z.string(),
    member: count,
    lastIndex: count.nullable(),
    term: count.nullable(),
    vote: count.nullable(),
    end: z.object({ file: z.string(), offset: count, reason: z.string() }).nullable(),
    damage: errorReport.nullable(),
  }),
  'log recover': z.object({
    address,
    count: count.describe('Commands of the interval that the log has'),
    bytes: count,
    file: z.string().nullable(),
    lacks: z
      .array(z.object({ first: count, last: count }))
      .describe('Entries of the interval that came to the logger as a snapshot'),
    entries: z.array(entryRow).nullable().describe('Null: they are in the file'),
  }),
  'log truncate': z.object({
    address,
    replica: z.string(),
    through: count.describe('What this replica does not need'),
    asked: count.describe('Replicas that have asked so far'),
    needed: count,
    isDropped: z.boolean(),
  }),
  inspect: z.object({
    format: z.enum(['goraft', 'raft-demo']),
    term: count.nullable(),
    votedFor: count.nullable().describe('Null: for nobody, or the file does not say'),
    entries: z.array(entryRow),
    restBytes: count.describe('Behind the last whole record'),
  }),
};
