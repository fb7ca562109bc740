/** What `raftctl trace` prints. */
import { z } from 'zod';
import type { RequestTrace } from '../forensics/trace.ts';
import type { NodeClock, TraceStep } from '../forensics/trace-story.ts';
import { count, exactly, texts } from './shapes.ts';

const ms = z.number().describe('Milliseconds since the client sent the request');

const step = exactly<TraceStep>()(
  z.object({
    step: z.enum([
      'request',
      'forward',
      'queue',
      'sync',
      'append',
      'acknowledge',
      'question',
      'ask',
      'echo',
      'index',
      'quorum',
      'apply',
      'news',
      'answer',
    ]),
    node: z.string().describe('Where it happened or came from: a node, or client'),
    to: z.string().nullable().describe('Where it went'),
    fromMs: ms,
    toMs: ms,
  }),
);

const clock = exactly<NodeClock>()(
  z.object({
    node: z.string(),
    offsetMs: z.number().describe('0: it is the clock of this machine, as far as can be told'),
    uncertaintyMs: z.number().describe('Half of the fastest round trip'),
  }),
);

export const requestTrace = exactly<RequestTrace>()(
  z.object({
    cluster: z.string(),
    kind: z.enum(['write', 'read']),
    via: z.string(),
    leader: z.string().nullable(),
    term: count,
    first: count.nullable().describe('Of the entries in the batch that carried it'),
    last: count.nullable(),
    totalMs: ms,
    steps: z.array(step),
    decidedBy: z.string().nullable().describe('Whose word completed the majority'),
    clocks: z.array(clock),
    notes: texts,
  }),
);
