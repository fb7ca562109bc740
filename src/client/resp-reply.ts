/**
 * Replies of a RESP server, read from a byte stream. Pure: bytes in, values out.
 *
 * A status (`+OK`) is a string, a bulk string a Buffer, a nil null, an error a `RespError` value:
 * an error reply is an answer like any other, not an exception.
 */
import { Buffer } from 'node:buffer';

export class RespError {
  /** First word: `NOLEADER`, `UNKNOWN`, `BUSY`, `ERR`, ... */
  readonly prefix: string;
  readonly message: string;

  constructor(text: string) {
    const blank = text.indexOf(' ');
    this.prefix = blank < 0 ? text : text.slice(0, blank);
    this.message = text;
  }
}

export type Reply = string | number | Buffer | null | RespError | readonly Reply[];

const CR = 13;
const MINUS = 45;
const NESTING_MAX = 8;
/** Bulk strings over this are not ours: the stream is broken. Bytes. */
const BULK_BYTES_MAX = 512 * 1024 * 1024;

/** What arrived is not RESP; the connection is of no more use. */
export class RespSyntaxError extends Error {
  override readonly name = 'RespSyntaxError';
}

/** Marks an incomplete reply; `need` of the parser says how many bytes it takes at least. */
const INCOMPLETE = Symbol('incomplete');

export class RespParser {
  #chunks: Buffer[] = [];
  #held = 0;
  /** No use in trying before so many bytes are there (a large bulk string arrives in pieces). */
  #need = 1;
  #bytes: Buffer = Buffer.alloc(0);
  #offset = 0;

  /** Hands every reply that is complete now to `sink`, in order. @throws {RespSyntaxError} */
  push(chunk: Buffer, sink: (reply: Reply) => void): void {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#need) return;
    this.#bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#held);
    this.#offset = 0;
    this.#need = 1;
    let start = 0;
    while (start < this.#bytes.length) {
      const reply = this.#read(0);
      if (reply === INCOMPLETE) break;
      start = this.#offset;
      sink(reply);
    }
    const rest = this.#bytes.subarray(start);
    this.#need = Math.max(1, this.#need - start);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#held = rest.length;
    if (this.#need <= this.#held) this.#need = this.#held + 1;
  }

  #read(depth: number): Reply | typeof INCOMPLETE {
    if (depth > NESTING_MAX) throw new RespSyntaxError('Reply is nested too deeply');
    const bytes = this.#bytes;
    const end = bytes.indexOf(CR, this.#offset);
    if (end < 0 || end + 1 >= bytes.length) return INCOMPLETE;
    const kind = bytes[this.#offset];
    const from = this.#offset + 1;
    this.#offset = end + 2;
    switch (kind) {
      case 0x2b: // +
      case 0x2c: // , double
      case 0x28: // ( big number
        return bytes.toString('latin1', from, end);
      case 0x2d: // -
        return new RespError(bytes.toString('utf8', from, end));
      case 0x3a: // :
        return number(bytes, from, end);
      case 0x23: // # boolean
        return bytes[from] === 0x74 ? 1 : 0;
      case 0x5f: // _ null
        return null;
      case 0x24: // $
      case 0x3d: // = verbatim
      case 0x21: // ! blob error
        return this.#readBulk(number(bytes, from, end), kind === 0x21);
      case 0x2a: // *
      case 0x7e: // ~ set
      case 0x3e: // > push
        return this.#readArray(number(bytes, from, end), depth);
      case 0x25: // % map
        return this.#readArray(2 * number(bytes, from, end), depth);
      default:
        throw new RespSyntaxError(`Not a reply of a RESP server: byte 0x${kind?.toString(16)}`);
    }
  }

  #readBulk(size: number, isError: boolean): Reply | typeof INCOMPLETE {
    if (size < 0) return null;
    if (size > BULK_BYTES_MAX) throw new RespSyntaxError(`Bulk string of ${size} bytes`);
    const end = this.#offset + size;
    if (this.#bytes.length < end + 2) {
      this.#need = end + 2;
      return INCOMPLETE;
    }
    const value = this.#bytes.subarray(this.#offset, end);
    this.#offset = end + 2;
    return isError ? new RespError(value.toString('utf8')) : value;
  }

  #readArray(count: number, depth: number): Reply | typeof INCOMPLETE {
    if (count < 0) return null;
    const items: Reply[] = [];
    for (let i = 0; i < count; i += 1) {
      if (this.#offset >= this.#bytes.length) return INCOMPLETE;
      const item = this.#read(depth + 1);
      if (item === INCOMPLETE) return INCOMPLETE;
      items.push(item);
    }
    return items;
  }
}

function number(bytes: Buffer, from: number, end: number): number {
  const isNegative = bytes[from] === MINUS;
  let value = 0;
  for (let i = isNegative ? from + 1 : from; i < end; i += 1) {
    const digit = (bytes[i] ?? 0) - 48;
    if (digit < 0 || digit > 9) throw new RespSyntaxError('Length is not a number');
    value = value * 10 + digit;
  }
  return isNegative ? -value : value;
}
