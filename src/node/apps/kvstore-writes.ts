/** What the commands on values do, in the order of the log. Layouts: wire/apps/kvstore.ts. */
import { addInt64, parseInt64 } from '../../wire/apps/int64.ts';
import {
  KV_OK,
  type KvAnswer,
  KvError,
  NOT_A_FLOAT,
  NOT_AN_INTEGER,
  NOT_FINITE,
  SET_FLAG,
  TIME_FLAG,
  VALUE_BYTES_MAX,
  VALUE_TOO_LONG,
  WOULD_OVERFLOW,
  WRONG_TYPE,
} from '../../wire/apps/kvstore.ts';
import { addDecimals } from '../../wire/apps/long-double.ts';
import type { LogIndex } from '../model/ids.ts';
import { ByteSlice } from './byte-slice.ts';
import type { CommandReader } from './command-reader.ts';
import { type Cell, NO_CELL } from './kv-arena.ts';
import type { KvTable } from './kvstore-table.ts';

export const MALFORMED = new KvError('ERR malformed command in the log');

/** A command that has its parts before it in the reader. */
export type Write = (table: KvTable, reader: CommandReader, index: LogIndex) => KvAnswer;

/** For values that commands make. */
const MADE = new ByteSlice();

/** Whether it is a record whose value is not bytes. */
export function isTyped(table: KvTable, cell: Cell): boolean {
  return cell !== NO_CELL && table.typeOf(cell) !== 0;
}

/** Deadlines further away than numbers are exact are that far away. */
export function deadlineOf(table: KvTable, flags: number, timeMs: number): number {
  const deadlineMs = (flags & TIME_FLAG.ttl) !== 0 ? table.nowMs + timeMs : timeMs;
  return Math.min(deadlineMs, Number.MAX_SAFE_INTEGER);
}

export function set(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const flags = reader.byte();
  const timed = (flags & (TIME_FLAG.ttl | TIME_FLAG.deadline)) !== 0;
  const timeMs = timed ? reader.number() : 0;
  const key = reader.field(reader.key);
  const value = reader.rest(reader.value);
  if (reader.failed) return MALFORMED;
  if (flags === 0) {
    table.set(key, value, index);
    return KV_OK;
  }
  const old = table.find(key);
  if ((flags & SET_FLAG.get) !== 0 && isTyped(table, old)) return WRONG_TYPE;
  const oldValue = old !== NO_CELL && (flags & SET_FLAG.get) !== 0 ? table.valueText(old) : null;
  const refused =
    ((flags & SET_FLAG.nx) !== 0 && old !== NO_CELL) ||
    ((flags & SET_FLAG.xx) !== 0 && old === NO_CELL);
  if (!refused) {
    const keeps = old !== NO_CELL && (flags & SET_FLAG.keepTtl) !== 0;
    const keptMs = (keeps && table.deadlineMs(old)) || null;
    const deadlineMs = timed ? deadlineOf(table, flags, timeMs) : keptMs;
    if (deadlineMs !== null && deadlineMs <= table.nowMs) table.remove(key, index);
    else {
      const cell = table.set(key, value, index);
      if (deadlineMs !== null) table.setDeadline(cell, deadlineMs, index);
    }
  }
  if ((flags & SET_FLAG.get) !== 0) return oldValue;
  return refused ? null : KV_OK;
}

export function remove(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  // Counted first: a command that makes no sense must change nothing.
  const count = reader.fieldsLeft();
  if (count === 0) return MALFORMED;
  let removed = 0;
  for (let i = 0; i < count; i += 1) {
    if (table.remove(reader.field(reader.key), index)) removed += 1;
  }
  return removed;
}

export function setMany(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const count = reader.fieldsLeft();
  if (count === 0 || count % 2 !== 0) return MALFORMED;
  setPairs(table, reader, index);
  return KV_OK;
}

export function setManyAbsent(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const count = reader.fieldsLeft();
  if (count === 0 || count % 2 !== 0) return MALFORMED;
  const start = reader.position;
  while (!reader.atEnd) {
    if (table.find(reader.field(reader.key)) !== NO_CELL) return 0;
    reader.skipField();
  }
  reader.backTo(start);
  setPairs(table, reader, index);
  return 1;
}

function setPairs(table: KvTable, reader: CommandReader, index: LogIndex): void {
  while (!reader.atEnd) {
    table.set(reader.field(reader.key), reader.field(reader.value), index);
  }
}

export function incrBy(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const key = reader.field(reader.key);
  const text = reader.restText();
  if (reader.failed) return MALFORMED;
  const old = table.find(key);
  if (isTyped(table, old)) return WRONG_TYPE;
  const base = old === NO_CELL ? 0 : parseInt64(table.valueText(old));
  const delta = parseInt64(text);
  if (base === null || delta === null) return NOT_AN_INTEGER;
  const sum = addInt64(base, delta);
  if (sum === null) return WOULD_OVERFLOW;
  change(table, key, String(sum), index);
  return sum;
}

export function incrByFloat(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const key = reader.field(reader.key);
  const delta = reader.restText();
  if (reader.failed) return MALFORMED;
  const old = table.find(key);
  if (isTyped(table, old)) return WRONG_TYPE;
  const sum = addDecimals(old === NO_CELL ? '0' : table.valueText(old), delta);
  if (sum === 'NaN') return NOT_A_FLOAT;
  if (sum === 'Infinity') return NOT_FINITE;
  change(table, key, sum, index);
  return sum;
}

export function append(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const key = reader.field(reader.key);
  const piece = reader.rest(reader.value);
  if (reader.failed) return MALFORMED;
  if (isTyped(table, table.find(key))) return WRONG_TYPE;
  const offset = lengthOf(table, key);
  const length = offset + piece.length;
  if (length > VALUE_BYTES_MAX) return VALUE_TOO_LONG;
  table.write(table.resize(key, length, index), offset, piece);
  return length;
}

export function setRange(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const offset = reader.number();
  const key = reader.field(reader.key);
  const piece = reader.rest(reader.value);
  if (reader.failed || offset < 0) return MALFORMED;
  if (isTyped(table, table.find(key))) return WRONG_TYPE;
  const oldLength = lengthOf(table, key);
  if (piece.length === 0) return oldLength;
  const end = offset + piece.length;
  if (end > VALUE_BYTES_MAX) return VALUE_TOO_LONG;
  const length = Math.max(oldLength, end);
  table.write(table.resize(key, length, index), offset, piece);
  return length;
}

function lengthOf(table: KvTable, key: ByteSlice): number {
  const cell = table.find(key);
  return cell === NO_CELL ? 0 : table.valueLength(cell);
}

/** Another value of a key that keeps its deadline. */
function change(table: KvTable, key: ByteSlice, value: string, index: LogIndex): void {
  table.write(table.resize(key, value.length, index), 0, MADE.overText(value));
}
