/**
 * The kvstore's state as pieces of bytes and back (docs/snapshot-format.md#the-kvstores-data).
 *
 * The state is frozen shard by shard: whoever is about to change a shard that was not read yet has
 * it encoded as it is, first. So a reader sees one moment, nothing is copied at once, and a shard
 * costs its changers a fraction of a millisecond, once.
 */
import {
  allocBytes,
  type Bytes,
  concatBytes,
  latin1Slice,
  readU64,
  writeU64,
} from '../../std/bytes.ts';
import type { SnapshotSource, StateRestore } from '../ports/state-machine.ts';
import { type Entry, KvTable, SHARDS } from './kvstore-table.ts';

const HEAD_BYTES = 20;
const REMOVAL_BYTES = 12;
const ENTRY_HEADER_BYTES = 24;
const END_BYTES = 12;
const END_MARK = 0xffff_ffff;

export class TableSource implements SnapshotSource {
  readonly #shards: readonly (ReadonlyMap<string, Entry> | undefined)[];
  readonly #size: number;
  readonly #close: () => void;
  /** Shards that changed before they were read, as they were. */
  readonly #kept = new Map<number, Bytes>();
  #head: Bytes | null;
  #nextShard = 0;
  #ended = false;

  constructor(table: KvTable) {
    this.#size = table.size;
    this.#head = encodeHead(table);
    this.#shards = table.watch((number) => this.#keep(number));
    this.#close = () => table.unwatch();
  }

  #keep(number: number): void {
    if (number < this.#nextShard || this.#kept.has(number)) return;
    this.#kept.set(number, encodeShard(this.#shards[number]));
  }

  next(bytesMax: number): Bytes | null {
    const parts: Bytes[] = [];
    let bytes = 0;
    if (this.#head !== null) {
      parts.push(this.#head);
      bytes = this.#head.length;
      this.#head = null;
    }
    while (bytes < bytesMax && this.#nextShard < SHARDS) {
      const part = this.#kept.get(this.#nextShard) ?? encodeShard(this.#shards[this.#nextShard]);
      this.#kept.delete(this.#nextShard);
      this.#nextShard += 1;
      if (part.length > 0) parts.push(part);
      bytes += part.length;
    }
    if (bytes > 0) return parts.length === 1 ? (parts[0] as Bytes) : concatBytes(parts);
    if (this.#ended) return null;
    this.#ended = true;
    const end = allocBytes(END_BYTES);
    end.writeUInt32LE(END_MARK, 0);
    writeU64(end, this.#size, 4);
    return end;
  }

  close(): void {
    this.#close();
  }
}

function encodeHead(table: KvTable): Bytes {
  const { removals } = table;
  const bytes = allocBytes(HEAD_BYTES + removals.size * REMOVAL_BYTES);
  writeU64(bytes, table.nowMs, 0);
  writeU64(bytes, table.flushedAt, 8);
  bytes.writeUInt32LE(removals.size, 16);
  let at = HEAD_BYTES;
  for (const [shard, index] of removals) {
    bytes.writeUInt32LE(shard, at);
    writeU64(bytes, index, at + 4);
    at += REMOVAL_BYTES;
  }
  return bytes;
}

function encodeShard(shard: ReadonlyMap<string, Entry> | undefined): Bytes {
  let length = 0;
  for (const [key, entry] of shard ?? []) {
    length += ENTRY_HEADER_BYTES + key.length + entry.value.length;
  }
  const bytes = allocBytes(length);
  let at = 0;
  for (const [key, { value, version, deadline }] of shard ?? []) {
    bytes.writeUInt32LE(key.length, at);
    bytes.writeUInt32LE(value.length, at + 4);
    writeU64(bytes, version, at + 8);
    writeU64(bytes, deadline?.deadlineMs ?? 0, at + 16);
    at += ENTRY_HEADER_BYTES;
    at += bytes.write(key, at, 'latin1');
    at += bytes.write(value, at, 'latin1');
  }
  return bytes;
}

/** Builds a table of pieces, however they are cut. */
export class TableRestore implements StateRestore {
  readonly #adopt: (table: KvTable) => void;
  readonly #table = new KvTable();
  /** The beginning of something that is not whole yet, and how long it must be to go on. */
  #parts: Bytes[] = [];
  #partsBytes = 0;
  #neededBytes = HEAD_BYTES;
  #headTaken = false;
  /** How many entries there should be, once the end mark was met. */
  #size = -1;
  #broken = false;

  constructor(adopt: (table: KvTable) => void) {
    this.#adopt = adopt;
  }

  take(piece: Bytes): void {
    this.#parts.push(piece);
    this.#partsBytes += piece.length;
    if (this.#broken || this.#partsBytes < this.#neededBytes) return;
    const bytes = this.#parts.length === 1 ? piece : concatBytes(this.#parts);
    let at = 0;
    for (;;) {
      const length = this.#takeNext(bytes, at);
      if (this.#broken || length > bytes.length - at) {
        this.#neededBytes = length;
        break;
      }
      at += length;
    }
    this.#parts = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#partsBytes = bytes.length - at;
  }

  /** @returns the length of what starts at `at`; it was taken if all of it is there. */
  #takeNext(bytes: Bytes, at: number): number {
    const left = bytes.length - at;
    if (!this.#headTaken) return this.#takeHead(bytes);
    // Nothing comes after the end mark.
    if (this.#size >= 0) this.#broken = left > 0;
    if (left < END_BYTES) return END_BYTES;
    const keyLength = bytes.readUInt32LE(at);
    if (keyLength === END_MARK) {
      this.#size = readU64(bytes, at + 4);
      return END_BYTES;
    }
    if (left < ENTRY_HEADER_BYTES) return ENTRY_HEADER_BYTES;
    const keyStart = at + ENTRY_HEADER_BYTES;
    const keyEnd = keyStart + keyLength;
    const end = keyEnd + bytes.readUInt32LE(at + 4);
    if (end > bytes.length) return end - at;
    const key = latin1Slice(bytes, keyStart, keyEnd);
    const value = latin1Slice(bytes, keyEnd, end);
    const entry = this.#table.set(key, value, readU64(bytes, at + 8));
    const deadlineMs = readU64(bytes, at + 16);
    if (deadlineMs > 0) this.#table.setDeadline(key, entry, deadlineMs);
    return end - at;
  }

  #takeHead(bytes: Bytes): number {
    const count = bytes.readUInt32LE(16);
    const length = HEAD_BYTES + count * REMOVAL_BYTES;
    if (bytes.length < length) return length;
    const removals = new Map<number, number>();
    for (let at = HEAD_BYTES; at < length; at += REMOVAL_BYTES) {
      removals.set(bytes.readUInt32LE(at), readU64(bytes, at + 4));
    }
    this.#table.nowMs = readU64(bytes, 0);
    this.#table.restoreRemovals(readU64(bytes, 8), removals);
    this.#headTaken = true;
    return length;
  }

  finish(): boolean {
    const whole = !this.#broken && this.#partsBytes === 0 && this.#size === this.#table.size;
    if (whole) this.#adopt(this.#table);
    return whole;
  }
}
