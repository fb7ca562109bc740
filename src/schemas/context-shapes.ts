/** What `raftctl context ...` prints with `--json`. */
import { z } from 'zod';
import type { ContextRow } from '../cluster/context-store.ts';
import { exactly, texts } from './shapes.ts';

const row = exactly<ContextRow>()(
  z.object({
    name: z.string(),
    isCurrent: z.boolean().describe('It holds for commands that name none'),
    cluster: z.string().nullable(),
    dir: z.string().nullable().describe('Folder that holds the cluster'),
    endpoints: texts.nullable(),
    tlsCa: z.string().nullable(),
    tlsCert: z.string().nullable(),
    tokenFile: z.string().nullable(),
    readOnly: z.boolean(),
    exists: z.boolean().nullable().describe('Of a cluster of this machine'),
  }),
);

export const CONTEXT: Readonly<Record<string, z.ZodType>> = {
  'context list': z.object({
    path: z.string(),
    current: z.string().nullable(),
    contexts: z.array(row),
  }),
  'context show': z.object({ context: row.nullable() }),
  'context use': z.object({
    previous: z.string().nullable(),
    context: row.nullable(),
    nearer: texts.describe('Variables that are set and come before it'),
  }),
  'context set': z.object({ isNew: z.boolean(), context: row }),
  'context delete': z.object({ name: z.string(), wasCurrent: z.boolean() }),
};
