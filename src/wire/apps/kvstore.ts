/**
 * The kvstore app as seen from both sides of the log: how its commands are encoded, what its
 * answers and its reads look like. Keys and values are latin1 strings, one character a byte.
 *
 * ```
 *  u8   format   1
 *  u8   opcode   KV_OP
 *  set     u8 flags, field key, value up to the end
 *  del     field key, ... up to the end
 *  incrBy  field key, decimal text of a signed 64-bit number up to the end
 *  mset    field key, field value, ... up to the end
 *
 *  field = u32 length, little endian, and the bytes
 * ```
 * Reads are never encoded: they are answered by the node that got them.
 */
import { allocBytes, type Bytes } from '../../std/bytes.ts';

export const KV_FORMAT = 1;
export const KV_OP = { set: 1, del: 2, incrBy: 3, mset: 4 } as const;
export type KvOp = (typeof KV_OP)[keyof typeof KV_OP];

/** Conditions of `set`: only when absent, only when there; whether the old value is answered. */
export const SET_FLAG = { nx: 1, xx: 2, get: 4 } as const;

export const KEY_BYTES_MAX = 1024;
export const VALUE_BYTES_MAX = 1024 * 1024;

/** The answer of a write that has nothing to say but that it was done. */
export const KV_OK: unique symbol = Symbol('OK');

/** A refusal that is part of the replicated result; the text is Redis's, with its code word. */
export class KvError {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export const NOT_AN_INTEGER = new KvError('ERR value is not an integer or out of range');
export const WOULD_OVERFLOW = new KvError('ERR increment or decrement would overflow');

/**
 * `null` no such key, a string for a value, a number (or bigint past 2^53) for a count or sum,
 * an array for the values of `mget`.
 */
export type KvAnswer =
  | typeof KV_OK
  | null
  | string
  | number
  | bigint
  | readonly (string | null)[]
  | KvError;

/** A plain string is a `get` of that key: the one read that must cost nothing. */
export type KvQuery =
  | string
  | { readonly op: 'mget' | 'exists'; readonly keys: readonly string[] }
  | { readonly op: 'size' };

/** Below this a loop beats the call into native code. */
const LOOP_BYTES_MAX = 32;

/** Encodes one command after the other into the same memory. */
export class KvEncoder {
  #bytes: Bytes = allocBytes(4096);
  #length = 0;

  begin(op: KvOp): void {
    // A rare giant must not pin its memory for ever.
    if (this.#bytes.length > 4 * 1024 * 1024) this.#bytes = allocBytes(4096);
    this.#bytes[0] = KV_FORMAT;
    this.#bytes[1] = op;
    this.#length = 2;
  }

  flags(flags: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = flags;
    this.#length += 1;
  }

  field(from: Bytes, start: number, end: number): void {
    this.#reserve(4);
    this.#bytes.writeUInt32LE(end - start, this.#length);
    this.#length += 4;
    this.rest(from, start, end);
  }

  /** The last part of a command: its length is what remains. */
  rest(from: Bytes, start: number, end: number): void {
    const size = end - start;
    this.#reserve(size);
    const bytes = this.#bytes;
    const at = this.#length;
    if (size <= LOOP_BYTES_MAX) {
      for (let i = 0; i < size; i += 1) bytes[at + i] = from[start + i] as number;
    } else {
      from.copy(bytes, at, start, end);
    }
    this.#length = at + size;
  }

  /** A field from a latin1 string. */
  fieldText(text: string): void {
    this.#reserve(4);
    this.#bytes.writeUInt32LE(text.length, this.#length);
    this.#length += 4;
    this.restText(text);
  }

  restText(text: string): void {
    this.#reserve(text.length);
    this.#bytes.write(text, this.#length, 'latin1');
    this.#length += text.length;
  }

  /** The command so far. Valid until the next `begin`. */
  view(): Bytes {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = allocBytes(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

const INT64_MAX = 0x7fff_ffff_ffff_ffffn;
const INT64_MIN = -0x8000_0000_0000_0000n;
const ZERO = 48;
const NINE = 57;
const MINUS = 45;

/**
 * Reads a signed 64-bit decimal as strictly as Redis does: no sign `+`, no blanks, no leading
 * zeros, no `-0`.
 * @returns a number when it is exact, else a bigint, or null when the text is no such number.
 */
export function parseInt64(text: string): number | bigint | null {
  const length = text.length;
  if (length === 0 || length > 20) return null;
  const negative = text.charCodeAt(0) === MINUS;
  const from = negative ? 1 : 0;
  const first = text.charCodeAt(from);
  if (from === length) return null;
  if (first === ZERO) return length === 1 ? 0 : null;
  let value = 0;
  for (let i = from; i < length; i += 1) {
    const digit = text.charCodeAt(i);
    if (digit < ZERO || digit > NINE) return null;
    value = value * 10 + (digit - ZERO);
  }
  if (length - from <= 15) return negative ? -value : value;
  const exact = BigInt(text);
  return exact > INT64_MAX || exact < INT64_MIN ? null : narrow(exact);
}

/** @returns the sum, or null when it does not fit 64 bits. */
export function addInt64(a: number | bigint, b: number | bigint): number | bigint | null {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  const exact = BigInt(a) + BigInt(b);
  return exact > INT64_MAX || exact < INT64_MIN ? null : narrow(exact);
}

function narrow(exact: bigint): number | bigint {
  const value = Number(exact);
  return Number.isSafeInteger(value) ? value : exact;
}
