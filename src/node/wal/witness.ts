/**
 * Marks (frames of kind `synced`) that say in the log how far it is durable, for the times when no
 * group follows that would say it (docs/wal-format.md#writing).
 *
 * A mark comes after the turn that hears of the sync: what is answered for leaves first, and a
 * group that this turn writes is the witness itself.
 */
import type { RaftctlError } from '../../std/errors.ts';
import type { Clock } from '../ports/clock.ts';
import { Group } from './group.ts';
import type { LogEnd } from './log-end.ts';
import { FRAME_KIND } from './record.ts';

const MARK_BUFFER_BYTES = 1024;

export interface WitnessInit {
  readonly end: LogEnd;
  readonly clock: Clock;
  /** Whether nothing else is being written and the log is sound. */
  readonly mayWrite: () => boolean;
  readonly onFailed: (error: RaftctlError) => void;
  /** Nothing is under way here any more. */
  readonly onIdle: () => void;
}

export class Witness {
  readonly #init: WitnessInit;
  readonly #group = new Group(MARK_BUFFER_BYTES);
  #planned = false;
  #writing = false;

  constructor(init: WitnessInit) {
    this.#init = init;
  }

  get busy(): boolean {
    return this.#planned || this.#writing;
  }

  /** Something became durable. */
  soon(): void {
    const { end, clock, onIdle } = this.#init;
    if (this.#planned || !end.lacksWitness) return;
    this.#planned = true;
    clock.defer(() => {
      this.#planned = false;
      this.leave();
      onIdle();
    });
  }

  /** Leaves a mark, if it says anything new and may be written now. */
  leave(): void {
    const { end, mayWrite, onFailed, onIdle } = this.#init;
    const group = this.#group;
    if (this.#writing || !mayWrite()) return;
    if (!end.lacksWitness || !end.beginMark(group, FRAME_KIND.synced)) return;
    end.handed();
    this.#writing = true;
    end.segment.file.write(group.chunks(), end.offset, false, (error) => {
      this.#writing = false;
      if (error !== null) onFailed(error);
      onIdle();
    });
    end.wrote(group);
  }
}
