/** A program that is still running: what it has printed so far, and its end. */
import type { ChildProcess } from 'node:child_process';

const PATIENCE_MS = 20_000;

export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Launched {
  /** Both streams, as they came. */
  output = '';
  #child: ChildProcess;
  #end: End | null = null;
  #wake: () => void = () => {};

  constructor(child: ChildProcess) {
    this.#child = child;
    const take = (chunk: Buffer): void => {
      this.output += chunk.toString('utf8');
      this.#wake();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('close', (code, signal) => {
      this.#end = { code, signal };
      this.#wake();
    });
  }

  /** Waits until its output has this. */
  async seen(pattern: RegExp): Promise<void> {
    await this.#until(() => pattern.test(this.output), `${pattern} was printed`);
  }

  /** Waits until it has ended and nobody holds its pipes. */
  async ended(): Promise<End> {
    await this.#until(() => this.#end !== null, 'it ended');
    return this.#end ?? { code: null, signal: null };
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!condition()) {
      const left = deadline - performance.now();
      if (left <= 0 || this.#end !== null) {
        this.#child.kill('SIGKILL');
        throw new Error(`Waited in vain until ${what}; it printed:\n${this.output}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
