/**
 * One life of a simulated process, from its start to its crash. Everything that reaches the program
 * (timers, messages, completions of the disk) comes through `post`: it is dropped once the process
 * is dead and held back, in order, while the process is paused (SIGSTOP).
 */
import type { Clock, Timer } from '../node/ports/clock.ts';
import type { AsyncGate, Scheduler } from './scheduler.ts';

export class SimProcess {
  readonly scheduler: Scheduler;
  readonly gate: AsyncGate;
  #alive = true;
  #paused = false;
  #held: (() => void)[] = [];

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
    this.gate = scheduler.gate();
  }

  get alive(): boolean {
    return this.#alive;
  }

  get paused(): boolean {
    return this.#paused;
  }

  post(delayMs: number, task: () => void): void {
    if (!this.#alive) return;
    this.scheduler.schedule(delayMs, () => this.#arrive(task));
  }

  /** The same for an operation that ends: somebody may wait for it with a promise. */
  postDone(delayMs: number, task: () => void): void {
    this.post(delayMs, () => {
      this.gate.settleSoon();
      task();
    });
  }

  pause(): void {
    this.#paused = true;
  }

  /** Lets everything that was held back arrive, in its order, at once. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const held = this.#held;
    this.#held = [];
    for (const task of held) this.post(0, task);
  }

  /** From now on nothing of this life runs any more. */
  kill(): void {
    this.#alive = false;
    this.#held = [];
    this.gate.abandon();
  }

  #arrive(task: () => void): void {
    if (!this.#alive) return;
    if (this.#paused) this.#held.push(task);
    else task();
  }
}

export interface SimClockInit {
  /** How fast this machine's clock runs: 1 is true time. */
  readonly rate: number;
  /** What the clocks showed when simulated time was 0. */
  readonly monotonicStartMs: number;
  readonly wallStartMs: number;
  /** Simulated time a turn of the event loop takes. */
  readonly turnMs: number;
}

/** The Clock port: drifts at a constant rate, never goes backwards; wall time drifts with it. */
export class SimClock implements Clock {
  #process: SimProcess;
  #init: SimClockInit;

  constructor(process: SimProcess, init: SimClockInit) {
    this.#process = process;
    this.#init = init;
  }

  nowMs(): number {
    return this.#init.monotonicStartMs + this.#process.scheduler.nowMs * this.#init.rate;
  }

  wallMs(): number {
    const elapsed = this.#process.scheduler.nowMs * this.#init.rate;
    return Math.floor(this.#init.wallStartMs + elapsed);
  }

  after(delayMs: number, task: () => void): Timer {
    let cancelled = false;
    this.#process.post(Math.max(0, delayMs) / this.#init.rate, () => {
      if (!cancelled) task();
    });
    return {
      cancel: () => {
        cancelled = true;
      },
    };
  }

  defer(task: () => void): void {
    this.#process.post(this.#init.turnMs, task);
  }
}
