/**
 * Values of several parts: sets, sorted sets, hashes and lists, as commands and snapshots carry
 * them. Texts are latin1, one character a byte.
 *
 * ```
 *  set, list   field, field, ...
 *  hash        field name, field value, ...
 *  zset        f64 score, field member, ...
 *
 *  field = u32 length, little endian, and the bytes
 * ```
 */
import { allocBytes, type Bytes, latin1Slice } from '../../std/bytes.ts';

/** 0 is a string. */
export const KV_TYPE = { string: 0, set: 1, zset: 2, hash: 3, list: 4 } as const;
export type KvTypeName = keyof typeof KV_TYPE;
export const KV_TYPE_NAMES: readonly KvTypeName[] = ['string', 'set', 'zset', 'hash', 'list'];

/** One part: the text, and the score of a member of a sorted set. */
export type PartsVisitor = (text: string, score: number) => void;

export class PartsWriter {
  #bytes: Bytes = allocBytes(256);
  #length = 0;

  score(score: number): void {
    this.#reserve(8);
    this.#bytes.writeDoubleLE(score, this.#length);
    this.#length += 8;
  }

  text(text: string): void {
    this.#reserve(4 + text.length);
    this.#bytes.writeUInt32LE(text.length, this.#length);
    this.#bytes.write(text, this.#length + 4, 'latin1');
    this.#length += 4 + text.length;
  }

  view(): Bytes {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = allocBytes(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** Hands out all parts. @returns false when the bytes end within one. */
export function readParts(
  bytes: Bytes,
  range: { readonly start: number; readonly end: number; readonly scored: boolean },
  visit: PartsVisitor,
): boolean {
  const { end, scored } = range;
  const headBytes = scored ? 12 : 4;
  let at = range.start;
  while (at < end) {
    if (at + headBytes > end) return false;
    const score = scored ? bytes.readDoubleLE(at) : 0;
    const from = at + headBytes;
    const to = from + bytes.readUInt32LE(from - 4);
    if (to > end || Number.isNaN(score)) return false;
    visit(latin1Slice(bytes, from, to), score);
    at = to;
  }
  return true;
}
