/**
 * Records that a snapshot has to keep aside, by shard: chained in a few large buffers. An object
 * for each would be thousands of survivors for the garbage collector to copy, in the middle of
 * the writes that made them necessary.
 *
 * ```
 *  heads[shard] -> | position of the next of its shard | length | record |     0: no more
 * ```
 */
import { allocBytes, type Bytes, NO_BYTES, readU64, writeU64 } from '../../std/bytes.ts';

const BUFFER_BYTES = 256 * 1024;
const HEAD_BYTES = 12;
/** More than a buffer is long: positions are the number of a buffer times this, and an offset. */
const POSITIONS_PER_BUFFER = 2 ** 28;

export class KeptRecords {
  readonly #heads: Float64Array;
  readonly #buffers: Bytes[] = [];
  /** Of the newest buffer. */
  #used = 0;
  /** Where the record that was added last is to be written. */
  bytes: Bytes = NO_BYTES;
  start = 0;

  constructor(shards: number) {
    this.#heads = new Float64Array(shards);
  }

  /** Makes room for a record: it is to be written at `start` of `bytes`. */
  add(shard: number, length: number): void {
    let buffer = this.#buffers.at(-1);
    if (buffer === undefined || this.#used + HEAD_BYTES + length > buffer.length) {
      buffer = allocBytes(Math.max(BUFFER_BYTES, HEAD_BYTES + length));
      this.#buffers.push(buffer);
      this.#used = 0;
    }
    const at = this.#used;
    writeU64(buffer, this.#heads[shard] as number, at);
    buffer.writeUInt32LE(length, at + 8);
    // Never 0, which is none.
    this.#heads[shard] = this.#buffers.length * POSITIONS_PER_BUFFER + at;
    this.#used = at + HEAD_BYTES + length;
    this.bytes = buffer;
    this.start = at + HEAD_BYTES;
  }

  /** The record that was added last ends there: it may be shorter than the room made for it. */
  endAt(end: number): void {
    this.bytes.writeUInt32LE(end - this.start, this.start - 4);
  }

  /** Hands out the records of a shard, in no order. */
  forEach(shard: number, onRecord: (bytes: Bytes, start: number, end: number) => void): void {
    let position = this.#heads[shard] as number;
    while (position !== 0) {
      const buffer = this.#buffers[Math.floor(position / POSITIONS_PER_BUFFER) - 1] as Bytes;
      const at = position % POSITIONS_PER_BUFFER;
      const start = at + HEAD_BYTES;
      onRecord(buffer, start, start + buffer.readUInt32LE(at + 8));
      position = readU64(buffer, at);
    }
  }

  /** Forgets all of them. */
  clear(): void {
    this.#heads.fill(0);
    this.#buffers.length = 0;
    this.bytes = NO_BYTES;
  }
}
