/**
 * Appends on their way to one follower: a ring, bounded in batches and in bytes. An entry is one
 * message; an acknowledgement of an index frees every message that ends at or below it.
 */
import { assert } from '../../std/assert.ts';
import type { LogIndex } from '../model/ids.ts';

export class Inflights {
  readonly #batchesMax: number;
  readonly #bytesMax: number;
  /** Rings of equal length: last index, bytes and batches of each message. */
  readonly #lasts: number[];
  readonly #sizes: number[];
  readonly #batchCounts: number[];
  #start = 0;
  #count = 0;
  #bytes = 0;
  #batches = 0;

  constructor(batchesMax: number, bytesMax: number) {
    assert(batchesMax >= 1 && bytesMax >= 1, 'an inflight window lets one message through');
    this.#batchesMax = batchesMax;
    this.#bytesMax = bytesMax;
    this.#lasts = new Array<number>(batchesMax).fill(0);
    this.#sizes = new Array<number>(batchesMax).fill(0);
    this.#batchCounts = new Array<number>(batchesMax).fill(0);
  }

  /** Messages under way. */
  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Batches that still fit. */
  get batchRoom(): number {
    return this.#batchesMax - this.#batches;
  }

  get full(): boolean {
    return this.#batches >= this.#batchesMax || this.#bytes >= this.#bytesMax;
  }

  /** Requires: not full, and `last` above every index before. Bytes may overshoot by a message. */
  add(last: LogIndex, batchCount: number, bytes: number): void {
    assert(
      !this.full && batchCount >= 1 && batchCount <= this.batchRoom,
      'inflight window is full',
    );
    const at = (this.#start + this.#count) % this.#batchesMax;
    this.#lasts[at] = last;
    this.#sizes[at] = bytes;
    this.#batchCounts[at] = batchCount;
    this.#count += 1;
    this.#bytes += bytes;
    this.#batches += batchCount;
  }

  /** Frees every message that ends at or below `index`. */
  freeThrough(index: LogIndex): void {
    while (this.#count > 0 && (this.#lasts[this.#start] as number) <= index) {
      this.#bytes -= this.#sizes[this.#start] as number;
      this.#batches -= this.#batchCounts[this.#start] as number;
      this.#start = (this.#start + 1) % this.#batchesMax;
      this.#count -= 1;
    }
  }

  clear(): void {
    this.#start = 0;
    this.#count = 0;
    this.#bytes = 0;
    this.#batches = 0;
  }
}
