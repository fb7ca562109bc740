/**
 * The app on top of the log. `apply` must be a function of the state, the command and the context
 * alone: no clock, no randomness, no locale (paper 2: replicas end in the same state).
 */
import type { Bytes } from '../../std/bytes.ts';
import type { LogIndex, Term } from '../model/ids.ts';

export interface ApplyContext {
  readonly index: LogIndex;
  readonly term: Term;
  /** Cluster time when the command entered the log: the only time an app may know. Never falls. */
  readonly leaderTimeMs: number;
  /** The client session of the command, and its number there; 0 or left out: it has none. */
  readonly session?: number;
  readonly sequence?: number;
}

/** The state as it was at one moment, handed out piece by piece while the app goes on. */
export interface SnapshotSource {
  /**
   * The next piece, at most about `bytesMax` long; null: that was all. Takes about a millisecond.
   * Valid until the next call.
   */
  next(bytesMax: number): Bytes | null;
  /** False: the next piece is being read from the disk, ask later. Left out: always true. */
  readonly ready?: boolean;
  /** No more pieces are wanted: changes need not be kept aside any longer. */
  close(): void;
}

/** A state in the making, next to the one in use. */
export interface StateRestore {
  /** Takes the next piece of a source, in order. */
  take(piece: Bytes): void;
  /**
   * Puts the new state in the place of the old one, all at once.
   * @returns false, and changes nothing, when the pieces were not exactly a whole state.
   */
  finish(): boolean;
}

export interface StateMachine {
  /** Name of the app: kvstore, ... */
  readonly app: string;
  /**
   * Applies the command at `start..end` of `bytes` and returns its answer, a value the app's wire
   * module describes. The bytes belong to the log: copy what must stay.
   * A command that makes no sense is answered with an error value on every replica alike.
   */
  apply(bytes: Bytes, start: number, end: number, context: ApplyContext): unknown;
  /**
   * The commands that come next: `count` of them, each at `spans[2 * i]..spans[2 * i + 1]` of
   * `bytes`. What they need lies all over the memory; an app that looks at all of it together waits
   * once and not for each. Changes nothing.
   */
  foresee?(bytes: Bytes, spans: Int32Array, count: number): void;
  /** Answers a read from the current state; changes nothing. May be a LaterAnswer. */
  query(request: unknown): unknown;
  /**
   * Cluster time from which on `timeCommand` should be in the log, because something in the state
   * is due; null: nothing is.
   */
  nextDeadlineMs?(): number | null;
  /** What a leader proposes then: a command that does what is due. */
  readonly timeCommand?: Bytes | undefined;
  /** A digest over the whole state; equal on replicas that applied the same log. */
  digest(): string;
  /** Freezes the state as it is now for a reader. At most one is open at a time. */
  snapshot(): SnapshotSource;
  /** Begins to build the state of a snapshot; `point` says where in the log it stands. */
  restore(point: ApplyContext): StateRestore;
  /** Lets go of what it holds besides memory, after the last call of anything else. */
  close?(): Promise<void>;
}
