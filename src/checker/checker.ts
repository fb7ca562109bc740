/**
 * Judges whether a history is linearizable: whether each operation can have taken effect at one
 * moment between its call and its answer, as the model says.
 *
 * Keys are independent, so each is searched by itself, the small ones first, with budgets that grow
 * from round to round: one key that cannot be decided does not keep the check from the one that is
 * wrong. The first key that is wrong ends it.
 */
import { assert } from '../std/assert.ts';
import { Explanation } from './explanation.ts';
import { type History, isUnknown, type Operation } from './history.ts';
import { foreignTo, type Model } from './models.ts';
import { OPERATIONS_MAX, type Reach, Search } from './search.ts';
import { settleUnknown } from './unknown-outcomes.ts';

export type Verdict = 'ok' | 'illegal' | 'unknown';

export interface Budget {
  /** Operations tried, of all keys together. */
  readonly stepsMax?: number;
  /** What the memos of all keys may hold together. Default 1 GiB. */
  readonly bytesMax?: number;
  /** Asked now and then; true ends the search. */
  readonly isOver?: () => boolean;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly operationCount: number;
  readonly unknownCount: number;
  readonly keyCount: number;
  readonly stepCount: number;
  /** Keys for which there was not enough time or memory. */
  readonly undecided: readonly string[];
  /** The wrong key; else an undecided one; else that with the most operations; null: no keys. */
  readonly finding: Finding | null;
}

/** What is known of one key. */
export interface Finding extends Reach {
  readonly key: string;
  readonly isIllegal: boolean;
  /** All operations on the key, by call. */
  readonly operations: readonly Operation[];
}

const BYTES_MAX = 2 ** 30;
/** Steps of a key in the first round, and how much the next round grows. */
const FIRST_ROUND_STEPS = 2000;
const ROUND_FACTOR = 4;
/** Between two questions whether time is over. */
const SLICE_STEPS = 20_000;

/** @returns the verdict, once it is known or the budget is used up. */
export function checkLinearizability(
  history: History,
  model: Model,
  budget: Budget = {},
): Judgement {
  const check = new LinearizabilityCheck(history, model, budget);
  const stepsMax = budget.stepsMax ?? Number.POSITIVE_INFINITY;
  while (check.stepCount < stepsMax) {
    if (budget.isOver?.()) break;
    if (check.advance(Math.min(SLICE_STEPS, stepsMax - check.stepCount))) break;
  }
  return check.judgement;
}

interface Part {
  readonly key: string;
  readonly operations: readonly Operation[];
  search: Search | null;
  /** What is left of a search that ended. */
  reach: Reach | null;
  state: 'open' | 'ok' | 'illegal' | 'memory';
}

/** A check that is worked on piece by piece. */
export class LinearizabilityCheck {
  readonly #model: Model;
  readonly #history: History;
  readonly #bytesMax: number;
  readonly #parts: Part[];
  #illegal: Part | null = null;
  #explanation: Explanation | null = null;
  #at = 0;
  #roundSteps = FIRST_ROUND_STEPS;
  #stepCount = 0;
  #bytes = 0;

  constructor(history: History, model: Model, budget: Pick<Budget, 'bytesMax'> = {}) {
    const foreign = foreignTo(model, history);
    assert(foreign === null, `${foreign?.action.kind} is no operation of the model ${model.name}`);
    this.#history = history;
    this.#model = model;
    this.#bytesMax = budget.bytesMax ?? BYTES_MAX;
    this.#parts = partsOf(history);
  }

  get stepCount(): number {
    return this.#stepCount;
  }

  get keyCount(): number {
    return this.#parts.length;
  }

  /** What the memos hold now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keys that are decided, of all. */
  get decidedCount(): number {
    return this.#parts.filter(({ state }) => state === 'ok' || state === 'illegal').length;
  }

  /** Works for about so many steps. @returns whether there is nothing left to do. */
  advance(steps: number): boolean {
    const until = this.#stepCount + steps;
    while (this.#illegal === null && this.#stepCount < until) {
      const part = this.#next();
      if (part === null) return true;
      this.#work(part, Math.min(this.#roundSteps, until - this.#stepCount));
    }
    return this.#illegal !== null && this.#explain(this.#illegal, steps);
  }

  get judgement(): Judgement {
    const undecided = this.#parts.filter(({ state }) => state === 'open' || state === 'memory');
    const isIllegal = this.#illegal !== null;
    const shown = this.#illegal ?? undecided[0] ?? this.#parts.at(-1) ?? null;
    return {
      verdict: isIllegal ? 'illegal' : undecided.length > 0 ? 'unknown' : 'ok',
      operationCount: this.#history.length,
      unknownCount: this.#history.filter(isUnknown).length,
      keyCount: this.#parts.length,
      stepCount: this.#stepCount,
      undecided: undecided.map(({ key }) => key),
      finding: shown === null ? null : this.#findingOf(shown),
    };
  }

  #next(): Part | null {
    for (let tried = 0; tried <= this.#parts.length; tried += 1) {
      if (this.#at === this.#parts.length) {
        this.#at = 0;
        this.#roundSteps *= ROUND_FACTOR;
      }
      const part = this.#parts[this.#at];
      this.#at += 1;
      if (part?.state === 'open') return part;
    }
    return null;
  }

  #work(part: Part, steps: number): void {
    if (part.operations.length > OPERATIONS_MAX) {
      part.state = 'memory';
      return;
    }
    const search = part.search ?? this.#searchOf(part);
    part.search = search;
    const before = { steps: search.steps, bytes: search.bytes };
    const progress = search.run(steps, this.#bytesMax - this.#bytes + before.bytes);
    // An operation that needs no step is work too.
    this.#stepCount += Math.max(1, search.steps - before.steps);
    this.#bytes += search.bytes - before.bytes;
    if (progress === 'paused') return;
    part.state = progress;
    if (progress === 'illegal') this.#illegal = part;
    // What is decided, or cannot be, leaves its memory to the others.
    part.reach = search.reach;
    this.#bytes -= search.bytes;
    part.search = null;
  }

  #explain(part: Part, steps: number): boolean {
    if (this.#explanation === null) {
      const reach = part.reach ?? { order: [], blocked: null, states: [] };
      this.#explanation = new Explanation(part.operations, this.#model.initial, reach);
      // The other keys do not matter any more.
      for (const other of this.#parts) other.search = null;
    }
    const isDone = this.#explanation.run(steps, this.#bytesMax);
    part.reach = this.#explanation.reach;
    return isDone;
  }

  #searchOf(part: Part): Search {
    const { initial } = this.#model;
    const settled = settleUnknown(part.operations, initial);
    const search = new Search(settled, { initial, looksAhead: true });
    this.#bytes += search.bytes;
    return search;
  }

  #findingOf(part: Part): Finding {
    const { key, operations, state } = part;
    const isIllegal = state === 'illegal';
    const reach = part.reach ?? part.search?.reach ?? { order: [], blocked: null, states: [] };
    return { key, isIllegal, operations, ...reach };
  }
}

/** Operations by key, each by call; the keys with few operations first. */
function partsOf(history: History): Part[] {
  const byKey = new Map<string, Operation[]>();
  for (const operation of history) {
    const same = byKey.get(operation.key);
    if (same === undefined) byKey.set(operation.key, [operation]);
    else same.push(operation);
  }
  return [...byKey]
    .map(([key, operations]): Part => {
      operations.sort((a, b) => a.calledAt - b.calledAt);
      return { key, operations, search: null, reach: null, state: 'open' };
    })
    .sort((a, b) => a.operations.length - b.operations.length);
}
