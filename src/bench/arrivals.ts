/**
 * When one worker's requests arrive, in units in which all workers together have one a unit:
 * evenly, in bursts, or by chance. `Pace` makes times of it. Pure.
 */
import { Prng } from '../std/prng.ts';

export const ARRIVALS = ['constant', 'poisson', 'burst'] as const;
export type ArrivalName = (typeof ARRIVALS)[number];

export interface Arrivals {
  /** Of this worker's request `index`, from 0. Never falls. */
  at(index: number): number;
  /** How many of this worker's requests arrive before `unit`. */
  countBefore(unit: number): number;
}

export interface ArrivalsInit {
  readonly arrival: ArrivalName;
  /** Requests that arrive at once, in bursts. */
  readonly burst: number;
  readonly seed: number;
  readonly worker: number;
  readonly workers: number;
}

/** Less than a billionth part of a request is rounding, not time. */
const ROUNDING = 1e-9;

export function arrivalsOf(init: ArrivalsInit): Arrivals {
  if (init.arrival === 'poisson') return new PoissonArrivals(init);
  return new EvenArrivals(init, init.arrival === 'burst' ? init.burst : 1);
}

/** Workers take turns: worker `w` of `n` has the requests `w, w + n, w + 2n, ...` of all. */
class EvenArrivals implements Arrivals {
  readonly #init: ArrivalsInit;
  readonly #burst: number;

  constructor(init: ArrivalsInit, burst: number) {
    this.#init = init;
    this.#burst = burst;
  }

  at(index: number): number {
    const { worker, workers } = this.#init;
    const number = index * workers + worker;
    return number - (number % this.#burst);
  }

  countBefore(unit: number): number {
    const { worker, workers } = this.#init;
    const bursts = Math.ceil(unit / this.#burst - ROUNDING);
    return shareOf(bursts * this.#burst, worker, workers);
  }
}

/** Of `count` things dealt out in turn, how many fall to one of `workers`. */
export function shareOf(count: number, worker: number, workers: number): number {
  if (count === Number.POSITIVE_INFINITY) return count;
  return Math.max(0, Math.ceil((count - worker) / workers));
}

const CHUNK = 1024;

/**
 * Each worker is a Poisson process of its own; together they are one. Gaps come in chunks, each
 * drawn from a seed of its own, so that any of them can be made again: what is kept for each
 * chunk is one number.
 */
class PoissonArrivals implements Arrivals {
  readonly #init: ArrivalsInit;
  /** Where each chunk begins. */
  readonly #starts: number[] = [0];
  /** Two are asked for in turn: where requests leave, and where they become due. */
  readonly #chunks: { number: number; readonly at: Float64Array }[] = [0, 1].map(() => {
    return { number: -1, at: new Float64Array(CHUNK) };
  });
  #oldest = 0;

  constructor(init: ArrivalsInit) {
    this.#init = init;
  }

  at(index: number): number {
    return this.#chunk(Math.floor(index / CHUNK))[index % CHUNK] as number;
  }

  countBefore(unit: number): number {
    if (unit === Number.POSITIVE_INFINITY) return unit;
    // The end of the last chunk that was made is the start of one more.
    while ((this.#starts.at(-1) as number) < unit) this.#chunk(this.#starts.length - 1);
    const number = Math.max(0, lastBelow(this.#starts, unit));
    const chunk = this.#chunk(number);
    return number * CHUNK + (lastBelow(chunk, unit) + 1);
  }

  #chunk(number: number): Float64Array {
    const known = this.#chunks.find((chunk) => chunk.number === number);
    if (known !== undefined) return known.at;
    while (this.#starts.length <= number) this.#make(this.#starts.length - 1);
    return this.#make(number);
  }

  #make(number: number): Float64Array {
    const { seed, worker, workers } = this.#init;
    const slot = this.#chunks[this.#oldest] as { number: number; readonly at: Float64Array };
    this.#oldest = 1 - this.#oldest;
    const prng = new Prng(seed + 1 + (number * workers + worker) * 0x1_0000_0001);
    let unit = this.#starts[number] as number;
    for (let i = 0; i < CHUNK; i += 1) {
      unit -= Math.log(1 - prng.unit()) * workers;
      slot.at[i] = unit;
    }
    slot.number = number;
    this.#starts[number + 1] = unit;
    return slot.at;
  }
}

/** The last place of a rising list with a value below `bound`; -1: there is none. */
function lastBelow(values: ArrayLike<number>, bound: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
