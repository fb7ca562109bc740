/**
 * Records what clients do, for the checker: `begin` before the request leaves, one of the ways to
 * end when the answer is there. What never ends has an unknown outcome.
 *
 * A client that heard nothing goes on under a new name: its old request may still take effect while
 * it does something else.
 */
import { assert } from '../std/assert.ts';
import type { Action, Operation } from './history.ts';

export interface PendingOperation {
  /** It happened, and this is what was answered. */
  ok(action: Action): void;
  /** It certainly did not happen, and never will. */
  fail(): void;
  /** Nobody knows. */
  unknown(): void;
}

export interface RecorderInit {
  /** Microseconds from any start, never going back. */
  readonly nowUs: () => number;
}

export class HistoryRecorder {
  readonly #nowUs: () => number;
  readonly #ended: Operation[] = [];
  readonly #open = new Set<Operation>();
  /** How often each client lost an answer. */
  readonly #losses = new Map<string, number>();

  constructor(init: RecorderInit) {
    this.#nowUs = init.nowUs;
  }

  /** @param action what is asked, with its answer left open (`undefined` or null). */
  begin(client: string, key: string, action: Action): PendingOperation {
    const calledAt = this.#nowUs();
    const losses = this.#losses.get(client) ?? 0;
    const name = losses === 0 ? client : `${client}.${losses}`;
    const returnedAt = Number.POSITIVE_INFINITY;
    const begun: Operation = { client: name, key, action, calledAt, returnedAt };
    this.#open.add(begun);
    return {
      ok: (answered) => {
        this.#close(begun);
        assert(answered.kind === action.kind, `a ${action.kind} was answered as ${answered.kind}`);
        this.#ended.push({ ...begun, action: answered, returnedAt: this.#nowUs() });
      },
      fail: () => this.#close(begun),
      unknown: () => {
        this.#close(begun);
        this.#losses.set(client, losses + 1);
        this.#ended.push(begun);
      },
    };
  }

  /** All that happened or may have, by call. */
  get history(): Operation[] {
    return [...this.#ended, ...this.#open].sort((a, b) => a.calledAt - b.calledAt);
  }

  #close(operation: Operation): void {
    assert(this.#open.delete(operation), 'an operation ends twice');
  }
}
