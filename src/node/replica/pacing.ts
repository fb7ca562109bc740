/**
 * Nagle's rule for batches: a small batch waits until the one before it is committed, so that what
 * many clients ask at about the same time shares one batch, one sync and one message instead of
 * many. What is large goes at once, and nothing waits longer than a moment: with slow disks or a
 * slow network batches follow one another without acknowledgement, as pipelining wants them.
 */
import type { LogIndex } from '../model/ids.ts';
import type { Clock, Timer } from '../ports/clock.ts';

/** What is held does not wait longer than this after the batch before it was sealed. */
export const HOLD_MS_MAX = 4;
/** A batch of that many payload bytes is large. */
export const HOLD_BYTES_MAX = 256 * 1024;

/** Syncs of more take their time, and a leader has clients to hear meanwhile. */
export const SHORT_SYNC_BYTES_MAX = 32 * 1024;

export class Pacing {
  readonly #clock: Clock;
  readonly #wake: () => void;
  #sealedIndex: LogIndex = 0;
  #sealedAtMs = 0;
  #timer: Timer | null = null;

  /** @param wake runs a turn. */
  constructor(init: { readonly clock: Clock; readonly wake: () => void }) {
    this.#clock = init.clock;
    this.#wake = init.wake;
  }

  /** On a leader: whether `heldBytes` of commands should wait. Then a turn comes in time. */
  holds(heldBytes: number, commitIndex: LogIndex, nowMs: number): boolean {
    if (this.#sealedIndex <= commitIndex || heldBytes >= HOLD_BYTES_MAX) return false;
    const leftMs = this.#sealedAtMs + HOLD_MS_MAX - nowMs;
    if (leftMs <= 0) return false;
    this.#timer ??= this.#clock.after(leftMs, () => {
      this.#timer = null;
      this.#wake();
    });
    return true;
  }

  /** The newest batch ends at `index`. */
  sealed(index: LogIndex, nowMs: number): void {
    this.#sealedIndex = index;
    this.#sealedAtMs = nowMs;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
