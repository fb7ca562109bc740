/**
 * One request put together from what each node saw of it: who had it when, where it was written,
 * whose word made the majority. Pure: marks in, steps out. Times are milliseconds since the client
 * sent it.
 *
 * ```
 *  write   request, (forward, queue,) sync, append/sync/acknowledge a follower, quorum, apply,
 *          (news,) answer
 *  read    request, (question,) ask/echo a follower, quorum, (index,) answer
 * ```
 */
import type { NodeTrace, TraceMark } from '../wire/traces.ts';
import { readSteps } from './trace-read.ts';
import {
  type NodeClock,
  type Scene,
  type TraceInput,
  type TraceStep,
  toMicroseconds,
} from './trace-story.ts';
import { writeSteps } from './trace-write.ts';

export interface RequestTrace {
  readonly cluster: string;
  readonly kind: 'write' | 'read';
  readonly via: string;
  readonly leader: string | null;
  readonly term: number;
  /** The batch that carried it; null: a read, or it was not seen. */
  readonly first: number | null;
  readonly last: number | null;
  readonly totalMs: number;
  readonly steps: readonly TraceStep[];
  /** Whose word completed the majority. */
  readonly decidedBy: string | null;
  readonly clocks: readonly NodeClock[];
  readonly notes: readonly string[];
}

export function requestTrace(input: TraceInput): RequestTrace {
  const { kind, cluster, via, clocks, traces } = input;
  const newest = traces.reduce((a, b) => (b.term > a.term ? b : a), traces[0] as NodeTrace);
  const leader = traces.find(({ id }) => id === newest.leader);
  const facts = { cluster, kind, via, leader: newest.leader, term: newest.term, clocks };
  const totalMs = toMicroseconds(input.answeredMonoMs - input.sentMonoMs);
  if (leader === undefined) {
    const notes = ['the leader was not asked, so little is known'];
    const nothing = { first: null, last: null, decidedBy: null, steps: [] };
    return { ...facts, ...nothing, totalMs, notes };
  }
  const scene = sceneOf(input, leader);
  const story = kind === 'write' ? writeSteps(scene) : readSteps(scene);
  const lost = traces.filter(({ dropped }) => dropped > 0);
  const notes = [...story.notes, ...lost.map(({ id }) => `${id} saw more than it could keep`)];
  const steps = [...story.steps].sort((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs);
  const { first = null, last = null } = kind === 'write' ? (leader.batch ?? {}) : {};
  return { ...facts, first, last, totalMs, steps, decidedBy: story.decidedBy, notes };
}

function sceneOf(input: TraceInput, leader: NodeTrace): Scene {
  const time = (node: string, monoMs: number): number => {
    const clock = input.clocks.find((one) => one.node === node);
    return monoMs - (clock?.offsetMs ?? 0) - input.sentMonoMs;
  };
  const marks = new Map<string, readonly TraceMark[]>();
  for (const { id, marks: seen } of input.traces) {
    const ours = seen.map((mark) => ({ ...mark, monoMs: time(id, mark.monoMs) }));
    const slackMs = input.clocks.find(({ node }) => node === id)?.uncertaintyMs ?? 0;
    marks.set(
      id,
      ours.filter(({ monoMs }) => monoMs >= -slackMs),
    );
  }
  return {
    input,
    leader,
    via: input.traces.find(({ id }) => id === input.via) ?? null,
    followers: input.traces.filter(({ id }) => id !== leader.id),
    endMs: input.answeredMonoMs - input.sentMonoMs,
    marks: (node) => marks.get(node) ?? [],
    time,
  };
}
