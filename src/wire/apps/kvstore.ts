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
 *  sadd, srem    field key, field member, ...
 *  zadd          u8 ZADD_FLAG, field key, f64 score, field member, ...
 *  zrem          field key, field member, ...
 *  put           u8 PUT_FLAG, f64 time with `ttl` or `deadline`, field key, u8 KV_TYPE, the value
 *                as bytes or as wire/apps/kv-collections.ts has it
 *  fill          f64 first, f64 count, value: keys named by numbers, where they are absent
 *  demo          a command of raft-demo's clients: see wire/dialects/raft-demo-entry.ts
 *
 *  field = u32 length, little endian, and the bytes; what comes last goes up to the end
 *  time  = milliseconds: from now (`ttl`) or since 1970 (`deadline`), in cluster time
 * ```
 * Other reads are never encoded: they are answered by the node that got them.
 */
import type { Bytes } from '../../std/bytes.ts';

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
  sadd: 32,
  srem: 33,
  zadd: 34,
  zrem: 35,
  put: 36,
  demo: 48,
  fill: 49,
} as const;
export type KvOp = (typeof KV_OP)[keyof typeof KV_OP];

/** What a time is counted from; at most one of them. */
export const TIME_FLAG = { ttl: 16, deadline: 32 } as const;

/** Of `set`: only when absent, only when there, answer the old value, keep the deadline. */
export const SET_FLAG = { nx: 1, xx: 2, get: 4, keepTtl: 8, ...TIME_FLAG } as const;

/** Only without a deadline, only with one, only to a later one, only to an earlier one. */
export const EXPIRE_FLAG = { nx: 1, xx: 2, gt: 4, lt: 8, ...TIME_FLAG } as const;

/** Only new members, only old ones, only to higher scores or lower; count changes; add to it. */
export const ZADD_FLAG = { nx: 1, xx: 2, gt: 4, lt: 8, ch: 16, incr: 32 } as const;

/** Also in the place of a key that is there. */
export const PUT_FLAG = { replace: 1, ...TIME_FLAG } as const;

export const KEY_BYTES_MAX = 1024;
export const VALUE_BYTES_MAX = 1024 * 1024;

/** The answer of a write that has nothing to say but that it was done. */
export const KV_OK: unique symbol = Symbol('OK');

/** The answer of a transaction whose watched keys have changed. */
export const KV_ABORTED: unique symbol = Symbol('aborted');

/** The answer to a KvTrial: the write would change something. */
export const KV_CHANGES: unique symbol = Symbol('changes');

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

export const WRONG_TYPE = new KvError(
  'WRONGTYPE Operation against a key holding the wrong kind of value',
);
export const KEY_IS_BUSY = new KvError('BUSYKEY Target key name already exists.');
export const SCORE_IS_NAN = new KvError('ERR resulting score is not a number (NaN)');
export const NOT_AN_INTEGER = new KvError('ERR value is not an integer or out of range');
export const NOT_A_FLOAT = new KvError('ERR value is not a valid float');
export const NOT_FINITE = new KvError('ERR increment would produce NaN or Infinity');
export const NO_SUCH_KEY = new KvError('ERR no such key');
export const VALUE_TOO_LONG = new KvError(
  'ERR string exceeds maximum allowed size (proto-max-bulk-len)',
);
export const WOULD_OVERFLOW = new KvError('ERR increment or decrement would overflow');

/** Members of a set, without an order. */
export class KvMembers {
  readonly members: readonly string[];

  constructor(members: readonly string[]) {
    this.members = members;
  }
}

/** Fields of a hash: name, value, name, value, ... */
export class KvFields {
  readonly texts: readonly string[];

  constructor(texts: readonly string[]) {
    this.texts = texts;
  }
}

export class KvScore {
  readonly score: number;

  constructor(score: number) {
    this.score = score;
  }
}

/** Members of a sorted set with their scores. */
export class KvScored {
  readonly entries: readonly { readonly member: string; readonly score: number }[];

  constructor(entries: readonly { readonly member: string; readonly score: number }[]) {
    this.entries = entries;
  }
}

/**
 * `null` no such key, a string for a value, a number (or bigint past 2^53) for a count or sum,
 * an array for several values, of a transaction its answers.
 */
export type KvAnswer =
  | typeof KV_OK
  | typeof KV_ABORTED
  | KvWord
  | KvMembers
  | KvFields
  | KvScore
  | KvScored
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
 * - `version` of each key, see `multi`; `size` and `volatile` count keys;
 * - `sismember`, `zscore`, `hget` key and member; `lrange` x first, y last;
 * - `zrange` key, form; x first, y last rank; `zrangeByScore` key, form, lower and upper end; x
 *   offset, y count, negative: all; `zcount` key, form, lower and upper end.
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
  smembers: 32,
  scard: 33,
  sismember: 34,
  zcard: 35,
  zcount: 36,
  zrange: 37,
  zrangeByScore: 38,
  zscore: 39,
  hgetall: 40,
  hget: 41,
  hlen: 42,
  lrange: 43,
  llen: 44,
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

/**
 * What a write would answer now if it changed nothing, else KV_CHANGES. For `sadd`, `srem`, `zadd`
 * and `zrem`; a write without effect may be answered so, as a read.
 */
export class KvTrial {
  /** As it would be in the log. */
  readonly command: Bytes;
  /** What came of it, and in which state of the app: asked there again, it is not tried again. */
  answer: KvAnswer | typeof KV_CHANGES = null;
  state = -1;

  constructor(command: Bytes) {
    this.command = command;
  }
}

/** A plain string is a `get` of that key: the one read that must cost nothing. */
export type KvQuery = string | KvRead;
