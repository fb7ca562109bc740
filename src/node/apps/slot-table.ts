/** What is known of each slot without reading it: how long its value is, and its checksum. */
import { createHash } from 'node:crypto';
import { type Bytes, crc32 } from '../../std/bytes.ts';
import { DELETED_BYTE, SLOT_BYTES, SLOTS } from '../../wire/apps/diskstorage.ts';

const UNTOUCHED = 0xffff;
const DELETED = 0xfffe;

export class SlotTable {
  /** How many slots hold a value. */
  count = 0;
  readonly #lengths: Uint16Array;
  readonly #checksums: Uint32Array;

  constructor(from: SlotTable | null = null) {
    this.#lengths = from === null ? new Uint16Array(SLOTS).fill(UNTOUCHED) : from.#lengths.slice();
    this.#checksums = from === null ? new Uint32Array(SLOTS) : from.#checksums.slice();
    this.count = from?.count ?? 0;
  }

  /** The length of a value; null: the slot holds none. */
  lengthOf(slot: number): number | null {
    const length = this.#lengths[slot] as number;
    return length <= SLOT_BYTES ? length : null;
  }

  isUntouched(slot: number): boolean {
    return this.#lengths[slot] === UNTOUCHED;
  }

  /** The first slot from there on that was ever written; SLOTS: none. */
  touchedFrom(slot: number): number {
    let at = slot;
    while (at < SLOTS && this.#lengths[at] === UNTOUCHED) at += 1;
    return at;
  }

  /** @param length of the value; null: it was deleted. @param content of the whole slot. */
  set(slot: number, length: number | null, content: Bytes): void {
    if (this.lengthOf(slot) !== null) this.count -= 1;
    if (length !== null) this.count += 1;
    this.#lengths[slot] = length ?? DELETED;
    this.#checksums[slot] = crc32(content);
  }

  checksumOf(slot: number): number {
    return this.#checksums[slot] as number;
  }

  isIntact(checksum: number, content: Bytes): boolean {
    return content.length === SLOT_BYTES && crc32(content) === checksum;
  }

  digest(): string {
    const bytes = (array: Uint16Array | Uint32Array): Uint8Array => new Uint8Array(array.buffer);
    const hash = createHash('sha256').update(bytes(this.#lengths));
    return hash.update(bytes(this.#checksums)).digest('hex');
  }
}

/** @param value null: of a key that was deleted. */
export function slotContent(value: Bytes | null): Bytes {
  const content = Buffer.alloc(SLOT_BYTES, value === null ? DELETED_BYTE : 0);
  value?.copy(content);
  return content;
}
