/**
 * The key-value store: a map from byte string to byte string. Every condition of a command (NX, a
 * value that is no number, a deadline) is decided here, in log order, so that all replicas agree.
 *
 * Time is part of the state: a batch brings the cluster time at which it was sealed, and a key
 * whose deadline that has reached is gone from then on, on every replica at the same index. Nothing
 * here looks at a clock.
 */
import { createHash } from 'node:crypto';
import { type Bytes, bytesFrom } from '../../std/bytes.ts';
import {
  KV_ABORTED,
  KV_CHANGES,
  KV_FORMAT,
  KV_OP,
  type KvAnswer,
  type KvQuery,
  KvTrial,
} from '../../wire/apps/kvstore.ts';
import type { LogIndex } from '../model/ids.ts';
import type {
  ApplyContext,
  SnapshotSource,
  StateMachine,
  StateRestore,
} from '../ports/state-machine.ts';
import { canonicalText } from './collections.ts';
import { CommandReader } from './command-reader.ts';
import { NO_CELL } from './kv-arena.ts';
import { SHARDS } from './kv-index.ts';
import {
  addMembers,
  addScored,
  put,
  removeMembers,
  removeScored,
  TRIAL,
  type TriedWrite,
} from './kvstore-collection-writes.ts';
import { demo, fill } from './kvstore-demo.ts';
import { Foresight } from './kvstore-foresight.ts';
import { copy, expire, flush, getDel, getEx, passTime, persist, rename } from './kvstore-keys.ts';
import { decodeRead, read, WALK_STEPS_MAX, type Work } from './kvstore-reads.ts';
import { TableRestore, TableSource } from './kvstore-snapshot.ts';
import { KvTable } from './kvstore-table.ts';
import {
  append,
  incrBy,
  incrByFloat,
  MALFORMED,
  remove,
  set,
  setMany,
  setManyAbsent,
  setRange,
  type Write,
} from './kvstore-writes.ts';

const TRIED: ReadonlyMap<number, TriedWrite> = new Map([
  [KV_OP.sadd, addMembers],
  [KV_OP.srem, removeMembers],
  [KV_OP.zadd, addScored],
  [KV_OP.zrem, removeScored],
]);

/** By opcode. The two that are missing are done here: `multi` and, inside it, `read`. */
const WRITES: readonly (Write | undefined)[] = (() => {
  const writes: (Write | undefined)[] = [];
  writes[KV_OP.set] = set;
  writes[KV_OP.del] = remove;
  writes[KV_OP.incrBy] = incrBy;
  writes[KV_OP.mset] = setMany;
  writes[KV_OP.msetnx] = setManyAbsent;
  writes[KV_OP.append] = append;
  writes[KV_OP.setRange] = setRange;
  writes[KV_OP.incrByFloat] = incrByFloat;
  writes[KV_OP.getDel] = getDel;
  writes[KV_OP.getEx] = getEx;
  writes[KV_OP.expire] = expire;
  writes[KV_OP.persist] = persist;
  writes[KV_OP.rename] = rename;
  writes[KV_OP.copy] = copy;
  writes[KV_OP.flush] = flush;
  writes[KV_OP.time] = passTime;
  writes[KV_OP.put] = put;
  writes[KV_OP.demo] = demo;
  writes[KV_OP.fill] = fill;
  // When it is not tried, such a write has an answer of its own.
  for (const [op, write] of TRIED) writes[op] = write as Write;
  return writes;
})();

export class KvStore implements StateMachine {
  readonly app = 'kvstore';
  readonly timeCommand = bytesFrom(String.fromCharCode(KV_FORMAT, KV_OP.time), 'latin1');
  #table = new KvTable();
  /** Counts what was applied: no two states share it. */
  #state = 0;
  readonly #foresight = new Foresight();
  readonly #reader = new CommandReader();
  /** Of a transaction, whose commands are read by the other. */
  readonly #parts = new CommandReader();

  apply(bytes: Bytes, start: number, end: number, context: ApplyContext): KvAnswer {
    const table = this.#table;
    this.#state += 1;
    if (context.leaderTimeMs > table.nowMs) table.nowMs = context.leaderTimeMs;
    if (end - start < 2 || bytes[start] !== KV_FORMAT) return MALFORMED;
    const opcode = bytes[start + 1] as number;
    if (opcode === KV_OP.multi) return this.#multi(bytes, start + 2, end, context.index);
    const write = WRITES[opcode];
    if (write === undefined) return MALFORMED;
    this.#reader.begin(bytes, start + 2, end);
    return write(table, this.#reader, context.index);
  }

  foresee(bytes: Bytes, spans: Int32Array, count: number): void {
    this.#foresight.look(this.#table, bytes, spans, count);
  }

  query(request: unknown): KvAnswer | typeof KV_CHANGES {
    const query = request as KvQuery | KvTrial;
    if (typeof query === 'string') return this.#table.valueOf(query);
    if (query instanceof KvTrial) return this.#tried(query);
    return read(this.#table, query, { steps: WALK_STEPS_MAX });
  }

  nextDeadlineMs(): number | null {
    return this.#table.nextDeadlineMs;
  }

  digest(): string {
    const table = this.#table;
    const entries: [string, string, number][] = [];
    for (let number = 0; number < SHARDS; number += 1) {
      for (let cell = table.first(number); cell !== NO_CELL; cell = table.after(cell)) {
        const collection = table.collectionOf(cell);
        const value = collection === null ? table.valueText(cell) : canonicalText(collection);
        entries.push([table.keyText(cell), value, table.deadlineMs(cell)]);
      }
    }
    // Code units are compared: the same everywhere, whatever the locale.
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    const hash = createHash('sha256');
    for (const [key, value, deadlineMs] of entries) {
      const until = deadlineMs === 0 ? '' : `@${deadlineMs}`;
      hash.update(`${key.length}:${key}${value.length}:${value}${until}`, 'latin1');
    }
    return hash.digest('hex');
  }

  snapshot(): SnapshotSource {
    return new TableSource(this.#table);
  }

  restore(): StateRestore {
    return new TableRestore((table) => {
      this.#table = table;
      this.#state += 1;
    });
  }

  #tried(trial: KvTrial): KvAnswer | typeof KV_CHANGES {
    if (trial.state !== this.#state) {
      trial.answer = this.#try(trial.command);
      trial.state = this.#state;
    }
    return trial.answer;
  }

  #try(command: Bytes): KvAnswer | typeof KV_CHANGES {
    const write = TRIED.get(command[1] as number);
    if (write === undefined) return KV_CHANGES;
    this.#reader.begin(command, 2, command.length);
    return write(this.#table, this.#reader, TRIAL);
  }

  /** All commands of a transaction, or none when a watched key has changed. */
  #multi(bytes: Bytes, start: number, end: number, index: LogIndex): KvAnswer {
    const table = this.#table;
    const parts = this.#parts;
    parts.begin(bytes, start, end);
    let changed = false;
    const watched = parts.count();
    for (let i = 0; i < watched && !parts.failed; i += 1) {
      const key = parts.fieldText();
      if (parts.number() !== table.versionOf(key)) changed = true;
    }
    const ranges: number[] = [];
    while (!parts.failed && !parts.atEnd) {
      const from = parts.position + 4;
      if (parts.skipField()) ranges.push(from, parts.position);
    }
    if (parts.failed) return MALFORMED;
    if (changed) return KV_ABORTED;
    const answers: KvAnswer[] = [];
    const work: Work = { steps: WALK_STEPS_MAX };
    for (let i = 0; i < ranges.length; i += 2) {
      answers.push(this.#part(bytes, ranges[i] as number, ranges[i + 1] as number, index, work));
    }
    return answers;
  }

  #part(bytes: Bytes, start: number, end: number, index: LogIndex, work: Work): KvAnswer {
    if (end - start < 2 || bytes[start] !== KV_FORMAT) return MALFORMED;
    const opcode = bytes[start + 1] as number;
    const reader = this.#reader;
    reader.begin(bytes, start + 2, end);
    if (opcode === KV_OP.read) {
      const query = decodeRead(reader);
      return query === null ? MALFORMED : read(this.#table, query, work);
    }
    const write = opcode === KV_OP.time ? undefined : WRITES[opcode];
    return write === undefined ? MALFORMED : write(this.#table, reader, index);
  }
}
