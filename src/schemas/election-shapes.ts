/** What the commands on elections print. */
import { z } from 'zod';
import type { Ballot, Standing } from '../forensics/ballots.ts';
import type { Cause } from '../forensics/causes.ts';
import type { Election } from '../forensics/elections.ts';
import { count, exactly, texts } from './shapes.ts';

const monoMs = z.number().describe('Monotonic milliseconds, the same clock for all nodes here');
const span = z.number().nullable().describe('Milliseconds; null: not known');
const kind = z.enum(['preVote', 'vote']);

const standing = exactly<Standing>()(
  z.object({
    node: z.string(),
    kind,
    reason: z.string(),
    timeoutMs: z.number().describe('Drawn for this one'),
    monoMs,
  }),
);

const ballot = exactly<Ballot>()(
  z.object({
    voter: z.string(),
    candidate: z.string(),
    kind,
    granted: z.boolean(),
    reason: z.string(),
    monoMs,
  }),
);

const cause = exactly<Cause>()(
  z.object({
    class: z.enum([
      'start',
      'transfer',
      'stop',
      'kill',
      'pause',
      'stall',
      'gc',
      'slowDisk',
      'diskFull',
      'partition',
      'unknown',
    ]),
    node: z.string().nullable(),
    text: z.string(),
  }),
);

const election = exactly<Election>()(
  z.object({
    term: count,
    wallMs: count.describe('Unix time'),
    startedMonoMs: monoMs,
    electedMonoMs: monoMs.nullable(),
    winner: z.string().nullable(),
    votes: texts,
    previousLeader: z.string().nullable(),
    durationMs: span,
    leaderlessMs: span,
    standings: z.array(standing),
    ballots: z.array(ballot),
    cause,
  }),
);

const silent = texts.describe('Nodes that did not answer');

export const event = z.object({
  v: z.literal(1),
  cluster: z.string(),
  node: z.string(),
  incarnation: z.string(),
  seq: count,
  monoNs: z.string(),
  wallMs: count,
  term: count,
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
});

export const ELECTIONS: Readonly<Record<string, z.ZodType>> = {
  'elections list': z.object({
    cluster: z.string(),
    events: count.describe('How many events were looked at'),
    silent,
    elections: z.array(election),
  }),
  'elections explain': z.object({ cluster: z.string(), silent, election }),
  'elections timeline': z.object({ cluster: z.string(), silent, events: z.array(event) }),
};
