/**
 * What this replica's disk is known to hold: the bookkeeping between `Ready.persist` and
 * `logSynced` (paper 5: state is on stable storage before it is answered for).
 *
 * ```
 *   durableIndex <= writtenIndex <= lastIndex       an index is durable once a completed write
 *                                                   covered it and nothing cut it off since
 * ```
 * Truncation caps everything at once, also the writes still under way: what they wrote above the
 * cut may be on disk, but a later write replaces it, so it must never count, not even if an equal
 * (index, term) comes back afterwards.
 */
import { assert } from '../../std/assert.ts';
import type { HardState } from '../model/hard-state.ts';
import type { LogIndex } from '../model/ids.ts';
import type { LogBase, LogWrite } from '../model/log-write.ts';
import type { RaftLog } from './log.ts';

interface Outstanding {
  readonly sequence: number;
  readonly hardVersion: number;
  readonly hardState: HardState;
  lastIndex: LogIndex;
}

export class Durability {
  /** Rises with every change of term or vote. */
  hardVersion = 0;
  /** The newest version that is on disk: messages that depend on a newer one wait. */
  #durableHardVersion = 0;
  #durableHardState: HardState;
  #writtenHardVersion = 0;
  #durableIndex: LogIndex;
  #writtenIndex: LogIndex;
  #sequence = 0;
  #reset: LogBase | null = null;
  readonly #outstanding: Outstanding[] = [];

  /** All that was recovered is durable. */
  constructor(lastIndex: LogIndex, hardState: HardState) {
    this.#durableIndex = lastIndex;
    this.#writtenIndex = lastIndex;
    this.#durableHardState = hardState;
  }

  get durableIndex(): LogIndex {
    return this.#durableIndex;
  }

  get durableHardVersion(): number {
    return this.#durableHardVersion;
  }

  get durableHardState(): HardState {
    return this.#durableHardState;
  }

  get writtenIndex(): LogIndex {
    return this.#writtenIndex;
  }

  /** The log was cut: nothing from `first` on counts any more. */
  truncatedFrom(first: LogIndex): void {
    const last = first - 1;
    this.#durableIndex = Math.min(this.#durableIndex, last);
    this.#writtenIndex = Math.min(this.#writtenIndex, last);
    for (const write of this.#outstanding) write.lastIndex = Math.min(write.lastIndex, last);
  }

  /**
   * The log begins anew behind a durable snapshot. That makes its entry durable at once: a log that
   * is found without it is begun anew behind it too. Of what is still being written nothing counts.
   */
  beginBehind(base: LogBase): void {
    this.#reset = base;
    this.#durableIndex = base.index;
    this.#writtenIndex = base.index;
    for (const write of this.#outstanding) write.lastIndex = base.index;
  }

  /** Everything not handed to the log yet, as one write; null: nothing. */
  takeWrite(hardState: HardState, log: RaftLog): LogWrite | null {
    const hardChanged = this.hardVersion !== this.#writtenHardVersion;
    const reset = this.#reset;
    this.#reset = null;
    if (!hardChanged && reset === null && this.#writtenIndex === log.lastIndex) return null;
    const batches =
      this.#writtenIndex === log.lastIndex
        ? []
        : log.collect(this.#writtenIndex + 1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    if (batches.length > 0) {
      assert(batches[0]?.first === this.#writtenIndex + 1, 'a batch left the cache unwritten');
    }
    this.#sequence += 1;
    this.#writtenIndex = log.lastIndex;
    this.#writtenHardVersion = this.hardVersion;
    this.#outstanding.push({
      sequence: this.#sequence,
      hardVersion: this.hardVersion,
      hardState,
      lastIndex: log.lastIndex,
    });
    const write = { sequence: this.#sequence, hardState: hardChanged ? hardState : null, batches };
    return reset === null ? write : { ...write, reset };
  }

  /** The write `sequence` and all before it are on disk. */
  synced(sequence: number): void {
    assert(sequence <= this.#sequence, `write ${sequence} was never asked for`);
    let done = 0;
    for (const write of this.#outstanding) {
      if (write.sequence > sequence) break;
      this.#durableIndex = Math.max(this.#durableIndex, write.lastIndex);
      this.#durableHardVersion = write.hardVersion;
      this.#durableHardState = write.hardState;
      done += 1;
    }
    this.#outstanding.splice(0, done);
  }
}
