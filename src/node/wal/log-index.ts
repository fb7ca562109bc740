/**
 * Where in the log a batch lies, in little memory: one note per 64 KiB of log, and one per
 * truncation. Pure.
 *
 * A batch at position p with first index f is dead when a batch written later starts at or below f.
 * Truncations are kept as a stack that ascends in position and in index: a later truncation to a
 * lower index swallows those above it.
 *
 * ```
 *  written:      1..4   5..7   8..9   5..6   7..9        (the second 5..6 supersedes 5..9)
 *  truncation:                        ^ (first 5, its position)
 * ```
 */
import type { LogIndex } from '../model/ids.ts';

const NOTE_SPACING_BYTES = 64 * 1024;

export class BatchIndex {
  /** Parallel arrays, ascending in both. */
  readonly #firsts: LogIndex[] = [];
  readonly #positions: number[] = [];
  readonly #cutFirsts: LogIndex[] = [];
  readonly #cutPositions: number[] = [];

  /** A batch was written at `position`; `supersedes` when its first index existed before. */
  add(first: LogIndex, position: number, supersedes: boolean): void {
    if (supersedes) this.#truncate(first, position);
    const last = this.#positions.at(-1);
    if (last === undefined || position - last >= NOTE_SPACING_BYTES) {
      this.#firsts.push(first);
      this.#positions.push(position);
    }
  }

  #truncate(first: LogIndex, position: number): void {
    while ((this.#firsts.at(-1) ?? -1) >= first) {
      this.#firsts.pop();
      this.#positions.pop();
    }
    while ((this.#cutFirsts.at(-1) ?? -1) >= first) {
      this.#cutFirsts.pop();
      this.#cutPositions.pop();
    }
    this.#cutFirsts.push(first);
    this.#cutPositions.push(position);
  }

  /**
   * @returns a position at or before the live batch that holds `index`, with no live batch of a
   *   higher index before it. Requires: the log is not empty.
   */
  positionBefore(index: LogIndex): number {
    const at = lastAtMost(this.#firsts, index);
    return this.#positions[Math.max(at, 0)] ?? 0;
  }

  /** Whether the batch written at `position` with that first index is still part of the log. */
  isLive(first: LogIndex, position: number): boolean {
    const cut = this.#cutFirsts[lastAtMost(this.#cutPositions, position) + 1];
    return cut === undefined || first < cut;
  }
}

/** @returns the last place in an ascending list whose value is at most `value`, or -1. */
function lastAtMost(list: readonly number[], value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
