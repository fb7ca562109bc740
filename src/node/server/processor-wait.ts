/**
 * How long the main thread could have run and had no processor, as Linux counts it. A thread that
 * is stopped, or waits for a disk, could not have run: that tells it from one that is starved.
 */
import { closeSync, openSync, readSync } from 'node:fs';

/** `run wait slices`, the first two in nanoseconds. */
const FILE = '/proc/self/schedstat';
const LINE_BYTES_MAX = 128;

export class ProcessorWait {
  readonly #line = Buffer.alloc(LINE_BYTES_MAX);
  #file: number | null = null;

  constructor(path = FILE) {
    try {
      this.#file = openSync(path, 'r');
    } catch {
      // Another system, or one that does not count.
    }
  }

  /** Since the start of the process; 0 where nobody counts. */
  ms(): number {
    if (this.#file === null) return 0;
    const bytes = readSync(this.#file, this.#line, 0, LINE_BYTES_MAX, 0);
    const [, waited = '0'] = this.#line.toString('latin1', 0, bytes).split(' ');
    return Number(waited) / 1e6;
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}
