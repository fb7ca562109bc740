/** Which key the next request is about: numbers from 0 to `maximum - 1`. */
import type { Prng } from '../std/prng.ts';

export const KEY_PATTERNS = ['uniform', 'zipf', 'seq', 'gauss', 'hot', 'latest'] as const;
export type KeyPattern = (typeof KEY_PATTERNS)[number];

export interface KeySource {
  /** @param isWrite what it is for; only `latest` makes a difference. */
  next(isWrite: boolean): number;
}

export interface KeySourceInit {
  readonly pattern: KeyPattern;
  /** How many keys there are. */
  readonly maximum: number;
  /** Skew of `zipf`. */
  readonly exponent: number;
  /** Of `hot`: per cent of the keys, and per cent of the requests they get. */
  readonly hot: { readonly keysPercent: number; readonly requestsPercent: number };
  readonly prng: Prng;
  readonly worker: number;
  readonly workers: number;
}

export function keySourceOf(init: KeySourceInit): KeySource {
  switch (init.pattern) {
    case 'uniform':
      return new UniformKeys(init.maximum, init.prng);
    case 'zipf':
      return new ZipfKeys(init.maximum, init.exponent, init.prng);
    case 'seq':
      return new SequentialKeys(init);
    case 'gauss':
      return new GaussKeys(init.maximum, init.prng);
    case 'hot':
      return new HotKeys(init);
    case 'latest':
      return new LatestKeys(init);
  }
}

const TWO_32 = 0x1_0000_0000;

class UniformKeys implements KeySource {
  readonly #maximum: number;
  readonly #prng: Prng;

  constructor(maximum: number, prng: Prng) {
    this.#maximum = maximum;
    this.#prng = prng;
  }

  next(): number {
    // 32 bits would leave gaps among more keys than that.
    const unit =
      this.#maximum <= TWO_32 ? this.#prng.unit() : (this.#prng.u32() + this.#prng.unit()) / TWO_32;
    return Math.floor(unit * this.#maximum);
  }
}

/** The middle is the hottest; from end to end are six standard deviations. */
class GaussKeys implements KeySource {
  readonly #maximum: number;
  readonly #prng: Prng;

  constructor(maximum: number, prng: Prng) {
    this.#maximum = maximum;
    this.#prng = prng;
  }

  next(): number {
    for (;;) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.#prng.unit()));
      const deviations = radius * Math.cos(2 * Math.PI * this.#prng.unit());
      const key = Math.floor((0.5 + deviations / 6) * this.#maximum);
      if (key >= 0 && key < this.#maximum) return key;
    }
  }
}

/** The first keys get most of the requests, all of them as many; so do the others. */
class HotKeys implements KeySource {
  readonly #hot: UniformKeys;
  readonly #cold: UniformKeys;
  readonly #hotCount: number;
  readonly #hotShare: number;
  readonly #prng: Prng;

  constructor({ maximum, hot, prng }: KeySourceInit) {
    this.#hotCount = Math.min(maximum, Math.max(1, Math.round((maximum * hot.keysPercent) / 100)));
    this.#hot = new UniformKeys(this.#hotCount, prng);
    this.#cold = new UniformKeys(Math.max(1, maximum - this.#hotCount), prng);
    this.#hotShare = this.#hotCount === maximum ? 1 : hot.requestsPercent / 100;
    this.#prng = prng;
  }

  next(): number {
    if (this.#prng.unit() < this.#hotShare) return this.#hot.next();
    return this.#hotCount + this.#cold.next();
  }
}

/** Writes are new keys behind those there are; the newest is read most, by Zipf. */
class LatestKeys implements KeySource {
  readonly #age: ZipfKeys;
  readonly #workers: number;
  #next: number;

  constructor({ maximum, exponent, prng, worker, workers }: KeySourceInit) {
    this.#age = new ZipfKeys(maximum, exponent, prng);
    this.#workers = workers;
    this.#next = maximum + worker;
  }

  next(isWrite: boolean): number {
    if (!isWrite) return Math.max(0, this.#next - this.#workers - this.#age.next());
    const key = this.#next;
    this.#next += this.#workers;
    return key;
  }
}

/** All workers together go through the keys in order, again and again. */
class SequentialKeys implements KeySource {
  readonly #maximum: number;
  readonly #step: number;
  #next: number;

  constructor({ maximum, worker, workers }: KeySourceInit) {
    this.#maximum = maximum;
    this.#step = workers % maximum;
    this.#next = worker % maximum;
  }

  next(): number {
    const key = this.#next;
    this.#next = key + this.#step;
    if (this.#next >= this.#maximum) this.#next -= this.#maximum;
    return key;
  }
}

/**
 * Key 0 is the hottest; key `k` is drawn with a probability proportional to `1 / (k + 1)^s`.
 * Exact for any number of keys, without a table: rejection-inversion (Hörmann and Derflinger,
 * 1996), which draws from the area under `x^-s` and throws away what lies outside of the steps.
 */
class ZipfKeys implements KeySource {
  readonly #prng: Prng;
  readonly #exponent: number;
  readonly #maximum: number;
  readonly #areaFirst: number;
  readonly #areaLast: number;
  readonly #alwaysWithin: number;

  constructor(maximum: number, exponent: number, prng: Prng) {
    this.#prng = prng;
    this.#exponent = exponent;
    this.#maximum = maximum;
    this.#areaFirst = this.#area(1.5) - 1;
    this.#areaLast = this.#area(maximum + 0.5);
    this.#alwaysWithin = 2 - this.#areaInverse(this.#area(2.5) - this.#height(2));
  }

  next(): number {
    for (;;) {
      const area = this.#areaLast + this.#prng.unit() * (this.#areaFirst - this.#areaLast);
      const x = this.#areaInverse(area);
      const rank = Math.min(this.#maximum, Math.max(1, Math.round(x)));
      if (rank - x <= this.#alwaysWithin) return rank - 1;
      if (area >= this.#area(rank + 0.5) - this.#height(rank)) return rank - 1;
    }
  }

  /** `x^-s`. */
  #height(x: number): number {
    return Math.exp(-this.#exponent * Math.log(x));
  }

  /** An antiderivative of `x^-s`: `(x^(1-s) - 1) / (1 - s)`, and `log x` for s = 1. */
  #area(x: number): number {
    const log = Math.log(x);
    const t = (1 - this.#exponent) * log;
    return Math.abs(t) < 1e-8 ? log * (1 + t / 2) : (log * Math.expm1(t)) / t;
  }

  #areaInverse(area: number): number {
    const t = Math.max(-1, area * (1 - this.#exponent));
    const log = Math.abs(t) < 1e-8 ? area * (1 - t / 2) : (area * Math.log1p(t)) / t;
    return Math.exp(log);
  }
}
