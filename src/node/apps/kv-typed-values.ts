/**
 * Values of several parts beside the arena: the record of such a key says its type and holds, where
 * others have their bytes, the number under which the value is kept here. So everything that is
 * done to keys (deadlines, versions, walks) is done to these too.
 */
import { allocBytes } from '../../std/bytes.ts';
import { ByteSlice } from './byte-slice.ts';
import type { Collection } from './collections.ts';
import type { Cell, KvArena } from './kv-arena.ts';
import { setTypeAt, typeAt } from './kv-version-words.ts';

/** Of the number in the record. */
export const HANDLE_BYTES = 4;

export class TypedValues {
  readonly #arena: KvArena;
  readonly #values = new Map<number, Collection>();
  readonly #handle = new ByteSlice();
  readonly #bytes = allocBytes(HANDLE_BYTES);
  #last = 0;

  constructor(arena: KvArena) {
    this.#arena = arena;
  }

  /** Null: the value is bytes. */
  of(cell: Cell): Collection | null {
    if (typeAt(this.#arena, cell) === 0) return null;
    const { bytes, start } = this.#arena.valueInto(this.#handle, cell, HANDLE_BYTES);
    return this.#values.get(bytes.readUInt32LE(start)) ?? null;
  }

  /** Requires: the record's value is `HANDLE_BYTES` long, and bytes. */
  attach(cell: Cell, collection: Collection): void {
    do this.#last = (this.#last + 1) >>> 0;
    while (this.#values.has(this.#last));
    this.#values.set(this.#last, collection);
    this.#bytes.writeUInt32LE(this.#last);
    this.#arena.write(cell, 0, this.#handle.over(this.#bytes, 0, HANDLE_BYTES));
    setTypeAt(this.#arena, cell, collection.type);
  }

  /** Afterwards the record's value is bytes. */
  detach(cell: Cell): void {
    if (typeAt(this.#arena, cell) === 0) return;
    const { bytes, start } = this.#arena.valueInto(this.#handle, cell, HANDLE_BYTES);
    this.#values.delete(bytes.readUInt32LE(start));
    setTypeAt(this.#arena, cell, 0);
  }
}
