import { describe, expect, it } from 'vitest';
import { Prng } from '../../std/prng.ts';
import { ByteSlice } from './byte-slice.ts';
import { DeadlineHeap } from './deadline-heap.ts';
import { type Cell, KvArena, NO_CELL, WORD, wordAt } from './kv-arena.ts';

const key = new ByteSlice();

function addTo(arena: KvArena, text: string): Cell {
  const cell = arena.add(key.overText(text), 0);
  arena.wordsOf(cell)[wordAt(cell) + WORD.deadline] = 0;
  return cell;
}

describe('DeadlineHeap', () => {
  it('has the first of a sorted list after any changes, whatever moves meanwhile', () => {
    const random = new Prng(5);
    const arena = new KvArena();
    const heap = new DeadlineHeap(arena);
    const twin = new Map<string, { cell: Cell; deadlineMs: number }>();
    for (let i = 0; i < 20_000; i += 1) {
      const text = `k${random.between(0, 300)}`;
      const deadlineMs = random.between(1, 100);
      const known = twin.get(text);
      const cell = known?.cell ?? addTo(arena, text);
      if (known === undefined || random.chance(0.4)) {
        heap.set(cell, deadlineMs);
        twin.set(text, { cell, deadlineMs });
      } else if (random.chance(0.3)) {
        const to = addTo(arena, text);
        arena.wordsOf(to)[wordAt(to) + WORD.deadline] =
          arena.wordsOf(cell)[wordAt(cell) + WORD.deadline] ?? 0;
        heap.moved(to);
        arena.free(cell);
        known.cell = to;
      } else {
        heap.remove(cell);
        arena.free(cell);
        twin.delete(text);
      }
      if (i % 50 !== 0) continue;
      const [first] = [...twin].sort(
        ([a, one], [b, two]) => one.deadlineMs - two.deadlineMs || (a < b ? -1 : 1),
      );
      expect(heap.first).toBe(first?.[1].cell ?? NO_CELL);
      expect(heap.first === NO_CELL ? 0 : heap.deadlineMs(heap.first)).toBe(
        first?.[1].deadlineMs ?? 0,
      );
      expect(heap.size).toBe(twin.size);
    }
  });

  it('knows the deadline of each of many thousand cells', () => {
    const arena = new KvArena();
    const heap = new DeadlineHeap(arena);
    const cells = Array.from({ length: 20_000 }, (_, i) => addTo(arena, `k${i}`));
    for (const [i, cell] of cells.entries()) heap.set(cell, ((i * 7919) % 20_000) + 1);
    for (const [i, cell] of cells.entries()) {
      expect(heap.deadlineMs(cell)).toBe(((i * 7919) % 20_000) + 1);
    }
    for (let deadlineMs = 1; deadlineMs <= 20_000; deadlineMs += 1) {
      expect(heap.deadlineMs(heap.first)).toBe(deadlineMs);
      heap.remove(heap.first);
    }
    expect(heap.first).toBe(NO_CELL);
  });
});
