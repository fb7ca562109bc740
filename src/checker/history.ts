/**
 * What clients of a store saw: operations on keys, each with the span from its call to its answer.
 *
 * One operation comes before another only if its answer came before the other was called; all else
 * overlapped. An operation whose outcome nobody knows has no answer: it took effect at any time
 * after its call, or never.
 */

/** What a key holds; null: nothing. Numbers are their digits. */
export type Value = string | null;

export type Action =
  /** `undefined`: the answer is not known, so nothing was seen. */
  | { readonly kind: 'get'; readonly result: Value | undefined }
  | { readonly kind: 'put'; readonly value: Value }
  /** Puts `to` if the key holds `from`; `result` says whether it did, null: not known. */
  | {
      readonly kind: 'cas';
      readonly from: Value;
      readonly to: Value;
      readonly result: boolean | null;
    }
  /** A key that holds nothing counts as an empty text. */
  | { readonly kind: 'append'; readonly value: string }
  /** `result`: whether there was something to remove, null: not known. */
  | { readonly kind: 'del'; readonly result: boolean | null }
  /** Adds whole numbers; a key that holds nothing counts as 0. `result` null: not known. */
  | { readonly kind: 'incr'; readonly by: string; readonly result: string | null };

export type ActionKind = Action['kind'];

export interface Operation {
  /** Who did it. A client does one thing at a time, as far as it knows. */
  readonly client: string;
  readonly key: string;
  readonly action: Action;
  /** When it was sent. The unit is the caller's, the same for all operations. */
  readonly calledAt: number;
  /** When its answer came; `Infinity`: it never did, or did not say what happened. */
  readonly returnedAt: number;
}

export type History = readonly Operation[];

/** Nobody knows whether it took effect. */
export function isUnknown(operation: Operation): boolean {
  return operation.returnedAt === Number.POSITIVE_INFINITY;
}
