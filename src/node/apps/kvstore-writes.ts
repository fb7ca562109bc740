/** What the commands on values do, in the order of the log. Layouts: wire/apps/kvstore.ts. */
import { bytesFrom, latin1Slice } from '../../std/bytes.ts';
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
} from '../../wire/apps/kvstore.ts';
import { addDecimals } from '../../wire/apps/long-double.ts';
import type { LogIndex } from '../model/ids.ts';
import type { CommandReader } from './command-reader.ts';
import type { KvTable } from './kvstore-table.ts';

export const MALFORMED = new KvError('ERR malformed command in the log');

/** A command that has its parts before it in the reader. */
export type Write = (table: KvTable, reader: CommandReader, index: LogIndex) => KvAnswer;

/** After so many more bytes a value made of appended pieces becomes one again. */
const PIECES_BYTES_MAX = 4096;

/** Deadlines further away than numbers are exact are that far away. */
export function deadlineOf(table: KvTable, flags: number, timeMs: number): number {
  const deadlineMs = (flags & TIME_FLAG.ttl) !== 0 ? table.nowMs + timeMs : timeMs;
  return Math.min(deadlineMs, Number.MAX_SAFE_INTEGER);
}

export function set(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const flags = reader.byte();
  const timed = (flags & (TIME_FLAG.ttl | TIME_FLAG.deadline)) !== 0;
  const timeMs = timed ? reader.number() : 0;
  const key = reader.field();
  const value = reader.rest();
  if (reader.failed) return MALFORMED;
  if (flags === 0) {
    table.set(key, value, index);
    return KV_OK;
  }
  const entry = table.get(key);
  const old = entry?.value ?? null;
  const refused =
    ((flags & SET_FLAG.nx) !== 0 && old !== null) || ((flags & SET_FLAG.xx) !== 0 && old === null);
  if (!refused) {
    const keptMs = (flags & SET_FLAG.keepTtl) !== 0 ? (entry?.deadline?.deadlineMs ?? null) : null;
    const deadlineMs = timed ? deadlineOf(table, flags, timeMs) : keptMs;
    if (deadlineMs !== null && deadlineMs <= table.nowMs) table.remove(key, index);
    else {
      const changed = table.set(key, value, index);
      if (deadlineMs !== null) table.setDeadline(key, changed, deadlineMs);
    }
  }
  if ((flags & SET_FLAG.get) !== 0) return old;
  return refused ? null : KV_OK;
}

export function remove(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const keys = readKeys(reader);
  if (keys === null) return MALFORMED;
  let removed = 0;
  for (const key of keys) if (table.remove(key, index)) removed += 1;
  return removed;
}

export function setMany(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  // Read as a whole first: a command that makes no sense must change nothing.
  const parts = readKeys(reader);
  if (parts === null || parts.length % 2 !== 0) return MALFORMED;
  setPairs(table, parts, index);
  return KV_OK;
}

export function setManyAbsent(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const parts = readKeys(reader);
  if (parts === null || parts.length % 2 !== 0) return MALFORMED;
  for (let i = 0; i < parts.length; i += 2) if (table.has(parts[i] as string)) return 0;
  setPairs(table, parts, index);
  return 1;
}

function setPairs(table: KvTable, parts: readonly string[], index: LogIndex): void {
  for (let i = 0; i < parts.length; i += 2) {
    table.set(parts[i] as string, parts[i + 1] as string, index);
  }
}

/** @returns all fields up to the end; null when they do not fill it, or there is none. */
export function readKeys(reader: CommandReader): string[] | null {
  const keys: string[] = [];
  while (!reader.atEnd && !reader.failed) keys.push(reader.field());
  return reader.failed || keys.length === 0 ? null : keys;
}

export function incrBy(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const key = reader.field();
  const text = reader.rest();
  if (reader.failed) return MALFORMED;
  const old = table.valueOf(key);
  const base = old === null ? 0 : parseInt64(old);
  const delta = parseInt64(text);
  if (base === null || delta === null) return NOT_AN_INTEGER;
  const sum = addInt64(base, delta);
  if (sum === null) return WOULD_OVERFLOW;
  change(table, key, String(sum), index);
  return sum;
}

export function incrByFloat(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const key = reader.field();
  const delta = reader.rest();
  if (reader.failed) return MALFORMED;
  const sum = addDecimals(table.valueOf(key) ?? '0', delta);
  if (sum === 'NaN') return NOT_A_FLOAT;
  if (sum === 'Infinity') return NOT_FINITE;
  change(table, key, sum, index);
  return sum;
}

export function append(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const key = reader.field();
  const piece = reader.rest();
  if (reader.failed) return MALFORMED;
  const old = table.valueOf(key) ?? '';
  const length = old.length + piece.length;
  if (length > VALUE_BYTES_MAX) return VALUE_TOO_LONG;
  let value = old + piece;
  // The engine joins strings by reference: many small pieces must not stay behind a value.
  const lumps = (size: number): number => Math.floor(size / PIECES_BYTES_MAX);
  if (lumps(length) !== lumps(old.length)) value = inOnePiece(value);
  change(table, key, value, index);
  return length;
}

export function setRange(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const offset = reader.number();
  const key = reader.field();
  const piece = reader.rest();
  if (reader.failed || offset < 0) return MALFORMED;
  const old = table.valueOf(key) ?? '';
  if (piece.length === 0) return old.length;
  const end = offset + piece.length;
  if (end > VALUE_BYTES_MAX) return VALUE_TOO_LONG;
  const before = old.slice(0, offset).padEnd(offset, '\0');
  const value = inOnePiece(before + piece + old.slice(end));
  change(table, key, value, index);
  return value.length;
}

/** Another value of a key that keeps its deadline. */
function change(table: KvTable, key: string, value: string, index: LogIndex): void {
  const entry = table.get(key);
  if (entry === undefined) {
    table.set(key, value, index);
    return;
  }
  table.touch(key);
  entry.value = value;
  entry.version = index;
}

function inOnePiece(text: string): string {
  return latin1Slice(bytesFrom(text, 'latin1'), 0, text.length);
}
