/**
 * What is known of unknown outcomes after all, on one key: each operation that is known to have
 * happened before a certain time, or to make no difference, is one less to guess about.
 *
 * - A read without an answer says nothing.
 * - A write whose value only it can have written, and that was read, has happened before the first
 *   answer that saw it.
 * - A write whose value nobody saw may as well not have happened, unless someone was told that a
 *   comparison failed or that there was something to remove: that can be its doing.
 */
import { type Action, isUnknown, type Operation, type Value } from './history.ts';

/** An operation, or what is known of one whose outcome was unknown. */
export interface Settled extends Operation {
  /** The operation as its client saw it, where that is not this one. */
  readonly original?: Operation;
}

/** @returns operations that are linearizable exactly if the given ones are. */
export function settleUnknown(operations: readonly Settled[], initial: Value): Settled[] {
  let left: Settled[] = operations.filter(
    (it) => it.action.kind !== 'get' || (!isUnknown(it) && it.action.result !== undefined),
  );
  if (!left.some(isUnknown)) return left;
  while (!left.some(({ action }) => makesValues(action))) {
    const settled = boundBySightings(left, initial);
    if (settled === null) break;
    left = settled;
  }
  if (left.some(dependsOnUnseen)) return left;
  for (;;) {
    const kept = withoutUnseen(left);
    if (kept.length === left.length) return left;
    left = kept;
  }
}

/** Whether the value that it leaves is not in the operation itself. */
export function makesValues({ kind }: Action): boolean {
  return kind === 'append' || kind === 'incr';
}

function dependsOnUnseen(operation: Operation): boolean {
  const { action } = operation;
  if (action.kind === 'incr') return true;
  if (isUnknown(operation)) return false;
  if (action.kind === 'cas') return action.result === false;
  return action.kind === 'del' && action.result === true;
}

function writtenBy(action: Action): Value | undefined {
  if (action.kind === 'put') return action.value;
  if (action.kind === 'cas') return action.result === false ? undefined : action.to;
  if (action.kind === 'append') return action.value;
  return action.kind === 'del' ? null : undefined;
}

/** The value that the operation found, if it is known to have found one. */
function seenBy({ action }: Operation): Value | undefined {
  if (action.kind === 'get') return action.result;
  if (action.kind === 'cas') return action.result === true ? action.from : undefined;
  return action.kind === 'del' && action.result === false ? null : undefined;
}

/** Gives one more round of unknown writes their latest time; null: there is none to give. */
function boundBySightings(operations: readonly Settled[], initial: Value): Settled[] | null {
  const writers = new Map<Value, number>([[initial, 1]]);
  const seenFirst = new Map<Value, number>();
  for (const operation of operations) {
    const written = writtenBy(operation.action);
    if (written !== undefined) writers.set(written, (writers.get(written) ?? 0) + 1);
    const seen = isUnknown(operation) ? undefined : seenBy(operation);
    if (seen === undefined) continue;
    seenFirst.set(seen, Math.min(operation.returnedAt, seenFirst.get(seen) ?? Infinity));
  }
  let count = 0;
  const bounded = operations.map((operation) => {
    const { action, calledAt, original = operation } = operation;
    const written = writtenBy(action);
    if (!isUnknown(operation) || written === undefined || writers.get(written) !== 1) {
      return operation;
    }
    const returnedAt = seenFirst.get(written);
    // Seen before it was called: the search will say so.
    if (returnedAt === undefined || returnedAt < calledAt) return operation;
    count += 1;
    const happened = action.kind === 'cas' ? { ...action, result: true } : action;
    return { ...operation, action: happened, returnedAt, original };
  });
  return count === 0 ? null : bounded;
}

/** Values that an operation compares with, or was answered. */
export function lookedFor(operations: readonly Operation[]): Set<Value> {
  const sought = new Set<Value>();
  for (const operation of operations) {
    const { action } = operation;
    if (action.kind === 'cas') sought.add(action.from);
    const seen = seenBy(operation);
    if (seen !== undefined) sought.add(seen);
  }
  return sought;
}

/** Without unknown writes of values that nobody can have found. */
function withoutUnseen(operations: readonly Settled[]): Settled[] {
  const sought = lookedFor(operations);
  const texts = operations.some(({ action }) => makesValues(action)) ? [...sought] : null;
  const isSought = (value: Value): boolean => {
    if (texts === null || sought.has(value)) return sought.has(value);
    // What is appended to nothing is not to be told from what is appended to an empty text.
    return !value || texts.some((text) => text?.includes(value));
  };
  return operations.filter((operation) => {
    const written = isUnknown(operation) ? writtenBy(operation.action) : undefined;
    return written === undefined || isSought(written);
  });
}
