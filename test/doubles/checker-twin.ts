/**
 * The slow obvious twin of the checker: tries every order of every choice of unknown operations.
 * And histories to compare the two on.
 */
import type { Action, History, Operation, Value } from '../../src/checker/history.ts';
import { isUnknown } from '../../src/checker/history.ts';
import type { Prng } from '../../src/std/prng.ts';

/** What a key holds after the operation; undefined: it cannot have been answered so. */
export function stepSlowly(state: Value, action: Action, unknown: boolean): Value | undefined {
  switch (action.kind) {
    case 'get':
      return unknown || action.result === undefined || action.result === state ? state : undefined;
    case 'put':
      return action.value;
    case 'append':
      return (state ?? '') + action.value;
    case 'cas': {
      const { from, to, result } = action;
      if (result !== null && result !== (state === from)) return undefined;
      return state === from ? to : state;
    }
    case 'del':
      return action.result !== null && action.result !== (state !== null) ? undefined : null;
    case 'incr': {
      const text = state ?? '0';
      if (!/^-?\d+$/.test(text)) return unknown ? state : undefined;
      const sum = String(BigInt(text) + BigInt(action.by));
      return action.result !== null && action.result !== sum ? undefined : sum;
    }
  }
}

/** Of one key's operations. */
export function isLinearizableSlowly(operations: History, state: Value): boolean {
  if (operations.every(isUnknown)) return true;
  return operations.some((operation, at) => {
    if (operations.some((other) => other.returnedAt < operation.calledAt)) return false;
    const after = stepSlowly(state, operation.action, isUnknown(operation));
    return after !== undefined && isLinearizableSlowly(operations.toSpliced(at, 1), after);
  });
}

/**
 * The first answer, in time, that no order explains together with all before it. What was called
 * before and answered later may have happened, as it was answered.
 */
export function blockedSlowly(operations: History, initial: Value): Operation | null {
  const answered = operations.filter((it) => !isUnknown(it));
  answered.sort((a, b) => a.returnedAt - b.returnedAt);
  for (const last of answered) {
    const known = operations
      .filter(({ calledAt }) => calledAt <= last.returnedAt)
      .map((it) =>
        it.returnedAt <= last.returnedAt ? it : { ...it, returnedAt: Number.POSITIVE_INFINITY },
      );
    if (!isLinearizableSlowly(known, initial)) return last;
  }
  return null;
}

export interface Shape {
  readonly operations: number;
  readonly clients: number;
  readonly kinds: readonly Action['kind'][];
  /** Values are 0 to this; null: each written value is new. */
  readonly valuesMax: number | null;
  readonly unknownShare: number;
}

/** A history of one key whose operations really took effect, each at a moment of its own. */
export function linearizableHistory(prng: Prng, shape: Shape): Operation[] {
  const { operations, clients, kinds, valuesMax, unknownShare } = shape;
  let fresh = 0;
  const value = (): string => {
    fresh += 1;
    return String(valuesMax === null ? fresh : prng.between(0, valuesMax));
  };
  const freeAt = Array.from({ length: clients }, () => prng.unit());
  const planned = Array.from({ length: operations }, (_, at) => {
    const client = at % clients;
    const calledAt = (freeAt[client] as number) + prng.unit();
    const effectAt = calledAt + prng.unit() * 3;
    const returnedAt = effectAt + prng.unit() * 3;
    freeAt[client] = returnedAt;
    const name = `${client}`;
    return { client: name, calledAt, effectAt, returnedAt, kind: prng.pick(kinds) };
  });
  planned.sort((a, b) => a.effectAt - b.effectAt);
  let state: Value = null;
  return planned.map((plan): Operation => {
    const unknown = prng.chance(unknownShare);
    const happens = !unknown || prng.chance(0.5);
    const { action, after } = perform(plan.kind, { state, value, old: value, unknown, prng });
    if (happens) state = after;
    const { client, calledAt } = plan;
    const returnedAt = unknown ? Number.POSITIVE_INFINITY : plan.returnedAt;
    return { client, key: 'x', action, calledAt, returnedAt };
  });
}

interface Performance {
  readonly state: Value;
  readonly value: () => string;
  readonly old: () => string;
  readonly unknown: boolean;
  readonly prng: Prng;
}

function perform(
  kind: Action['kind'],
  { state, value, old, unknown, prng }: Performance,
): { action: Action; after: Value } {
  const known = <T>(result: T): T | null => (unknown ? null : result);
  switch (kind) {
    case 'get':
      return { action: { kind, result: unknown ? undefined : state }, after: state };
    case 'put': {
      const put = value();
      return { action: { kind, value: put }, after: put };
    }
    case 'append': {
      const more = value();
      return { action: { kind, value: more }, after: (state ?? '') + more };
    }
    case 'cas': {
      const from = prng.chance(0.6) ? state : old();
      const to = value();
      const isSame = state === from;
      return { action: { kind, from, to, result: known(isSame) }, after: isSame ? to : state };
    }
    case 'del':
      return { action: { kind, result: known(state !== null) }, after: null };
    case 'incr': {
      const sum = String(BigInt(state ?? '0') + 1n);
      return { action: { kind, by: '1', result: known(sum) }, after: sum };
    }
  }
}

/** The history with one answer changed, or one moment moved: most often it is wrong then. */
export function mutated(prng: Prng, history: History): Operation[] {
  const at = prng.between(0, history.length - 1);
  const other = prng.pick(history);
  return history.map((operation, index) => {
    if (index !== at || isUnknown(operation)) return operation;
    const { action, calledAt, returnedAt } = operation;
    if (action.kind === 'get') {
      const { action: donor } = other;
      const result =
        donor.kind === 'put' ? donor.value : donor.kind === 'get' ? donor.result : null;
      return { ...operation, action: { ...action, result: result ?? null } };
    }
    if (action.kind === 'cas') {
      return { ...operation, action: { ...action, result: !action.result } };
    }
    if (action.kind === 'del') {
      return { ...operation, action: { ...action, result: !action.result } };
    }
    const shift = other.calledAt - returnedAt - 0.001;
    return { ...operation, calledAt: calledAt + shift, returnedAt: returnedAt + shift };
  });
}
