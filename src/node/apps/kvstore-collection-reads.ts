/** The reads of sets, sorted sets, hashes and lists. */
import { KV_TYPE } from '../../wire/apps/kv-collections.ts';
import {
  type KvAnswer,
  KvFields,
  KvMembers,
  type KvRead,
  KvScore,
  KvScored,
  WRONG_TYPE,
} from '../../wire/apps/kvstore.ts';
import { type ScoreEnd, scoreEnd } from '../../wire/apps/score-range.ts';
import type { Collection, KvHash, KvList, KvSet, KvSortedSet } from './collections.ts';
import { NO_CELL } from './kv-arena.ts';
import type { KvTable } from './kvstore-table.ts';
import { MALFORMED } from './kvstore-writes.ts';

type Reader<C> = (collection: C, query: KvRead) => KvAnswer;

interface ReadRule {
  readonly type: number;
  /** Of a key that is not there. */
  readonly none: KvAnswer;
  readonly read: Reader<Collection>;
}

function rule<C extends Collection>(type: C['type'], none: KvAnswer, read: Reader<C>): ReadRule {
  return { type, none, read: read as unknown as Reader<Collection> };
}

const size = ({ size: count }: Collection): number => count;

const RULES: Readonly<Partial<Record<KvRead['op'], ReadRule>>> = {
  smembers: rule<KvSet>(KV_TYPE.set, new KvMembers([]), (set) => new KvMembers([...set.members])),
  scard: rule<KvSet>(KV_TYPE.set, 0, size),
  sismember: rule<KvSet>(KV_TYPE.set, 0, (set, query) => (set.members.has(second(query)) ? 1 : 0)),
  zcard: rule<KvSortedSet>(KV_TYPE.zset, 0, size),
  zcount: rule<KvSortedSet>(KV_TYPE.zset, 0, (zset, query) => {
    const [from, to] = ranksOf(zset, query);
    return Math.max(0, to - from);
  }),
  zrange: rule<KvSortedSet>(KV_TYPE.zset, [], rangeByRank),
  zrangeByScore: rule<KvSortedSet>(KV_TYPE.zset, [], rangeByScore),
  zscore: rule<KvSortedSet>(KV_TYPE.zset, null, (zset, query) => {
    const score = zset.scores.get(second(query));
    return score === undefined ? null : new KvScore(score);
  }),
  hgetall: rule<KvHash>(
    KV_TYPE.hash,
    new KvFields([]),
    (hash) => new KvFields([...hash.fields].flat()),
  ),
  hget: rule<KvHash>(KV_TYPE.hash, null, (hash, query) => hash.fields.get(second(query)) ?? null),
  hlen: rule<KvHash>(KV_TYPE.hash, 0, size),
  lrange: rule<KvList>(KV_TYPE.list, [], (list, { x = 0, y = 0 }) => {
    const [from, to] = span(list.size, x, y);
    return list.items.slice(from, to);
  }),
  llen: rule<KvList>(KV_TYPE.list, 0, size),
};

export function readCollection(table: KvTable, query: KvRead): KvAnswer {
  const known = RULES[query.op];
  if (known === undefined) return MALFORMED;
  const cell = table.findText(query.keys?.[0] ?? '');
  if (cell === NO_CELL) return known.none;
  if (table.typeOf(cell) !== known.type) return WRONG_TYPE;
  return known.read(table.collectionOf(cell) as Collection, query);
}

function second({ keys = [] }: KvRead): string {
  return keys[1] ?? '';
}

/** Both ends belong to it, negative ones count from the end. @returns from and, without it, to. */
function span(count: number, first: number, last: number): readonly [number, number] {
  const from = first < 0 ? Math.max(0, count + first) : first;
  const to = Math.min(last < 0 ? count + last : last, count - 1) + 1;
  return [from, Math.max(from, to)];
}

/** What is wanted besides the range: letters of the second key. */
function formOf({ keys = [] }: KvRead): { readonly scores: boolean; readonly reverse: boolean } {
  const form = keys[1] ?? '';
  return { scores: form.includes('s'), reverse: form.includes('r') };
}

function rangeByRank(zset: KvSortedSet, query: KvRead): KvAnswer {
  const { scores, reverse } = formOf(query);
  const [from, to] = span(zset.size, query.x ?? 0, query.y ?? 0);
  const found = reverse
    ? zset.order.slice(zset.size - to, zset.size - from).reverse()
    : zset.order.slice(from, to);
  return scores ? new KvScored(found) : found.map(({ member }) => member);
}

function rangeByScore(zset: KvSortedSet, query: KvRead): KvAnswer {
  const { scores, reverse } = formOf(query);
  const [low, high] = ranksOf(zset, query);
  const { x: offset = 0, y: count = -1 } = query;
  const isNothing = offset < 0 || low >= high;
  const length = count < 0 ? Number.POSITIVE_INFINITY : count;
  const from = reverse ? Math.max(low, high - offset - length) : low + offset;
  const to = reverse ? high - offset : Math.min(high, low + offset + length);
  const found = isNothing || from >= to ? [] : zset.order.slice(from, to);
  if (reverse) found.reverse();
  return scores ? new KvScored(found) : found.map(({ member }) => member);
}

/** The ranks of what lies between the ends of the third and fourth key. */
function ranksOf(zset: KvSortedSet, { keys = [] }: KvRead): readonly [number, number] {
  const low = scoreEnd(keys[2] ?? '');
  const high = scoreEnd(keys[3] ?? '');
  if (low === null || high === null) return [0, 0];
  return [below(zset, low, low.exclusive), below(zset, high, !high.exclusive)];
}

function below(zset: KvSortedSet, { score }: ScoreEnd, inclusive: boolean): number {
  return zset.order.countBelow(score, inclusive);
}
