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
 * A reset ends everything before it; a compaction only forgets where it was.
 */
import type { LogIndex } from '../model/ids.ts';

const NOTE_SPACING_BYTES = 64 * 1024;

export class BatchIndex {
  /** Parallel arrays, ascending in both. */
  #firsts: LogIndex[] = [];
  #positions: number[] = [];
  #cutFirsts: LogIndex[] = [];
  #cutPositions: number[] = [];
  #start = 0;

  /** Where the newest reset lies; 0: there was none. Nothing before it is part of the log. */
  get start(): number {
    return this.#start;
  }

  /** The log begins anew at `position`. */
  reset(position: number): void {
    this.#firsts = [];
    this.#positions = [];
    this.#cutFirsts = [];
    this.#cutPositions = [];
    this.#start = position;
  }

  /** Nothing before `position` will be looked for any more. */
  forgetBefore(position: number): void {
    const notes = lastAtMost(this.#positions, position - 1) + 1;
    this.#firsts = this.#firsts.slice(notes);
    this.#positions = this.#positions.slice(notes);
    const cuts = lastAtMost(this.#cutPositions, position) + 1;
    this.#cutFirsts = this.#cutFirsts.slice(cuts);
    this.#cutPositions = this.#cutPositions.slice(cuts);
  }

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
   *   higher index before it. Of an entry a log begins behind: where the log says so.
   */
  positionBefore(index: LogIndex): number {
    const at = lastAtMost(this.#firsts, index);
    return at < 0 ? this.#start : (this.#positions[at] as number);
  }

  /** Whether the batch written at `position` with that first index is still part of the log. */
  isLive(first: LogIndex, position: number): boolean {
    if (position < this.#start) return false;
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
