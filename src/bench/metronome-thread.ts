/**
 * A thread that only keeps time: it tells the workers of an open loop that requests are due.
 *
 * A timer of an event loop is a millisecond late on average and a poll that never sleeps takes a
 * core from the servers under test. A thread that waits on a futex is late by some 60 us and costs
 * next to nothing. Beats fall on due times; where these lie closer than `BEAT_NS_MIN` together, all
 * that came due since the last beat leaves at once.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { RunClock } from './run-clock.ts';
import { Schedule } from './schedule.ts';
import type { MetronomePlan } from './thread-messages.ts';

const BEAT_NS_MIN = 200_000;
const NS_PER_MS = 1e6;

const { load, workers, first, epochNs, beats, startNs, ports } = workerData as MetronomePlan;
const clock = new RunClock(epochNs);
/** Nobody ever wakes this: it is slept upon. */
const pillow = new Int32Array(new SharedArrayBuffer(4));

/** Unless a beat is on its way already. @param at place of the worker among those here. */
function beat(at: number): void {
  if (Atomics.exchange(beats, first + at, 1) === 0) ports[at]?.postMessage(0);
}

function sleepUntil(ns: number): void {
  for (;;) {
    const restNs = ns - clock.now();
    if (restNs <= 0) return;
    Atomics.wait(pillow, 0, 0, restNs / NS_PER_MS);
  }
}

/** One worker's schedule, as the worker itself has it, and how much of it was told. */
class Told {
  readonly #schedule: Schedule;
  #due = 0;

  constructor(worker: number, beginNs: number) {
    const endless = { endNs: Number.POSITIVE_INFINITY, requestsMax: Number.POSITIVE_INFINITY };
    this.#schedule = new Schedule({ load, worker, workers, startNs: beginNs, ...endless });
  }

  get nextNs(): number {
    return this.#schedule.dueNs(this.#due);
  }

  /** @returns whether there was something to tell. */
  tell(nowNs: number): boolean {
    const due = this.#schedule.dueAt(nowNs);
    const isNew = due > this.#due;
    this.#due = due;
    return isNew;
  }
}

function keepTime(): never {
  const beginNs = Number(Atomics.load(startNs, 0));
  const told = ports.map((_, at) => new Told(first + at, beginNs));
  let earliestNs = beginNs;
  for (;;) {
    const nextNs = Math.min(...told.map((one) => one.nextNs));
    sleepUntil(Math.max(nextNs, earliestNs));
    const nowNs = clock.now();
    for (const [at, one] of told.entries()) if (one.tell(nowNs)) beat(at);
    earliestNs = nowNs + BEAT_NS_MIN;
  }
}

parentPort?.once('message', keepTime);
parentPort?.postMessage('ready');
