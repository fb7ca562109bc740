/** What the commands on keys and their deadlines do, in the order of the log. */
import {
  EXPIRE_FLAG,
  KV_OK,
  type KvAnswer,
  NO_SUCH_KEY,
  TIME_FLAG,
} from '../../wire/apps/kvstore.ts';
import type { LogIndex } from '../model/ids.ts';
import type { CommandReader } from './command-reader.ts';
import type { Entry, KvTable } from './kvstore-table.ts';
import { deadlineOf, MALFORMED } from './kvstore-writes.ts';

/** Keys one `time` command frees at most: a few milliseconds of work. */
export const SWEEP_KEYS_MAX = 512;

export function getDel(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const key = reader.rest();
  const value = table.valueOf(key);
  if (value !== null) table.remove(key, index);
  return value;
}

export function getEx(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const flags = reader.byte();
  const timeMs = reader.number();
  const key = reader.rest();
  if (reader.failed) return MALFORMED;
  const entry = table.get(key);
  if (entry === undefined) return null;
  const { value } = entry;
  if ((flags & (TIME_FLAG.ttl | TIME_FLAG.deadline)) !== 0) {
    expireAt(table, { key, entry, index, deadlineMs: deadlineOf(table, flags, timeMs) });
  } else if (entry.deadline !== null) {
    table.clearDeadline(entry);
    entry.version = index;
  }
  return value;
}

export function expire(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const flags = reader.byte();
  const timeMs = reader.number();
  const key = reader.rest();
  if (reader.failed) return MALFORMED;
  const entry = table.get(key);
  if (entry === undefined) return 0;
  const deadlineMs = deadlineOf(table, flags, timeMs);
  const old = entry.deadline?.deadlineMs ?? null;
  if ((flags & EXPIRE_FLAG.nx) !== 0 && old !== null) return 0;
  if ((flags & EXPIRE_FLAG.xx) !== 0 && old === null) return 0;
  // Without a deadline a key lives for ever: nothing is later than that.
  if ((flags & EXPIRE_FLAG.gt) !== 0 && (old === null || deadlineMs <= old)) return 0;
  if ((flags & EXPIRE_FLAG.lt) !== 0 && old !== null && deadlineMs >= old) return 0;
  expireAt(table, { key, entry, index, deadlineMs });
  return 1;
}

interface NewDeadline {
  readonly key: string;
  readonly entry: Entry;
  readonly index: LogIndex;
  readonly deadlineMs: number;
}

function expireAt(table: KvTable, { key, entry, index, deadlineMs }: NewDeadline): void {
  if (deadlineMs <= table.nowMs) {
    table.remove(key, index);
    return;
  }
  table.setDeadline(key, entry, deadlineMs);
  entry.version = index;
}

export function persist(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const entry = table.get(reader.rest());
  if (entry === undefined || entry.deadline === null) return 0;
  table.clearDeadline(entry);
  entry.version = index;
  return 1;
}

export function rename(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const onlyAbsent = reader.byte() === 1;
  const from = reader.field();
  const to = reader.rest();
  if (reader.failed) return MALFORMED;
  const entry = table.get(from);
  if (entry === undefined) return NO_SUCH_KEY;
  if (onlyAbsent && table.has(to)) return 0;
  if (from !== to) {
    const { value } = entry;
    const deadlineMs = entry.deadline?.deadlineMs ?? null;
    table.remove(from, index);
    put(table, { key: to, value, deadlineMs, index });
  }
  return onlyAbsent ? 1 : KV_OK;
}

export function copy(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const replaces = reader.byte() === 1;
  const from = reader.field();
  const to = reader.rest();
  if (reader.failed) return MALFORMED;
  const entry = table.get(from);
  if (entry === undefined || (!replaces && table.has(to))) return 0;
  const deadlineMs = entry.deadline?.deadlineMs ?? null;
  put(table, { key: to, value: entry.value, deadlineMs, index });
  return 1;
}

function put(
  table: KvTable,
  input: {
    readonly key: string;
    readonly value: string;
    readonly deadlineMs: number | null;
    readonly index: LogIndex;
  },
): void {
  const { key, value, deadlineMs, index } = input;
  const entry = table.set(key, value, index);
  if (deadlineMs !== null) table.setDeadline(key, entry, deadlineMs);
}

export function flush(table: KvTable, _reader: CommandReader, index: LogIndex): KvAnswer {
  table.clear(index);
  return KV_OK;
}

export function passTime(table: KvTable, _reader: CommandReader, index: LogIndex): KvAnswer {
  table.sweep(SWEEP_KEYS_MAX, index);
  return KV_OK;
}
