/** The Clock of the operating system: CLOCK_MONOTONIC, which all processes of a machine share. */
import type { Clock, Timer } from '../ports/clock.ts';

export class SystemClock implements Clock {
  /** NB: not performance.now(), which starts at zero in every process. */
  nowMs(): number {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  }

  wallMs(): number {
    return Date.now();
  }

  after(delayMs: number, task: () => void): Timer {
    const timer = setTimeout(task, delayMs);
    return { cancel: () => clearTimeout(timer) };
  }

  defer(task: () => void): void {
    setImmediate(task);
  }
}
