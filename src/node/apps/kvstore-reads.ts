/** The reads of the kvstore: they change nothing, and each does a bounded amount of work. */
import { KV_TYPE_NAMES } from '../../wire/apps/kv-collections.ts';
import {
  KV_READ,
  type KvAnswer,
  KvError,
  type KvRead,
  type KvReadOp,
  KvWord,
  TTL_FORM,
  WRONG_TYPE,
} from '../../wire/apps/kvstore.ts';
import { Glob } from '../../wire/glob.ts';
import type { CommandReader } from './command-reader.ts';
import { type Cell, NO_CELL } from './kv-arena.ts';
import { SHARDS } from './kv-index.ts';
import { readCollection } from './kvstore-collection-reads.ts';
import type { KvTable } from './kvstore-table.ts';
import { isTyped } from './kvstore-writes.ts';

/** KEYS is refused in larger stores: SCAN does the same in pieces. */
export const KEYS_MAX = 20_000;
/** What KEYS and SCAN may cost: each key and each step of a pattern counts. */
export const WALK_STEPS_MAX = 1_000_000;
/** SCAN looks at most at so many keys a call, and at what else is in the last one's shard. */
const SCAN_COUNT_MAX = 5000;
/** What looking at a key costs besides its pattern. */
const STEPS_PER_KEY = 8;

const TYPE_WORDS = KV_TYPE_NAMES.map((name) => new KvWord(name));
const NONE = new KvWord('none');
const TOO_MANY_KEYS = new KvError(
  `ERR KEYS is refused in a store of more than ${KEYS_MAX} keys, use SCAN`,
);
const TOO_MUCH_WORK = new KvError('ERR the pattern takes too much work to match');

/** Steps that are left to one command, however many reads it is made of. */
export interface Work {
  steps: number;
}

const OPS: ReadonlyMap<number, KvReadOp> = new Map(
  (Object.keys(KV_READ) as KvReadOp[]).map((op) => [KV_READ[op], op]),
);

/** Decodes a read that is part of a transaction. @returns null when it makes no sense. */
export function decodeRead(reader: CommandReader): KvRead | null {
  const op = OPS.get(reader.byte());
  const x = reader.fraction();
  const y = reader.fraction();
  const keys: string[] = [];
  while (!reader.atEnd && !reader.failed) keys.push(reader.fieldText());
  return op === undefined || reader.failed ? null : { op, keys, x, y };
}

export function read(table: KvTable, query: KvRead, work: Work): KvAnswer {
  const { keys = [], x = 0, y = 0 } = query;
  const key = keys[0] ?? '';
  switch (query.op) {
    case 'get':
      return table.valueOf(key);
    case 'mget':
      return keys.map((each) => textOrNull(table.valueOf(each)));
    case 'exists':
      return keys.reduce((found, each) => (table.has(each) ? found + 1 : found), 0);
    case 'size':
      return table.size;
    case 'volatile':
      return table.volatileSize;
    case 'strlen':
      return strlen(table, key);
    case 'getRange':
      return part(table.valueOf(key) ?? '', x, y);
    case 'ttl':
      return timeLeft(table, key, x, y);
    case 'type':
      return typeOf(table, key);
    case 'keys':
      return allKeys(table, key, work);
    case 'scan':
      return scan(table, query, work);
    case 'randomKey':
      return randomKey(table, x, work);
    case 'version':
      return keys.map((each) => table.versionOf(each));
    default:
      return readCollection(table, query);
  }
}

/** MGET has nil where GET would have an error. */
function textOrNull(value: string | KvError | null): string | null {
  return typeof value === 'string' ? value : null;
}

function part(value: string | KvError, first: number, last: number): KvAnswer {
  return typeof value === 'string' ? range(value, first, last) : value;
}

function typeOf(table: KvTable, key: string): KvWord {
  const cell = table.findText(key);
  return cell === NO_CELL ? NONE : (TYPE_WORDS[table.typeOf(cell)] ?? NONE);
}

function strlen(table: KvTable, key: string): KvAnswer {
  const cell = table.findText(key);
  if (isTyped(table, cell)) return WRONG_TYPE;
  return cell === NO_CELL ? 0 : table.valueLength(cell);
}

/** Redis's GETRANGE: both ends belong to it, negative ones count from the end. */
function range(value: string, first: number, last: number): string {
  const { length } = value;
  if (first < 0 && last < 0 && first > last) return '';
  const from = first < 0 ? Math.max(0, length + first) : first;
  const to = last < 0 ? Math.max(0, length + last) : Math.min(last, length - 1);
  return from > to ? '' : value.slice(from, to + 1);
}

/**
 * @param askerMs cluster time as the asking node knows it: between two commands time stands in the
 *   log, and a client that waits wants to see it pass. What is there has never run out, though.
 */
function timeLeft(table: KvTable, key: string, askerMs: number, form: number): number {
  const cell = table.findText(key);
  if (cell === NO_CELL) return -2;
  const deadlineMs = table.deadlineMs(cell);
  if (deadlineMs === 0) return -1;
  if (form === TTL_FORM.deadlineMs) return deadlineMs;
  if (form === TTL_FORM.deadlineSeconds) return Math.floor((deadlineMs + 500) / 1000);
  const leftMs = Math.max(0, deadlineMs - Math.max(table.nowMs, Math.floor(askerMs)));
  return form === TTL_FORM.ms ? leftMs : Math.floor((leftMs + 500) / 1000);
}

function allKeys(table: KvTable, pattern: string, work: Work): KvAnswer {
  if (table.size > KEYS_MAX) return TOO_MANY_KEYS;
  const found: string[] = [];
  const walk = new Walk(table, pattern, work);
  for (let number = 0; number < SHARDS; number += 1) {
    if (walk.collect(number, found) < 0) return TOO_MUCH_WORK;
  }
  return found;
}

/** Whole shards in their order: the cursor is the next one's number, 0 again after the last. */
function scan(table: KvTable, { keys = [], x = 0, y = 0 }: KvRead, work: Work): KvAnswer {
  const [pattern = '*', type = ''] = keys;
  const count = Math.min(y, SCAN_COUNT_MAX);
  const found: string[] = [];
  const wanted = type === '' ? null : (KV_TYPE_NAMES as readonly string[]).indexOf(type);
  const walk = new Walk(table, pattern, work, wanted);
  let number = Number.isInteger(x) && x >= 0 ? x : SHARDS;
  for (let seen = 0; number < SHARDS && seen < count; number += 1) {
    const here = walk.collect(number, found);
    if (here < 0) return TOO_MUCH_WORK;
    seen += here;
  }
  return [number < SHARDS ? String(number) : '0', found];
}

/** Some key: from a random shard on the first that has one, there by chance. */
function randomKey(table: KvTable, chance: number, work: Work): KvAnswer {
  const place = Math.min(Math.max(chance, 0), 1) * SHARDS;
  const first = Math.floor(place) % SHARDS;
  for (let i = 0; i < SHARDS; i += 1) {
    const living: Cell[] = [];
    let cell = table.first((first + i) % SHARDS);
    for (; cell !== NO_CELL; cell = table.after(cell)) {
      if (!table.isGone(cell)) living.push(cell);
      work.steps -= STEPS_PER_KEY;
    }
    if (work.steps < 0) return TOO_MUCH_WORK;
    const chosen = living[Math.floor((place - first) * living.length)];
    if (chosen !== undefined) return table.keyText(chosen);
  }
  return null;
}

/** Matches the keys of shards with a pattern and pays for it. */
class Walk {
  readonly #table: KvTable;
  readonly #glob: Glob | null;
  readonly #work: Work;
  readonly #type: number | null;

  /** @param type of the values of the keys that are wanted; null: of any. */
  constructor(table: KvTable, pattern: string, work: Work, type: number | null = null) {
    this.#type = type;
    this.#table = table;
    this.#glob = pattern === '*' ? null : new Glob(pattern);
    this.#work = work;
  }

  /** Adds a shard's keys. @returns how many were looked at; -1: the work is used up. */
  collect(number: number, found: string[]): number {
    const work = this.#work;
    const glob = this.#glob;
    const table = this.#table;
    work.steps -= 1;
    let count = 0;
    for (let cell = table.first(number); cell !== NO_CELL; cell = table.after(cell)) {
      const before = glob?.steps ?? 0;
      if (!table.isGone(cell) && (this.#type === null || this.#type === table.typeOf(cell))) {
        const key = table.keyText(cell);
        if (glob === null || glob.matches(key)) found.push(key);
      }
      work.steps -= STEPS_PER_KEY + (glob?.steps ?? 0) - before;
      if (work.steps < 0) return -1;
      count += 1;
    }
    return work.steps < 0 ? -1 : count;
  }
}
