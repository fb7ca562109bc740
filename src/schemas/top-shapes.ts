/** What `raftctl top --json` prints. */
import { z } from 'zod';
import type { TopNode, TopPhase, TopReport } from '../tui/report.ts';
import { count, exactly } from './shapes.ts';

const us = count.nullable().describe('Microseconds; null: nothing was measured');
const amount = z.number().min(0);

const node = exactly<TopNode>()(
  z.object({
    id: z.string(),
    state: z.string(),
    role: z.string().nullable(),
    term: count.nullable(),
    commitIndex: count.nullable(),
    appliedIndex: count.nullable(),
    lag: count.nullable().describe("Entries behind the leader's commit index"),
    rttMs: amount.nullable().describe('As the leader measured it'),
    fsyncP99Us: us,
    loopDelayP99Us: us,
    cpuShare: amount.nullable().describe('Of one core'),
    rssBytes: count.nullable(),
    commandsPerS: count.nullable(),
  }),
);

const phase = exactly<TopPhase>()(
  z.object({
    phase: z.string(),
    count,
    p50Us: us,
    p99Us: us,
    decides: amount.nullable().describe('Share of the commits that waited for it last'),
  }),
);

export const topReport = exactly<TopReport>()(
  z.object({
    cluster: z.string(),
    app: z.string(),
    atMs: count.describe('Unix time'),
    leader: z.string().nullable(),
    commandsPerS: count,
    writeP50Us: us,
    writeP99Us: us,
    nodes: z.array(node),
    phases: z.array(phase).describe('Of the last 10 s at most'),
  }),
);
