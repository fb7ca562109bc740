/**
 * Where the next sync of a file runs. The thread pool keeps the event loop free, but a trip through
 * it wakes two threads and costs more than a short sync itself takes: on a fast disk a loop that
 * has nothing better to do waits for it instead, as long as all it sees says the disk is fast.
 *
 * ```
 *            the shortest of WINDOW syncs is short, and it may block
 *   pooled ---------------------------------------------------------> on the loop
 *     ^                                                                    |
 *     +--------------------------------------------------------------------+
 *            the running average is not short any more, or it may not
 * ```
 * In the pool the shortest counts, for a busy loop hears late of the others.
 */

/** A sync up to this long is short. */
const SHORT_MS = 0.4;
/** Syncs in the pool from one decision to the next. */
const WINDOW = 64;
/** Weight of the newest sync on the loop: one of 5 ms ends the fast time. */
const WEIGHT = 1 / 8;

export class SyncPace {
  /** Whether the loop has nothing better to do. */
  mayBlock = true;
  #isFast = false;
  #averageMs = 0;
  #shortestMs = Number.POSITIVE_INFINITY;
  #seen = 0;

  /** Whether the next sync should run on the event loop. */
  get onLoop(): boolean {
    return this.#isFast && this.mayBlock;
  }

  /** A sync on the loop took so long. */
  tookOnLoop(durationMs: number): void {
    this.#averageMs += (durationMs - this.#averageMs) * WEIGHT;
    if (this.#averageMs > SHORT_MS) this.#isFast = false;
  }

  /** A sync in the pool took so long. */
  tookInPool(durationMs: number): void {
    this.#shortestMs = Math.min(this.#shortestMs, durationMs);
    this.#seen += 1;
    if (this.#seen < WINDOW) return;
    this.#isFast = this.#shortestMs <= SHORT_MS;
    this.#averageMs = this.#shortestMs;
    this.#shortestMs = Number.POSITIVE_INFINITY;
    this.#seen = 0;
  }
}
