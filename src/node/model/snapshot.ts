/** What a snapshot is about: where in the log its state stands. */
import type { Batch } from './batch.ts';
import type { LogIndex, Term } from './ids.ts';

/** The last entry a snapshot includes; what came before may be forgotten. */
export interface SnapshotPoint {
  readonly index: LogIndex;
  readonly term: Term;
  /** The batch with the newest configuration at or below `index`. */
  readonly configuration: Batch;
  /** Highest leader time in any batch up to `index`: time in the log never falls. */
  readonly leaderTimeMs: number;
}

export interface SnapshotMeta extends SnapshotPoint {
  /** Chain hash over all batches up to `index`: equal logs, equal chains. */
  readonly chain: number;
}
