/** Values of several parts, as they lie in memory. Layout in bytes: wire/apps/kv-collections.ts. */
import { assert } from '../../std/assert.ts';
import type { Bytes } from '../../std/bytes.ts';
import { KV_TYPE, PartsWriter, readParts } from '../../wire/apps/kv-collections.ts';
import { ScoreOrder } from './score-order.ts';

export class KvSet {
  readonly type = KV_TYPE.set;
  readonly members = new Set<string>();

  get size(): number {
    return this.members.size;
  }
}

export class KvSortedSet {
  readonly type = KV_TYPE.zset;
  readonly scores = new Map<string, number>();
  readonly order = new ScoreOrder();

  get size(): number {
    return this.scores.size;
  }

  set(member: string, score: number): void {
    const old = this.scores.get(member);
    if (old === score) return;
    if (old !== undefined) this.order.remove({ member, score: old });
    // -0 and 0 are one score, and only one of them may be in the order.
    const kept = score === 0 ? 0 : score;
    this.scores.set(member, kept);
    this.order.add({ member, score: kept });
  }

  /** @returns whether it was there. */
  delete(member: string): boolean {
    const score = this.scores.get(member);
    if (score === undefined) return false;
    this.scores.delete(member);
    this.order.remove({ member, score });
    return true;
  }
}

export class KvHash {
  readonly type = KV_TYPE.hash;
  readonly fields = new Map<string, string>();

  get size(): number {
    return this.fields.size;
  }
}

export class KvList {
  readonly type = KV_TYPE.list;
  readonly items: string[] = [];

  get size(): number {
    return this.items.length;
  }
}

export type Collection = KvSet | KvSortedSet | KvHash | KvList;

export function encodeCollection(collection: Collection): Bytes {
  const writer = new PartsWriter();
  switch (collection.type) {
    case KV_TYPE.set:
      for (const member of collection.members) writer.text(member);
      break;
    case KV_TYPE.zset:
      for (const [member, score] of collection.scores) {
        writer.score(score);
        writer.text(member);
      }
      break;
    case KV_TYPE.hash:
      for (const [name, value] of collection.fields) {
        writer.text(name);
        writer.text(value);
      }
      break;
    case KV_TYPE.list:
      for (const item of collection.items) writer.text(item);
      break;
  }
  return writer.view();
}

/** @returns null when the bytes are no such value, or an empty one: those are not kept. */
export function decodeCollection(
  type: number,
  bytes: Bytes,
  start: number,
  end: number,
): Collection | null {
  const range = { start, end, scored: type === KV_TYPE.zset };
  let found: Collection;
  let isWhole: boolean;
  if (type === KV_TYPE.set) {
    const set = new KvSet();
    isWhole = readParts(bytes, range, (text) => set.members.add(text));
    found = set;
  } else if (type === KV_TYPE.zset) {
    const zset = new KvSortedSet();
    isWhole = readParts(bytes, range, (text, score) => zset.set(text, score));
    found = zset;
  } else if (type === KV_TYPE.hash) {
    const hash = new KvHash();
    let name: string | null = null;
    isWhole = readParts(bytes, range, (text) => {
      if (name !== null) hash.fields.set(name, text);
      name = name === null ? text : null;
    });
    isWhole = isWhole && name === null;
    found = hash;
  } else if (type === KV_TYPE.list) {
    const list = new KvList();
    isWhole = readParts(bytes, range, (text) => list.items.push(text));
    found = list;
  } else return null;
  return isWhole && found.size > 0 ? found : null;
}

export function cloneCollection(collection: Collection): Collection {
  const bytes = encodeCollection(collection);
  const clone = decodeCollection(collection.type, bytes, 0, bytes.length);
  assert(clone !== null, 'what was encoded can be decoded');
  return clone;
}

/** Equal for equal values, in whatever order their parts came. */
export function canonicalText(collection: Collection): string {
  switch (collection.type) {
    case KV_TYPE.set:
      return JSON.stringify(['set', ...[...collection.members].sort()]);
    case KV_TYPE.zset: {
      const entries = collection.order.slice(0, collection.size);
      return JSON.stringify(['zset', ...entries.map(({ member, score }) => [member, `${score}`])]);
    }
    case KV_TYPE.hash:
      return JSON.stringify([
        'hash',
        ...[...collection.fields].sort(([a], [b]) => (a < b ? -1 : 1)),
      ]);
    case KV_TYPE.list:
      return JSON.stringify(['list', ...collection.items]);
  }
}
