/**
 * Ctrl-C and its relatives: the first asks for an orderly end, the second for an immediate one.
 * While one of these exists, the process does not die of the signals by itself.
 */
import { EXIT } from '../std/errors.ts';
import { OUTPUT_CLOSED } from './error-report.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', OUTPUT_CLOSED] as const;
const EXIT_BY_SIGNAL = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.failure,
  [OUTPUT_CLOSED]: EXIT.ok,
} as const;

export class Interrupts {
  readonly #first = new AbortController();
  readonly #second = new AbortController();
  readonly #listener: (signal: (typeof SIGNALS)[number]) => void;
  #exitCode: number | null = null;

  /** @param onFirst says so at once. */
  constructor(onFirst: () => void) {
    this.#listener = (signal) => {
      if (this.#first.signal.aborted) {
        this.#second.abort();
        return;
      }
      this.#exitCode = EXIT_BY_SIGNAL[signal];
      this.#first.abort();
      onFirst();
    };
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#first.signal;
  }

  /** Aborted by the second. */
  get hurry(): AbortSignal {
    return this.#second.signal;
  }

  /** What the process should end with; null: no signal came. */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  release(): void {
    for (const signal of SIGNALS) process.removeListener(signal, this.#listener);
  }
}

/**
 * Does something that Ctrl-C stops: `onFirst` says so, and the signal is passed on.
 *
 * @param onSecond for what takes its time to stop.
 */
export async function stoppable<T>(
  onFirst: () => void,
  work: (signal: AbortSignal) => Promise<T>,
  onSecond: () => void = () => {},
): Promise<T> {
  const interrupts = new Interrupts(onFirst);
  interrupts.hurry.addEventListener('abort', onSecond);
  try {
    return await work(interrupts.signal);
  } finally {
    interrupts.release();
  }
}
