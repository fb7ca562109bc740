/**
 * The operations on one key as numbers: states are interned, an operation is a code with two
 * operands, a step is a comparison of integers.
 */
import type { Action, Operation, Value } from './history.ts';

/** The operation cannot have had its answer in that state. */
export const ILLEGAL = -1;

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

const NO_OPERAND = -1;
/** What an interned text costs beside its characters, about. */
const STATE_BYTES = 64;

export class CellMachine {
  readonly initial: number;
  /** Operations with the same number do the same and were answered the same. */
  readonly classes: Int32Array;
  readonly classCount: number;
  /** 1: where it is legal, it leaves the state as it is. */
  readonly observes: Uint8Array;
  readonly #codes: Uint8Array;
  readonly #a: Int32Array;
  readonly #b: Int32Array;
  readonly #isUnknown: Uint8Array;
  readonly #ids = new Map<Value, number>();
  readonly #values: Value[] = [];
  /** Steps that are computed from texts, by state and class. */
  readonly #computed = new Map<number, number>();
  #bytes = 0;

  constructor(operations: readonly Operation[], initial: Value) {
    const count = operations.length;
    this.classes = new Int32Array(count);
    this.observes = new Uint8Array(count);
    this.#codes = new Uint8Array(count);
    this.#a = new Int32Array(count);
    this.#b = new Int32Array(count);
    this.#isUnknown = new Uint8Array(count);
    this.initial = this.#idOf(initial);
    const classIds = new Map<string, number>();
    operations.forEach(({ action, returnedAt }, op) => {
      const [code, a, b] = this.#encode(action);
      this.#codes[op] = code;
      this.#a[op] = a;
      this.#b[op] = b;
      this.#isUnknown[op] = returnedAt === Number.POSITIVE_INFINITY ? 1 : 0;
      this.observes[op] =
        code === CODE.get || code === CODE.casFalse || code === CODE.delFalse ? 1 : 0;
      const name = `${code} ${a} ${b} ${code === CODE.incr ? this.#isUnknown[op] : ''}`;
      const known = classIds.get(name) ?? classIds.size;
      classIds.set(name, known);
      this.classes[op] = known;
    });
    this.classCount = classIds.size;
  }

  /** What is kept for states, about. */
  get bytes(): number {
    return this.#bytes;
  }

  valueOf(state: number): Value {
    return this.#values[state] ?? null;
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

  #encode(action: Action): [code: number, a: number, b: number] {
    switch (action.kind) {
      case 'get':
        return [CODE.get, action.result === undefined ? NO_OPERAND : this.#idOf(action.result), 0];
      case 'put':
        return [CODE.put, this.#idOf(action.value), 0];
      case 'cas': {
        const { result } = action;
        const code = result === null ? CODE.casAny : result ? CODE.casTrue : CODE.casFalse;
        return [code, this.#idOf(action.from), this.#idOf(action.to)];
      }
      case 'append':
        return [CODE.append, this.#idOf(action.value), 0];
      case 'del': {
        const { result } = action;
        const code = result === null ? CODE.delAny : result ? CODE.delTrue : CODE.delFalse;
        return [code, this.#idOf(null), 0];
      }
      case 'incr': {
        const b = action.result === null ? NO_OPERAND : this.#idOf(action.result);
        return [CODE.incr, this.#idOf(action.by), b];
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
    return this.#idOf(`${this.valueOf(state) ?? ''}${this.valueOf(this.#a[op] as number)}`);
  }

  #add(state: number, op: number): number {
    const value = this.valueOf(state) ?? '0';
    // What is no number stays as it is, and the answer would have been an error.
    if (!/^-?\d+$/.test(value)) return this.#isUnknown[op] === 1 ? state : ILLEGAL;
    const sum = BigInt(value) + BigInt(this.valueOf(this.#a[op] as number) ?? '0');
    const after = this.#idOf(String(sum));
    const result = this.#b[op] as number;
    return result === NO_OPERAND || result === after ? after : ILLEGAL;
  }

  #idOf(value: Value): number {
    const known = this.#ids.get(value);
    if (known !== undefined) return known;
    const id = this.#values.length;
    this.#ids.set(value, id);
    this.#values.push(value);
    this.#bytes += STATE_BYTES + (value?.length ?? 0);
    return id;
  }
}
