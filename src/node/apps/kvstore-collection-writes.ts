/** What the commands on sets and sorted sets do, in the order of the log, and RESTORE. */
import { KV_TYPE } from '../../wire/apps/kv-collections.ts';
import {
  KEY_IS_BUSY,
  KV_CHANGES,
  KV_OK,
  type KvAnswer,
  KvScore,
  PUT_FLAG,
  SCORE_IS_NAN,
  TIME_FLAG,
  WRONG_TYPE,
  ZADD_FLAG,
} from '../../wire/apps/kvstore.ts';
import type { LogIndex } from '../model/ids.ts';
import type { ByteSlice } from './byte-slice.ts';
import { decodeCollection, KvSet, KvSortedSet } from './collections.ts';
import type { CommandReader } from './command-reader.ts';
import { type Cell, NO_CELL } from './kv-arena.ts';
import type { KvTable } from './kvstore-table.ts';
import { deadlineOf, MALFORMED } from './kvstore-writes.ts';

/** In the place of an index: the command is only tried, see KvTrial. */
export const TRIAL: LogIndex = 0;

type TriedAnswer = KvAnswer | typeof KV_CHANGES;

/** A write that changes nothing when it is tried. */
export type TriedWrite = (table: KvTable, reader: CommandReader, index: LogIndex) => TriedAnswer;

export function addMembers(table: KvTable, reader: CommandReader, index: LogIndex): TriedAnswer {
  if (reader.fieldsLeft() < 2) return MALFORMED;
  const key = reader.field(reader.key);
  const cell = table.find(key);
  if (cell !== NO_CELL && table.typeOf(cell) !== KV_TYPE.set) return WRONG_TYPE;
  const old = cell === NO_CELL ? null : (table.collectionOf(cell) as KvSet);
  let added: Set<string> | null = null;
  while (!reader.atEnd) {
    const member = reader.fieldText();
    if (old?.members.has(member)) continue;
    added ??= new Set();
    added.add(member);
  }
  if (added === null) return 0;
  if (index === TRIAL) return KV_CHANGES;
  const set = old ?? new KvSet();
  if (old !== null) table.willChange(cell, index);
  for (const member of added) set.members.add(member);
  if (old === null) table.setCollection(key, set, index);
  return added.size;
}

export function removeMembers(table: KvTable, reader: CommandReader, index: LogIndex): TriedAnswer {
  if (reader.fieldsLeft() < 2) return MALFORMED;
  const key = reader.field(reader.key);
  const cell = table.find(key);
  if (cell === NO_CELL) return 0;
  if (table.typeOf(cell) !== KV_TYPE.set) return WRONG_TYPE;
  const { members } = table.collectionOf(cell) as KvSet;
  return remove(table, { reader, key, cell, index, members });
}

export function removeScored(table: KvTable, reader: CommandReader, index: LogIndex): TriedAnswer {
  if (reader.fieldsLeft() < 2) return MALFORMED;
  const key = reader.field(reader.key);
  const cell = table.find(key);
  if (cell === NO_CELL) return 0;
  if (table.typeOf(cell) !== KV_TYPE.zset) return WRONG_TYPE;
  const zset = table.collectionOf(cell) as KvSortedSet;
  const members = {
    has: (member: string) => zset.scores.has(member),
    delete: (member: string) => zset.delete(member),
    get size() {
      return zset.size;
    },
  };
  return remove(table, { reader, key, cell, index, members });
}

interface Removal {
  readonly reader: CommandReader;
  readonly key: ByteSlice;
  readonly cell: Cell;
  readonly index: LogIndex;
  readonly members: {
    readonly size: number;
    has(member: string): boolean;
    delete(member: string): boolean;
  };
}

/** A key without members is none. */
function remove(table: KvTable, { reader, key, cell, index, members }: Removal): TriedAnswer {
  const named: string[] = [];
  while (!reader.atEnd) named.push(reader.fieldText());
  if (!named.some((member) => members.has(member))) return 0;
  if (index === TRIAL) return KV_CHANGES;
  table.willChange(cell, index);
  let count = 0;
  for (const member of named) if (members.delete(member)) count += 1;
  if (members.size === 0) table.remove(key, index);
  return count;
}

export function addScored(table: KvTable, reader: CommandReader, index: LogIndex): TriedAnswer {
  const flags = reader.byte();
  const key = reader.field(reader.key);
  const start = reader.position;
  let count = 0;
  while (!reader.atEnd && !reader.failed) {
    reader.double();
    reader.skipField();
    count += 1;
  }
  if (reader.failed || count === 0) return MALFORMED;
  reader.backTo(start);
  const cell = table.find(key);
  if (cell !== NO_CELL && table.typeOf(cell) !== KV_TYPE.zset) return WRONG_TYPE;
  const old = cell === NO_CELL ? null : (table.collectionOf(cell) as KvSortedSet);
  const plan = planScores(old, reader, flags);
  if (plan.isNaN) return SCORE_IS_NAN;
  if (plan.scores.size > 0) {
    if (index === TRIAL) return KV_CHANGES;
    const zset = old ?? new KvSortedSet();
    if (old !== null) table.willChange(cell, index);
    for (const [member, score] of plan.scores) zset.set(member, score);
    if (old === null) table.setCollection(key, zset, index);
  }
  if ((flags & ZADD_FLAG.incr) !== 0) return plan.sum === null ? null : new KvScore(plan.sum);
  return (flags & ZADD_FLAG.ch) !== 0 ? plan.added + plan.changed : plan.added;
}

interface ScorePlan {
  readonly scores: Map<string, number>;
  added: number;
  changed: number;
  /** What INCR leads to; null: it was not done. */
  sum: number | null;
  isNaN: boolean;
}

/** What the pairs lead to, one after the other; nothing is changed yet. */
function planScores(old: KvSortedSet | null, reader: CommandReader, flags: number): ScorePlan {
  const scores = new Map<string, number>();
  const plan: ScorePlan = { scores, added: 0, changed: 0, sum: null, isNaN: false };
  while (!reader.atEnd) {
    const given = reader.double();
    const member = reader.fieldText();
    const before = scores.get(member) ?? old?.scores.get(member);
    const score = (flags & ZADD_FLAG.incr) !== 0 ? given + (before ?? 0) : given;
    if (Number.isNaN(score)) plan.isNaN = true;
    else if (isWanted(flags, before, score)) {
      plan.sum = score;
      if (before === score) continue;
      scores.set(member, score);
      if (before === undefined) plan.added += 1;
      else plan.changed += 1;
    }
  }
  return plan;
}

function isWanted(flags: number, before: number | undefined, score: number): boolean {
  if (before === undefined) return (flags & ZADD_FLAG.xx) === 0;
  if ((flags & ZADD_FLAG.nx) !== 0) return false;
  if ((flags & ZADD_FLAG.gt) !== 0 && score <= before) return false;
  return (flags & ZADD_FLAG.lt) === 0 || score < before;
}

/** Puts a whole value in place, whatever its type. */
export function put(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const flags = reader.byte();
  const timed = (flags & (TIME_FLAG.ttl | TIME_FLAG.deadline)) !== 0;
  const timeMs = timed ? reader.number() : 0;
  const key = reader.field(reader.key);
  const type = reader.byte();
  const { bytes, start, end } = reader.rest(reader.value);
  if (reader.failed) return MALFORMED;
  const collection = type === KV_TYPE.string ? null : decodeCollection(type, bytes, start, end);
  if (type !== KV_TYPE.string && collection === null) return MALFORMED;
  if ((flags & PUT_FLAG.replace) === 0 && table.find(key) !== NO_CELL) return KEY_IS_BUSY;
  const deadlineMs = timed ? deadlineOf(table, flags, timeMs) : null;
  if (deadlineMs !== null && deadlineMs <= table.nowMs) {
    table.remove(key, index);
    return KV_OK;
  }
  const cell =
    collection === null
      ? table.set(key, reader.value, index)
      : table.setCollection(key, collection, index);
  if (deadlineMs !== null) table.setDeadline(cell, deadlineMs, index);
  return KV_OK;
}
