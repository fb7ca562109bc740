/**
 * A group in the making: the frames that one write and one sync will carry, all for one segment.
 * Small batches are copied into one buffer, so that a group is mostly one chunk; large ones go as
 * they are. The buffer is reused: a group must be written before the next begins.
 */
import { assert } from '../../std/assert.ts';
import { allocBytes, type Bytes, NO_BYTES, zeroBytes } from '../../std/bytes.ts';
import type { Batch } from '../model/batch.ts';
import type { HardState } from '../model/hard-state.ts';
import type { LogBase } from '../model/log-write.ts';
import {
  encodeFrameHeader,
  encodeHardState,
  encodeReset,
  FRAME_HEADER_BYTES,
  FRAME_KIND,
  type FrameKind,
  type FramePlace,
  frameSize,
  HARD_STATE_BODY_BYTES,
  RESET_BODY_BYTES,
} from './record.ts';

/** A batch up to this size is copied: cheaper than one more chunk. */
const COPY_BYTES_MAX = 32 * 1024;
const PADDING = zeroBytes(8);

export class Group {
  #buffer: Bytes;
  /** `#buffer` is filled up to `#used`; what lies before `#flushed` is in `#chunks`. */
  #used = 0;
  #flushed = 0;
  #chunks: Bytes[] = [];
  #place: FramePlace = { salt: 0, base: 0 };
  #start = 0;
  #length = 0;
  #syncedTo = 0;

  /** @param bufferBytes room for small frames, grown when needed. */
  constructor(bufferBytes: number) {
    this.#buffer = allocBytes(bufferBytes);
  }

  /** Starts a new group at `offset` of a segment. Requires: the last one was written. */
  begin(place: FramePlace, offset: number, syncedTo: number): void {
    this.#place = place;
    this.#start = offset;
    this.#length = 0;
    this.#syncedTo = syncedTo;
    this.#used = 0;
    this.#flushed = 0;
    this.#chunks = [];
  }

  get byteLength(): number {
    return this.#length;
  }

  /** Offset in the segment where the next frame would go. */
  get offset(): number {
    return this.#start + this.#length;
  }

  get position(): number {
    return this.#place.base + this.offset;
  }

  addMark(kind: FrameKind): void {
    this.#reserve(FRAME_HEADER_BYTES);
    this.#header(kind, NO_BYTES);
    this.#length += FRAME_HEADER_BYTES;
  }

  addHardState(state: HardState): void {
    const size = frameSize(HARD_STATE_BODY_BYTES);
    this.#reserve(size);
    const start = this.#used + FRAME_HEADER_BYTES;
    encodeHardState(this.#buffer, start, state);
    const body = this.#buffer.subarray(start, start + HARD_STATE_BODY_BYTES);
    this.#header(FRAME_KIND.hardState, body);
    this.#used += HARD_STATE_BODY_BYTES;
    this.#length += size;
  }

  addReset(base: LogBase): void {
    const size = frameSize(RESET_BODY_BYTES);
    this.#reserve(size);
    const start = this.#used + FRAME_HEADER_BYTES;
    encodeReset(this.#buffer, start, base);
    this.#header(FRAME_KIND.reset, this.#buffer.subarray(start, start + RESET_BODY_BYTES));
    this.#used += RESET_BODY_BYTES;
    this.#length += size;
  }

  addBatch(batch: Batch): void {
    const { bytes } = batch;
    const size = frameSize(bytes.length);
    const padding = size - FRAME_HEADER_BYTES - bytes.length;
    if (bytes.length <= COPY_BYTES_MAX) {
      this.#reserve(size);
      this.#header(FRAME_KIND.batch, bytes);
      bytes.copy(this.#buffer, this.#used);
      this.#used += bytes.length;
      this.#buffer.fill(0, this.#used, this.#used + padding);
      this.#used += padding;
    } else {
      this.#reserve(FRAME_HEADER_BYTES);
      this.#header(FRAME_KIND.batch, bytes);
      this.#flush();
      this.#chunks.push(bytes);
      if (padding > 0) this.#chunks.push(PADDING.subarray(0, padding));
    }
    this.#length += size;
  }

  /** What to write at the offset the group began at. The chunks stay valid until `begin`. */
  chunks(): readonly Bytes[] {
    this.#flush();
    return this.#chunks;
  }

  #header(kind: FrameKind, body: Bytes): void {
    encodeFrameHeader(this.#buffer, this.#used, {
      kind,
      body,
      position: this.position,
      syncedTo: this.#syncedTo,
      salt: this.#place.salt,
    });
    this.#used += FRAME_HEADER_BYTES;
  }

  #flush(): void {
    if (this.#used === this.#flushed) return;
    this.#chunks.push(this.#buffer.subarray(this.#flushed, this.#used));
    this.#flushed = this.#used;
  }

  /** Makes room for `size` more bytes. A full buffer is left to its chunks, a new one begun. */
  #reserve(size: number): void {
    if (this.#used + size <= this.#buffer.length) return;
    this.#flush();
    this.#buffer = allocBytes(Math.max(this.#buffer.length, size));
    this.#used = 0;
    this.#flushed = 0;
    assert(size <= this.#buffer.length, 'a frame fits the buffer of its group');
  }
}
