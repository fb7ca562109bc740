/**
 * What a bench and its agents on other machines say to each other: a line of JSON each.
 *
 * ```
 *  agent   hello   who it is, and a number drawn by chance
 *  bench   prove   its own number, and that it knows the token: both numbers, keyed by it
 *  agent   proved  the same the other way round: the token itself never travels
 *  bench   ping    agent  pong     again and again: how far apart clocks are, who is still there
 *  bench   plan    agent  ready    what its threads are to do; all its connections are open
 *  bench   begin                   at one moment of the agent's own clock
 *  agent   part    ...             what was counted meanwhile, bucket for bucket
 *  bench   stop
 *  agent   done
 * ```
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Credentials } from '../client/credentials.ts';
import type { SparseCounts } from './latency-counts.ts';
import type { TallyPart } from './tally.ts';
import type { Target } from './target.ts';
import type { TimedPart, WorkerEnd } from './thread-messages.ts';
import type { Workload } from './workload.ts';

/** Rises with everything that an older agent would not understand. */
export const AGENT_PROTOCOL = 1;
/** A longer line is none. Characters. */
const LINE_MAX = 8 * 1024 * 1024;
/** Who has said nothing for so long is gone; pings come every second. */
export const SILENCE_MS_MAX = 10_000;
export const PING_EVERY_MS = 1000;

export type FromBench =
  | { readonly kind: 'prove'; readonly nonce: string; readonly proof: string }
  | { readonly kind: 'ping'; readonly number: number }
  | {
      readonly kind: 'plan';
      readonly workload: Workload;
      readonly targets: readonly Target[];
      /** What each target is shown. */
      readonly credentials: readonly (Credentials | null)[];
      /** Of all the workload's threads, those that are this agent's. */
      readonly workers: WorkerRange;
    }
  | { readonly kind: 'begin'; readonly atNs: string }
  | { readonly kind: 'stop' };

export type FromAgent =
  | {
      readonly kind: 'hello';
      readonly protocol: number;
      readonly program: string;
      readonly host: string;
      readonly nonce: string;
      /** Somebody else is measuring with it. */
      readonly isBusy: boolean;
    }
  | { readonly kind: 'proved'; readonly proof: string }
  | { readonly kind: 'pong'; readonly number: number; readonly atNs: string }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'part'; readonly part: TimedPart }
  | { readonly kind: 'done'; readonly ends: readonly WorkerEnd[]; readonly processorUs: number };

export interface WorkerRange {
  readonly first: number;
  readonly count: number;
}

/** Who proves that it knows the token, to whom that drew the other number. */
export function proofOf(
  token: string,
  side: 'bench' | 'agent',
  numbers: { readonly bench: string; readonly agent: string },
): string {
  const text = `raftctl bench agent ${AGENT_PROTOCOL} ${side} ${numbers.bench} ${numbers.agent}`;
  return createHmac('sha256', token).update(text).digest('hex');
}

export function isSameProof(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export function lineOf(message: FromBench | FromAgent): string {
  return `${JSON.stringify(message, (_, value: unknown) =>
    value instanceof Float64Array ? [...value] : value,
  )}\n`;
}

/** Calls back with every line; a line that is none of ours, or too long, ends the connection. */
export function readLines<M extends { readonly kind: string }>(
  socket: Socket,
  onMessage: (message: M) => void,
): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_MAX) socket.destroy(new Error('it says too much at once'));
    for (const line of lines) {
      const message = parseMessage<M>(line);
      if (message === null) {
        socket.destroy(new Error('it speaks another language'));
        return;
      }
      onMessage(message);
    }
  });
}

function parseMessage<M extends { readonly kind: string }>(line: string): M | null {
  try {
    const value = JSON.parse(line) as M | null;
    return typeof value?.kind === 'string' ? value : null;
  } catch {
    return null;
  }
}

/** A part as threads hand it over: its counts are arrays of numbers again. */
export function revivedPart({ tally, atMs }: TimedPart): TimedPart {
  const revived: TallyPart = {
    ...tally,
    raw: [revivedCounts(tally.raw[0]), revivedCounts(tally.raw[1])],
    corrected: [revivedCounts(tally.corrected[0]), revivedCounts(tally.corrected[1])],
    lateness: revivedCounts(tally.lateness),
  };
  return { tally: revived, atMs };
}

function revivedCounts({ pairs, maxNs }: SparseCounts): SparseCounts {
  return { pairs: Float64Array.from(pairs), maxNs };
}
