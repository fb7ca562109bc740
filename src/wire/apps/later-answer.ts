/** An answer of the app that is not in memory: it comes from the disk, a moment later. */

export class LaterAnswer {
  readonly #begin: (done: (answer: unknown) => void) => void;

  constructor(begin: (done: (answer: unknown) => void) => void) {
    this.#begin = begin;
  }

  /**
   * Begins to read; `done` is called once, never before this returns. The answer is that of the
   * moment of this call, whatever is written meanwhile.
   */
  whenRead(done: (answer: unknown) => void): void {
    this.#begin(done);
  }
}
