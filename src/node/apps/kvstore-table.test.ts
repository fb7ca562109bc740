/** The table against a plain model: whatever is done to both, they say the same. */
import { describe, expect, it } from 'vitest';
import { Prng } from '../../std/prng.ts';
import { ByteSlice } from './byte-slice.ts';
import { NO_CELL } from './kv-arena.ts';
import { SHARDS } from './kv-index.ts';
import { KvTable } from './kvstore-table.ts';

interface Twin {
  value: string;
  version: number;
  deadlineMs: number;
}

const KEY = new ByteSlice();
const VALUE = new ByteSlice();

function hashOf(text: string): number {
  return new ByteSlice().overText(text).hash();
}

/** Keys that no hash tells apart. */
const COLLIDING: readonly string[] = (() => {
  const seen = new Map<number, string>();
  const found: string[] = [];
  for (let i = 0; found.length < 6; i += 1) {
    const text = `collide:${i.toString(36)}`;
    const hash = KEY.overText(text).hash();
    const other = seen.get(hash);
    if (other === undefined) seen.set(hash, text);
    else found.push(other, text);
  }
  return found;
})();

class Pair {
  readonly table = new KvTable();
  readonly model = new Map<string, Twin>();
  readonly #removedAt = new Map<number, number>();
  readonly #random: Prng;
  readonly #keys: number;
  #flushedAt = 0;
  #index = 0;

  constructor(random: Prng, keys: number) {
    this.#random = random;
    this.#keys = keys;
  }

  step(): void {
    const { table } = this;
    const random = this.#random;
    this.#index += random.pick([1, 1, 1, 3_000_000_000]);
    const key = this.key();
    const what = random.unit();
    if (what < 0.45) this.#set(key, this.#value());
    else if (what < 0.6) this.#resize(key);
    else if (what < 0.75) this.#remove(key);
    else if (what < 0.9) this.#deadline(key);
    else if (what < 0.91) table.nowMs += random.between(0, 10);
    else if (what < 0.92) this.#sweep();
    else if (what < 0.9203) this.#clear();
  }

  key(): string {
    const random = this.#random;
    if (random.chance(0.1)) return random.pick(COLLIDING);
    const text = `key:${random.between(0, this.#keys)}`;
    return random.chance(0.05) ? text.repeat(30) : text;
  }

  #value(): string {
    const random = this.#random;
    const size = random.between(0, random.pick([0, 20, 20, 200, 200, 3000, 300_000]));
    return String.fromCharCode(random.between(0, 255)).repeat(size);
  }

  #living(key: string): Twin | undefined {
    const twin = this.model.get(key);
    return twin === undefined || this.#isGone(twin) ? undefined : twin;
  }

  #isGone({ deadlineMs }: Twin): boolean {
    return deadlineMs !== 0 && deadlineMs <= this.table.nowMs;
  }

  #set(key: string, value: string): void {
    this.table.set(KEY.overText(key), VALUE.overText(value), this.#index);
    this.model.set(key, { value, version: this.#index, deadlineMs: 0 });
  }

  #resize(key: string): void {
    const old = this.#living(key);
    const piece = this.#value();
    const offset = this.#random.between(0, old?.value.length ?? 0);
    const length = offset + piece.length;
    const cell = this.table.resize(KEY.overText(key), length, this.#index);
    const kept = (old?.value ?? '').slice(0, length).padEnd(length, '\0');
    expect(this.table.valueText(cell)).toBe(kept);
    this.table.write(cell, offset, VALUE.overText(piece));
    const value = kept.slice(0, offset) + piece;
    this.model.set(key, { value, version: this.#index, deadlineMs: old?.deadlineMs ?? 0 });
  }

  #remove(key: string): void {
    const wasThere = this.#living(key) !== undefined;
    expect(this.table.remove(KEY.overText(key), this.#index)).toBe(wasThere);
    this.#forget(key);
  }

  #forget(key: string): void {
    if (!this.model.delete(key)) return;
    this.#removedAt.set(hashOf(key) & (SHARDS - 1), this.#index);
  }

  #deadline(key: string): void {
    const { table } = this;
    const cell = table.findText(key);
    const twin = this.#living(key);
    expect(cell !== NO_CELL).toBe(twin !== undefined);
    if (twin === undefined) return;
    twin.version = this.#index;
    if (this.#random.chance(0.2)) {
      twin.deadlineMs = 0;
      table.clearDeadline(cell, this.#index);
    } else {
      twin.deadlineMs = table.nowMs + this.#random.between(1, 50);
      table.setDeadline(cell, twin.deadlineMs, this.#index);
    }
  }

  #sweep(): void {
    const countMax = this.#random.between(0, 40);
    const gone = [...this.model]
      .filter(([, twin]) => this.#isGone(twin))
      .sort(([a, one], [b, two]) => one.deadlineMs - two.deadlineMs || (a < b ? -1 : 1));
    this.table.sweep(countMax, this.#index);
    for (const [key] of gone.slice(0, countMax)) this.#forget(key);
  }

  #clear(): void {
    this.table.clear(this.#index);
    this.model.clear();
    this.#removedAt.clear();
    this.#flushedAt = this.#index;
  }

  expectEqual(key: string): void {
    const { table } = this;
    const twin = this.model.get(key);
    const living = this.#living(key);
    expect(table.valueOf(key)).toBe(living?.value ?? null);
    const removedAt = this.#removedAt.get(hashOf(key) & (SHARDS - 1)) ?? 0;
    const absent = Math.max(removedAt, this.#flushedAt);
    expect(table.versionOf(key)).toBe(
      twin === undefined ? absent : living === undefined ? -twin.version : twin.version,
    );
    const cell = table.findText(key);
    if (cell !== NO_CELL) expect(table.deadlineMs(cell)).toBe(twin?.deadlineMs);
  }

  expectAllEqual(): void {
    const { table, model } = this;
    const found = new Set<string>();
    for (let shard = 0; shard < SHARDS; shard += 1) {
      for (let cell = table.first(shard); cell !== NO_CELL; cell = table.after(cell)) {
        const key = table.keyText(cell);
        expect(hashOf(key) & (SHARDS - 1)).toBe(shard);
        expect(found.has(key)).toBe(false);
        found.add(key);
        this.expectEqual(key);
      }
    }
    expect(found.size).toBe(model.size);
    expect(table.size).toBe(model.size);
    const deadlines = [...model.values()].map((t) => t.deadlineMs).filter((ms) => ms !== 0);
    expect(table.volatileSize).toBe(deadlines.length);
    const first = deadlines.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    expect(table.nextDeadlineMs ?? Number.POSITIVE_INFINITY).toBe(first);
  }
}

describe('KvTable', () => {
  it.each(Array.from({ length: 12 }, (_, i) => i + 1))(
    'says what a plain map says, whatever is done to both (seed %d)',
    (seed) => {
      const random = new Prng(seed);
      const pair = new Pair(random, random.pick([3, 50, 2000]));
      for (let i = 0; i < 4000; i += 1) {
        pair.step();
        pair.expectEqual(pair.key());
        if (i % 1000 === 999) pair.expectAllEqual();
      }
    },
  );

  it('finds every key while it grows to many times its first size, and after they went', () => {
    const table = new KvTable();
    const count = 60_000;
    for (let i = 0; i < count; i += 1) {
      table.set(KEY.overText(`key:${i}`), VALUE.overText(String(i)), i + 1);
      if (table.size !== i + 1) throw new Error(`${table.size} keys instead of ${i + 1}`);
    }
    for (let i = 0; i < count; i += 1) {
      if (table.valueOf(`key:${i}`) !== String(i)) throw new Error(`key:${i} is wrong`);
      if (!table.remove(KEY.overText(`key:${i}`), count + 1)) throw new Error(`key:${i} is gone`);
    }
    expect(table.size).toBe(0);
  });

  it('tells keys apart that have the same hash', () => {
    const table = new KvTable();
    for (const [i, key] of COLLIDING.entries()) {
      table.set(KEY.overText(key), VALUE.overText(key), i + 1);
    }
    expect(hashOf(COLLIDING[0] as string)).toBe(hashOf(COLLIDING[1] as string));
    expect(table.remove(KEY.overText(COLLIDING[0] as string), 9)).toBe(true);
    expect(COLLIDING.map((key) => table.valueOf(key))).toEqual([null, ...COLLIDING.slice(1)]);
  });
});
