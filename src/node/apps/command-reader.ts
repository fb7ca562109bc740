/**
 * Reads the parts of a command one after the other. What does not fit its command reads as nothing
 * and is remembered in `failed`: to be asked before anything is changed.
 */
import { type Bytes, latin1Slice, NO_BYTES, readU32 } from '../../std/bytes.ts';
import { ByteSlice } from './byte-slice.ts';

export class CommandReader {
  failed = false;
  /** For the parts of a command that are looked at where they lie. */
  readonly key = new ByteSlice();
  readonly value = new ByteSlice();
  #bytes: Bytes = NO_BYTES;
  #at = 0;
  #end = 0;

  begin(bytes: Bytes, start: number, end: number): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.failed = false;
  }

  get atEnd(): boolean {
    return this.#at === this.#end;
  }

  get position(): number {
    return this.#at;
  }

  /** Reads on from a position it had before. */
  backTo(position: number): void {
    this.#at = position;
  }

  byte(): number {
    if (!this.#has(1)) return 0;
    this.#at += 1;
    return this.#bytes[this.#at - 1] as number;
  }

  count(): number {
    if (!this.#has(4)) return 0;
    this.#at += 4;
    return readU32(this.#bytes, this.#at - 4);
  }

  /** A whole number, as far as such a number is exact. */
  number(): number {
    if (!this.#has(8)) return 0;
    this.#at += 8;
    const value = this.#bytes.readDoubleLE(this.#at - 8);
    if (Number.isSafeInteger(value)) return value;
    this.failed = true;
    return 0;
  }

  /** Any number but NaN. */
  double(): number {
    if (!this.#has(8)) return 0;
    this.#at += 8;
    const value = this.#bytes.readDoubleLE(this.#at - 8);
    if (!Number.isNaN(value)) return value;
    this.failed = true;
    return 0;
  }

  fraction(): number {
    if (!this.#has(8)) return 0;
    this.#at += 8;
    const value = this.#bytes.readDoubleLE(this.#at - 8);
    return Number.isFinite(value) ? value : 0;
  }

  /** Lays `slice` over the next field. */
  field(slice: ByteSlice): ByteSlice {
    const start = this.#at + 4;
    return this.skipField() ? slice.over(this.#bytes, start, this.#at) : slice.over(NO_BYTES, 0, 0);
  }

  fieldText(): string {
    const start = this.#at + 4;
    return this.skipField() ? latin1Slice(this.#bytes, start, this.#at) : '';
  }

  /** @returns whether a field was there. */
  skipField(): boolean {
    const size = this.count();
    if (!this.#has(size)) return false;
    this.#at += size;
    return true;
  }

  /** How many fields there are up to the end; 0: they do not fill it. They are still to read. */
  fieldsLeft(): number {
    const start = this.#at;
    let count = 0;
    while (!this.atEnd && this.skipField()) count += 1;
    this.#at = start;
    return this.failed ? 0 : count;
  }

  /** Lays `slice` over all that is left. */
  rest(slice: ByteSlice): ByteSlice {
    const start = this.#at;
    this.#at = this.#end;
    return this.failed ? slice.over(NO_BYTES, 0, 0) : slice.over(this.#bytes, start, this.#end);
  }

  restText(): string {
    const { bytes, start, end } = this.rest(this.value);
    return latin1Slice(bytes, start, end);
  }

  #has(size: number): boolean {
    if (!this.failed && this.#at + size <= this.#end) return true;
    this.failed = true;
    return false;
  }
}
