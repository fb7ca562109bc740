/**
 * Calls and answers in the order of time, as a list that operations are taken out of and put back
 * into at no cost (Wing and Gong's list).
 *
 * Operations that must have happened are numbered by call: 0 to `certain - 1`. Those that may have
 * happened follow; they are not in the list, only their place in time is kept.
 */
import { isUnknown } from './history.ts';
import type { Settled } from './unknown-outcomes.ts';

/** Place 0 of the list. */
export const HEAD = 0;

export class Timeline {
  /** By number. */
  readonly operations: readonly Settled[];
  readonly certain: number;
  /** Places of calls and answers, by number. */
  readonly callOf: Int32Array;
  readonly returnOf: Int32Array;
  /** Which operation is at a place. */
  readonly at: Int32Array;
  readonly next: Int32Array;
  readonly end: number;
  readonly #previous: Int32Array;

  constructor(operations: readonly Settled[]) {
    const byCall = (a: Settled, b: Settled): number => a.calledAt - b.calledAt;
    const certain = operations.filter((operation) => !isUnknown(operation)).sort(byCall);
    this.certain = certain.length;
    this.operations = [...certain, ...operations.filter(isUnknown).sort(byCall)];
    const places = placesOf(this.operations, this.certain);
    this.end = places.length + 1;
    this.callOf = new Int32Array(this.operations.length);
    this.returnOf = new Int32Array(this.operations.length).fill(this.end);
    this.at = new Int32Array(this.end + 1);
    this.next = new Int32Array(this.end + 1);
    this.#previous = new Int32Array(this.end + 1);
    let last = HEAD;
    places.forEach(({ op, rank }, index) => {
      const place = index + 1;
      this.at[place] = op;
      (rank === RANK.call ? this.callOf : this.returnOf)[op] = place;
      if (op >= this.certain) return;
      this.next[last] = place;
      this.#previous[place] = last;
      last = place;
    });
    this.next[last] = this.end;
    this.#previous[this.end] = last;
  }

  /**
   * Takes an operation that must have happened out of the list. The answer goes first, so that what
   * follows the place of the call is still in the list.
   */
  remove(op: number): void {
    this.#unlink(this.returnOf[op] as number);
    this.#unlink(this.callOf[op] as number);
  }

  /** Undoes `remove`; what was removed last comes back first. */
  restore(op: number): void {
    this.#link(this.callOf[op] as number);
    this.#link(this.returnOf[op] as number);
  }

  #unlink(place: number): void {
    const before = this.#previous[place] as number;
    const after = this.next[place] as number;
    this.next[before] = after;
    this.#previous[after] = before;
  }

  #link(place: number): void {
    this.next[this.#previous[place] as number] = place;
    this.#previous[this.next[place] as number] = place;
  }
}

interface Place {
  readonly op: number;
  readonly time: number;
  /** At the same time calls come first: what touches counts as overlapping. */
  readonly rank: number;
}

const RANK = {
  call: 0,
  answer: 1,
  /** The latest time of an unknown outcome: whoever saw it is the one to complain. */
  latest: 2,
} as const;

function placesOf(operations: readonly Settled[], certain: number): Place[] {
  const places: Place[] = [];
  operations.forEach(({ calledAt, returnedAt, original }, op) => {
    places.push({ op, time: calledAt, rank: RANK.call });
    if (op >= certain) return;
    places.push({ op, time: returnedAt, rank: original ? RANK.latest : RANK.answer });
  });
  return places.sort((a, b) => a.time - b.time || a.rank - b.rank);
}
