/** The load of a soak: the bench's own threads, with every half second's latencies kept apart. */
import { join } from 'node:path';
import { ROOT } from '../tree.js';
import { KEYS, VALUE_BYTES } from './load.js';

const WRITE = 0;
const NS_PER_MS = 1e6;

async function built(path) {
  return import(join(ROOT, 'dist/bench', path));
}

export class SoakLoad {
  /** Half a second each: `{ fromNs, toNs, counts, answered, failed }`. */
  slices = [];
  #modules;
  #crew;
  #isOpenLoop;
  #lastNs = 0n;

  /** @param flags what `raftctl bench` takes, by name. */
  static async prepare(address, flags) {
    const modules = {
      ...(await built('crew.js')),
      ...(await built('workload.js')),
      ...(await built('latency-histogram.js')),
    };
    return new SoakLoad(modules, address, flags);
  }

  constructor(modules, address, flags) {
    this.#modules = modules;
    const workload = modules.resolveWorkload({
      ...{ ratio: '1:0', clients: 50, workers: 1, target: `resp://${address}`, ...flags },
      ...{ 'key-maximum': KEYS, 'data-size': VALUE_BYTES },
    });
    this.#isOpenLoop = workload.ratePerSecond !== null;
    const onPart = (part) => this.#take(part);
    this.#crew = new modules.Crew({ workload, targets: [{ address }], onPart });
  }

  /** @returns promises of its begin and of its end. */
  run() {
    const begun = this.#begin();
    const done = begun.then(() => this.#crew.done).finally(() => this.#crew.dismiss());
    return { begun, done };
  }

  async #begin() {
    await this.#crew.muster();
    this.#lastNs = process.hrtime.bigint();
    this.#crew.begin();
  }

  #take(part) {
    const toNs = process.hrtime.bigint();
    const counts = (this.#isOpenLoop ? part.corrected : part.raw)[WRITE];
    const failed = Object.values(part.errors).reduce((sum, count) => sum + count, 0);
    const { answered } = part;
    if (answered + failed > 0) {
      this.slices.push({ fromNs: this.#lastNs, toNs, counts, answered, failed });
    }
    this.#lastNs = toNs;
  }

  /** @returns null: no slice. */
  latencyOf(slices) {
    if (slices.length === 0) return null;
    const whole = new this.#modules.LatencyHistogram();
    for (const { counts } of slices) whole.add(counts);
    const ms = (percent) => whole.percentileNs(percent) / NS_PER_MS;
    return { p50Ms: ms(50), p99Ms: ms(99), p999Ms: ms(99.9), maxMs: whole.maxNs / NS_PER_MS };
  }
}
