/**
 * The key-value store: a map from byte string to byte string. Every condition of a command (NX, a
 * value that is no number, an overflow) is decided here, in log order, so that all replicas agree.
 */
import { createHash } from 'node:crypto';
import { type Bytes, latin1Slice } from '../../std/bytes.ts';
import {
  addInt64,
  KV_FORMAT,
  KV_OK,
  KV_OP,
  type KvAnswer,
  KvError,
  type KvQuery,
  NOT_AN_INTEGER,
  parseInt64,
  SET_FLAG,
  WOULD_OVERFLOW,
} from '../../wire/apps/kvstore.ts';
import type { ApplyContext, StateMachine } from '../ports/state-machine.ts';

const MALFORMED = new KvError('ERR malformed command in the log');

export class KvStore implements StateMachine {
  readonly app = 'kvstore';
  readonly #values = new Map<string, string>();

  apply(bytes: Bytes, start: number, end: number, _context: ApplyContext): KvAnswer {
    if (end - start < 2 || bytes[start] !== KV_FORMAT) return MALFORMED;
    switch (bytes[start + 1]) {
      case KV_OP.set:
        return this.#set(bytes, start + 2, end);
      case KV_OP.incrBy:
        return this.#incrBy(bytes, start + 2, end);
      case KV_OP.del:
        return this.#delete(bytes, start + 2, end);
      case KV_OP.mset:
        return this.#setMany(bytes, start + 2, end);
      default:
        return MALFORMED;
    }
  }

  query(request: unknown): KvAnswer {
    const query = request as KvQuery;
    if (typeof query === 'string') return this.#values.get(query) ?? null;
    if (query.op === 'size') return this.#values.size;
    if (query.op === 'mget') return query.keys.map((key) => this.#values.get(key) ?? null);
    let found = 0;
    for (const key of query.keys) if (this.#values.has(key)) found += 1;
    return found;
  }

  digest(): string {
    const hash = createHash('sha256');
    // The default order compares code units: the same everywhere, whatever the locale.
    for (const key of [...this.#values.keys()].sort()) {
      const value = this.#values.get(key) as string;
      hash.update(`${key.length}:${key}${value.length}:${value}`, 'latin1');
    }
    return hash.digest('hex');
  }

  #set(bytes: Bytes, at: number, end: number): KvAnswer {
    const keyEnd = fieldEnd(bytes, at + 1, end);
    if (keyEnd < 0) return MALFORMED;
    const flags = bytes[at] as number;
    const key = latin1Slice(bytes, at + 5, keyEnd);
    if (flags === 0) {
      this.#values.set(key, latin1Slice(bytes, keyEnd, end));
      return KV_OK;
    }
    const old = this.#values.get(key) ?? null;
    const refused =
      ((flags & SET_FLAG.nx) !== 0 && old !== null) ||
      ((flags & SET_FLAG.xx) !== 0 && old === null);
    if (!refused) this.#values.set(key, latin1Slice(bytes, keyEnd, end));
    if ((flags & SET_FLAG.get) !== 0) return old;
    return refused ? null : KV_OK;
  }

  #incrBy(bytes: Bytes, at: number, end: number): KvAnswer {
    const keyEnd = fieldEnd(bytes, at, end);
    if (keyEnd < 0) return MALFORMED;
    const key = latin1Slice(bytes, at + 4, keyEnd);
    const old = this.#values.get(key);
    const base = old === undefined ? 0 : parseInt64(old);
    const delta = parseInt64(latin1Slice(bytes, keyEnd, end));
    if (base === null || delta === null) return NOT_AN_INTEGER;
    const sum = addInt64(base, delta);
    if (sum === null) return WOULD_OVERFLOW;
    this.#values.set(key, String(sum));
    return sum;
  }

  #delete(bytes: Bytes, start: number, end: number): KvAnswer {
    if (!fieldsAreWhole(bytes, start, end)) return MALFORMED;
    let deleted = 0;
    for (let at = start; at < end; ) {
      const keyEnd = fieldEnd(bytes, at, end);
      if (this.#values.delete(latin1Slice(bytes, at + 4, keyEnd))) deleted += 1;
      at = keyEnd;
    }
    return deleted;
  }

  #setMany(bytes: Bytes, start: number, end: number): KvAnswer {
    // Checked as a whole first: a command that makes no sense must change nothing.
    if (!fieldsAreWhole(bytes, start, end, 2)) return MALFORMED;
    for (let at = start; at < end; ) {
      const keyEnd = fieldEnd(bytes, at, end);
      const valueEnd = fieldEnd(bytes, keyEnd, end);
      this.#values.set(
        latin1Slice(bytes, at + 4, keyEnd),
        latin1Slice(bytes, keyEnd + 4, valueEnd),
      );
      at = valueEnd;
    }
    return KV_OK;
  }
}

/** @returns where the field that starts at `at` ends, or -1 when it does not fit. */
function fieldEnd(bytes: Bytes, at: number, end: number): number {
  if (at + 4 > end) return -1;
  const fieldEnds = at + 4 + bytes.readUInt32LE(at);
  return fieldEnds > end ? -1 : fieldEnds;
}

function fieldsAreWhole(bytes: Bytes, start: number, end: number, multiple = 1): boolean {
  let count = 0;
  let at = start;
  while (at < end) {
    at = fieldEnd(bytes, at, end);
    if (at < 0) return false;
    count += 1;
  }
  return count > 0 && count % multiple === 0;
}
