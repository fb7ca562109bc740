/**
 * Says where a history goes wrong: the first answer that no order explains together with all
 * answers before it.
 *
 * A history cut off after a time is linearizable if a longer one is, so the place is found by
 * halving; what was under way at the cut may have happened or not. What the key may have held there
 * is what the last cut shows when it is searched without looking ahead, or, where that takes too
 * long, those of the values written last that could have been read instead.
 */
import { type History, isUnknown, type Operation, type Value } from './history.ts';
import { type Progress, type Reach, Search } from './search.ts';
import { makesValues, settleUnknown } from './unknown-outcomes.ts';

/** Limits for one search of a kind. One that takes more is given up. */
const STEPS_MAX = { halving: 2_000_000, states: 50_000, candidates: 200_000, done: 0 } as const;
const CANDIDATES_MAX = 12;

export class Explanation {
  readonly #operations: History;
  readonly #initial: Value;
  /** Certain operations in the order of their answers. */
  readonly #answers: readonly Operation[];
  /** Answers up to this one are explained, by `reach`. */
  #low = -1;
  /** Answers up to this one are not explained by any order. */
  #high: number;
  #reach: Reach;
  #phase: keyof typeof STEPS_MAX = 'halving';
  #search: Search | null = null;
  #steps = 0;
  #candidates: Value[] = [];
  readonly #held: Value[] = [];

  /** @param reach how far the search came that found the history illegal. */
  constructor(operations: History, initial: Value, reach: Reach) {
    this.#operations = operations;
    this.#initial = initial;
    this.#answers = operations
      .filter((operation) => !isUnknown(operation))
      .sort((a, b) => a.returnedAt - b.returnedAt);
    this.#high = this.#answers.length - 1;
    this.#reach = { ...reach, states: [] };
    this.#learn(reach);
  }

  get reach(): Reach {
    const states = this.#held.length > 0 ? this.#held : this.#reach.states;
    return { ...this.#reach, blocked: this.#answers[this.#high] ?? null, states };
  }

  /** @returns whether there is nothing left to find out. */
  run(steps: number, bytesMax: number): boolean {
    let left = steps;
    while (left > 0 && this.#phase !== 'done') {
      this.#search ??= this.#nextSearch();
      const search = this.#search;
      if (search === null) return true;
      const before = search.steps;
      const progress = search.run(left, bytesMax);
      const used = Math.max(1, search.steps - before);
      left -= used;
      this.#steps += used;
      if (progress === 'paused' && this.#steps < STEPS_MAX[this.#phase]) continue;
      this.#conclude(search, progress);
      this.#search = null;
      this.#steps = 0;
    }
    return this.#phase === 'done';
  }

  /** Null: there is none. */
  #nextSearch(): Search | null {
    if (this.#phase === 'halving' && this.#high - this.#low <= 1) this.#phase = 'states';
    if (this.#phase === 'halving') return this.#searchOf(this.#cutAfter(this.#middle), true);
    const cut = this.#cutAfter(this.#high);
    if (this.#phase === 'states') return this.#searchOf(cut, false);
    const result = this.#candidates[0];
    if (result === undefined) return null;
    const read = { kind: 'get', result } as const;
    const blocked = this.#answers[this.#high];
    return this.#searchOf(
      cut.map((it) => (it === blocked ? { ...it, action: read } : it)),
      true,
    );
  }

  #conclude(search: Search, progress: Progress): void {
    if (this.#phase === 'candidates') {
      const value = this.#candidates.shift();
      if (progress === 'ok' && value !== undefined) this.#held.push(value);
      if (this.#candidates.length === 0) this.#phase = 'done';
    } else if (this.#phase === 'states') {
      if (progress === 'illegal') this.#reach = search.reach;
      else this.#candidates = this.#valuesWrittenLast();
      this.#phase = this.#candidates.length > 0 ? 'candidates' : 'done';
    } else if (progress === 'ok') {
      this.#low = this.#middle;
      this.#reach = { ...search.reach, states: [] };
    } else if (progress === 'illegal') {
      this.#high = this.#middle;
      this.#learn(search.reach);
    } else {
      this.#phase = 'done';
    }
  }

  get #middle(): number {
    return Math.floor((this.#low + this.#high) / 2);
  }

  #searchOf(operations: History, looksAhead: boolean): Search {
    const initial = this.#initial;
    return new Search(settleUnknown(operations, initial), { initial, looksAhead });
  }

  /** What is known after an answer. */
  #cutAfter(at: number): Operation[] {
    const until = (this.#answers[at] as Operation).returnedAt;
    return this.#operations
      .filter(({ calledAt }) => calledAt <= until)
      .map((it) => (it.returnedAt <= until ? it : openEnded(it)));
  }

  /** The last first. Empty where values are made of others: there is no telling then. */
  #valuesWrittenLast(): Value[] {
    const written = new Set<Value>();
    const cut = this.#cutAfter(this.#high);
    if (cut.some(({ action }) => makesValues(action))) return [];
    const latest = cut.sort((a, b) => b.returnedAt - a.returnedAt);
    for (const { action } of latest) {
      if (action.kind === 'put') written.add(action.value);
      if (action.kind === 'cas' && action.result !== false) written.add(action.to);
      if (action.kind === 'del') written.add(null);
      if (written.size === CANDIDATES_MAX) break;
    }
    return [...written];
  }

  /** The order of a failed search still explains all answers before the one it got stuck at. */
  #learn(reach: Reach): void {
    const stuckAt = reach.blocked === null ? -1 : this.#answers.indexOf(reach.blocked);
    if (stuckAt - 1 <= this.#low) return;
    this.#low = Math.min(stuckAt, this.#high) - 1;
    this.#reach = { ...reach, states: [] };
  }
}

function openEnded(operation: Operation): Operation & { readonly original: Operation } {
  return { ...operation, returnedAt: Number.POSITIVE_INFINITY, original: operation };
}
