/**
 * The keys of the kvstore, with their values, deadlines and versions.
 *
 * Keys lie in shards by a hash that is the same on every node and for ever. SCAN walks the shards,
 * so its cursor means the same on every replica and whatever came and went in between; none of the
 * small maps ever stops the world to grow, as one of a million keys would.
 *
 * A key whose deadline is at or before `nowMs` is gone for every command and every read at once;
 * its memory is freed by `sweep`. `nowMs` moves with the log alone.
 */
import { assert } from '../../std/assert.ts';
import type { LogIndex } from '../model/ids.ts';
import { type Deadline, DeadlineHeap } from './deadline-heap.ts';

export const SHARDS = 4096;

export interface Entry {
  value: string;
  /** Where in the log it was changed last. */
  version: LogIndex;
  deadline: Deadline | null;
}

export class KvTable {
  /** Cluster time of the newest command applied. */
  nowMs = 0;
  #shards: (Map<string, Entry> | undefined)[] = new Array(SHARDS).fill(undefined);
  #deadlines = new DeadlineHeap();
  /** For each shard where in the log a key was last removed from it: versions of absent keys. */
  #removedAt = new Map<number, LogIndex>();
  #flushedAt: LogIndex = 0;
  /** Told before a shard changes; null: nobody reads a frozen state. */
  #onChange: ((shard: number) => void) | null = null;

  /**
   * Freezes the state for a reader: it is told before anything in a shard changes.
   * @returns the shards; flushing leaves them to the reader.
   */
  watch(onChange: (shard: number) => void): readonly (ReadonlyMap<string, Entry> | undefined)[] {
    assert(this.#onChange === null, 'one reader at a time reads a frozen state');
    this.#onChange = onChange;
    return this.#shards;
  }

  unwatch(): void {
    this.#onChange = null;
  }

  /** To be called before an entry of `key` is changed in place. */
  touch(key: string): void {
    this.#onChange?.(shardOf(key));
  }

  get removals(): ReadonlyMap<number, LogIndex> {
    return this.#removedAt;
  }

  get flushedAt(): LogIndex {
    return this.#flushedAt;
  }

  restoreRemovals(flushedAt: LogIndex, removedAt: Map<number, LogIndex>): void {
    this.#flushedAt = flushedAt;
    this.#removedAt = removedAt;
  }

  /** Keys, those that are gone but not yet swept included. */
  get size(): number {
    let size = 0;
    for (const shard of this.#shards) if (shard !== undefined) size += shard.size;
    return size;
  }

  /** Keys that have a deadline. */
  get volatileSize(): number {
    return this.#deadlines.size;
  }

  get nextDeadlineMs(): number | null {
    return this.#deadlines.first?.deadlineMs ?? null;
  }

  /** The key's entry, unless it is absent or gone. */
  get(key: string): Entry | undefined {
    const entry = this.#shards[shardOf(key)]?.get(key);
    return entry === undefined || this.#isGone(entry) ? undefined : entry;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  valueOf(key: string): string | null {
    const entry = this.#shards[shardOf(key)]?.get(key);
    return entry === undefined || this.#isGone(entry) ? null : entry.value;
  }

  /** Gives the key a value and no deadline. */
  set(key: string, value: string, index: LogIndex): Entry {
    const number = shardOf(key);
    this.#onChange?.(number);
    let shard = this.#shards[number];
    if (shard === undefined) {
      shard = new Map();
      this.#shards[number] = shard;
    }
    let entry = shard.get(key);
    if (entry === undefined) {
      entry = { value, version: index, deadline: null };
      shard.set(key, entry);
      return entry;
    }
    entry.value = value;
    entry.version = index;
    if (entry.deadline !== null) this.clearDeadline(entry);
    return entry;
  }

  /** @returns whether it was there (and not gone). */
  remove(key: string, index: LogIndex): boolean {
    const number = shardOf(key);
    const shard = this.#shards[number];
    const entry = shard?.get(key);
    if (shard === undefined || entry === undefined) return false;
    this.#onChange?.(number);
    const wasThere = !this.#isGone(entry);
    if (entry.deadline !== null) this.clearDeadline(entry);
    shard.delete(key);
    this.#removedAt.set(number, index);
    return wasThere;
  }

  setDeadline(key: string, entry: Entry, deadlineMs: number): void {
    this.touch(key);
    if (entry.deadline === null) entry.deadline = this.#deadlines.add(key, deadlineMs);
    else this.#deadlines.move(entry.deadline, deadlineMs);
  }

  clearDeadline(entry: Entry): void {
    if (entry.deadline === null) return;
    this.touch(entry.deadline.key);
    this.#deadlines.remove(entry.deadline);
    entry.deadline = null;
  }

  clear(index: LogIndex): void {
    this.#onChange = null;
    this.#shards = new Array(SHARDS).fill(undefined);
    this.#deadlines = new DeadlineHeap();
    this.#removedAt = new Map();
    this.#flushedAt = index;
  }

  /** Frees keys that are gone, at most so many, in the order of their deadlines. */
  sweep(countMax: number, index: LogIndex): void {
    for (let count = 0; count < countMax; count += 1) {
      const { first } = this.#deadlines;
      if (first === null || first.deadlineMs > this.nowMs) return;
      this.remove(first.key, index);
    }
  }

  /**
   * A number that differs whenever the key has changed in between. Of an absent key it also changes
   * with the removal of a neighbour; that a change goes unseen never happens.
   */
  versionOf(key: string): number {
    const number = shardOf(key);
    const entry = this.#shards[number]?.get(key);
    if (entry === undefined) return Math.max(this.#removedAt.get(number) ?? 0, this.#flushedAt);
    return this.#isGone(entry) ? -entry.version : entry.version;
  }

  /** The keys of one shard, for walks over all of them. */
  shard(number: number): ReadonlyMap<string, Entry> | undefined {
    return this.#shards[number];
  }

  isGone(entry: Entry): boolean {
    return this.#isGone(entry);
  }

  #isGone(entry: Entry): boolean {
    return entry.deadline !== null && entry.deadline.deadlineMs <= this.nowMs;
  }
}

/** FNV-1a. NB: part of what replicas agree on: versions and cursors depend on it. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) & (SHARDS - 1);
}
