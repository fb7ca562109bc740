/**
 * Simulated time. One thread, one heap of events keyed by (time, sequence): equal inputs give the
 * same order of events for ever, on every machine.
 *
 * Production code under simulation opens files with promises. Their continuations run as
 * microtasks, so while any such operation is under way (`AsyncGate` counts them) and after whatever
 * may have resolved a promise (`settleSoon`) the loop lets the microtask queue run dry. The rest of
 * the time it is synchronous.
 */
import { assert } from '../std/assert.ts';

export interface ScheduledTask {
  readonly timeMs: number;
  readonly sequence: number;
  task: (() => void) | null;
}

export class Scheduler {
  #heap: ScheduledTask[] = [];
  #nowMs = 0;
  #sequence = 0;
  #asyncPending = 0;
  #eventCount = 0;
  #settle = false;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many events have run. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** Runs `task` after `delayMs` of simulated time, after all that is due or was asked earlier. */
  schedule(delayMs: number, task: () => void): ScheduledTask {
    assert(delayMs >= 0, `a delay of ${delayMs} ms lies in the past`);
    this.#sequence += 1;
    const entry = { timeMs: this.#nowMs + delayMs, sequence: this.#sequence, task };
    this.#push(entry);
    return entry;
  }

  cancel(entry: ScheduledTask): void {
    entry.task = null;
  }

  /** A counter of promises under way for one owner. */
  gate(): AsyncGate {
    return new AsyncGate(this, (change) => {
      this.#asyncPending += change;
      assert(this.#asyncPending >= 0, 'more promises ended than began');
    });
  }

  /** A promise may have been resolved just now: its continuations run before the next event. */
  settleSoon(): void {
    this.#settle = true;
  }

  /**
   * Runs events in order until the time is reached or `stop` says so.
   * Ensures: `nowMs` is `untilMs` unless stopped.
   */
  async runUntil(untilMs: number, stop: () => boolean): Promise<void> {
    while (!stop()) {
      if (this.#settle || this.#asyncPending > 0) {
        this.#settle = false;
        await macrotask();
      }
      const next = this.#heap[0];
      if (next === undefined || next.timeMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return;
      }
      this.#pop();
      if (next.task === null) continue;
      this.#nowMs = next.timeMs;
      this.#eventCount += 1;
      next.task();
    }
  }

  #push(entry: ScheduledTask): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as ScheduledTask;
      if (before(above, entry)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as ScheduledTask;
    const size = heap.length;
    if (size === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= size) break;
      const right = child + 1;
      if (right < size && before(heap[right] as ScheduledTask, heap[child] as ScheduledTask)) {
        child = right;
      }
      const below = heap[child] as ScheduledTask;
      if (before(last, below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: ScheduledTask, b: ScheduledTask): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.sequence < b.sequence);
}

/** Resolves once all microtasks that are ready have run. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Counts the promises of one owner; once abandoned (a crash) its promises no longer count. */
export class AsyncGate {
  readonly #scheduler: Scheduler;
  readonly #report: (change: number) => void;
  #pending = 0;
  #abandoned = false;

  constructor(scheduler: Scheduler, report: (change: number) => void) {
    this.#scheduler = scheduler;
    this.#report = report;
  }

  /** See `Scheduler.settleSoon`. */
  settleSoon(): void {
    this.#scheduler.settleSoon();
  }

  /** Makes the scheduler wait for the continuations of `promise`. */
  track<T>(promise: Promise<T>): Promise<T> {
    this.#change(1);
    const ended = (): void => this.#change(-1);
    promise.then(ended, ended);
    return promise;
  }

  abandon(): void {
    this.#report(-this.#pending);
    this.#pending = 0;
    this.#abandoned = true;
  }

  #change(by: number): void {
    if (this.#abandoned) return;
    this.#pending += by;
    this.#report(by);
  }
}
