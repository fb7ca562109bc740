/**
 * Some bytes that lie among others: a key or a value where a command brought it. One slice is used
 * again and again, so that nothing is allocated to name a part of a command.
 */
import { allocBytes, type Bytes, bytesFrom, NO_BYTES } from '../../std/bytes.ts';

/** Longer texts are written by native code. */
const LOOP_CHARS_MAX = 64;

export class ByteSlice {
  bytes: Bytes = NO_BYTES;
  start = 0;
  end = 0;
  readonly #own: Bytes = allocBytes(LOOP_CHARS_MAX);

  get length(): number {
    return this.end - this.start;
  }

  /** Lays it over a part of `bytes`. */
  over(bytes: Bytes, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return this;
  }

  /** Lays it over the bytes of a latin1 text. */
  overText(text: string): this {
    const { length } = text;
    if (length > LOOP_CHARS_MAX) return this.over(bytesFrom(text, 'latin1'), 0, length);
    const own = this.#own;
    for (let i = 0; i < length; i += 1) own[i] = text.charCodeAt(i);
    return this.over(own, 0, length);
  }

  equals(other: ByteSlice): boolean {
    return this.bytes.compare(other.bytes, other.start, other.end, this.start, this.end) === 0;
  }

  /** FNV-1a, its low bits made as good as its high ones. NB: replicas agree on it: see SHARDS. */
  hash(): number {
    const { bytes, end } = this;
    let hash = 0x811c9dc5;
    for (let i = this.start; i < end; i += 1) {
      hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
    }
    return hash ^ (hash >>> 15);
  }
}
