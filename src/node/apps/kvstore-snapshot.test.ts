import { describe, expect, it } from 'vitest';
import { Prng } from '../../std/prng.ts';
import { ByteSlice } from './byte-slice.ts';
import {
  type Collection,
  canonicalText,
  KvHash,
  KvList,
  KvSet,
  KvSortedSet,
} from './collections.ts';
import { type Cell, NO_CELL } from './kv-arena.ts';
import { TableRestore, TableSource } from './kvstore-snapshot.ts';
import { KvTable } from './kvstore-table.ts';

const KEYS = 60;
let index = 0;

const KEY = new ByteSlice();
const VALUE = new ByteSlice();

function set(table: KvTable, key: string, value: string): Cell {
  return table.set(KEY.overText(key), VALUE.overText(value), index);
}

function change(table: KvTable, prng: Prng): void {
  index += 1;
  const key = `k${prng.between(0, KEYS)}`;
  const cell = table.findText(key);
  const what = prng.unit();
  if (what < 0.01) table.clear(index);
  else if (what < 0.3) table.remove(KEY.overText(key), index);
  else if (what < 0.4 && cell !== NO_CELL) table.clearDeadline(cell, index);
  else if (what < 0.55 && cell !== NO_CELL && table.typeOf(cell) !== 0) addTo(table, cell, prng);
  else if (what < 0.62) {
    index += 1;
    table.setCollection(KEY.overText(key), collection(prng), index);
  } else if (what < 0.7 && cell !== NO_CELL && table.typeOf(cell) === 0) {
    const length = table.valueLength(cell);
    const resized = table.resize(KEY.overText(key), length + 1, index);
    table.write(resized, length, VALUE.overText('+'));
  } else {
    const changed = set(table, key, `v${index}${'\xff'.repeat(prng.between(0, 30))}`);
    if (prng.chance(0.4)) table.setDeadline(changed, table.nowMs + prng.between(1, 50), index);
  }
  table.nowMs += prng.between(0, 2);
  if (prng.chance(0.1)) table.sweep(3, index);
}

function collection(prng: Prng): Collection {
  const made = [new KvSet(), new KvSortedSet(), new KvHash(), new KvList()][prng.between(0, 3)];
  const one = made as Collection;
  grow(one, `first ${index}`);
  return one;
}

function grow(one: Collection, text: string): void {
  if (one instanceof KvSet) one.members.add(text);
  else if (one instanceof KvSortedSet) one.set(text, index / 8);
  else if (one instanceof KvHash) one.fields.set(text, `value ${index}`);
  else one.items.push(text);
}

/** One member more, and sometimes one less. */
function addTo(table: KvTable, cell: Cell, prng: Prng): void {
  table.willChange(cell, index);
  const one = table.collectionOf(cell) as Collection;
  grow(one, `\xff${index}`);
  if (one instanceof KvSet && prng.chance(0.5)) one.members.delete(`first ${index}`);
  if (one instanceof KvList && prng.chance(0.5)) one.items.shift();
}

/** Everything a command could see of a table. */
function contentOf(table: KvTable): unknown {
  const keys = Array.from({ length: KEYS + 1 }, (_, i) => `k${i}`);
  const { nowMs, size, nextDeadlineMs, volatileSize } = table;
  const seen = keys.map((key) => {
    const cell = table.findText(key);
    const deadlineMs = cell === NO_CELL ? 0 : table.deadlineMs(cell);
    const one = cell === NO_CELL ? null : table.collectionOf(cell);
    const value = one === null ? table.valueOf(key) : canonicalText(one);
    return [value, table.versionOf(key), deadlineMs];
  });
  return { nowMs, size, nextDeadlineMs, volatileSize, seen };
}

function piecesOf(table: KvTable, bytesMax: number, between: () => void): Buffer[] {
  const source = new TableSource(table);
  const pieces: Buffer[] = [];
  for (;;) {
    between();
    const piece = source.next(bytesMax);
    if (piece === null) break;
    pieces.push(Buffer.from(piece));
  }
  source.close();
  return pieces;
}

function restored(pieces: readonly Buffer[]): KvTable | null {
  const adopted: KvTable[] = [];
  const restore = new TableRestore((table) => adopted.push(table));
  for (const piece of pieces) restore.take(piece);
  expect(adopted).toEqual([]);
  return restore.finish() ? (adopted[0] ?? null) : null;
}

/** Cuts a stream anywhere else than it was cut. */
function recut(pieces: readonly Buffer[], prng: Prng): Buffer[] {
  const whole = Buffer.concat(pieces);
  const cuts: Buffer[] = [];
  for (let at = 0; at < whole.length; ) {
    const end = at + prng.between(1, 90);
    cuts.push(whole.subarray(at, end));
    at = end;
  }
  return cuts;
}

describe('TableSource', () => {
  it('gives the state of one moment, whatever changes while it is read', () => {
    for (let seed = 1; seed <= 150; seed += 1) {
      const prng = new Prng(seed);
      const table = new KvTable();
      for (let i = prng.between(0, 150); i > 0; i -= 1) change(table, prng);
      for (let taken = 0; taken < 2; taken += 1) {
        const frozen = contentOf(table);
        const changes = prng.between(0, 12);
        const pieces = piecesOf(table, prng.pick([1, 64, 4096]), () => {
          for (let i = 0; i < changes; i += 1) change(table, prng);
        });
        const copy = restored(prng.chance(0.5) ? pieces : recut(pieces, prng));
        expect(copy, `seed ${seed}`).not.toBeNull();
        expect(contentOf(copy as KvTable), `seed ${seed}`).toEqual(frozen);
      }
    }
  });
});

describe('TableRestore', () => {
  it('takes only a whole state: nothing cut off, nothing behind it, no key short', () => {
    const table = new KvTable();
    for (const key of ['a', '\xff\0', '']) set(table, key, key.repeat(50));
    const whole = Buffer.concat(piecesOf(table, 64, () => {}));
    expect(restored([whole])?.size).toBe(3);
    for (let end = 0; end < whole.length; end += 1) {
      expect(restored([whole.subarray(0, end)]), `cut at ${end}`).toBeNull();
    }
    expect(restored([whole, whole])).toBeNull();
    expect(restored([whole, Buffer.from([0])])).toBeNull();
  });
});
