/**
 * Files, as the log needs them. Data-path calls answer by callback, exactly once and never before
 * they return; promises only open, list and close. Every failure is a RaftctlError:
 * DISK_FULL when space ran out, DISK_FAILED for anything else.
 */
import type { Bytes } from '../../std/bytes.ts';
import type { RaftctlError } from '../../std/errors.ts';

export type Done = (error: RaftctlError | null) => void;

export interface DiskFile {
  readonly path: string;
  /**
   * Writes the chunks one after the other from `offset`, then makes the file's data durable when
   * `sync` is set. After `done(null)` with `sync` all earlier writes to this file are durable too.
   * The caller must not change the chunks before `done`.
   */
  write(chunks: readonly Uint8Array[], offset: number, sync: boolean, done: Done): void;
  /** Makes data and length durable (fsync). */
  sync(done: Done): void;
  /** Reads up to `length` bytes from `offset`: fewer at the end of the file, none past it. */
  read(
    offset: number,
    length: number,
    done: (error: RaftctlError | null, bytes: Bytes) => void,
  ): void;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface Disk {
  /** Whether the process has nothing better to do than to wait for a short sync. */
  mayBlock: boolean;
  /** Whether it would wait for the next sync: it begins when the caller's turn is over. */
  readonly blocks: boolean;
  /** Creates the directory and its parents, mode 0700. Nothing when it is there. */
  makeDirectory(path: string): Promise<void>;
  /** Names in a directory, sorted; none when it does not exist. */
  list(path: string): Promise<readonly string[]>;
  /** Opens to read and write, mode 0600. @throws DISK_FAILED when missing, unless `create`. */
  open(path: string, options: { readonly create: boolean }): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes creations, renames and removals in the directory durable. */
  syncDirectory(path: string): Promise<void>;
  space(path: string): Promise<DiskSpace>;
}
