/** What a core asks its log to write, and how a log describes what it holds. */
import type { Batch } from './batch.ts';
import type { HardState } from './hard-state.ts';
import type { LogIndex, Term } from './ids.ts';

export interface LogWrite {
  /** Rises by one with every write of a process's life. */
  readonly sequence: number;
  /** Written only when it changed. */
  readonly hardState: HardState | null;
  /** A batch whose `first` is not past the end of the log replaces everything from there on. */
  readonly batches: readonly Batch[];
  /**
   * The log begins anew behind this entry: nothing that was written before counts any more. Takes
   * effect before `batches`. Requires: a durable snapshot holds the entry. Absent: goes on.
   */
  readonly reset?: LogBase;
}

/** An entry that a log begins behind. */
export interface LogBase {
  readonly index: LogIndex;
  readonly term: Term;
}

/** A run of entries of one term, as ranges instead of one number per entry. */
export interface TermRun {
  readonly term: Term;
  readonly first: LogIndex;
}
