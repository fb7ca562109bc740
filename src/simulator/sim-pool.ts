/**
 * Threads that run simulations, from one build of the program. A run that ends its thread (code
 * that throws where nobody can catch it, a loop without an end) is a finding like any other.
 */
import { Worker } from 'node:worker_threads';
import { nodesOf, type RecordedRun } from './run.ts';
import type { SimTask, ToThread } from './sim-thread.ts';
import type { OracleName } from './violation.ts';

/** A run that takes longer hangs. */
const TASK_MS_MAX = 300_000;
const LOOK_MS = 1000;

/** Runs tasks; the order in which they end is left to chance. */
export interface TaskRunner {
  readonly width: number;
  run(task: SimTask, record?: boolean): Promise<RecordedRun>;
}

interface Thread {
  readonly worker: Worker;
  busy: boolean;
}

/** The folder with the build that this code is part of. */
export function ownBuild(): URL {
  return new URL('..', import.meta.url);
}

export class SimPool implements TaskRunner {
  readonly width: number;
  readonly #build: URL;
  readonly #taskMsMax: number;
  readonly #threads: Thread[] = [];
  readonly #waiting: ((thread: Thread) => void)[] = [];

  /** @param build a folder like `dist`. */
  constructor(init: { readonly build: URL; readonly width: number; readonly taskMsMax?: number }) {
    this.#build = init.build;
    this.width = init.width;
    this.#taskMsMax = init.taskMsMax ?? TASK_MS_MAX;
  }

  async run(task: SimTask, record = false): Promise<RecordedRun> {
    const thread = await this.#take();
    const end = await this.#runOn(thread, { task, record });
    if (end.type === 'done') {
      this.#giveBack(thread);
      return end.run;
    }
    await this.#replace(thread);
    return endedBy(task, end);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
    this.#threads.length = 0;
  }

  #take(): Promise<Thread> | Thread {
    const idle = this.#threads.find((thread) => !thread.busy);
    if (idle !== undefined) {
      idle.busy = true;
      return idle;
    }
    if (this.#threads.length < this.width) return this.#start();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #start(): Thread {
    const worker = new Worker(new URL('simulator/sim-thread.js', this.#build), { stderr: false });
    const thread = { worker, busy: true };
    this.#threads.push(thread);
    return thread;
  }

  #giveBack(thread: Thread): void {
    const next = this.#waiting.shift();
    if (next === undefined) thread.busy = false;
    else next(thread);
  }

  /** The thread is lost; whoever waits gets a new one. */
  async #replace(thread: Thread): Promise<void> {
    this.#threads.splice(this.#threads.indexOf(thread), 1);
    await thread.worker.terminate();
    if (this.#waiting.length > 0) this.#waiting.shift()?.(this.#start());
  }

  #runOn({ worker }: Thread, message: ToThread): Promise<End> {
    return new Promise((resolve) => {
      const end = (how: End): void => {
        clearInterval(watchdog);
        worker.off('message', done);
        worker.off('error', failed);
        resolve(how);
      };
      const done = (run: RecordedRun): void => end({ type: 'done', run });
      const failed = (error: Error): void => {
        end({ type: 'lost', oracle: 'node failed', detail: error.stack ?? error.message });
      };
      const detail = `the run did not end within ${this.#taskMsMax / 1000} s`;
      // Counted in looks and in the time the process was given: who was stopped, or shares the
      // machine with many, has not hung.
      const lookMs = Math.min(this.#taskMsMax, LOOK_MS);
      let looksLeft = Math.ceil(this.#taskMsMax / lookMs);
      const usedMsBefore = usedMs();
      const watchdog = setInterval(() => {
        looksLeft -= 1;
        const isOver = looksLeft <= 0 && usedMs() - usedMsBefore >= this.#taskMsMax;
        if (isOver) end({ type: 'lost', oracle: 'hung', detail });
      }, lookMs);
      worker.on('message', done);
      worker.on('error', failed);
      worker.postMessage(message);
    });
  }
}

/** Processor time of all threads together. */
function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

type End =
  | { readonly type: 'done'; readonly run: RecordedRun }
  | { readonly type: 'lost'; readonly oracle: OracleName; readonly detail: string };

/** What can be said of a run whose thread was lost. */
function endedBy(task: SimTask, { oracle, detail }: End & { readonly type: 'lost' }): RecordedRun {
  const isSeed = task.type === 'seed';
  const seed = isSeed ? task.seed : task.init.seed;
  const nodes = isSeed ? nodesOf(seed, task.options) : task.init.nodes;
  const nothing = { traceHash: 0, simulatedMs: 0, events: 0, counts: {} };
  const violation = { oracle, atMs: 0, detail, events: [] };
  return { result: { seed, nodes, violation, ...nothing }, plan: null, operations: [] };
}
