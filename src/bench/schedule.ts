/**
 * When each request of an open loop should be sent, whatever the target does. The plan of all
 * workers together follows from the load and its seed alone.
 *
 * Due times are computed from the request's number, never added up: no drift, and a request that
 * could not be sent in time needs no memory to keep its place.
 */
import { type ArrivalName, type Arrivals, arrivalsOf, shareOf } from './arrivals.ts';
import { Pace, type Stage } from './pace.ts';

/** What an open loop sends when. */
export interface OpenLoad {
  readonly arrival: ArrivalName;
  readonly burst: number;
  readonly stages: readonly Stage[];
  readonly warmupMs: number;
  readonly seed: number;
}

export interface ScheduleInit {
  readonly load: OpenLoad;
  readonly worker: number;
  readonly workers: number;
  /** Nanoseconds of the run's clock. */
  readonly startNs: number;
  /** Requests are due before this, or so many behind the warm-up; whichever ends first. */
  readonly endNs: number;
  readonly requestsMax: number;
}

const NS_PER_MS = 1e6;

export class Schedule {
  readonly #init: ScheduleInit;
  readonly #pace: Pace;
  readonly #arrivals: Arrivals;
  #total: number;

  constructor(init: ScheduleInit) {
    const { load, worker, workers } = init;
    this.#init = init;
    this.#pace = new Pace(load.stages, load.warmupMs);
    this.#arrivals = arrivalsOf({ ...load, worker, workers });
    this.#total = Math.min(this.#dueBefore(init.endNs), this.#byCount(init.requestsMax));
  }

  /** Requests this worker has to send in all. */
  get total(): number {
    return this.#total;
  }

  /** When this worker's request `index` (from 0) is due. Nanoseconds. */
  dueNs(index: number): number {
    return this.#init.startNs + this.#pace.timeOf(this.#arrivals.at(index));
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
    if (ns === Number.POSITIVE_INFINITY) return ns;
    return this.#arrivals.countBefore(this.#pace.countAt(ns - startNs));
  }

  /** This worker's part of the warm-up and of so many requests behind it. */
  #byCount(requests: number): number {
    const { load, worker, workers } = this.#init;
    if (requests === Number.POSITIVE_INFINITY) return requests;
    const warmupUnits = this.#pace.countAt(load.warmupMs * NS_PER_MS);
    if (load.arrival === 'constant') {
      return shareOf(Math.ceil(warmupUnits - 1e-9) + requests, worker, workers);
    }
    return this.#arrivals.countBefore(warmupUnits) + shareOf(requests, worker, workers);
  }
}
