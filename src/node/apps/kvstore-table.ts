/**
 * The keys of the kvstore, with their values, deadlines and versions: records in an arena, found by
 * an index, those with a deadline also in a heap.
 *
 * A key whose deadline is at or before `nowMs` is gone for every command and every read at once;
 * its memory is freed by `sweep`. `nowMs` moves with the log alone.
 */
import { assert } from '../../std/assert.ts';
import { type KvError, WRONG_TYPE } from '../../wire/apps/kvstore.ts';
import type { LogIndex } from '../model/ids.ts';
import { ByteSlice } from './byte-slice.ts';
import type { Collection } from './collections.ts';
import { DeadlineHeap } from './deadline-heap.ts';
import { type Cell, KvArena, NO_CELL, WORD, wordAt } from './kv-arena.ts';
import { KvIndex, SHARDS } from './kv-index.ts';
import { HANDLE_BYTES, TypedValues } from './kv-typed-values.ts';
import { setVersionAt, typeAt, versionAt } from './kv-version-words.ts';

/** What a flush throws away. */
export class KvRecords {
  readonly arena = new KvArena();
  readonly index = new KvIndex(this.arena);
  readonly deadlines = new DeadlineHeap(this.arena);
  readonly typed = new TypedValues(this.arena);
}

export class KvTable {
  /** Cluster time of the newest command applied. */
  nowMs = 0;
  #records = new KvRecords();
  /** For each shard where in the log a key was last removed from it: versions of absent keys. */
  #removedAt: Float64Array = new Float64Array(SHARDS);
  #flushedAt: LogIndex = 0;
  /** No record has a higher version. */
  #newestVersion: LogIndex = 0;
  /** Told before a record changes or goes; null: nobody reads a frozen state. */
  #onChange: ((cell: Cell) => void) | null = null;
  readonly #key = new ByteSlice();
  readonly #oldValue = new ByteSlice();

  /**
   * Freezes the state for a reader: it is told before a record changes or goes.
   * @returns the records; flushing leaves them to the reader. Those that have come or changed since
   *   have versions above `newestVersion`.
   */
  watch(onChange: (cell: Cell) => void): KvRecords {
    assert(this.#onChange === null, 'one reader at a time reads a frozen state');
    this.#onChange = onChange;
    return this.#records;
  }

  unwatch(): void {
    this.#onChange = null;
  }

  get newestVersion(): LogIndex {
    return this.#newestVersion;
  }

  /** By shard; 0: nothing was removed. */
  get removedAt(): Readonly<Float64Array> {
    return this.#removedAt;
  }

  get flushedAt(): LogIndex {
    return this.#flushedAt;
  }

  restoreRemovals(flushedAt: LogIndex, removedAt: Float64Array): void {
    this.#flushedAt = flushedAt;
    this.#removedAt = removedAt;
  }

  /** Keys, those that are gone but not yet swept included. */
  get size(): number {
    return this.#records.index.size;
  }

  /** Keys that have a deadline. */
  get volatileSize(): number {
    return this.#records.deadlines.size;
  }

  get nextDeadlineMs(): number | null {
    const { first } = this.#records.deadlines;
    return first === NO_CELL ? null : this.deadlineMs(first);
  }

  /** The key's record, unless it is absent or gone. Valid until the next change. */
  find(key: ByteSlice): Cell {
    const cell = this.#records.index.find(key, key.hash());
    return cell === NO_CELL || this.isGone(cell) ? NO_CELL : cell;
  }

  /** Looks at the records of these hashes: see `KvIndex.touch`. */
  touch(hashes: Int32Array, count: number): number {
    return this.#records.index.touch(hashes, count);
  }

  findText(key: string): Cell {
    return this.find(this.#key.overText(key));
  }

  has(key: string): boolean {
    return this.findText(key) !== NO_CELL;
  }

  valueOf(key: string): string | null | KvError {
    const cell = this.findText(key);
    if (cell === NO_CELL) return null;
    const { arena } = this.#records;
    return typeAt(arena, cell) === 0 ? arena.valueText(cell) : WRONG_TYPE;
  }

  typeOf(cell: Cell): number {
    return typeAt(this.#records.arena, cell);
  }

  /** The value of a record that is not bytes, else null. Call `willChange` before changing it. */
  collectionOf(cell: Cell): Collection | null {
    return this.#records.typed.of(cell);
  }

  /** Gives the key such a value and no deadline. */
  setCollection(key: ByteSlice, collection: Collection, index: LogIndex): Cell {
    const { deadlines, typed } = this.#records;
    const cell = this.#place(key, HANDLE_BYTES, 0, index);
    deadlines.remove(cell);
    typed.attach(cell, collection);
    return cell;
  }

  keyText(cell: Cell): string {
    return this.#records.arena.keyText(cell);
  }

  valueText(cell: Cell): string {
    return this.#records.arena.valueText(cell);
  }

  valueLength(cell: Cell): number {
    return this.#records.arena.wordsOf(cell)[wordAt(cell) + WORD.valueLength] as number;
  }

  /** 0: it has no deadline. */
  deadlineMs(cell: Cell): number {
    return this.#records.deadlines.deadlineMs(cell);
  }

  isGone(cell: Cell): boolean {
    const deadlineMs = this.deadlineMs(cell);
    return deadlineMs !== 0 && deadlineMs <= this.nowMs;
  }

  /** Gives the key a value and no deadline. */
  set(key: ByteSlice, value: ByteSlice, index: LogIndex): Cell {
    const { arena, deadlines } = this.#records;
    const cell = this.#place(key, value.length, 0, index);
    deadlines.remove(cell);
    arena.write(cell, 0, value);
    return cell;
  }

  /**
   * Gives the key's value a length: its first bytes as they were, zeros behind them. A key that is
   * there keeps its deadline.
   */
  resize(key: ByteSlice, length: number, index: LogIndex): Cell {
    const { arena, deadlines } = this.#records;
    const old = this.find(key);
    const kept = old === NO_CELL ? 0 : Math.min(this.valueLength(old), length);
    const cell = this.#place(key, length, kept, index);
    if (old === NO_CELL) deadlines.remove(cell);
    arena.zero(cell, kept, length);
    return cell;
  }

  /** Writes into the value of a record that was just set or resized. */
  write(cell: Cell, offset: number, piece: ByteSlice): void {
    this.#records.arena.write(cell, offset, piece);
  }

  /** @returns whether it was there (and not gone). */
  remove(key: ByteSlice, index: LogIndex): boolean {
    const cell = this.#records.index.find(key, key.hash());
    if (cell === NO_CELL) return false;
    const wasThere = !this.isGone(cell);
    this.#removeCell(cell, index);
    return wasThere;
  }

  setDeadline(cell: Cell, deadlineMs: number, index: LogIndex): void {
    this.willChange(cell, index);
    this.#records.deadlines.set(cell, deadlineMs);
  }

  clearDeadline(cell: Cell, index: LogIndex): void {
    this.willChange(cell, index);
    this.#records.deadlines.remove(cell);
  }

  clear(index: LogIndex): void {
    this.#onChange = null;
    this.#records = new KvRecords();
    this.#removedAt = new Float64Array(SHARDS);
    this.#flushedAt = index;
  }

  /** Frees keys that are gone, at most so many, in the order of their deadlines. */
  sweep(countMax: number, index: LogIndex): void {
    for (let count = 0; count < countMax; count += 1) {
      const { first } = this.#records.deadlines;
      if (first === NO_CELL || !this.isGone(first)) return;
      this.#removeCell(first, index);
    }
  }

  /**
   * A number that differs whenever the key has changed in between. Of an absent key it also changes
   * with the removal of a neighbour; that a change goes unseen never happens.
   */
  versionOf(text: string): number {
    const { index, arena } = this.#records;
    const key = this.#key.overText(text);
    const hash = key.hash();
    const cell = index.find(key, hash);
    if (cell === NO_CELL) {
      return Math.max(this.#removedAt[hash & (SHARDS - 1)] as number, this.#flushedAt);
    }
    const version = versionAt(arena, cell);
    return this.isGone(cell) ? -version : version;
  }

  /** The first record of a shard, for walks over all of them; the next one comes `after` it. */
  first(shard: number): Cell {
    return this.#records.index.first(shard);
  }

  after(cell: Cell): Cell {
    return this.#records.index.after(cell);
  }

  /** @returns the key's record, new or not, with room for the value and its first bytes `kept`. */
  #place(key: ByteSlice, length: number, kept: number, version: LogIndex): Cell {
    const { arena, index, typed } = this.#records;
    const hash = key.hash();
    const old = index.find(key, hash);
    if (old === NO_CELL) {
      const cell = arena.add(key, length);
      arena.wordsOf(cell)[wordAt(cell) + WORD.deadline] = 0;
      index.add(cell, hash);
      this.#setVersion(cell, version);
      return cell;
    }
    this.willChange(old, version);
    typed.detach(old);
    if (!arena.fits(old, length)) return this.#move(old, key, length, kept);
    arena.wordsOf(old)[wordAt(old) + WORD.valueLength] = length;
    return old;
  }

  /** Gives a record another cell. */
  #move(old: Cell, key: ByteSlice, length: number, kept: number): Cell {
    const { arena, index, deadlines } = this.#records;
    const cell = arena.add(key, length);
    arena.write(cell, 0, arena.valueInto(this.#oldValue, old, kept));
    const from = arena.wordsOf(old);
    const to = arena.wordsOf(cell);
    for (const word of [WORD.versionLow, WORD.versionHigh, WORD.deadline]) {
      to[wordAt(cell) + word] = from[wordAt(old) + word] as number;
    }
    deadlines.moved(cell);
    index.remove(old);
    arena.free(old);
    index.add(cell, from[wordAt(old) + WORD.hash] as number);
    return cell;
  }

  #removeCell(cell: Cell, version: LogIndex): void {
    const { arena, index, deadlines, typed } = this.#records;
    this.willChange(cell, version);
    typed.detach(cell);
    deadlines.remove(cell);
    index.remove(cell);
    const hash = arena.wordsOf(cell)[wordAt(cell) + WORD.hash] as number;
    this.#removedAt[hash & (SHARDS - 1)] = version;
    arena.free(cell);
  }

  /** To be called before a record is changed or removed. */
  willChange(cell: Cell, version: LogIndex): void {
    this.#onChange?.(cell);
    this.#setVersion(cell, version);
  }

  #setVersion(cell: Cell, version: LogIndex): void {
    setVersionAt(this.#records.arena, cell, version);
    if (version > this.#newestVersion) this.#newestVersion = version;
  }
}
