/**
 * Cuts a byte stream into frames, whatever pieces it arrives in. Pure.
 *
 * A frame that lies in one piece is handed on where it lies. One that does not is gathered in a
 * buffer that grows with what has *arrived*, by doubling: a length that was only announced never
 * decides how much memory is taken.
 */
import { allocBytes, type Bytes, NO_BYTES } from '../../std/bytes.ts';
import { FRAME_BYTES_MAX, FRAME_PREFIX_BYTES } from '../model/message-frame.ts';

/** A ping, the shortest frame there is. */
const FRAME_BYTES_MIN = 20;

const GATHER_BYTES_MIN = 1024;

export interface FrameSink {
  /**
   * One whole frame at `start..end` of `bytes`, which is nobody else's to change.
   * @returns false to stop: what follows is not wanted any more.
   */
  onFrame(bytes: Bytes, start: number, end: number): boolean;
}

export type ReadResult =
  | 'more'
  | 'stopped' // by the sink
  | 'oversize' // a frame announced a length over the cap
  | 'garbage'; // or one no frame can have

export class FrameReader {
  readonly #sink: FrameSink;
  /** The beginning of an unfinished frame; empty when a frame ends where the last piece did. */
  #gathered: Bytes = NO_BYTES;
  #gatheredBytes = 0;
  /** How many bytes the unfinished frame needs, as far as is known. */
  #neededBytes = FRAME_PREFIX_BYTES;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Memory held for an unfinished frame. */
  get heldBytes(): number {
    return this.#gathered.length;
  }

  /** Takes the next piece of the stream; anything but `more` ends it. */
  push(piece: Bytes): ReadResult {
    let at = 0;
    while (this.#gatheredBytes > 0 && at < piece.length) {
      at += this.#gather(piece, at);
      if (this.#gatheredBytes < this.#neededBytes) return 'more';
      if (this.#neededBytes === FRAME_PREFIX_BYTES) {
        const length = this.#gathered.readUInt32LE(4);
        const fault = lengthFault(length);
        if (fault !== null) return fault;
        this.#neededBytes = length;
        continue;
      }
      const frame = this.#gathered;
      const end = this.#gatheredBytes;
      this.#forget();
      if (!this.#sink.onFrame(frame, 0, end)) return 'stopped';
    }
    return this.#cut(piece, at);
  }

  /** Hands on the whole frames of a piece and keeps what is left of it. */
  #cut(piece: Bytes, from: number): ReadResult {
    let at = from;
    while (piece.length - at >= FRAME_PREFIX_BYTES) {
      const length = piece.readUInt32LE(at + 4);
      const fault = lengthFault(length);
      if (fault !== null) return fault;
      if (piece.length - at < length) {
        this.#neededBytes = length;
        break;
      }
      if (!this.#sink.onFrame(piece, at, at + length)) return 'stopped';
      at += length;
    }
    if (at < piece.length) this.#gather(piece, at);
    return 'more';
  }

  /** Copies from the piece what the unfinished frame still needs. @returns how many bytes. */
  #gather(piece: Bytes, at: number): number {
    const count = Math.min(piece.length - at, this.#neededBytes - this.#gatheredBytes);
    const total = this.#gatheredBytes + count;
    if (total > this.#gathered.length) {
      const doubled = Math.max(total, this.#gathered.length * 2, GATHER_BYTES_MIN);
      // The last growth is exact when the frame's end is known, so that nothing is left over.
      const isKnown = this.#neededBytes > FRAME_PREFIX_BYTES;
      const grown = allocBytes(isKnown ? Math.min(doubled, this.#neededBytes) : doubled);
      this.#gathered.copy(grown, 0, 0, this.#gatheredBytes);
      this.#gathered = grown;
    }
    piece.copy(this.#gathered, this.#gatheredBytes, at, at + count);
    this.#gatheredBytes = total;
    return count;
  }

  #forget(): void {
    this.#gathered = NO_BYTES;
    this.#gatheredBytes = 0;
    this.#neededBytes = FRAME_PREFIX_BYTES;
  }
}

function lengthFault(length: number): 'oversize' | 'garbage' | null {
  if (length > FRAME_BYTES_MAX) return 'oversize';
  return length < FRAME_BYTES_MIN ? 'garbage' : null;
}
