/**
 * Reads the parts of a command one after the other. What does not fit its command reads as nothing
 * and is remembered in `failed`: to be asked before anything is changed.
 */
import { type Bytes, latin1Slice, NO_BYTES } from '../../std/bytes.ts';

export class CommandReader {
  failed = false;
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

  byte(): number {
    if (!this.#has(1)) return 0;
    this.#at += 1;
    return this.#bytes[this.#at - 1] as number;
  }

  count(): number {
    if (!this.#has(4)) return 0;
    this.#at += 4;
    return this.#bytes.readUInt32LE(this.#at - 4);
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

  fraction(): number {
    if (!this.#has(8)) return 0;
    this.#at += 8;
    const value = this.#bytes.readDoubleLE(this.#at - 8);
    return Number.isFinite(value) ? value : 0;
  }

  field(): string {
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

  rest(): string {
    const start = this.#at;
    this.#at = this.#end;
    return this.failed ? '' : latin1Slice(this.#bytes, start, this.#end);
  }

  #has(size: number): boolean {
    if (!this.failed && this.#at + size <= this.#end) return true;
    this.failed = true;
    return false;
  }
}
