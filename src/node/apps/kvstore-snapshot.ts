/**
 * The kvstore's state as pieces of bytes and back (docs/snapshot-format.md#the-kvstores-data).
 *
 * The state is frozen record by record: whoever is about to change one that was not read yet has it
 * encoded as it is, first, and what has a newer version than the frozen state is passed over. So a
 * reader sees one moment, and a change costs what it changes.
 */
import { allocBytes, type Bytes, concatBytes, readU64, writeU64 } from '../../std/bytes.ts';
import type { LogIndex } from '../model/ids.ts';
import type { SnapshotSource, StateRestore } from '../ports/state-machine.ts';
import { ByteSlice } from './byte-slice.ts';
import { decodeCollection, encodeCollection } from './collections.ts';
import { KeptRecords } from './kept-records.ts';
import { type Cell, NO_CELL, WORD, wordAt } from './kv-arena.ts';
import { SHARDS } from './kv-index.ts';
import { typeAt, versionAt } from './kv-version-words.ts';
import { type KvRecords, KvTable } from './kvstore-table.ts';

const HEAD_BYTES = 20;
const REMOVAL_BYTES = 12;
const ENTRY_HEADER_BYTES = 24;
const END_BYTES = 12;
const END_MARK = 0xffff_ffff;
/** A key's length says, in its highest byte, the type of the value. */
const TYPE_SHIFT = 24;
const LENGTH_MASK = 0xff_ffff;

export class TableSource implements SnapshotSource {
  readonly #records: KvRecords;
  readonly #size: number;
  readonly #version: LogIndex;
  readonly #close: () => void;
  /** By shard, records that changed before they were read, as they were. */
  readonly #kept = new KeptRecords(SHARDS);
  /** Pieces are made here, one after the other. */
  #piece: Bytes = allocBytes(64 * 1024);
  #length = 0;
  #nextShard = 0;
  #ended = false;
  /** The value of the record that is encoded, when it has parts. */
  #parts: Bytes | null = null;

  constructor(table: KvTable) {
    this.#size = table.size;
    this.#version = table.newestVersion;
    this.#records = table.watch((cell) => this.#keep(cell));
    this.#close = () => table.unwatch();
    this.#encodeHead(table);
  }

  next(bytesMax: number): Bytes | null {
    while (this.#length < bytesMax && this.#nextShard < SHARDS) this.#encodeShard();
    if (this.#length === 0) {
      if (this.#ended) return null;
      this.#ended = true;
      this.#encodeEnd();
    }
    const piece = this.#piece.subarray(0, this.#length);
    this.#length = 0;
    return piece;
  }

  close(): void {
    this.#close();
    this.#kept.clear();
  }

  #keep(cell: Cell): void {
    const { arena } = this.#records;
    if (versionAt(arena, cell) > this.#version) return;
    const words = arena.wordsOf(cell);
    const shard = (words[wordAt(cell) + WORD.hash] as number) & (SHARDS - 1);
    if (shard < this.#nextShard) return;
    this.#kept.add(shard, this.#entryLength(cell));
    this.#kept.endAt(this.#encode(cell, this.#kept.bytes, this.#kept.start));
  }

  #encodeShard(): void {
    const { arena, index } = this.#records;
    const shard = this.#nextShard;
    this.#nextShard += 1;
    this.#kept.forEach(shard, (bytes, start, end) => {
      const piece = this.#room(end - start);
      this.#length += bytes.copy(piece, this.#length, start, end);
    });
    for (let cell = index.first(shard); cell !== NO_CELL; cell = index.after(cell)) {
      if (versionAt(arena, cell) > this.#version) continue;
      const piece = this.#room(this.#entryLength(cell));
      this.#length = this.#encode(cell, piece, this.#length);
    }
  }

  /** How long it is as `#encode`, which must be called next, writes it. */
  #entryLength(cell: Cell): number {
    const { arena, typed } = this.#records;
    const collection = typed.of(cell);
    this.#parts = collection === null ? null : encodeCollection(collection);
    const room = this.#parts?.length ?? 0;
    // The key's record is copied whole first, whatever its value.
    return ENTRY_HEADER_BYTES + arena.recordLength(cell) + room;
  }

  /** @returns where it ends. */
  #encode(cell: Cell, to: Bytes, at: number): number {
    const { arena, deadlines } = this.#records;
    const words = arena.wordsOf(cell);
    const parts = this.#parts;
    const keyLength = words[wordAt(cell) + WORD.keyLength] as number;
    const valueLength = parts?.length ?? (words[wordAt(cell) + WORD.valueLength] as number);
    to.writeUInt32LE(keyLength | (typeAt(arena, cell) << TYPE_SHIFT), at);
    to.writeUInt32LE(valueLength, at + 4);
    writeU64(to, versionAt(arena, cell), at + 8);
    writeU64(to, deadlines.deadlineMs(cell), at + 16);
    const end = arena.copyRecord(cell, to, at + ENTRY_HEADER_BYTES);
    if (parts === null) return end;
    // NB: what stood behind the key was only the number under which the value is kept.
    const value = at + ENTRY_HEADER_BYTES + keyLength;
    return value + parts.copy(to, value);
  }

  #encodeHead(table: KvTable): void {
    const { removedAt } = table;
    const head = this.#room(HEAD_BYTES + SHARDS * REMOVAL_BYTES);
    let at = HEAD_BYTES;
    for (let shard = 0; shard < SHARDS; shard += 1) {
      const index = removedAt[shard] as LogIndex;
      if (index === 0) continue;
      head.writeUInt32LE(shard, at);
      writeU64(head, index, at + 4);
      at += REMOVAL_BYTES;
    }
    writeU64(head, table.nowMs, 0);
    writeU64(head, table.flushedAt, 8);
    head.writeUInt32LE((at - HEAD_BYTES) / REMOVAL_BYTES, 16);
    this.#length = at;
  }

  #encodeEnd(): void {
    const end = this.#room(END_BYTES);
    end.writeUInt32LE(END_MARK, 0);
    writeU64(end, this.#size, 4);
    this.#length = END_BYTES;
  }

  /** @returns the piece, with so many bytes of room behind its length. */
  #room(bytes: number): Bytes {
    const needed = this.#length + bytes;
    if (needed > this.#piece.length) {
      const grown = allocBytes(Math.max(needed, 2 * this.#piece.length));
      this.#piece.copy(grown, 0, 0, this.#length);
      this.#piece = grown;
    }
    return this.#piece;
  }
}

/** Builds a table of pieces, however they are cut. */
export class TableRestore implements StateRestore {
  readonly #adopt: (table: KvTable) => void;
  readonly #table = new KvTable();
  readonly #key = new ByteSlice();
  readonly #value = new ByteSlice();
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
    const lengthAndType = bytes.readUInt32LE(at);
    if (lengthAndType === END_MARK) {
      this.#size = readU64(bytes, at + 4);
      return END_BYTES;
    }
    if (left < ENTRY_HEADER_BYTES) return ENTRY_HEADER_BYTES;
    const keyStart = at + ENTRY_HEADER_BYTES;
    const keyEnd = keyStart + (lengthAndType & LENGTH_MASK);
    const end = keyEnd + bytes.readUInt32LE(at + 4);
    if (end > bytes.length) return end - at;
    const version = readU64(bytes, at + 8);
    const deadlineMs = readU64(bytes, at + 16);
    const key = this.#key.over(bytes, keyStart, keyEnd);
    const type = lengthAndType >>> TYPE_SHIFT;
    const cell =
      type === 0
        ? this.#table.set(key, this.#value.over(bytes, keyEnd, end), version)
        : this.#takeParts(type, key, { bytes, start: keyEnd, end, version });
    if (deadlineMs > 0) this.#table.setDeadline(cell, deadlineMs, version);
    return end - at;
  }

  #takeParts(
    type: number,
    key: ByteSlice,
    at: {
      readonly bytes: Bytes;
      readonly start: number;
      readonly end: number;
      readonly version: LogIndex;
    },
  ): Cell {
    const collection = decodeCollection(type, at.bytes, at.start, at.end);
    if (collection !== null) return this.#table.setCollection(key, collection, at.version);
    this.#broken = true;
    return this.#table.set(key, this.#value.over(at.bytes, at.start, at.start), at.version);
  }

  #takeHead(bytes: Bytes): number {
    const count = bytes.readUInt32LE(16);
    const length = HEAD_BYTES + count * REMOVAL_BYTES;
    if (bytes.length < length) return length;
    const removedAt = new Float64Array(SHARDS);
    for (let at = HEAD_BYTES; at < length; at += REMOVAL_BYTES) {
      removedAt[bytes.readUInt32LE(at)] = readU64(bytes, at + 4);
    }
    this.#table.nowMs = readU64(bytes, 0);
    this.#table.restoreRemovals(readU64(bytes, 8), removedAt);
    this.#headTaken = true;
    return length;
  }

  finish(): boolean {
    const whole = !this.#broken && this.#partsBytes === 0 && this.#size === this.#table.size;
    if (whole) this.#adopt(this.#table);
    return whole;
  }
}
