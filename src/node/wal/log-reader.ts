/**
 * Reads batches back from the segments, one request after the other, for followers that are too far
 * behind for the cache. Every frame passed and every batch returned is verified; a batch that was
 * superseded is never returned. Its file handle is its own, so the writer may close its own freely.
 */

import type { Bytes } from '../../std/bytes.ts';
import { RaftctlError } from '../../std/errors.ts';
import { BATCH_BYTES_MAX, type Batch, decodeBatch } from '../model/batch.ts';
import type { LogIndex } from '../model/ids.ts';
import type { DiskFile } from '../ports/disk.ts';
import { damageError } from './damage.ts';
import type { BatchIndex } from './log-index.ts';
import { decodeFrame, FRAME_KIND, type Frame, type FrameFault, frameBody } from './record.ts';
import { SEGMENT_HEADER_BYTES, type SegmentHeader } from './segment.ts';
import { type SegmentMaker, segmentPath } from './segment-files.ts';

const WINDOW_BYTES_MIN = 128 * 1024;
const WINDOW_BYTES_MAX = 1024 * 1024;
/** Enough for the largest frame: used when a frame does not fit the window. */
const WINDOW_BYTES_GIANT = BATCH_BYTES_MAX + SEGMENT_HEADER_BYTES;

export type ReadDone = (error: RaftctlError | null, batches: readonly Batch[]) => void;

export interface ReadRequest {
  readonly from: LogIndex;
  readonly through: LogIndex;
  readonly bytesMax: number;
  readonly done: ReadDone;
}

export interface LogReaderInit {
  readonly maker: SegmentMaker;
  readonly index: BatchIndex;
  /** All segments, ascending; grows while the log is open. */
  readonly segments: readonly SegmentHeader[];
  /** Position up to which frames may be read. */
  readonly writtenTo: () => number;
}

interface Found {
  readonly batch: Batch;
  readonly position: number;
}

export class LogReader {
  readonly #init: LogReaderInit;
  readonly #queue: ReadRequest[] = [];
  #current: ReadRequest | null = null;
  #found: Found[] = [];
  #foundBytes = 0;
  #file: DiskFile | null = null;
  #fileSequence = 0;
  #closed = false;

  constructor(init: LogReaderInit) {
    this.#init = init;
  }

  read(request: ReadRequest): void {
    this.#queue.push(request);
    if (this.#current === null) this.#next();
  }

  #next(): void {
    this.#current = this.#queue.shift() ?? null;
    if (this.#current === null || this.#closed) return;
    this.#found = [];
    this.#foundBytes = 0;
    this.#visit(this.#init.index.positionBefore(this.#current.from));
  }

  /** Goes on at a position, wherever that lies. */
  #visit(position: number): void {
    const segment = this.#init.segments.findLast((s) => s.base <= position);
    if (segment === undefined) {
      this.#finish(null);
      return;
    }
    if (this.#file !== null && this.#fileSequence === segment.sequence) {
      this.#readWindow(this.#file, segment, position - segment.base, 0);
      return;
    }
    this.#open(segment).then(
      (file) => this.#readWindow(file, segment, position - segment.base, 0),
      (error: unknown) => {
        if (!(error instanceof RaftctlError)) throw error;
        // A segment that was compacted away meanwhile has nothing to give, and that is no trouble.
        this.#finish(this.#init.segments.includes(segment) ? error : null);
      },
    );
  }

  async #open(segment: SegmentHeader): Promise<DiskFile> {
    const before = this.#file;
    this.#file = null;
    await before?.close();
    const path = segmentPath(this.#init.maker.directory, segment.sequence);
    this.#file = await this.#init.maker.disk.open(path, { create: false });
    this.#fileSequence = segment.sequence;
    return this.#file;
  }

  #readWindow(file: DiskFile, segment: SegmentHeader, offset: number, bytesMin: number): void {
    if (this.#closed) return;
    const wanted = Math.min(WINDOW_BYTES_MAX, (this.#current?.bytesMax ?? 0) + WINDOW_BYTES_MIN);
    const limit = Math.min(segment.size, this.#init.writtenTo() - segment.base);
    const length = Math.min(limit - offset, Math.max(bytesMin, wanted));
    if (length <= 0) {
      this.#finish(null);
      return;
    }
    file.read(offset, length, (error, bytes) => {
      if (this.#closed) return;
      if (error !== null) this.#finish(error);
      else if (bytes.length < length) this.#damaged(segment, offset + bytes.length, 'cut off');
      else this.#walk(file, segment, offset, bytes, offset + length === limit);
    });
  }

  /** Takes the frames of a window; `last`: nothing lies behind it in this segment. */
  #walk(file: DiskFile, segment: SegmentHeader, start: number, bytes: Bytes, last: boolean): void {
    const place = { salt: segment.salt, base: segment.base + start };
    let at = 0;
    let frame: Frame | FrameFault | null = null;
    while (at < bytes.length) {
      frame = decodeFrame(bytes, at, place);
      if (typeof frame === 'string' || frame.kind === FRAME_KIND.roll) break;
      if (frame.kind === FRAME_KIND.batch && !this.#take(bytes, frame, place.base + at)) return;
      at = frame.end;
      frame = null;
    }
    if (frame === 'short' && !last) {
      this.#readWindow(file, segment, start + at, at === 0 ? WINDOW_BYTES_GIANT : 0);
    } else if (typeof frame === 'string') {
      this.#damaged(segment, start + at, frame);
    } else if (frame !== null) {
      this.#visit(segment.base + segment.size + SEGMENT_HEADER_BYTES);
    } else if (last) {
      this.#finish(null);
    } else {
      this.#readWindow(file, segment, start + at, 0);
    }
  }

  /** @returns whether to go on. */
  #take(bytes: Bytes, frame: Frame, position: number): boolean {
    const request = this.#current as ReadRequest;
    const batch = decodeBatch(frameBody(bytes, frame), 0, this.#init.maker.cluster);
    if (typeof batch === 'string') {
      const segment = this.#init.segments.findLast((s) => s.base <= position) as SegmentHeader;
      this.#damaged(segment, position - segment.base, batch);
      return false;
    }
    if (!this.#init.index.isLive(batch.first, position) || batch.last < request.from) return true;
    const size = batch.bytes.length;
    if (this.#found.length > 0 && this.#foundBytes + size > request.bytesMax) {
      this.#finish(null);
      return false;
    }
    this.#found.push({ batch, position });
    this.#foundBytes += size;
    if (batch.last < request.through) return true;
    this.#finish(null);
    return false;
  }

  #damaged(segment: SegmentHeader, offset: number, fault: string): void {
    const path = segmentPath(this.#init.maker.directory, segment.sequence);
    const what = `bytes that were durable are damaged (${fault})`;
    this.#finish(damageError({ code: 'WAL_CORRUPT', path, offset, what }));
  }

  #finish(error: RaftctlError | null): void {
    const request = this.#current as ReadRequest;
    // The log may have been truncated since: what was superseded meanwhile is not returned.
    const live = this.#found.filter((f) => this.#init.index.isLive(f.batch.first, f.position));
    this.#found = [];
    // The beginning may be gone: a range without it is of no use.
    const whole = error === null && (live[0]?.batch.first ?? 0) <= request.from;
    const batches = whole ? live.map((f) => f.batch) : [];
    this.#next();
    request.done(error, batches);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }
}
