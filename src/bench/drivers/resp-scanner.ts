/**
 * Finds the ends of RESP replies without building them: a state machine over bytes, which may be
 * cut anywhere. What it keeps of a reply is whether it is an error, and that error's first word.
 *
 * ```
 *  kind -> line -> (CR) LF -> reply done, or the bytes of a bulk string still to come
 * ```
 * Arrays need no stack: a header of n elements adds n to the elements still owed, and a reply ends
 * when none is owed.
 */
import { commandText } from '../../client/resp-request.ts';
import type { ReplyKind, ReplyScanner, ReplySink } from './driver.ts';

const CR = 13;
const LF = 10;
const SPACE = 32;
const MINUS = 45;
const ZERO = 48;
const WORD_BYTES_MAX = 32;
/** No server sends more in one piece (its limit is 512 MiB). */
const LENGTH_MAX = 1024 * 1024 * 1024;

const STATUS = 0x2b;
const ERROR = 0x2d;
const BULK = 0x24;
const BLOB_ERROR = 0x21;
const VERBATIM = 0x3d;
const NULL = 0x5f;
/** `+ : , ( # _ -`: the line is the whole value. */
const LINES: ReadonlySet<number> = new Set([STATUS, ERROR, 0x3a, 0x2c, 0x28, 0x23, NULL]);
const BULKS: ReadonlySet<number> = new Set([BULK, BLOB_ERROR, VERBATIM]);
/** `* ~ >` and `%`, whose elements come in pairs. */
const ARRAYS: ReadonlySet<number> = new Set([0x2a, 0x7e, 0x3e, 0x25]);
const MAP = 0x25;

export class RespScanner implements ReplyScanner {
  readonly greeting = (token: string): string => commandText(['AUTH', token]);
  /** Kind byte of the element being read; 0: between elements. */
  #kind = 0;
  /** Bytes of a bulk string, with its line end, still to come. */
  #skip = 0;
  #length = 0;
  #isNegative = false;
  /** Elements owed before the reply is whole. */
  #owed = 1;
  #isDeep = false;
  #outcome: ReplyKind = 'ok';
  #word = '';
  #isWordOpen = false;

  push(chunk: Uint8Array, size: number, sink: ReplySink): boolean {
    let at = 0;
    while (at < size) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, size - at);
        this.#skip -= step;
        at += step;
        if (this.#skip === 0) this.#endElement(sink);
      } else if (this.#kind === 0) {
        // The one reply that almost all writes get, in one piece.
        if (chunk[at] === STATUS && at + 5 <= size && this.#owed === 1 && isOk(chunk, at)) {
          at += 5;
          this.#endElement(sink);
        } else if (!this.#begin(chunk[at] as number)) {
          return false;
        } else {
          at += 1;
        }
      } else {
        at = this.#readLine(chunk, at, size);
        if (at < 0) return false;
        if (chunk[at - 1] === LF && !this.#endLine(sink)) return false;
      }
    }
    return true;
  }

  #begin(kind: number): boolean {
    this.#kind = kind;
    this.#length = 0;
    this.#isNegative = false;
    // Only an error that is the whole reply makes the reply an error.
    this.#isWordOpen = kind === ERROR && !this.#isDeep;
    if (this.#isWordOpen) {
      this.#outcome = 'error';
      this.#word = '';
    }
    return LINES.has(kind) || BULKS.has(kind) || ARRAYS.has(kind);
  }

  /** @returns behind the line feed, or `size`; negative: not a length. */
  #readLine(chunk: Uint8Array, from: number, size: number): number {
    const isLength = !LINES.has(this.#kind);
    for (let at = from; at < size; at += 1) {
      const byte = chunk[at] as number;
      if (byte === LF) return at + 1;
      if (byte === CR) continue;
      if (isLength) {
        if (byte === MINUS) this.#isNegative = true;
        else if (byte < ZERO || byte > ZERO + 9) return -1;
        else this.#length = this.#length * 10 + (byte - ZERO);
        if (this.#length > LENGTH_MAX) return -1;
      } else if (this.#isWordOpen) this.#addToWord(byte);
    }
    return size;
  }

  #addToWord(byte: number): void {
    if (byte === SPACE || this.#word.length >= WORD_BYTES_MAX) this.#isWordOpen = false;
    else this.#word += String.fromCharCode(byte);
  }

  #endLine(sink: ReplySink): boolean {
    const kind = this.#kind;
    if (BULKS.has(kind) && !this.#isNegative) {
      if (kind === BLOB_ERROR && !this.#isDeep) {
        this.#outcome = 'error';
        this.#word = 'ERR';
      }
      this.#skip = this.#length + 2;
      return true;
    }
    if (ARRAYS.has(kind) && !this.#isNegative) {
      this.#owed += kind === MAP ? 2 * this.#length : this.#length;
      this.#isDeep = true;
    }
    if ((this.#isNegative || kind === NULL) && !this.#isDeep) this.#outcome = 'missing';
    this.#endElement(sink);
    return true;
  }

  #endElement(sink: ReplySink): void {
    this.#kind = 0;
    this.#owed -= 1;
    if (this.#owed > 0) return;
    const outcome = this.#outcome;
    this.#owed = 1;
    this.#isDeep = false;
    this.#outcome = 'ok';
    sink.onReply(outcome, outcome === 'error' ? this.#word : '');
  }
}

/** Whether `+OK` and its line end are there. Requires: five bytes, the first a plus. */
function isOk(chunk: Uint8Array, at: number): boolean {
  return (
    chunk[at + 1] === 0x4f && chunk[at + 2] === 0x4b && chunk[at + 3] === CR && chunk[at + 4] === LF
  );
}
