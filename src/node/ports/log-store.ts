/**
 * The replica's log and hard state on durable storage.
 *
 * Writes are queued in order and made durable in groups: at most one sync is under way, whatever
 * arrives meanwhile goes into the next. `onSynced(sequence)` says that the write with that sequence
 * and all before it are durable. There are no partial failures: the first failed write or sync ends
 * in `onFailed`, and nothing is ever reported durable after it.
 */
import type { RaftctlError } from '../../std/errors.ts';
import type { Batch } from '../model/batch.ts';
import type { HardState } from '../model/hard-state.ts';
import type { LogIndex, Term } from '../model/ids.ts';
import type { LogWrite, TermRun } from '../model/log-write.ts';

/** Which sync a log makes before it reports durable: see docs/wal-format.md. */
export type FsyncMode = 'always' | 'batch' | 'none';

/** What was found on disk when the log was opened. All of it is durable. */
export interface RecoveredLog {
  readonly hardState: HardState;
  /** The entry before the first one held: 0 with term 0 unless the log was compacted. */
  readonly baseIndex: LogIndex;
  readonly baseTerm: Term;
  /** `baseIndex`: it holds no entry. */
  readonly lastIndex: LogIndex;
  /** Ascending; covers baseIndex + 1..lastIndex. */
  readonly termRuns: readonly TermRun[];
  /** Every batch of kind `configuration`, ascending. */
  readonly configurations: readonly Batch[];
  /** The newest batches, contiguous up to lastIndex, as many as fit the cache. */
  readonly tail: readonly Batch[];
}

export interface LogStoreEvents {
  onSynced(sequence: number): void;
  /** Fail stop: the process must end (DISK_FAILED), it may not retry. */
  onFailed(error: RaftctlError): void;
  /**
   * A new segment could not be made for lack of space, or there is space again. While full, queued
   * writes wait (they are neither lost nor reported) and the replica must take no new ones.
   */
  onSpace(full: boolean): void;
}

export interface LogStoreStats {
  readonly logBytes: number;
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly syncs: number;
  readonly full: boolean;
}

export interface LogStore {
  readonly recovered: RecoveredLog;
  readonly fsync: FsyncMode;
  /** See `Disk.mayBlock`. For a follower's disk its leader waits; a leader has clients to hear. */
  mayBlock: boolean;
  /** See `Disk.blocks`. */
  readonly blocks: boolean;
  /** Whether segments that are not needed any more are kept in the archive instead of removed. */
  archiving: boolean;
  /** Must be called once, before the first write. */
  start(events: LogStoreEvents): void;
  write(write: LogWrite): void;
  /**
   * Reads whole batches from the one that holds `from`, in order, at least one, then as many as fit
   * `bytesMax`. Never past `through`, the last index the caller knows to be in the log. Checksums
   * are verified. No batches and no error: the range was superseded while it was read.
   */
  read(
    range: { readonly from: LogIndex; readonly through: LogIndex; readonly bytesMax: number },
    done: (error: RaftctlError | null, batches: readonly Batch[]) => void,
  ): void;
  /**
   * Entries up to `through` are not needed any more: a durable snapshot holds them. Frees disk
   * space when it can be done in whole segments, in the background; reads below answer nothing.
   */
  compact(through: LogIndex): void;
  stats(): LogStoreStats;
  /**
   * Makes everything written durable and marks the log as cleanly closed. After `onFailed` it only
   * lets go of its files.
   */
  close(): Promise<void>;
}
