/** What the commands on keys and their deadlines do, in the order of the log. */
import {
  EXPIRE_FLAG,
  KV_OK,
  type KvAnswer,
  NO_SUCH_KEY,
  TIME_FLAG,
  WRONG_TYPE,
} from '../../wire/apps/kvstore.ts';
import type { LogIndex } from '../model/ids.ts';
import { ByteSlice } from './byte-slice.ts';
import { type Collection, cloneCollection } from './collections.ts';
import type { CommandReader } from './command-reader.ts';
import { type Cell, NO_CELL } from './kv-arena.ts';
import type { KvTable } from './kvstore-table.ts';
import { deadlineOf, isTyped, MALFORMED } from './kvstore-writes.ts';

/** Keys one `time` command frees at most: a few milliseconds of work. */
export const SWEEP_KEYS_MAX = 512;

/** The two keys of a command that has two, and the value it moves. */
const FROM = new ByteSlice();
const TO = new ByteSlice();
const VALUE = new ByteSlice();

export function getDel(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const key = reader.rest(reader.key);
  const cell = table.find(key);
  if (cell === NO_CELL) return null;
  if (isTyped(table, cell)) return WRONG_TYPE;
  const value = table.valueText(cell);
  table.remove(key, index);
  return value;
}

export function getEx(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const flags = reader.byte();
  const timeMs = reader.number();
  const key = reader.rest(reader.key);
  if (reader.failed) return MALFORMED;
  const cell = table.find(key);
  if (cell === NO_CELL) return null;
  if (isTyped(table, cell)) return WRONG_TYPE;
  const value = table.valueText(cell);
  if ((flags & (TIME_FLAG.ttl | TIME_FLAG.deadline)) !== 0) {
    expireAt(table, { key, cell, index, deadlineMs: deadlineOf(table, flags, timeMs) });
  } else if (table.deadlineMs(cell) !== 0) {
    table.clearDeadline(cell, index);
  }
  return value;
}

export function expire(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const flags = reader.byte();
  const timeMs = reader.number();
  const key = reader.rest(reader.key);
  if (reader.failed) return MALFORMED;
  const cell = table.find(key);
  if (cell === NO_CELL) return 0;
  const deadlineMs = deadlineOf(table, flags, timeMs);
  const old = table.deadlineMs(cell);
  if ((flags & EXPIRE_FLAG.nx) !== 0 && old !== 0) return 0;
  if ((flags & EXPIRE_FLAG.xx) !== 0 && old === 0) return 0;
  // Without a deadline a key lives for ever: nothing is later than that.
  if ((flags & EXPIRE_FLAG.gt) !== 0 && (old === 0 || deadlineMs <= old)) return 0;
  if ((flags & EXPIRE_FLAG.lt) !== 0 && old !== 0 && deadlineMs >= old) return 0;
  expireAt(table, { key, cell, index, deadlineMs });
  return 1;
}

interface NewDeadline {
  readonly key: ByteSlice;
  readonly cell: Cell;
  readonly index: LogIndex;
  readonly deadlineMs: number;
}

function expireAt(table: KvTable, { key, cell, index, deadlineMs }: NewDeadline): void {
  if (deadlineMs <= table.nowMs) table.remove(key, index);
  else table.setDeadline(cell, deadlineMs, index);
}

export function persist(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const cell = table.find(reader.rest(reader.key));
  if (cell === NO_CELL || table.deadlineMs(cell) === 0) return 0;
  table.clearDeadline(cell, index);
  return 1;
}

export function rename(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const onlyAbsent = reader.byte() === 1;
  const from = reader.field(FROM);
  const to = reader.rest(TO);
  if (reader.failed) return MALFORMED;
  const cell = table.find(from);
  if (cell === NO_CELL) return NO_SUCH_KEY;
  if (onlyAbsent && table.find(to) !== NO_CELL) return 0;
  if (!from.equals(to)) {
    const record = recordOf(table, cell);
    table.remove(from, index);
    put(table, to, record, index);
  }
  return onlyAbsent ? 1 : KV_OK;
}

export function copy(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const replaces = reader.byte() === 1;
  const from = reader.field(FROM);
  const to = reader.rest(TO);
  if (reader.failed) return MALFORMED;
  const cell = table.find(from);
  if (cell === NO_CELL || (!replaces && table.find(to) !== NO_CELL)) return 0;
  const { value, deadlineMs } = recordOf(table, cell);
  const copied = typeof value === 'string' ? value : cloneCollection(value);
  put(table, to, { value: copied, deadlineMs }, index);
  return 1;
}

interface Record {
  readonly value: string | Collection;
  readonly deadlineMs: number;
}

function recordOf(table: KvTable, cell: Cell): Record {
  const value = table.collectionOf(cell) ?? table.valueText(cell);
  return { value, deadlineMs: table.deadlineMs(cell) };
}

function put(table: KvTable, key: ByteSlice, record: Record, index: LogIndex): void {
  const { value } = record;
  const cell =
    typeof value === 'string'
      ? table.set(key, VALUE.overText(value), index)
      : table.setCollection(key, value, index);
  if (record.deadlineMs !== 0) table.setDeadline(cell, record.deadlineMs, index);
}

export function flush(table: KvTable, _reader: CommandReader, index: LogIndex): KvAnswer {
  table.clear(index);
  return KV_OK;
}

export function passTime(table: KvTable, _reader: CommandReader, index: LogIndex): KvAnswer {
  table.sweep(SWEEP_KEYS_MAX, index);
  return KV_OK;
}
