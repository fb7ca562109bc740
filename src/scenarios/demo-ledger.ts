/**
 * What became of every write of the demo. Each write has a key of its own, so that at the end each
 * acknowledged one can be asked for, and its value follows from its number.
 */

const OUTCOME = { pending: 0, acknowledged: 1, unknown: 2, refused: 3 } as const;

/** Writes in one run at most; one byte each. */
const WRITES_MAX = 4_000_000;
/** Grain of the timeline: fine enough to show a short gap as a gap. */
export const BUCKET_MS = 10;
const PADDING = '.'.repeat(48);

export function keyFor(write: number): string {
  return `demo:${write}`;
}

export function valueFor(write: number): string {
  return `${write}${PADDING}`;
}

export class Ledger {
  readonly #outcomes = new Uint8Array(WRITES_MAX);
  readonly #startedAtMs = performance.now();
  /** Acknowledged writes in each grain of time since the start. */
  readonly buckets: number[] = [];
  #next = 0;
  #killedAtMs = 0;
  #firstAfterKill = Number.POSITIVE_INFINITY;
  acknowledged = 0;
  unknown = 0;
  refused = 0;
  readsAnswered = 0;
  /** Reads during the load that did not return an acknowledged value. */
  readonly wrongReads: number[] = [];
  /** From the kill to the first acknowledgement of a write sent after it; null: not yet. */
  failoverMs: number | null = null;

  /** The number of a new write, or -1 when there is room for no more. */
  take(): number {
    return this.#next < WRITES_MAX ? this.#next++ : -1;
  }

  get written(): number {
    return this.#next;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAtMs;
  }

  isAcknowledged(write: number): boolean {
    return this.#outcomes[write] === OUTCOME.acknowledged;
  }

  acknowledge(write: number): void {
    this.#outcomes[write] = OUTCOME.acknowledged;
    this.acknowledged += 1;
    const now = performance.now();
    const bucket = Math.floor((now - this.#startedAtMs) / BUCKET_MS);
    while (this.buckets.length <= bucket) this.buckets.push(0);
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
    if (this.failoverMs === null && write >= this.#firstAfterKill) {
      this.failoverMs = now - this.#killedAtMs;
    }
  }

  forget(write: number, outcome: 'unknown' | 'refused'): void {
    this.#outcomes[write] = OUTCOME[outcome];
    this[outcome] += 1;
  }

  /** From here on the gap is measured. Call it right before the kill. */
  markKill(): void {
    this.#killedAtMs = performance.now();
    this.#firstAfterKill = this.#next;
  }
}
