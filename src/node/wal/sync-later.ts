/**
 * Syncs for the weaker fsync modes: what was written without a sync is remembered and synced after
 * a while (`batch`), or only at an orderly stop (`none`).
 */
import { assert } from '../../std/assert.ts';
import { RaftctlError } from '../../std/errors.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import { writeFile } from './disk-calls.ts';
import { type OpenSegment, type SegmentMaker, segmentPath } from './segment-files.ts';

const SYNC_AFTER_MS = 100;

export interface SyncLaterInit {
  /** Whether to sync by itself, at most 100 ms after a write. */
  readonly timed: boolean;
  readonly onSynced: (position: number, durationMs: number) => void;
  readonly onFailed: (error: RaftctlError) => void;
}

interface Dirty {
  readonly segment: OpenSegment;
  /** The log has gone on to the next segment: its file is closed once it is synced. */
  left: boolean;
}

export class SyncLater {
  readonly #maker: SegmentMaker;
  readonly #clock: Clock;
  readonly #init: SyncLaterInit;
  #dirty: Dirty[] = [];
  #position = 0;
  #timer: Timer | null = null;
  #syncing = false;
  #stopped = false;

  constructor(
    components: { readonly maker: SegmentMaker; readonly clock: Clock },
    init: SyncLaterInit,
  ) {
    this.#maker = components.maker;
    this.#clock = components.clock;
    this.#init = init;
  }

  /** Whether a sync is under way. */
  get busy(): boolean {
    return this.#syncing;
  }

  /** Frames up to `position` were written into `segment`, and not synced. */
  wrote(segment: OpenSegment, position: number): void {
    this.#position = position;
    if (this.#dirty.at(-1)?.segment !== segment) this.#dirty.push({ segment, left: false });
    this.#schedule();
  }

  /** The log goes on in the next segment. */
  left(segment: OpenSegment): void {
    const dirty = this.#dirty.findLast((d) => d.segment === segment);
    assert(dirty !== undefined, 'a segment was written before it is left');
    dirty.left = true;
    if (!this.#init.timed) this.#close(segment);
  }

  #schedule(): void {
    if (!this.#init.timed || this.#timer !== null || this.#syncing || this.#stopped) return;
    this.#timer = this.#clock.after(SYNC_AFTER_MS, () => {
      this.#timer = null;
      this.#syncing = true;
      const position = this.#position;
      const startedMs = this.#clock.nowMs();
      this.syncNow().then(
        () => {
          this.#syncing = false;
          if (this.#position > position) this.#schedule();
          this.#init.onSynced(position, this.#clock.nowMs() - startedMs);
        },
        (error: unknown) => {
          this.#syncing = false;
          if (!(error instanceof RaftctlError)) throw error;
          this.#init.onFailed(error);
        },
      );
    });
  }

  /** Makes everything written before durable. */
  async syncNow(): Promise<void> {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const { segment, left } of dirty) {
      if (left && !this.#init.timed) {
        await this.#syncClosed(segment);
        continue;
      }
      await writeFile(segment.file, [], { offset: 0, sync: true });
      if (left) this.#close(segment);
    }
  }

  /** A new handle syncs what the old one wrote: it is the file that is synced. */
  async #syncClosed(segment: OpenSegment): Promise<void> {
    const path = segmentPath(this.#maker.directory, segment.header.sequence);
    const file = await this.#maker.disk.open(path, { create: false });
    await writeFile(file, [], { offset: 0, sync: true });
    await file.close();
  }

  #close(segment: OpenSegment): void {
    segment.file.close().catch((error: unknown) => {
      if (!(error instanceof RaftctlError)) throw error;
      this.#init.onFailed(error);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }
}
