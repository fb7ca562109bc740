/**
 * Time, as a replica sees it. Three readings that must not be mixed: monotonic time for every
 * decision, wall time only to stamp what people read, timers only to be woken.
 */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds with fractions, never backwards; shared by all processes of one machine. */
  nowMs(): number;
  /** Unix milliseconds; may jump. */
  wallMs(): number;
  /** Calls `task` once, not before `delayMs` from now. */
  after(delayMs: number, task: () => void): Timer;
  /** Calls `task` once after the input that is ready now was taken in: the end of a turn. */
  defer(task: () => void): void;
}
