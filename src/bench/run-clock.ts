/**
 * Nanoseconds since one moment that all threads of a run agree on, as a plain number.
 *
 * `process.hrtime.bigint()` is the same clock in every thread but makes a BigInt a call;
 * `performance.now()` makes nothing but counts from each thread's own start. So the difference
 * between the two is taken once, and the second is read from then on.
 */
const CALIBRATIONS = 16;
const NS_PER_MS = 1e6;

export class RunClock {
  readonly #offsetNs: number;

  /** @param epochNs a reading of `process.hrtime.bigint()`: the moment zero. */
  constructor(epochNs: bigint) {
    let best = Number.POSITIVE_INFINITY;
    let offsetNs = 0;
    // The reading that was least disturbed between its two halves counts.
    for (let i = 0; i < CALIBRATIONS; i += 1) {
      const before = performance.now() * NS_PER_MS;
      const absolute = Number(process.hrtime.bigint() - epochNs);
      const after = performance.now() * NS_PER_MS;
      if (after - before < best) {
        best = after - before;
        offsetNs = absolute - (before + after) / 2;
      }
    }
    this.#offsetNs = offsetNs;
  }

  now(): number {
    return performance.now() * NS_PER_MS + this.#offsetNs;
  }
}
