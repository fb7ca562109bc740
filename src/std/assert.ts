/**
 * Assertions that stay on in production: a broken invariant ends the process before it can spread.
 * They are for bugs only. What a caller must expect is a value; trouble from outside is an error
 * of the catalogue in `errors.ts`.
 */

/** A bug in this program: never caught, except to write it down before the process dies. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(`Invariant broken: ${message}`);
}

/** Asserts that a value is a whole number from 0 to 2^53 - 1 (terms, indexes, counts, sizes). */
export function assertCount(value: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new AssertionError(`Invariant broken: ${what} is not a count: ${value}`);
  }
}

/** For the end of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new AssertionError(`Invariant broken: unexpected value ${JSON.stringify(value)}`);
}
