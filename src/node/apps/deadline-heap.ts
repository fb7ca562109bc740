/**
 * Keys by their deadlines, the earliest first, equal deadlines in the order of the keys: so every
 * replica removes the same ones. A binary heap in which each cell knows its place, so that a
 * changed deadline moves it and leaves nothing behind. It grows page by page.
 */
import { type Cell, type KvArena, NO_CELL, WORD, wordAt } from './kv-arena.ts';

const PAGE_BITS = 12;
const PAGE_MASK = (1 << PAGE_BITS) - 1;

export class DeadlineHeap {
  readonly #arena: KvArena;
  /** Places count from 1. Cluster time, Unix milliseconds. */
  readonly #times: Float64Array[] = [];
  readonly #cells: Int32Array[] = [];
  #size = 0;

  constructor(arena: KvArena) {
    this.#arena = arena;
  }

  get size(): number {
    return this.#size;
  }

  get first(): Cell {
    return this.#size === 0 ? NO_CELL : this.#cellAt(1);
  }

  /** 0: it has none. */
  deadlineMs(cell: Cell): number {
    const place = this.#placeOf(cell);
    return place === 0 ? 0 : this.#timeAt(place);
  }

  set(cell: Cell, deadlineMs: number): void {
    let place = this.#placeOf(cell);
    if (place === 0) {
      this.#size += 1;
      place = this.#size;
      if (place >>> PAGE_BITS === this.#times.length) {
        this.#times.push(new Float64Array(1 << PAGE_BITS));
        this.#cells.push(new Int32Array(1 << PAGE_BITS));
      }
    }
    this.#settle(place, cell, deadlineMs);
  }

  remove(cell: Cell): void {
    const place = this.#placeOf(cell);
    if (place === 0) return;
    const last = this.#cellAt(this.#size);
    const lastMs = this.#timeAt(this.#size);
    this.#size -= 1;
    this.#setPlaceOf(cell, 0);
    if (last !== cell) this.#settle(place, last, lastMs);
  }

  /** The record of a key has moved to another cell. */
  moved(to: Cell): void {
    const place = this.#placeOf(to);
    if (place !== 0) this.#put(place, to, this.#timeAt(place));
  }

  /** Puts a cell where it belongs, beginning at a place whose own cell is gone or is itself. */
  #settle(from: number, cell: Cell, deadlineMs: number): void {
    let place = from;
    while (place > 1 && this.#isBefore(cell, deadlineMs, place >>> 1)) {
      this.#put(place, this.#cellAt(place >>> 1), this.#timeAt(place >>> 1));
      place >>>= 1;
    }
    for (;;) {
      let child = 2 * place;
      if (child > this.#size) break;
      const right = child + 1;
      if (right <= this.#size && this.#isBefore(this.#cellAt(right), this.#timeAt(right), child)) {
        child = right;
      }
      if (this.#isBefore(cell, deadlineMs, child)) break;
      this.#put(place, this.#cellAt(child), this.#timeAt(child));
      place = child;
    }
    this.#put(place, cell, deadlineMs);
  }

  #isBefore(cell: Cell, deadlineMs: number, place: number): boolean {
    const otherMs = this.#timeAt(place);
    if (deadlineMs !== otherMs) return deadlineMs < otherMs;
    return this.#arena.isBefore(cell, this.#cellAt(place));
  }

  #cellAt(place: number): Cell {
    return (this.#cells[place >>> PAGE_BITS] as Int32Array)[place & PAGE_MASK] as Cell;
  }

  #timeAt(place: number): number {
    return (this.#times[place >>> PAGE_BITS] as Float64Array)[place & PAGE_MASK] as number;
  }

  #put(place: number, cell: Cell, deadlineMs: number): void {
    (this.#cells[place >>> PAGE_BITS] as Int32Array)[place & PAGE_MASK] = cell;
    (this.#times[place >>> PAGE_BITS] as Float64Array)[place & PAGE_MASK] = deadlineMs;
    this.#setPlaceOf(cell, place);
  }

  #placeOf(cell: Cell): number {
    return this.#arena.wordsOf(cell)[wordAt(cell) + WORD.deadline] as number;
  }

  #setPlaceOf(cell: Cell, place: number): void {
    this.#arena.wordsOf(cell)[wordAt(cell) + WORD.deadline] = place;
  }
}
