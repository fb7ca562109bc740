/**
 * The app on top of the log. `apply` must be a function of the state, the command and the context
 * alone: no clock, no randomness, no locale (paper 2: replicas end in the same state).
 */
import type { Bytes } from '../../std/bytes.ts';
import type { LogIndex, Term } from '../model/ids.ts';

export interface ApplyContext {
  readonly index: LogIndex;
  readonly term: Term;
  /** Leader's wall clock when the command entered the log: the only time an app may know. */
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
  /** A digest over the whole state; equal on replicas that applied the same log. */
  digest(): string;
}
