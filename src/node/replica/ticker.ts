/**
 * Wakes the pump when time has passed: once a tick while there is work, and less often on a node
 * that has none, because each wake costs it more than what it then has to do.
 *
 * ```
 *   busy   |----|----|----|----|        a wake a tick
 *   quiet  |-------------------|        one wake that counts as four
 *   quiet, then a message  |----------^ ... |----|     2 ticks counted there, the third in time
 * ```
 * Ticks of a long wait that have gone by are counted before anything that comes meanwhile is
 * looked at, so the core's timers are as exact as with short ones. A late wake counts as what it
 * was armed for and no more: time in which the process stood still is not made up for.
 */
import type { Clock, Timer } from '../ports/clock.ts';

/** At most so many ticks a wake, however quiet: what else looks at the time is not to wait long. */
export const QUIET_TICKS_MAX = 4;
/** A node counts as quiet when it had nothing to do for so long. */
const QUIET_AFTER_MS = 200;

export interface TickerInit {
  readonly clock: Clock;
  readonly tickMs: number;
  /** A tick is due, and the wake for it came `lateMs` after its time. */
  readonly onWake: (lateMs: number) => void;
  /** So many ticks at least must go by until the core does something by itself. */
  readonly idleTicks: () => number;
}

export class Ticker {
  readonly #init: TickerInit;
  #timer: Timer | null = null;
  #armedAtMs = 0;
  #ticks = 1;
  /** Of those: counted already. */
  #counted = 0;
  /** Of the wait that has just ended, to be counted before the tick it ends with. */
  #owed = 0;
  #busyAtMs: number;

  constructor(init: TickerInit) {
    this.#init = init;
    this.#busyAtMs = init.clock.nowMs();
  }

  start(): void {
    this.#arm(1, this.#init.tickMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /**
   * @returns the ticks of a long wait that have gone by since this was asked last, without the one
   *   that it ends with.
   */
  elapsed(nowMs: number): number {
    const owed = this.#owed;
    this.#owed = 0;
    if (this.#ticks === 1) return owed;
    const gone = Math.floor((nowMs - this.#armedAtMs) / this.#init.tickMs);
    const ticks = Math.min(gone, this.#ticks - 1) - this.#counted;
    this.#counted += ticks;
    return owed + ticks;
  }

  /** There is work, so the next tick is to come in its time. Call after `elapsed`. */
  busy(nowMs: number): void {
    this.#busyAtMs = nowMs;
    if (this.#ticks === 1 || this.#timer === null) return;
    const { tickMs } = this.#init;
    const dueAtMs = this.#armedAtMs + (this.#counted + 1) * tickMs;
    this.#timer.cancel();
    this.#arm(1, Math.max(0, dueAtMs - nowMs));
  }

  #arm(ticks: number, waitMs: number): void {
    const { clock, onWake } = this.#init;
    this.#ticks = ticks;
    this.#counted = 0;
    this.#armedAtMs = clock.nowMs();
    this.#timer = clock.after(waitMs, () => {
      const lateMs = clock.nowMs() - this.#armedAtMs - waitMs;
      this.#owed += this.#ticks - this.#counted - 1;
      this.#ticks = 1;
      onWake(Math.max(0, lateMs));
      if (this.#timer !== null) this.#armNext();
    });
  }

  #armNext(): void {
    const { clock, tickMs, idleTicks } = this.#init;
    const isQuiet = clock.nowMs() - this.#busyAtMs >= QUIET_AFTER_MS;
    const ticks = isQuiet ? Math.max(1, Math.min(idleTicks(), QUIET_TICKS_MAX)) : 1;
    this.#arm(ticks, ticks * tickMs);
  }
}
