/** What the threads of a run are started with and say to each other. */
import type { MessagePort } from 'node:worker_threads';
import type { Credentials } from '../client/credentials.ts';
import type { KeyWrites } from './ledger.ts';
import type { OpenLoad } from './schedule.ts';
import type { TallyPart } from './tally.ts';
import type { Target } from './target.ts';
import type { Workload } from './workload.ts';

export interface WorkerPlan {
  readonly workload: Workload;
  readonly targets: readonly Target[];
  /** What each target is shown; null: nothing. A thread has a book of its own. */
  readonly credentials: readonly (Credentials | null)[];
  readonly worker: number;
  /** The moment zero of the run's clock, of `process.hrtime.bigint()`. */
  readonly epochNs: bigint;
  /** What the values begin with, where they are to be read back; null: they are not. */
  readonly mark: string | null;
  /** One flag a worker: 1 while a beat is on its way to it. */
  readonly beats: Int32Array;
  /** Where the metronome calls; null in a closed loop. */
  readonly metronome: MessagePort | null;
}

/** The metronome begins when it is sent any message. */
export interface MetronomePlan {
  readonly load: OpenLoad;
  readonly workers: number;
  /** Number of the first worker that it tells; one port each from there. */
  readonly first: number;
  readonly epochNs: bigint;
  readonly beats: Int32Array;
  /** One number: when the first request is due. Known before the metronome begins. */
  readonly startNs: BigInt64Array;
  readonly ports: readonly MessagePort[];
}

export type ToWorker =
  | { readonly kind: 'start'; readonly startNs: number }
  | { readonly kind: 'stop' };

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'part'; readonly part: TimedPart }
  | { readonly kind: 'done'; readonly part: TimedPart; readonly end: WorkerEnd };

export interface TimedPart {
  readonly tally: TallyPart;
  /** The middle of the time in which it was counted, from the start of the measurement. */
  readonly atMs: number;
}

export interface WorkerEnd {
  /** Open connections by target. */
  readonly openByTarget: readonly number[];
  /** Part of the time in which its event loop was busy, from 0 to 1. */
  readonly busyShare: number;
  /** What it wrote, where that is noted down. */
  readonly writes: readonly KeyWrites[];
}
