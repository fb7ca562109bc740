/** Cuts a stream of bytes at its line ends. */
import { type Bytes, concatBytes, NO_BYTES } from '../../std/bytes.ts';

const NEWLINE = 10;

export class LineSplitter {
  /** The line that has begun is longer than any may be; nothing follows it. */
  tooLong = false;
  readonly #bytesMax: number;
  #bytes: Bytes = NO_BYTES;
  #at = 0;
  /** No line end lies between `#at` and there. */
  #searched = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  feed(chunk: Bytes): void {
    const rest = this.#bytes.subarray(this.#at);
    this.#bytes = rest.length === 0 ? chunk : concatBytes([rest, chunk]);
    this.#searched -= this.#at;
    this.#at = 0;
  }

  /** The next line, without its end; null: it is not whole yet. Valid until the next `feed`. */
  next(): Bytes | null {
    if (this.tooLong) return null;
    const end = this.#bytes.indexOf(NEWLINE, this.#searched);
    const length = (end < 0 ? this.#bytes.length : end) - this.#at;
    if (length > this.#bytesMax) {
      this.tooLong = true;
      return null;
    }
    if (end < 0) {
      this.#searched = this.#bytes.length;
      return null;
    }
    const line = this.#bytes.subarray(this.#at, end);
    this.#at = end + 1;
    this.#searched = this.#at;
    return line;
  }
}
