/**
 * Removes the segments that hold nothing but entries a snapshot has made dispensable, from the
 * oldest on, one at a time, each for good, so that a crash in between leaves no gap.
 *
 * A cluster that retains all has them moved to the archive beside the log instead.
 *
 * After a reset (the log begins anew behind a snapshot) the older segments go only when the frame
 * that says so is durable: without it, what is left of them could not be told from damage.
 */
import { RaftctlError } from '../../std/errors.ts';
import type { LogIndex } from '../model/ids.ts';
import { syncFile } from './disk-calls.ts';
import type { LogEnd } from './log-end.ts';
import type { BatchIndex } from './log-index.ts';
import type { SegmentHeader } from './segment.ts';
import { archiveBeside, type SegmentMaker, segmentPath } from './segment-files.ts';

export interface CompactorInit {
  readonly maker: SegmentMaker;
  readonly index: BatchIndex;
  /** All segments up to the current one, ascending; those removed are taken out. */
  readonly segments: SegmentHeader[];
  readonly end: LogEnd;
  readonly onFailed: (error: RaftctlError) => void;
}

export class Compactor {
  readonly #init: CompactorInit;
  /** Entries up to here are not needed. */
  #through: LogIndex;
  #working: Promise<void> | null = null;
  #closed = false;
  /** Whether what is not needed is kept in the archive. */
  archiving = false;

  constructor(init: CompactorInit, baseIndex: LogIndex) {
    this.#init = init;
    this.#through = baseIndex;
  }

  /** No entry at or below it may be read. */
  get through(): LogIndex {
    return this.#through;
  }

  compact(through: LogIndex): void {
    if (through <= this.#through) return;
    this.#through = through;
    this.maybeWork();
  }

  /** Called whenever frames were written: what had to wait may be possible now. */
  maybeWork(): void {
    if (this.#working !== null || this.#closed || !this.#isDue()) return;
    this.#working = this.#work().then(
      () => {
        this.#working = null;
        this.maybeWork();
      },
      (error: unknown) => {
        this.#working = null;
        if (!(error instanceof RaftctlError)) throw error;
        this.#closed = true;
        this.#init.onFailed(error);
      },
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#working;
  }

  /** Whether the oldest segment can go. */
  #isDue(): boolean {
    const { segments, index, end } = this.#init;
    const oldest = segments[0];
    if (oldest === undefined || oldest.sequence === end.segment.header.sequence) return false;
    // The reset was taken for writing, but is not in the file yet.
    if (index.start >= end.position) return false;
    return oldest.base + oldest.size <= index.positionBefore(this.#through);
  }

  async #work(): Promise<void> {
    const { segments, index, end } = this.#init;
    if (end.syncedTo <= index.start) await this.#syncFrom(index.start);
    while (!this.#closed && this.#isDue()) {
      const oldest = segments.shift() as SegmentHeader;
      index.forgetBefore(oldest.base + oldest.size);
      await this.#putAway(oldest.sequence);
    }
  }

  /** Out of the log for good; in the archive first, if there is to be one. */
  async #putAway(sequence: number): Promise<void> {
    const { disk, directory } = this.#init.maker;
    const path = segmentPath(directory, sequence);
    if (this.archiving) {
      const archive = archiveBeside(directory);
      await disk.makeDirectory(archive);
      await disk.rename(path, segmentPath(archive, sequence));
      await disk.syncDirectory(archive);
    } else await disk.remove(path);
    await disk.syncDirectory(directory);
  }

  /** With the weaker fsync modes nobody else does it soon, or at all. */
  async #syncFrom(position: number): Promise<void> {
    const { maker, segments } = this.#init;
    for (const segment of segments.filter((s) => s.base + s.size > position)) {
      const path = segmentPath(maker.directory, segment.sequence);
      const file = await maker.disk.open(path, { create: false });
      await syncFile(file);
      await file.close();
    }
  }
}
