/** Does something on a beat that can be changed, one at a time. */
export class Beat {
  readonly #task: () => Promise<void>;
  #everyMs: number;
  #timer: NodeJS.Timeout | null = null;
  #busy = false;
  #ended = false;

  constructor(everyMs: number, task: () => Promise<void>) {
    this.#everyMs = everyMs;
    this.#task = task;
    this.soon(0);
  }

  set everyMs(ms: number) {
    this.#everyMs = ms;
    this.soon(ms);
  }

  soon(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#busy || this.#ended) return;
    this.#timer = setTimeout(() => void this.#run(), ms);
  }

  end(): void {
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    this.#busy = true;
    const startedMs = performance.now();
    await this.#task();
    this.#busy = false;
    this.soon(Math.max(0, this.#everyMs - (performance.now() - startedMs)));
  }
}
