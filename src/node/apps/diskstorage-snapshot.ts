/**
 * The slots as pieces of bytes and back (docs/snapshot-format.md#the-diskstorages-data). They are
 * read ahead, a stretch of the file at a time; what has yet to be read is not overwritten.
 */
import { allocBytes, type Bytes, concatBytes, NO_BYTES } from '../../std/bytes.ts';
import { SLOT_BYTES, SLOTS } from '../../wire/apps/diskstorage.ts';
import type { SnapshotSource, StateRestore } from '../ports/state-machine.ts';
import type { SlotFile } from './slot-file.ts';
import { SlotTable, slotContent } from './slot-table.ts';

const FORMAT = 1;
const HEAD_BYTES = 6;
/** In place of a slot: that was all. */
const END = 0xffff_ffff;
/** In place of a length: the slot's value was deleted. */
const DELETED = 0xffff;
/** So much of the file is read at once. */
const STRETCH_SLOTS = 256;
/** Stretches with little in them are read until there is so much. */
const PIECE_BYTES_MIN = 48 * 1024;

export interface SlotSourceParts {
  /** As it was when the state was frozen; nobody else's. */
  readonly table: SlotTable;
  readonly file: SlotFile;
  readonly onDamaged: (slot: number) => void;
}

export class SlotSource implements SnapshotSource {
  readonly #parts: SlotSourceParts;
  /** What was not in the file when the state was frozen. */
  readonly #waiting: ReadonlyMap<number, Bytes>;
  #ahead: Bytes | null;
  #slots = 0;
  #next = 0;
  #ended = false;
  #closed = false;

  constructor(parts: SlotSourceParts) {
    this.#parts = parts;
    this.#waiting = parts.file.frozen();
    this.#ahead = Buffer.of(FORMAT);
    parts.file.hold(0);
  }

  get ready(): boolean {
    return this.#ahead !== null || this.#ended;
  }

  next(): Bytes | null {
    const piece = this.#ahead;
    this.#ahead = null;
    if (piece !== null && !this.#ended) this.#readAhead([], 0);
    return piece;
  }

  close(): void {
    this.#closed = true;
    this.#parts.file.hold(Number.POSITIVE_INFINITY);
  }

  #readAhead(pieces: Bytes[], bytes: number): void {
    const { table, file } = this.#parts;
    const first = table.touchedFrom(this.#next);
    if (first === SLOTS) {
      this.#ended = true;
      this.#ahead = concatBytes([...pieces, endMark(this.#slots)]);
      return;
    }
    const count = Math.min(STRETCH_SLOTS, SLOTS - first);
    file.read(first, count, (stretch) => {
      if (this.#closed) return;
      const piece = this.#encode(first, count, stretch);
      if (piece === null) return;
      this.#next = first + count;
      file.hold(this.#next);
      pieces.push(piece);
      const soFar = bytes + piece.length;
      if (soFar < PIECE_BYTES_MIN) this.#readAhead(pieces, soFar);
      else this.#ahead = concatBytes(pieces);
    });
  }

  #encode(first: number, count: number, stretch: Bytes): Bytes | null {
    const { table, onDamaged } = this.#parts;
    const parts: Bytes[] = [];
    for (let slot = first; slot < first + count; slot += 1) {
      if (table.isUntouched(slot)) continue;
      const at = (slot - first) * SLOT_BYTES;
      const content = this.#waiting.get(slot) ?? stretch.subarray(at, at + SLOT_BYTES);
      if (!table.isIntact(table.checksumOf(slot), content)) {
        onDamaged(slot);
        return null;
      }
      const length = table.lengthOf(slot);
      parts.push(headOf(slot, length ?? DELETED), content.subarray(0, length ?? 0));
      this.#slots += 1;
    }
    return concatBytes(parts);
  }
}

function headOf(slot: number, length: number): Bytes {
  const head = allocBytes(HEAD_BYTES);
  head.writeUInt32LE(slot, 0);
  head.writeUInt16LE(length, 4);
  return head;
}

function endMark(slots: number): Bytes {
  const mark = allocBytes(8);
  mark.writeUInt32LE(END, 0);
  mark.writeUInt32LE(slots, 4);
  return mark;
}

export class SlotRestore implements StateRestore {
  readonly #file: SlotFile;
  readonly #adopt: (table: SlotTable) => void;
  readonly #table: SlotTable;
  #rest: Bytes = NO_BYTES;
  #slots = 0;
  #state: 'head' | 'slots' | 'ended' | 'wrong' = 'head';

  /** @param table what is restored goes there: it has nothing yet. */
  constructor(file: SlotFile, adopt: (table: SlotTable) => void, table = new SlotTable()) {
    this.#file = file;
    this.#adopt = adopt;
    this.#table = table;
  }

  take(piece: Bytes): void {
    const bytes = concatBytes([this.#rest, piece]);
    let at = 0;
    if (this.#state === 'head' && bytes.length > 0) {
      this.#state = bytes[0] === FORMAT ? 'slots' : 'wrong';
      at = 1;
    }
    while (this.#state === 'slots') {
      const end = this.#takeSlot(bytes, at);
      if (end === at) break;
      at = end;
    }
    if (this.#state === 'ended' && at < bytes.length) this.#state = 'wrong';
    this.#rest = this.#state === 'wrong' ? NO_BYTES : bytes.subarray(at);
  }

  finish(): boolean {
    if (this.#state !== 'ended') return false;
    this.#adopt(this.#table);
    return true;
  }

  /** @returns where the next one begins; `start`: this one is not whole. */
  #takeSlot(bytes: Bytes, start: number): number {
    if (bytes.length < start + HEAD_BYTES) return start;
    const slot = bytes.readUInt32LE(start);
    if (slot === END) {
      if (bytes.length < start + 8) return start;
      this.#state = bytes.readUInt32LE(start + 4) === this.#slots ? 'ended' : 'wrong';
      return start + 8;
    }
    const length = bytes.readUInt16LE(start + 4);
    const isDeleted = length === DELETED;
    if (slot >= SLOTS || (length > SLOT_BYTES && !isDeleted)) {
      this.#state = 'wrong';
      return start;
    }
    const end = start + HEAD_BYTES + (isDeleted ? 0 : length);
    if (bytes.length < end) return start;
    const content = slotContent(isDeleted ? null : bytes.subarray(start + HEAD_BYTES, end));
    this.#table.set(slot, isDeleted ? null : length, content);
    this.#file.put(slot, content);
    this.#slots += 1;
    return end;
  }
}
