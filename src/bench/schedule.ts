/**
 * When each request of an open loop should be sent, whatever the target does: request `i` of all is
 * due at `i / rate` seconds after the start. Workers take turns (worker `w` of `n` has the requests
 * `w, w + n, w + 2n, ...`), so the plan does not depend on how many there are.
 *
 * Due times are computed from the number, never added up: no drift, and a request that could not
 * be sent in time needs no memory to keep its place.
 */

const NS_PER_S = 1e9;

export interface ScheduleInit {
  /** Requests per second, of all workers together. */
  readonly ratePerSecond: number;
  readonly worker: number;
  readonly workers: number;
  /** Nanoseconds of the run's clock. */
  readonly startNs: number;
  /** Requests are due before this, or at most so many of all workers; whichever ends first. */
  readonly endNs: number;
  readonly requestsMax: number;
}

export class Schedule {
  readonly #init: ScheduleInit;
  readonly #intervalNs: number;
  #total: number;

  constructor(init: ScheduleInit) {
    this.#init = init;
    this.#intervalNs = NS_PER_S / init.ratePerSecond;
    this.#total = Math.min(this.#dueBefore(init.endNs), this.#shareOf(init.requestsMax));
  }

  /** Requests this worker has to send in all. */
  get total(): number {
    return this.#total;
  }

  /** When this worker's request `index` (from 0) is due. Nanoseconds. */
  dueNs(index: number): number {
    const { worker, workers, startNs } = this.#init;
    return startNs + (index * workers + worker) * this.#intervalNs;
  }

  /** How many of this worker's requests are due now or were before. */
  dueAt(nowNs: number): number {
    return Math.min(this.#total, this.#dueBefore(nowNs));
  }

  /** Nothing is due any more after `nowNs`. */
  cut(nowNs: number): void {
    this.#total = this.dueAt(nowNs);
  }

  #dueBefore(ns: number): number {
    const { startNs } = this.#init;
    if (ns <= startNs) return 0;
    // A billionth part of a request more or less is rounding, not time.
    return this.#shareOf(Math.ceil((ns - startNs) / this.#intervalNs - 1e-9));
  }

  /** Of `count` requests of all workers, how many this one has. */
  #shareOf(count: number): number {
    return shareOf(count, this.#init.worker, this.#init.workers);
  }
}

/** Of `count` things dealt out in turn, how many fall to one of `workers`. */
export function shareOf(count: number, worker: number, workers: number): number {
  if (count === Number.POSITIVE_INFINITY) return count;
  return Math.max(0, Math.ceil((count - worker) / workers));
}
