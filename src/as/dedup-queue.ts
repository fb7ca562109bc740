/** The lines that raft-demo's chat client has seen last: what is among them is no news. */

export class DedupQueue {
  readonly #size: number;
  /** In the order in which they came. */
  readonly #lines = new Set<string>();

  constructor(size: number) {
    this.#size = size;
  }

  /** @returns whether the line was not there; then it is, and the oldest one may have gone. */
  offer(line: string): boolean {
    if (this.#lines.has(line)) return false;
    if (this.#lines.size >= this.#size) {
      for (const oldest of this.#lines) {
        this.#lines.delete(oldest);
        break;
      }
    }
    this.#lines.add(line);
    return true;
  }
}
