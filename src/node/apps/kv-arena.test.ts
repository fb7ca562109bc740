import { describe, expect, it } from 'vitest';
import { Prng } from '../../std/prng.ts';
import { ByteSlice } from './byte-slice.ts';
import { type Cell, KvArena } from './kv-arena.ts';

const key = new ByteSlice();
const value = new ByteSlice();

function add(arena: KvArena, valueLength: number): Cell {
  const cell = arena.add(key.overText('key'), valueLength);
  arena.write(cell, 0, value.overText('v'.repeat(valueLength)));
  return cell;
}

describe('KvArena', () => {
  it('keeps every record as it was written while others of all sizes come and go', () => {
    const random = new Prng(21);
    const arena = new KvArena();
    const twin = new Map<Cell, string>();
    for (let i = 0; i < 5000; i += 1) {
      if (twin.size > 60 || (twin.size > 0 && random.chance(0.3))) {
        const [cell, text] = random.pick([...twin]);
        expect(arena.keyText(cell) + arena.valueText(cell)).toBe(text);
        twin.delete(cell);
        arena.free(cell);
      } else {
        const size = random.chance(0.02) ? 400_000 : random.between(0, random.pick([80, 5000]));
        const text = String.fromCharCode(random.between(0, 255)).repeat(size);
        const cell = arena.add(key.overText(`k${i}`), size);
        arena.write(cell, 0, value.overText(text));
        expect(twin.has(cell)).toBe(false);
        twin.set(cell, `k${i}${text}`);
      }
    }
    for (const [cell, text] of twin) expect(arena.keyText(cell) + arena.valueText(cell)).toBe(text);
  });

  it('uses freed memory again, however often', () => {
    const arena = new KvArena();
    const cells = Array.from({ length: 20_000 }, () => add(arena, 100));
    const { byteLength } = arena;
    for (let i = 0; i < 200_000; i += 1) {
      const place = (i * 7919) % cells.length;
      arena.free(cells[place] as Cell);
      cells[place] = add(arena, 100);
    }
    expect(arena.byteLength).toBe(byteLength);
  });

  it.each([1, 100, 5000, 300_000])('gives memory back once values of %d bytes are gone', (size) => {
    const arena = new KvArena();
    const cells = Array.from({ length: Math.ceil(8e6 / size / 10) }, () => add(arena, size));
    expect(arena.byteLength).toBeGreaterThan(cells.length * size);
    for (const cell of cells) arena.free(cell);
    // A chunk stays for what comes next.
    expect(arena.byteLength).toBeLessThanOrEqual(1024 * 1024);
  });

  it('wastes at most a quarter of a cell and a chunk of each size', () => {
    const arena = new KvArena();
    for (let i = 0; i < 10_000; i += 1) add(arena, 65 + (i % 16));
    expect(arena.byteLength).toBeLessThan(10_000 * 112 * 1.25 + 1024 * 1024);
  });
});
