/**
 * Many seeds, on as many threads as are wanted. What is found does not depend on how many: seeds
 * are handed out in order, and unless all shall be run, the hunt ends with the *lowest* seed that
 * fails, whichever was the first to say so.
 */
import { addCounts, type Counts } from './coverage.ts';
import { mix } from './log-picture.ts';
import type { RunOptions, SeedResult } from './run.ts';
import type { TaskRunner } from './sim-pool.ts';

export interface HuntInit {
  readonly first: number;
  readonly last: number;
  readonly options: RunOptions;
  /** Past a violation. */
  readonly goOn: boolean;
  /** Ends it early. */
  readonly signal?: AbortSignal;
  /** Milliseconds of some steady clock. */
  readonly nowMs: () => number;
  readonly onProgress?: (progress: HuntProgress) => void;
  readonly onResult?: (result: SeedResult) => void;
}

export interface HuntProgress {
  readonly seedsDone: number;
  readonly seedsWanted: number;
  readonly violations: number;
  readonly eventsPerSecond: number;
  /** Simulated seconds per second. */
  readonly speed: number;
  readonly restMs: number;
}

export interface HuntResult {
  readonly seeds: number;
  /** By seed. */
  readonly violations: readonly SeedResult[];
  readonly counts: Counts;
  readonly simulatedMs: number;
  readonly events: number;
  readonly wallMs: number;
  /** Of all runs together, in the order of their seeds. */
  readonly traceHash: number;
  readonly interrupted: boolean;
}

export async function hunt(pool: TaskRunner, init: HuntInit): Promise<HuntResult> {
  const hunter = new Hunter(pool, init);
  return await hunter.run();
}

class Hunter {
  readonly #pool: TaskRunner;
  readonly #init: HuntInit;
  readonly #startedMs: number;
  readonly #results = new Map<number, SeedResult>();
  #next: number;
  /** Seeds above are not wanted any more. */
  #last: number;
  #simulatedMs = 0;
  #events = 0;

  constructor(pool: TaskRunner, init: HuntInit) {
    this.#pool = pool;
    this.#init = init;
    this.#next = init.first;
    this.#last = init.last;
    this.#startedMs = init.nowMs();
  }

  async run(): Promise<HuntResult> {
    await Promise.all(Array.from({ length: this.#pool.width }, () => this.#work()));
    return this.#result();
  }

  async #work(): Promise<void> {
    const { options, goOn, signal } = this.#init;
    while (this.#next <= this.#last && signal?.aborted !== true) {
      const seed = this.#next;
      this.#next += 1;
      const { result } = await this.#pool.run({ type: 'seed', seed, options });
      this.#results.set(seed, result);
      this.#simulatedMs += result.simulatedMs;
      this.#events += result.events;
      if (result.violation !== null && !goOn) this.#last = Math.min(this.#last, seed);
      this.#tell(result);
    }
  }

  #tell(result: SeedResult): void {
    const { onProgress, onResult, nowMs, first } = this.#init;
    onResult?.(result);
    const seconds = Math.max(0.001, (nowMs() - this.#startedMs) / 1000);
    const seedsDone = this.#results.size;
    const seedsWanted = this.#last - first + 1;
    onProgress?.({
      ...{ seedsDone, seedsWanted, violations: this.#violations().length },
      eventsPerSecond: this.#events / seconds,
      speed: this.#simulatedMs / 1000 / seconds,
      restMs: ((seedsWanted - seedsDone) / seedsDone) * seconds * 1000,
    });
  }

  #violations(): readonly SeedResult[] {
    return [...this.#results.values()].filter((result) => result.violation !== null);
  }

  #result(): HuntResult {
    const results = [...this.#results.values()]
      .filter(({ seed }) => seed <= this.#last)
      .sort((a, b) => a.seed - b.seed);
    const counts: Record<string, number> = {};
    let traceHash = 0;
    let simulatedMs = 0;
    let events = 0;
    for (const result of results) {
      addCounts(counts, result.counts);
      traceHash = mix(traceHash, result.traceHash);
      simulatedMs += result.simulatedMs;
      events += result.events;
    }
    return {
      ...{ seeds: results.length, counts, simulatedMs, events, traceHash },
      violations: results.filter(({ violation }) => violation !== null),
      wallMs: this.#init.nowMs() - this.#startedMs,
      interrupted: this.#init.signal?.aborted === true,
    };
  }
}
