/**
 * Parser of RESP requests (versions 2 and 3 send the same) and of inline commands. It reads a
 * socket's chunks where they lie and copies only the tail of a command that a chunk cuts off; a
 * cut command is continued, never parsed from its start again, so that a client that sends single
 * bytes costs no more than one that sends pages.
 *
 * Nothing is ever allocated by a length the client announced: memory grows with the bytes that
 * arrived. After an error the stream has no meaning any more and the connection must be closed.
 *
 * ```
 *   ...used...*2 $3 GET $3 k..
 *             ^ #start      ^ #at: next byte to look at      #end: past the last byte
 * ```
 */
import { allocBytes, type Bytes, latin1Slice, NO_BYTES } from '../../std/bytes.ts';
import { splitInline } from './resp-inline.ts';

export const RESP_LIMITS = {
  bulkBytes: 1024 * 1024,
  args: 65_536,
  /** Of one request as sent; its encoded command is smaller and so fits a batch. */
  requestBytes: 16 * 1024 * 1024 - 64 * 1024,
  inlineBytes: 64 * 1024,
} as const;

const CR = 13;
const LF = 10;
const DOLLAR = 36;
const STAR = 42;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;

const MORE = -1;
const BAD = -2;

/** More digits than any length within the limits has. */
const DIGITS_MAX = 10;
const OWN_BYTES_MIN = 4096;

/** What `next` found: a command, that bytes are missing, or nonsense (see `error`). */
export type ParseStep = 'command' | 'more' | 'error';

export class RespParser {
  /** Where the arguments of the current command lie; valid until the next call of next or feed. */
  bytes: Bytes = NO_BYTES;
  argCount = 0;
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  /** After `error`: the text of the reply, without its code word. */
  error = '';

  #buffer: Bytes = NO_BYTES;
  #owned = false;
  #start = 0;
  #at = 0;
  #end = 0;
  /** Arguments of the multibulk in progress that are still missing; 0: none in progress. */
  #missing = 0;
  /** Size of the bulk whose data comes next; -1: its header comes next. */
  #bulk = -1;
  /** End of the number that was read last. */
  #numberEnd = 0;
  /** How far an inline line was searched for its end. */
  #searched = 0;
  /** Where the command that `next` returned last began. */
  #commandStart = 0;

  /** Takes the next chunk of the stream. The chunk must not change until it is used up. */
  feed(chunk: Bytes): void {
    const pending = this.#end - this.#start;
    if (pending === 0) {
      this.#buffer = chunk;
      this.#owned = false;
      this.#start = 0;
      this.#at = 0;
      this.#end = chunk.length;
      return;
    }
    if (!this.#owned || this.#end + chunk.length > this.#buffer.length) {
      this.#makeRoom(pending, chunk.length);
    }
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** Bytes that came and are not part of a command that was returned. */
  get unparsedBytes(): number {
    return this.#end - this.#start;
  }

  arg(index: number): string {
    return latin1Slice(this.bytes, this.starts[index] as number, this.ends[index] as number);
  }

  argSize(index: number): number {
    return (this.ends[index] as number) - (this.starts[index] as number);
  }

  /** Gives the current command back: it is parsed again. Only right after `next` returned it. */
  unread(): void {
    this.#start = this.#commandStart;
    this.#at = this.#commandStart;
  }

  next(): ParseStep {
    while (true) {
      if (this.#missing === 0) {
        this.#start = this.#at;
        this.argCount = 0;
        if (this.#at >= this.#end) return this.#usedUp();
        if (this.#buffer[this.#at] !== STAR) {
          const step = this.#inline();
          if (step !== null) return step;
          continue;
        }
        const count = this.#number(this.#at + 1);
        if (count === MORE) return 'more';
        if (count === BAD || count > RESP_LIMITS.args) {
          return this.#fail('invalid multibulk length');
        }
        this.#at = this.#numberEnd;
        if (count <= 0) continue;
        this.#missing = count;
        this.#bulk = -1;
        this.bytes = this.#buffer;
      }
      const step = this.#arguments();
      // While its command runs a request counts as used; `bytes` still holds it.
      if (step === 'command') {
        this.#commandStart = this.#start;
        this.#start = this.#at;
      }
      return step;
    }
  }

  #arguments(): ParseStep {
    const buffer = this.#buffer;
    while (this.#missing > 0) {
      if (this.#bulk < 0) {
        if (this.#at >= this.#end) return 'more';
        const type = buffer[this.#at] as number;
        if (type !== DOLLAR) {
          return this.#fail(`expected '$', got '${String.fromCharCode(type)}'`);
        }
        const size = this.#number(this.#at + 1);
        if (size === MORE) return 'more';
        if (size < 0 || size > RESP_LIMITS.bulkBytes) return this.#fail('invalid bulk length');
        this.#at = this.#numberEnd;
        if (this.#at + size - this.#start > RESP_LIMITS.requestBytes) {
          return this.#fail('too big request');
        }
        this.#bulk = size;
      }
      const dataEnd = this.#at + this.#bulk;
      if (dataEnd + 2 > this.#end) return 'more';
      if (buffer[dataEnd] !== CR || buffer[dataEnd + 1] !== LF) {
        return this.#fail('bulk not followed by CRLF');
      }
      this.starts[this.argCount] = this.#at;
      this.ends[this.argCount] = dataEnd;
      this.argCount += 1;
      this.#at = dataEnd + 2;
      this.#bulk = -1;
      this.#missing -= 1;
    }
    return 'command';
  }

  /** Reads `digits CRLF` from `from`; a negative number is -3 or below, so that it is no signal. */
  #number(from: number): number {
    const buffer = this.#buffer;
    const end = this.#end;
    let at = from;
    if (at >= end) return MORE;
    const negative = buffer[at] === MINUS;
    if (negative) at += 1;
    const first = at;
    let value = 0;
    while (at < end) {
      const byte = buffer[at] as number;
      if (byte === CR) break;
      if (byte < ZERO || byte > NINE || at - first >= DIGITS_MAX) return BAD;
      value = value * 10 + (byte - ZERO);
      at += 1;
    }
    if (at + 1 >= end) return MORE;
    const digits = at - first;
    if (digits === 0 || buffer[at + 1] !== LF) return BAD;
    if (buffer[first] === ZERO && (digits > 1 || negative)) return BAD;
    this.#numberEnd = at + 2;
    return negative ? -2 - value : value;
  }

  /** One line of words. @returns null when the line was empty. */
  #inline(): ParseStep | null {
    const from = Math.max(this.#searched, this.#start);
    const newline = this.#buffer.subarray(0, this.#end).indexOf(LF, from);
    if (newline < 0) {
      this.#searched = this.#end;
      if (this.#end - this.#start > RESP_LIMITS.inlineBytes) {
        return this.#fail('too big inline request');
      }
      return 'more';
    }
    this.#searched = 0;
    if (newline - this.#start > RESP_LIMITS.inlineBytes) {
      return this.#fail('too big inline request');
    }
    const words = splitInline(this.#buffer, this.#start, newline, this.starts, this.ends);
    this.#at = newline + 1;
    if (words === null) return this.#fail('unbalanced quotes in request');
    if (words.count === 0) return null;
    this.#commandStart = this.#start;
    this.#start = this.#at;
    this.bytes = words.bytes;
    this.argCount = words.count;
    return 'command';
  }

  #usedUp(): ParseStep {
    this.#buffer = NO_BYTES;
    this.bytes = NO_BYTES;
    this.#owned = false;
    this.#start = 0;
    this.#at = 0;
    this.#end = 0;
    this.#searched = 0;
    return 'more';
  }

  #fail(error: string): ParseStep {
    this.error = `Protocol error: ${error}`;
    return 'error';
  }

  /** Moves the pending bytes to the start of memory of our own that has room for `more`. */
  #makeRoom(pending: number, more: number): void {
    const shift = this.#start;
    if (this.#owned && pending + more <= this.#buffer.length) {
      this.#buffer.copyWithin(0, shift, this.#end);
    } else {
      const grown = allocBytes(Math.max(OWN_BYTES_MIN, 2 * (pending + more)));
      this.#buffer.copy(grown, 0, shift, this.#end);
      this.#buffer = grown;
      this.#owned = true;
    }
    if (this.#missing > 0) {
      this.bytes = this.#buffer;
      for (let i = 0; i < this.argCount; i += 1) {
        this.starts[i] = (this.starts[i] as number) - shift;
        this.ends[i] = (this.ends[i] as number) - shift;
      }
    }
    this.#searched = Math.max(0, this.#searched - shift);
    this.#at -= shift;
    this.#end -= shift;
    this.#start = 0;
  }
}
