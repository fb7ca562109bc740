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
import type { MetronomePlan } from './thread-messages.ts';

const BEAT_NS_MIN = 200_000;
const NS_PER_MS = 1e6;
const NS_PER_S = 1e9;

const { ratePerSecond, epochNs, beats, startNs, ports } = workerData as MetronomePlan;
const clock = new RunClock(epochNs);
/** Nobody ever wakes this: it is slept upon. */
const pillow = new Int32Array(new SharedArrayBuffer(4));

/** Unless a beat is on its way already. */
function beat(worker: number): void {
  if (Atomics.exchange(beats, worker, 1) === 0) ports[worker]?.postMessage(0);
}

function sleepUntil(ns: number): void {
  for (;;) {
    const restNs = ns - clock.now();
    if (restNs <= 0) return;
    Atomics.wait(pillow, 0, 0, restNs / NS_PER_MS);
  }
}

function keepTime(): never {
  const everyNs = Math.max(NS_PER_S / ratePerSecond, BEAT_NS_MIN);
  const isEachItsOwn = everyNs > BEAT_NS_MIN;
  let next = 0;
  for (;;) {
    const beginNs = Atomics.load(startNs, 0);
    sleepUntil(Number(beginNs) + next * everyNs);
    const passed = Math.floor((clock.now() - Number(beginNs)) / everyNs);
    const isBehind = passed - next >= ports.length;
    if (!isEachItsOwn || isBehind) for (let i = 0; i < ports.length; i += 1) beat(i);
    else for (let i = next; i <= passed; i += 1) beat(i % ports.length);
    next = passed + 1;
  }
}

parentPort?.once('message', keepTime);
parentPort?.postMessage('ready');
