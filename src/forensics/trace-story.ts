/** What a traced request's steps are made of, and made with. */
import type { NodeTrace, TraceMark } from '../wire/traces.ts';

export type StepName =
  | 'request'
  | 'forward'
  | 'queue'
  | 'sync'
  | 'append'
  | 'acknowledge'
  | 'question'
  | 'ask'
  | 'echo'
  | 'index'
  | 'quorum'
  | 'apply'
  | 'news'
  | 'answer';

export interface TraceStep {
  readonly step: StepName;
  /** Where it happened or came from: a node, or `client`. */
  readonly node: string;
  /** Where it went; null: nowhere. */
  readonly to: string | null;
  readonly fromMs: number;
  readonly toMs: number;
}

/** How a node's monotonic clock lies to that of this process. */
export interface NodeClock {
  readonly node: string;
  /** The node's minus ours; 0 when the two are within the uncertainty: then it is the same. */
  readonly offsetMs: number;
  /** Half of the fastest round trip. */
  readonly uncertaintyMs: number;
}

export interface TraceInput {
  readonly kind: 'write' | 'read';
  readonly cluster: string;
  readonly via: string;
  readonly voters: readonly string[];
  readonly traces: readonly NodeTrace[];
  readonly clocks: readonly NodeClock[];
  /** By our clock. */
  readonly sentMonoMs: number;
  readonly answeredMonoMs: number;
}

/** One request's way, while it is put together. */
export interface Scene {
  readonly input: TraceInput;
  readonly leader: NodeTrace;
  readonly via: NodeTrace | null;
  /** All but the leader. */
  readonly followers: readonly NodeTrace[];
  readonly endMs: number;
  /** Marks of a node, by our clock, from the moment on that the request was sent. */
  marks(node: string): readonly TraceMark[];
  /** A time of a node's clock by ours. */
  time(node: string, monoMs: number): number;
}

export interface Story {
  readonly steps: readonly TraceStep[];
  readonly decidedBy: string | null;
  readonly notes: readonly string[];
}

/** The step, if both of its ends are known. */
export function stepOf(
  step: StepName,
  [node, to]: readonly [string, string | null],
  fromMs: number | undefined,
  toMs: number | undefined,
): TraceStep[] {
  if (fromMs === undefined || toMs === undefined) return [];
  const [from, until] = [toMicroseconds(fromMs), toMicroseconds(Math.max(fromMs, toMs))];
  return [{ step, node, to, fromMs: from, toMs: until }];
}

/** What is finer is the noise of the clocks. */
export function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Whose word, in the order they came, made it a majority. */
export function deciderOf(
  words: readonly { readonly node: string; readonly atMs: number }[],
  voters: readonly string[],
): { readonly node: string; readonly atMs: number } | null {
  const quorum = Math.floor(voters.length / 2) + 1;
  const counted = words.filter(({ node }) => voters.includes(node));
  return counted.sort((a, b) => a.atMs - b.atMs)[quorum - 1] ?? null;
}
