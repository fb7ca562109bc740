/**
 * Says where a history goes wrong: the first answer that no order explains together with all
 * answers before it.
 *
 * A history cut off after a time is linearizable if a longer one is, so the place is found by
 * halving; what was under way at the cut may have happened or not. The last cut is then searched
 * without looking ahead, to learn what the key may have held there.
 */
import { type History, isUnknown, type Operation, type Value } from './history.ts';
import { type Reach, Search } from './search.ts';
import { settleUnknown } from './unknown-outcomes.ts';

/** For one cut. A cut that takes more is taken for good as it is. */
const CUT_STEPS_MAX = 2_000_000;
const STATES_STEPS_MAX = 300_000;

export class Explanation {
  readonly #operations: History;
  readonly #initial: Value;
  /** Certain operations in the order of their answers. */
  readonly #answers: readonly Operation[];
  /** Answers up to this one are explained, by `reach`. */
  #low: number;
  /** Answers up to this one are not explained by any order. */
  #high: number;
  #search: Search | null = null;
  #isLast = false;
  #steps = 0;
  #reach: Reach;

  /** @param reach how far the search came that found the history illegal. */
  constructor(operations: History, initial: Value, reach: Reach) {
    this.#operations = operations;
    this.#initial = initial;
    this.#answers = operations
      .filter((operation) => !isUnknown(operation))
      .sort((a, b) => a.returnedAt - b.returnedAt);
    this.#high = this.#answers.length - 1;
    this.#low = -1;
    this.#reach = reach;
    this.#learn(reach);
  }

  get reach(): Reach {
    return { ...this.#reach, blocked: this.#answers[this.#high] ?? null };
  }

  /** @returns whether there is nothing left to find out. */
  run(steps: number, bytesMax: number): boolean {
    let left = steps;
    while (left > 0) {
      const search = this.#search ?? this.#nextSearch();
      this.#search = search;
      const before = search.steps;
      const progress = search.run(left, bytesMax);
      const used = search.steps - before;
      left -= Math.max(1, used);
      this.#steps += used;
      const stepsMax = this.#isLast ? STATES_STEPS_MAX : CUT_STEPS_MAX;
      if (progress === 'paused' && this.#steps < stepsMax) continue;
      this.#search = null;
      this.#steps = 0;
      if (this.#isLast) {
        if (progress === 'illegal') this.#reach = search.reach;
        return true;
      }
      if (progress === 'ok') {
        this.#low = Math.floor((this.#low + this.#high) / 2);
        this.#reach = search.reach;
      } else if (progress === 'illegal') {
        this.#high = Math.floor((this.#low + this.#high) / 2);
        this.#learn(search.reach);
      } else {
        return true;
      }
    }
    return false;
  }

  #nextSearch(): Search {
    this.#isLast = this.#high - this.#low <= 1;
    const cut = this.#isLast ? this.#high : Math.floor((this.#low + this.#high) / 2);
    const until = (this.#answers[cut] as Operation).returnedAt;
    const known = this.#operations
      .filter(({ calledAt }) => calledAt <= until)
      .map((it) => (it.returnedAt <= until ? it : openEnded(it)));
    const initial = this.#initial;
    return new Search(settleUnknown(known, initial), { initial, looksAhead: !this.#isLast });
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
