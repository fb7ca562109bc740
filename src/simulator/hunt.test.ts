import { describe, expect, test } from 'vitest';
import { type HuntInit, hunt } from './hunt.ts';
import { type RecordedRun, RUN_OPTIONS_DEFAULT } from './run.ts';
import type { TaskRunner } from './sim-pool.ts';
import type { SimTask } from './sim-thread.ts';

/** Runs that end out of order; seeds in `failing` break a promise. */
class Runner implements TaskRunner {
  readonly width: number;
  readonly ran: number[] = [];
  readonly #failing: readonly number[];

  constructor(width: number, failing: readonly number[]) {
    this.width = width;
    this.#failing = failing;
  }

  async run(task: SimTask): Promise<RecordedRun> {
    const seed = task.type === 'seed' ? task.seed : 0;
    this.ran.push(seed);
    for (let i = 0; i < (seed * 7) % 5; i += 1) await null;
    const oracle = 'I29 liveness' as const;
    const violation = this.#failing.includes(seed)
      ? { oracle, atMs: 1, detail: '', events: [] }
      : null;
    const facts = { nodes: 3, traceHash: seed * 31, simulatedMs: 1000, events: 10 };
    const result = { seed, violation, ...facts, counts: { commits: seed } };
    return { result, plan: null, operations: [] };
  }
}

function init(change: Partial<HuntInit> = {}): HuntInit {
  const options = RUN_OPTIONS_DEFAULT;
  return { first: 1, last: 20, goOn: false, options, nowMs: () => 0, ...change };
}

describe('hunt', () => {
  test('hunt gives the same result whatever the number of threads', async () => {
    const one = await hunt(new Runner(1, [13, 9]), init());
    const many = await hunt(new Runner(7, [13, 9]), init());
    expect(many).toEqual(one);
    expect(one.seeds).toBe(9);
    expect(one.violations.map(({ seed }) => seed)).toEqual([9]);
    expect(one.counts).toEqual({ commits: 45 });
  });

  test('hunt goes past violations when it is told to', async () => {
    const result = await hunt(new Runner(3, [13, 9]), init({ goOn: true }));
    expect(result.violations.map(({ seed }) => seed)).toEqual([9, 13]);
    expect(result.seeds).toBe(20);
  });

  test('hunt ends early when it is interrupted', async () => {
    const stop = new AbortController();
    const runner = new Runner(1, []);
    const onResult = (): void => stop.abort();
    const result = await hunt(runner, init({ signal: stop.signal, onResult }));
    expect(runner.ran).toEqual([1]);
    expect(result.interrupted).toBe(true);
  });

  test('hunt tells how far it is', async () => {
    const seen: number[] = [];
    await hunt(new Runner(1, []), init({ onProgress: (p) => seen.push(p.seedsDone) }));
    expect(seen.at(-1)).toBe(20);
  });
});
