/**
 * The kvstore app as seen from both sides of the log: how its commands are encoded, what its
 * answers and its reads look like. Keys and values are latin1 strings, one character a byte.
 *
 * ```
 *  u8   format   1
 *  u8   opcode   KV_OP
 *  set           u8 SET_FLAG, f64 time with `ttl` or `deadline`, field key, value
 *  del           field key, ...
 *  incrBy        field key, decimal text of a signed 64-bit number
 *  mset, msetnx  field key, field value, ...
 *  append        field key, bytes
 *  setRange      f64 offset, field key, bytes
 *  incrByFloat   field key, decimal text
 *  getDel        key
 *  getEx         u8 TIME_FLAG (0: no deadline any more), f64 time, key
 *  expire        u8 TIME_FLAG and EXPIRE_FLAG, f64 time, key
 *  persist       key
 *  rename, copy  u8 1: only when the new key is absent (rename), replace it (copy); field key, key
 *  flush, time   nothing
 *  multi         u32 number of watched keys, for each field key, f64 version;
 *                field command, ...: any of the above but time, or a read
 *  read          u8 KV_READ, f64 x, f64 y, field key, ...        only inside multi
 *
 *  field = u32 length, little endian, and the bytes; what comes last goes up to the end
 *  time  = milliseconds: from now (`ttl`) or since 1970 (`deadline`), in cluster time
 * ```
 * Other reads are never encoded: they are answered by the node that got them.
 */
export const KV_FORMAT = 1;
export const KV_OP = {
  set: 1,
  del: 2,
  incrBy: 3,
  mset: 4,
  msetnx: 5,
  append: 6,
  setRange: 7,
  incrByFloat: 8,
  getDel: 9,
  getEx: 10,
  expire: 11,
  persist: 12,
  rename: 13,
  copy: 14,
  flush: 15,
  time: 16,
  multi: 17,
  read: 18,
} as const;
export type KvOp = (typeof KV_OP)[keyof typeof KV_OP];

/** What a time is counted from; at most one of them. */
export const TIME_FLAG = { ttl: 16, deadline: 32 } as const;

/** Of `set`: only when absent, only when there, answer the old value, keep the deadline. */
export const SET_FLAG = { nx: 1, xx: 2, get: 4, keepTtl: 8, ...TIME_FLAG } as const;

/** Only without a deadline, only with one, only to a later one, only to an earlier one. */
export const EXPIRE_FLAG = { nx: 1, xx: 2, gt: 4, lt: 8, ...TIME_FLAG } as const;

export const KEY_BYTES_MAX = 1024;
export const VALUE_BYTES_MAX = 1024 * 1024;

/** The answer of a write that has nothing to say but that it was done. */
export const KV_OK: unique symbol = Symbol('OK');

/** The answer of a transaction whose watched keys have changed. */
export const KV_ABORTED: unique symbol = Symbol('aborted');

/** One word that is no value: the type of a key. */
export class KvWord {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A refusal that is part of the replicated result; the text is Redis's, with its code word. */
export class KvError {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export const NOT_AN_INTEGER = new KvError('ERR value is not an integer or out of range');
export const NOT_A_FLOAT = new KvError('ERR value is not a valid float');
export const NOT_FINITE = new KvError('ERR increment would produce NaN or Infinity');
export const NO_SUCH_KEY = new KvError('ERR no such key');
export const VALUE_TOO_LONG = new KvError(
  'ERR string exceeds maximum allowed size (proto-max-bulk-len)',
);
export const WOULD_OVERFLOW = new KvError('ERR increment or decrement would overflow');

/**
 * `null` no such key, a string for a value, a number (or bigint past 2^53) for a count or sum,
 * an array for several values, of a transaction its answers.
 */
export type KvAnswer =
  | typeof KV_OK
  | typeof KV_ABORTED
  | KvWord
  | null
  | string
  | number
  | bigint
  | readonly KvAnswer[]
  | KvError;

/**
 * Reads. Keys are as the command needs them, x and y its numbers:
 *
 * - `getRange` x first, y last offset; `ttl` x cluster time of the asker, y TTL_FORM;
 * - `keys` pattern; `scan` pattern and type, x cursor, y count; `randomKey` x in 0..1;
 * - `version` of each key, see `multi`; `size` and `volatile` count keys.
 */
export const KV_READ = {
  get: 1,
  mget: 2,
  exists: 3,
  size: 4,
  strlen: 5,
  getRange: 6,
  ttl: 7,
  type: 8,
  keys: 9,
  scan: 10,
  randomKey: 11,
  version: 12,
  volatile: 13,
} as const;
export type KvReadOp = keyof typeof KV_READ;

/** Time left in seconds or milliseconds, deadline in seconds or milliseconds. */
export const TTL_FORM = { seconds: 0, ms: 1, deadlineSeconds: 2, deadlineMs: 3 } as const;

export interface KvRead {
  readonly op: KvReadOp;
  readonly keys?: readonly string[];
  readonly x?: number;
  readonly y?: number;
}

/** A plain string is a `get` of that key: the one read that must cost nothing. */
export type KvQuery = string | KvRead;
