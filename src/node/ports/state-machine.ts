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
  /** Answers a read from the current state; changes nothing. */
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
}
