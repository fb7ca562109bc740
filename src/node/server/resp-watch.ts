/**
 * The keys a client watches, each with its version when it was watched. A version is read like any
 * value, linearizably; the transaction brings it along, and whether it still holds is decided where
 * the transaction stands in the log.
 */
export const WATCHED_KEYS_MAX = 1000;

export class Watch {
  readonly versions = new Map<string, number>();
  #asked = 0;
  #round = 0;

  /** @returns what takes the versions when they are known; null: too many keys. */
  begin(keys: readonly string[]): ((versions: readonly number[]) => void) | null {
    if (this.#asked + keys.length > WATCHED_KEYS_MAX) return null;
    this.#asked += keys.length;
    const round = this.#round;
    return (versions) => {
      // UNWATCH came meanwhile.
      if (round !== this.#round) return;
      for (const [i, key] of keys.entries()) {
        // Who watches twice wants to hear of changes since the first time.
        if (!this.versions.has(key)) this.versions.set(key, versions[i] as number);
      }
    };
  }

  clear(): void {
    this.versions.clear();
    this.#asked = 0;
    this.#round += 1;
  }
}
