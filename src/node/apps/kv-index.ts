/**
 * Finds the record of a key: a hash table of chains, a link in each cell.
 *
 * Keys lie in shards by a hash that is the same on every node and for ever. SCAN walks the shards,
 * so its cursor means the same on every replica, whatever came and went in between.
 *
 * ```
 *           shard 0   1    2   ...  4095
 *   row 0       o    o    o         o       a bucket: the first cell of a chain
 *   row 1       o    o    o         o
 *   row 2       o    o  -  -  -  -  -       split up to here (linear hashing, Litwin 1980):
 *                                           row 0 of the shards before it has given to row 2
 * ```
 * The table grows by one bucket with each key, and so never stops to grow. It does not shrink until
 * it is flushed: an empty bucket costs four bytes.
 */
import type { ByteSlice } from './byte-slice.ts';
import { type Cell, type KvArena, NO_CELL, WORD, wordAt } from './kv-arena.ts';

/** NB: part of what replicas agree on: versions of absent keys and cursors depend on it. */
export const SHARDS = 4096;
const SHARD_BITS = 12;
const SHARD_MASK = SHARDS - 1;

/** 64 bytes: a record of some length lies in two lines. */
const CACHE_LINE_WORDS = 16;

export class KvIndex {
  readonly #arena: KvArena;
  readonly #rows: Int32Array[] = [new Int32Array(SHARDS)];
  /** Rows that were there when this round of splits began: a power of two. */
  #half = 1;
  /** How many buckets of those have been split, row by row. */
  #splits = 0;
  #size = 0;
  /** For `touch`. */
  #touched = new Int32Array(32);

  constructor(arena: KvArena) {
    this.#arena = arena;
  }

  /** How many keys there are. */
  get size(): number {
    return this.#size;
  }

  find(key: ByteSlice, hash: number): Cell {
    const arena = this.#arena;
    let cell = this.#row(hash)[hash & SHARD_MASK] as Cell;
    while (cell !== NO_CELL) {
      const words = arena.wordsOf(cell);
      const at = wordAt(cell);
      if (words[at + WORD.hash] === hash && arena.isOf(cell, key)) return cell;
      cell = words[at + WORD.next] as Cell;
    }
    return NO_CELL;
  }

  /**
   * Looks at the first record of each hash's bucket, so that it lies in the processor's caches.
   * @returns a number made of what was seen, which means nothing.
   */
  touch(hashes: Int32Array, count: number): number {
    if (this.#touched.length < count) this.#touched = new Int32Array(count);
    const cells = this.#touched;
    for (let i = 0; i < count; i += 1) {
      const hash = hashes[i] as number;
      cells[i] = this.#row(hash)[hash & SHARD_MASK] as Cell;
    }
    let seen = 0;
    for (let i = 0; i < count; i += 1) {
      const cell = cells[i] as Cell;
      if (cell === NO_CELL) continue;
      const words = this.#arena.wordsOf(cell);
      const at = wordAt(cell);
      seen ^= (words[at] as number) ^ (words[at + CACHE_LINE_WORDS] ?? 0);
    }
    return seen;
  }

  /** Requires: no record of this key is in it. */
  add(cell: Cell, hash: number): void {
    this.#arena.wordsOf(cell)[wordAt(cell) + WORD.hash] = hash;
    this.#link(cell, this.#row(hash), hash & SHARD_MASK);
    this.#size += 1;
    if (this.#size > this.#half * SHARDS + this.#splits) this.#split();
  }

  remove(cell: Cell): void {
    const arena = this.#arena;
    const words = arena.wordsOf(cell);
    const at = wordAt(cell);
    const hash = words[at + WORD.hash] as number;
    const after = words[at + WORD.next] as Cell;
    const row = this.#row(hash);
    this.#size -= 1;
    let before = row[hash & SHARD_MASK] as Cell;
    if (before === cell) {
      row[hash & SHARD_MASK] = after;
      return;
    }
    for (;;) {
      const links = arena.wordsOf(before);
      const link = wordAt(before) + WORD.next;
      if (links[link] === cell) {
        links[link] = after;
        return;
      }
      before = links[link] as Cell;
    }
  }

  /** The first key of a shard. Valid, as what comes `after`, until one is added or removed. */
  first(shard: number): Cell {
    return this.#firstFrom(shard, 0);
  }

  after(cell: Cell): Cell {
    const words = this.#arena.wordsOf(cell);
    const next = words[wordAt(cell) + WORD.next] as Cell;
    if (next !== NO_CELL) return next;
    const hash = words[wordAt(cell) + WORD.hash] as number;
    return this.#firstFrom(hash & SHARD_MASK, this.#rowNumber(hash) + 1);
  }

  #firstFrom(shard: number, from: number): Cell {
    const rows = this.#rows;
    for (let number = from; number < rows.length; number += 1) {
      const cell = (rows[number] as Int32Array)[shard] as Cell;
      if (cell !== NO_CELL) return cell;
    }
    return NO_CELL;
  }

  #row(hash: number): Int32Array {
    return this.#rows[this.#rowNumber(hash)] as Int32Array;
  }

  #rowNumber(hash: number): number {
    const half = this.#half;
    const number = (hash >>> SHARD_BITS) & (half - 1);
    const bucket = number * SHARDS + (hash & SHARD_MASK);
    return bucket >= this.#splits ? number : (hash >>> SHARD_BITS) & (2 * half - 1);
  }

  /** Gives half of the next bucket's chain to a new bucket, `half` rows further down. */
  #split(): void {
    const arena = this.#arena;
    const shard = this.#splits & SHARD_MASK;
    const number = this.#splits >>> SHARD_BITS;
    const half = this.#half;
    if (shard === 0) this.#rows.push(new Int32Array(SHARDS));
    const row = this.#rows[number] as Int32Array;
    const newRow = this.#rows[number + half] as Int32Array;
    let cell = row[shard] as Cell;
    row[shard] = NO_CELL;
    while (cell !== NO_CELL) {
      const words = arena.wordsOf(cell);
      const at = wordAt(cell);
      const next = words[at + WORD.next] as Cell;
      const goes = (((words[at + WORD.hash] as number) >>> SHARD_BITS) & half) !== 0;
      this.#link(cell, goes ? newRow : row, shard);
      cell = next;
    }
    this.#splits += 1;
    if (this.#splits < half * SHARDS) return;
    this.#half = 2 * half;
    this.#splits = 0;
  }

  #link(cell: Cell, row: Int32Array, shard: number): void {
    this.#arena.wordsOf(cell)[wordAt(cell) + WORD.next] = row[shard] as Cell;
    row[shard] = cell;
  }
}
