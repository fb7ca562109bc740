/**
 * Progress on stderr: on a terminal one line that is painted over, elsewhere a plain line now and
 * then. What is said in between stays.
 */
import { widthOf } from '../std/paint.ts';

export interface LiveLineInit {
  readonly isQuiet: boolean;
  readonly stream: NodeJS.WriteStream;
  /** Between two plain lines. Default 2 s. */
  readonly plainEveryMs?: number;
}

const PLAIN_EVERY_MS = 2000;
const CLEAR_LINE = '\r\u001b[2K';

export class LiveLine {
  readonly #init: LiveLineInit;
  #isShown = false;
  #lastPlainAt = performance.now();

  constructor(init: LiveLineInit) {
    this.#init = init;
  }

  /** A line that stays. */
  say(text: string): void {
    if (this.#init.isQuiet) return;
    this.end();
    this.#init.stream.write(`${text}\n`);
  }

  /** @param live for a terminal wide enough; @param plain for everything else. */
  show(live: () => string, plain: () => string): void {
    const { isQuiet, stream } = this.#init;
    if (isQuiet) return;
    if (stream.isTTY) {
      const text = live();
      stream.write(CLEAR_LINE + (widthOf(text) < stream.columns ? text : plain()));
      this.#isShown = true;
      return;
    }
    const everyMs = this.#init.plainEveryMs ?? PLAIN_EVERY_MS;
    if (performance.now() - this.#lastPlainAt < everyMs) return;
    this.#lastPlainAt = performance.now();
    stream.write(`${plain()}\n`);
  }

  /** Removes the live line. */
  end(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#init.stream.write(CLEAR_LINE);
  }
}
