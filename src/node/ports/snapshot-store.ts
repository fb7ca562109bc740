/**
 * Snapshots on durable storage (docs/snapshot-format.md). Everything is written piece by piece and
 * counts only once it is durable as a whole; until then a crash leaves nothing behind.
 *
 * Data-path calls answer by callback, once and never before they return. Failures: DISK_FULL gives
 * the snapshot up (nothing is left behind, the node goes on); anything else is final.
 */
import type { Bytes } from '../../std/bytes.ts';
import type { RaftctlError } from '../../std/errors.ts';
import type { LogIndex, Term } from '../model/ids.ts';
import type { SnapshotMeta } from '../model/snapshot.ts';
import type { Done } from './disk.ts';

export interface StoredSnapshot {
  readonly meta: SnapshotMeta;
  /** Of the file. */
  readonly bytes: number;
}

export type Stored = (error: RaftctlError | null, snapshot: StoredSnapshot | null) => void;

/** A snapshot in the making. Only one call at a time is under way; after an error, none. */
export interface SnapshotWriter {
  /** The data must not be changed before `done`. */
  write(data: Bytes, done: Done): void;
  /**
   * Makes it durable: afterwards it is the newest. What was received is verified first: a null
   * snapshot without an error says that it is not whole, and nothing is left of it.
   */
  finish(done: Stored): void;
  /** Gives it up. Allowed at any time before `finish`; what is under way is not answered. */
  abort(): void;
}

export interface SnapshotStore {
  /** The newest durable one; null: none yet. */
  readonly newest: StoredSnapshot | null;
  /** Begins a snapshot of this node's own state: `write` takes data of the state machine. */
  create(meta: SnapshotMeta): SnapshotWriter;
  /** Begins to receive one: `write` takes the bytes of a file as `read` gave them elsewhere. */
  receive(point: { readonly index: LogIndex; readonly term: Term }): SnapshotWriter;
  /** Bytes of the file with that index, for a follower. Null: it is not kept any more. */
  read(
    range: { readonly index: LogIndex; readonly offset: number; readonly bytesMax: number },
    done: (error: RaftctlError | null, part: SnapshotPart | null) => void,
  ): void;
  /**
   * Reads the state of the newest snapshot: hands out its data in order, each piece verified, one
   * piece a turn of the event loop, and verifies the digest at the end. The next one is read when
   * `onData` is done.
   */
  load(onData: (data: Bytes) => unknown, done: Done): void;
  close(): Promise<void>;
}

export interface SnapshotPart {
  readonly total: number;
  readonly data: Bytes;
}
