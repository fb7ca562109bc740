/**
 * Memory for the records of a table, outside the heap of the garbage collector: whatever number of
 * keys there is, collecting garbage costs the same, and a changed value leaves none.
 *
 * ```
 *  chunk   up to 1 MiB, cut into cells of one size:   | cell | cell | cell | ...
 *  cell    one record:   7 words | the key's bytes | the value's bytes | room to grow
 *  words   next, hash, version (2), place of the deadline, key length, value length
 * ```
 * Sizes of cells are a quarter apart: on average a tenth of a cell is left over. A cell that is
 * freed is used again for a record of its size, and a chunk goes back to the system once all of
 * its cells are free. Records never move otherwise, so a store whose values all change their size
 * keeps the chunks of the old sizes as long as a single record lies in each. A value too large to
 * share a chunk has one of its own.
 */
import { assert } from '../../std/assert.ts';
import { allocBytes, type Bytes, copyBytes, latin1Slice } from '../../std/bytes.ts';
import type { ByteSlice } from './byte-slice.ts';

/** Names a cell: the number of its chunk and its offset there, in units. Never 0: that is none. */
export type Cell = number;
export const NO_CELL: Cell = 0;

const UNIT_BYTES = 16;
const UNITS_BITS = 16;
const UNITS_MASK = 0xffff;
const CHUNKS_MAX = 0x8000;
/** A size's first chunk is small, and each has twice as many cells as the one before. */
const CHUNK_BYTES_MIN = 16 * 1024;
const CHUNK_BYTES_MAX = 1024 * 1024;
const SHARED_BYTES_MAX = CHUNK_BYTES_MAX / 4;
/** A chunk of one cell is so much of itself larger than it must be: values may be appended to. */
const OWN_CHUNK_SLACK = 16;
/** A value that shrinks moves to a smaller cell once it leaves so much of a large one empty. */
const ROOM_BYTES_MAX = 256;

/** Words of a cell. */
export const WORD = {
  /** Of the index: the next cell of the same bucket; of a free cell: the next free one. */
  next: 0,
  hash: 1,
  versionLow: 2,
  versionHigh: 3,
  /** 0: it has no deadline. */
  deadline: 4,
  keyLength: 5,
  valueLength: 6,
} as const;
const HEADER_BYTES = 28;

const CELL_BYTES: readonly number[] = (() => {
  const sizes: number[] = [];
  for (let size = 48; size < SHARED_BYTES_MAX; ) {
    sizes.push(size);
    size = Math.floor((size * 5) / 4 / UNIT_BYTES) * UNIT_BYTES;
    if (size === sizes.at(-1)) size += UNIT_BYTES;
  }
  return [...sizes, SHARED_BYTES_MAX];
})();

/** By units: which of the sizes is the least that is enough. */
const SIZE_OF_UNITS: Uint8Array = (() => {
  const sizes = new Uint8Array(SHARED_BYTES_MAX / UNIT_BYTES + 1);
  for (let units = 0, size = 0; units < sizes.length; units += 1) {
    if (units * UNIT_BYTES > (CELL_BYTES[size] as number)) size += 1;
    sizes[units] = size;
  }
  return sizes;
})();

interface Chunk {
  readonly number: number;
  /** Chunks with room for more cells of this size; null: it has but one cell. */
  readonly siblings: Chunk[] | null;
  readonly cellBytes: number;
  readonly count: number;
  readonly bytes: Bytes;
  readonly words: Int32Array;
  /** Its place among its siblings, -1 while it is full. */
  place: number;
  used: number;
  /** Cells from this one on were never used. */
  fresh: number;
  /** The first of the cells that were freed. */
  freed: Cell;
}

export class KvArena {
  /** By number; 0 is never used. */
  readonly #chunks: (Chunk | null)[] = [null];
  readonly #words: Int32Array[] = [new Int32Array(0)];
  readonly #freeNumbers: number[] = [];
  readonly #roomy: readonly Chunk[][] = CELL_BYTES.map(() => []);
  readonly #lastCounts: number[] = CELL_BYTES.map(() => 0);
  #byteLength = 0;

  /** Memory of all chunks, used or not. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** The words of all cells of a chunk: a cell's own begin at `wordAt(cell)`. */
  wordsOf(cell: Cell): Int32Array {
    return this.#words[cell >>> UNITS_BITS] as Int32Array;
  }

  /** A new record with that key and room for the value; the other words are for its owner. */
  add(key: ByteSlice, valueLength: number): Cell {
    const cell = this.#take(HEADER_BYTES + key.length + valueLength);
    const { bytes, words } = this.#chunkOf(cell);
    const at = wordAt(cell);
    words[at + WORD.keyLength] = key.length;
    words[at + WORD.valueLength] = valueLength;
    words[at + WORD.versionHigh] = 0;
    copyBytes(key.bytes, key.start, key.end, bytes, at * 4 + HEADER_BYTES);
    return cell;
  }

  free(cell: Cell): void {
    const chunk = this.#chunkOf(cell);
    const { siblings } = chunk;
    chunk.used -= 1;
    // The last one with room stays, or a single key that comes and goes would cost a chunk a time.
    if (chunk.used === 0 && (siblings === null || siblings.length > (chunk.place < 0 ? 0 : 1))) {
      this.#drop(chunk);
      return;
    }
    chunk.words[wordAt(cell) + WORD.next] = chunk.freed;
    chunk.freed = cell;
    if (chunk.place < 0 && siblings !== null) chunk.place = siblings.push(chunk) - 1;
  }

  /** Whether a value of that length may take the place of the one that is there. */
  fits(cell: Cell, valueLength: number): boolean {
    const { cellBytes, words } = this.#chunkOf(cell);
    const keyLength = words[wordAt(cell) + WORD.keyLength] as number;
    const room = cellBytes - HEADER_BYTES - keyLength - valueLength;
    return room >= 0 && (room <= ROOM_BYTES_MAX || room <= cellBytes / 2);
  }

  /** Writes into the value from `offset` on. Requires: it is that long. */
  write(cell: Cell, offset: number, piece: ByteSlice): void {
    const { bytes, words } = this.#chunkOf(cell);
    const at = wordAt(cell);
    const value = at * 4 + HEADER_BYTES + (words[at + WORD.keyLength] as number);
    copyBytes(piece.bytes, piece.start, piece.end, bytes, value + offset);
  }

  /** Lays `slice` over the first `length` bytes of the value. */
  valueInto(slice: ByteSlice, cell: Cell, length: number): ByteSlice {
    const { bytes, words } = this.#chunkOf(cell);
    const at = wordAt(cell);
    const value = at * 4 + HEADER_BYTES + (words[at + WORD.keyLength] as number);
    return slice.over(bytes, value, value + length);
  }

  /** Zeros in the value from `start` up to `end`. */
  zero(cell: Cell, start: number, end: number): void {
    const { bytes, words } = this.#chunkOf(cell);
    const at = wordAt(cell);
    const value = at * 4 + HEADER_BYTES + (words[at + WORD.keyLength] as number);
    bytes.fill(0, value + start, value + end);
  }

  keyText(cell: Cell): string {
    const { bytes, words } = this.#chunkOf(cell);
    const at = wordAt(cell);
    const key = at * 4 + HEADER_BYTES;
    return latin1Slice(bytes, key, key + (words[at + WORD.keyLength] as number));
  }

  valueText(cell: Cell): string {
    const { bytes, words } = this.#chunkOf(cell);
    const at = wordAt(cell);
    const value = at * 4 + HEADER_BYTES + (words[at + WORD.keyLength] as number);
    return latin1Slice(bytes, value, value + (words[at + WORD.valueLength] as number));
  }

  /** How long key and value are together. */
  recordLength(cell: Cell): number {
    const words = this.wordsOf(cell);
    const at = wordAt(cell);
    return (words[at + WORD.keyLength] as number) + (words[at + WORD.valueLength] as number);
  }

  /** Copies the key and, right behind it, the value. @returns where the copy ends. */
  copyRecord(cell: Cell, to: Bytes, at: number): number {
    const length = this.recordLength(cell);
    const start = wordAt(cell) * 4 + HEADER_BYTES;
    copyBytes(this.#chunkOf(cell).bytes, start, start + length, to, at);
    return at + length;
  }

  /** Whether it is this key's record. */
  isOf(cell: Cell, key: ByteSlice): boolean {
    const { bytes, words } = this.#chunkOf(cell);
    const at = wordAt(cell);
    if (words[at + WORD.keyLength] !== key.length) return false;
    const { bytes: wanted, end } = key;
    for (let i = key.start, j = at * 4 + HEADER_BYTES; i < end; i += 1, j += 1) {
      if (wanted[i] !== bytes[j]) return false;
    }
    return true;
  }

  /** Whether a's key comes before b's, byte by byte. */
  isBefore(a: Cell, b: Cell): boolean {
    const one = this.#chunkOf(a);
    const two = this.#chunkOf(b);
    const startA = wordAt(a) * 4 + HEADER_BYTES;
    const startB = wordAt(b) * 4 + HEADER_BYTES;
    const endA = startA + (one.words[wordAt(a) + WORD.keyLength] as number);
    const endB = startB + (two.words[wordAt(b) + WORD.keyLength] as number);
    return one.bytes.compare(two.bytes, startB, endB, startA, endA) < 0;
  }

  #chunkOf(cell: Cell): Chunk {
    return this.#chunks[cell >>> UNITS_BITS] as Chunk;
  }

  #take(byteLength: number): Cell {
    if (byteLength > SHARED_BYTES_MAX) {
      const room = Math.floor(byteLength / OWN_CHUNK_SLACK);
      return this.#cut(this.#open(null, byteLength + room, 1));
    }
    const size = SIZE_OF_UNITS[Math.ceil(byteLength / UNIT_BYTES)] as number;
    const siblings = this.#roomy[size] as Chunk[];
    let chunk = siblings.at(-1);
    if (chunk === undefined) {
      const cellBytes = CELL_BYTES[size] as number;
      const count = this.#nextCount(size, cellBytes);
      chunk = this.#open(siblings, cellBytes, count);
      chunk.place = siblings.push(chunk) - 1;
    }
    const cell = this.#cut(chunk);
    if (chunk.used === chunk.count) this.#setAside(chunk);
    return cell;
  }

  #nextCount(size: number, cellBytes: number): number {
    const least = Math.ceil(CHUNK_BYTES_MIN / cellBytes);
    const most = Math.floor(CHUNK_BYTES_MAX / cellBytes);
    const count = Math.min(Math.max(2 * (this.#lastCounts[size] as number), least), most);
    this.#lastCounts[size] = count;
    return count;
  }

  #cut(chunk: Chunk): Cell {
    chunk.used += 1;
    const { freed } = chunk;
    if (freed !== NO_CELL) {
      chunk.freed = chunk.words[wordAt(freed) + WORD.next] as Cell;
      return freed;
    }
    const offset = (chunk.fresh * chunk.cellBytes) / UNIT_BYTES;
    chunk.fresh += 1;
    return (chunk.number << UNITS_BITS) | offset;
  }

  #open(siblings: Chunk[] | null, cellBytes: number, count: number): Chunk {
    const number = this.#freeNumbers.pop() ?? this.#chunks.length;
    assert(number < CHUNKS_MAX, `a table has no more than ${CHUNKS_MAX} chunks of memory`);
    const bytes = allocBytes(Math.ceil((cellBytes * count) / 4) * 4);
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const state = { place: -1, used: 0, fresh: 0, freed: NO_CELL };
    const chunk: Chunk = { number, siblings, cellBytes, count, bytes, words, ...state };
    this.#byteLength += bytes.length;
    this.#chunks[number] = chunk;
    this.#words[number] = words;
    return chunk;
  }

  #drop(chunk: Chunk): void {
    this.#setAside(chunk);
    this.#byteLength -= chunk.bytes.length;
    this.#chunks[chunk.number] = null;
    this.#words[chunk.number] = this.#words[0] as Int32Array;
    this.#freeNumbers.push(chunk.number);
  }

  /** Takes it out of those with room. */
  #setAside(chunk: Chunk): void {
    const { siblings, place } = chunk;
    if (siblings === null || place < 0) return;
    const last = siblings.pop() as Chunk;
    if (last !== chunk) {
      siblings[place] = last;
      last.place = place;
    }
    chunk.place = -1;
  }
}

/** Where the words of a cell begin among those of its chunk. */
export function wordAt(cell: Cell): number {
  return (cell & UNITS_MASK) * (UNIT_BYTES / 4);
}
