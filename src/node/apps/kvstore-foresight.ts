/**
 * Looks at the records of the commands that come next, before the first of them is applied. A table
 * larger than the processor's caches makes each command wait for memory; records that are looked at
 * one right after the other, none depending on the one before, are waited for all at once.
 */
import { type Bytes, readU32 } from '../../std/bytes.ts';
import { KV_FORMAT, KV_OP, TIME_FLAG } from '../../wire/apps/kvstore.ts';
import { ByteSlice } from './byte-slice.ts';
import type { KvTable } from './kvstore-table.ts';

export class Foresight {
  /** Makes sure that looking is not in vain: a compiler drops what nobody asks for. */
  seen = 0;
  readonly #key = new ByteSlice();
  #hashes = new Int32Array(32);

  look(table: KvTable, bytes: Bytes, spans: Int32Array, count: number): void {
    if (this.#hashes.length < count) this.#hashes = new Int32Array(count);
    let found = 0;
    for (let i = 0; i < count; i += 1) {
      const end = spans[2 * i + 1] as number;
      const start = keyStart(bytes, spans[2 * i] as number);
      if (start === 0 || start > end) continue;
      const keyEnd = start + readU32(bytes, start - 4);
      if (keyEnd > end) continue;
      this.#hashes[found] = this.#key.over(bytes, start, keyEnd).hash();
      found += 1;
    }
    this.seen ^= table.touch(this.#hashes, found);
  }
}

/** Where the first key of a command begins, after its length; 0: it is not worth a look. */
function keyStart(bytes: Bytes, start: number): number {
  if (bytes[start] !== KV_FORMAT) return 0;
  switch (bytes[start + 1]) {
    case KV_OP.set: {
      const timed = ((bytes[start + 2] as number) & (TIME_FLAG.ttl | TIME_FLAG.deadline)) !== 0;
      return start + (timed ? 15 : 7);
    }
    case KV_OP.incrBy:
    case KV_OP.append:
    case KV_OP.del:
      return start + 6;
    default:
      return 0;
  }
}
