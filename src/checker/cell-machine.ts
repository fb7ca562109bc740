/**
 * The operations on one key as numbers: states are interned, an operation is a code with two
 * operands, a step is a comparison of integers.
 *
 * Values that nobody looks for are all the same one, so that writes of them are alike. Where there
 * is `append`, the beginnings of what is looked for are looked for too; where there is `incr`,
 * everything is.
 */
import type { Action, Operation, Value } from './history.ts';
import { lookedFor } from './unknown-outcomes.ts';

/** The operation cannot have had its answer in that state. */
export const ILLEGAL = -1;
/** No state: an operation needs none, or leaves one that depends on the one before. */
export const NO_STATE = -1;

const CODE = {
  get: 0,
  put: 1,
  casTrue: 2,
  casFalse: 3,
  casAny: 4,
  delTrue: 5,
  delFalse: 6,
  delAny: 7,
  append: 8,
  incr: 9,
} as const;

/** What an interned text costs beside its characters, about. */
const STATE_BYTES = 64;

export class CellMachine {
  readonly initial: number;
  /** Operations with the same number do the same and were answered the same. */
  readonly classes: Int32Array;
  readonly classCount: number;
  /** 1: where it is legal, it leaves the state as it is. */
  readonly observes: Uint8Array;
  /** By operation: the only state in which it is legal, or `NO_STATE`. */
  readonly needs: Int32Array;
  /** By operation: the state that it leaves where it changes anything, or `NO_STATE`. */
  readonly leaves: Int32Array;
  /** States that were there from the start: no operation needs another one. */
  readonly knownStates: number;
  readonly #codes: Uint8Array;
  readonly #a: Int32Array;
  readonly #b: Int32Array;
  readonly #isUnknown: Uint8Array;
  readonly #ids = new Map<Value, number>();
  readonly #values: Value[] = [];
  /** Values that someone looks for; null: any. */
  readonly #sought: ReadonlySet<Value> | null;
  /** The same as texts in their order, where beginnings of them count too. */
  readonly #wholes: readonly string[];
  /** What appends and increments add. */
  readonly #operands: string[] = [];
  readonly #operandIds = new Map<string, number>();
  /** The state that stands for all values that nobody looks for. */
  #unsought = NO_STATE;
  /** Steps that are computed from texts, by state and class. */
  readonly #computed = new Map<number, number>();
  #bytes = 0;

  /** @param isExact every value is a state of its own, looked for or not. */
  constructor(operations: readonly Operation[], initial: Value, isExact: boolean) {
    const count = operations.length;
    this.classes = new Int32Array(count);
    this.observes = new Uint8Array(count);
    this.needs = new Int32Array(count).fill(NO_STATE);
    this.leaves = new Int32Array(count).fill(NO_STATE);
    this.#codes = new Uint8Array(count);
    this.#a = new Int32Array(count);
    this.#b = new Int32Array(count);
    this.#isUnknown = new Uint8Array(count);
    const kinds = new Set(operations.map(({ action }) => action.kind));
    this.#sought =
      kinds.has('incr') || isExact ? null : lookedFor(operations).add(initial).add(null);
    const texts = kinds.has('append') ? [...(this.#sought ?? [])] : [];
    this.#wholes = texts.filter((text) => text !== null).sort(byCodeUnit);
    this.initial = this.#idOf(initial);
    const classIds = new Map<string, number>();
    operations.forEach((operation, op) => {
      this.#encode(op, operation);
      const name = `${this.#codes[op]} ${this.#a[op]} ${this.#b[op]} ${this.#isUnknown[op]}`;
      const known = classIds.get(name) ?? classIds.size;
      classIds.set(name, known);
      this.classes[op] = known;
    });
    this.classCount = classIds.size;
    this.knownStates = this.#values.length;
  }

  /** What is kept for states, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a state stands for what nobody looks for. */
  isUnsought(state: number): boolean {
    return state === this.#unsought;
  }

  /** The value of a state; undefined: one of those that nobody looks for. */
  valueOf(state: number): Value | undefined {
    return state === this.#unsought ? undefined : this.#values[state];
  }

  /** Whether the text of one state is how that of the other begins. */
  isStartOf(start: number, whole: number): boolean {
    return (this.#values[whole] ?? '').startsWith(this.#values[start] ?? '');
  }

  /** @returns the state after `op`, or `ILLEGAL`. */
  step(state: number, op: number): number {
    const a = this.#a[op] as number;
    switch (this.#codes[op]) {
      case CODE.get:
        return state === a ? state : ILLEGAL;
      case CODE.put:
        return a;
      case CODE.casTrue:
        return state === a ? (this.#b[op] as number) : ILLEGAL;
      case CODE.casFalse:
        return state === a ? ILLEGAL : state;
      case CODE.casAny:
        return state === a ? (this.#b[op] as number) : state;
      case CODE.delTrue:
        return state === a ? ILLEGAL : a;
      case CODE.delFalse:
        return state === a ? state : ILLEGAL;
      case CODE.delAny:
        return a;
      default:
        return this.#compute(state, op);
    }
  }

  #encode(op: number, { action, returnedAt }: Operation): void {
    const isUnknown = returnedAt === Number.POSITIVE_INFINITY;
    const [code, a, b] = this.#operandsOf(action);
    this.#codes[op] = code;
    this.#a[op] = a;
    this.#b[op] = b;
    // What has an operand for its answer needs no other mark.
    this.#isUnknown[op] = isUnknown && code === CODE.incr ? 1 : 0;
    if (code === CODE.get || code === CODE.casFalse || code === CODE.delFalse) {
      this.observes[op] = 1;
    } else if (code === CODE.casTrue || code === CODE.casAny) {
      this.leaves[op] = b;
    } else if (code !== CODE.append && code !== CODE.incr) {
      this.leaves[op] = a;
    }
    if (code === CODE.get || code === CODE.casTrue || code === CODE.delFalse) this.needs[op] = a;
  }

  #operandsOf(action: Action): [code: number, a: number, b: number] {
    switch (action.kind) {
      case 'get':
        return [CODE.get, action.result === undefined ? NO_STATE : this.#idOf(action.result), 0];
      case 'put':
        return [CODE.put, this.#idOf(action.value), 0];
      case 'cas': {
        const { result } = action;
        const code = result === null ? CODE.casAny : result ? CODE.casTrue : CODE.casFalse;
        return [code, this.#idOf(action.from), this.#idOf(action.to)];
      }
      case 'append':
        return [CODE.append, this.#operandOf(action.value), 0];
      case 'del': {
        const { result } = action;
        const code = result === null ? CODE.delAny : result ? CODE.delTrue : CODE.delFalse;
        return [code, this.#idOf(null), 0];
      }
      case 'incr': {
        const b = action.result === null ? NO_STATE : this.#idOf(action.result);
        return [CODE.incr, this.#operandOf(action.by), b];
      }
    }
  }

  #compute(state: number, op: number): number {
    const at = state * this.classCount + (this.classes[op] as number);
    const known = this.#computed.get(at);
    if (known !== undefined) return known;
    const after = this.#codes[op] === CODE.append ? this.#append(state, op) : this.#add(state, op);
    this.#computed.set(at, after);
    this.#bytes += STATE_BYTES;
    return after;
  }

  #append(state: number, op: number): number {
    const operand = this.#operands[this.#a[op] as number] ?? '';
    // Nothing that is looked for begins with it, so nothing begins with more of it.
    if (state === this.#unsought) return state;
    return this.#idOf(`${this.valueOf(state) ?? ''}${operand}`);
  }

  #add(state: number, op: number): number {
    const value = this.valueOf(state) ?? '0';
    // What is no number stays as it is, and the answer would have been an error.
    if (!/^-?\d+$/.test(value)) return this.#isUnknown[op] === 1 ? state : ILLEGAL;
    const sum = BigInt(value) + BigInt(this.#operands[this.#a[op] as number] ?? '0');
    const after = this.#idOf(String(sum));
    const result = this.#b[op] as number;
    return result === NO_STATE || result === after ? after : ILLEGAL;
  }

  #operandOf(text: string): number {
    const known = this.#operandIds.get(text);
    if (known !== undefined) return known;
    this.#operandIds.set(text, this.#operands.length);
    return this.#operands.push(text) - 1;
  }

  #isSought(value: Value): boolean {
    if (this.#sought === null || this.#sought.has(value)) return true;
    if (value === null || this.#wholes.length === 0) return false;
    let low = 0;
    let high = this.#wholes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#wholes[middle] as string) < value) low = middle + 1;
      else high = middle;
    }
    return this.#wholes[low]?.startsWith(value) ?? false;
  }

  #idOf(value: Value): number {
    const isUnsought = !this.#isSought(value);
    const known = isUnsought ? this.#unsought : (this.#ids.get(value) ?? NO_STATE);
    if (known !== NO_STATE) return known;
    const id = this.#values.length;
    this.#values.push(value);
    if (isUnsought) this.#unsought = id;
    else this.#ids.set(value, id);
    this.#bytes += STATE_BYTES + (value?.length ?? 0);
    return id;
  }
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
