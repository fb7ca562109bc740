/** The connections of one worker: opened together, and opened again when one is lost. */
import { DatagramLane } from './datagram-lane.ts';
import type { Lane, LaneOwner } from './lane.ts';
import { StreamLane } from './stream-lane.ts';
import type { Target } from './target.ts';

const RECONNECT_PAUSE_MS = 50;
/** Opened at the same time; more would overflow a server's queue of new connections. */
const CONNECTING_MAX = 128;

export interface LaneGroupInit {
  readonly owner: LaneOwner;
  readonly count: number;
  readonly targets: readonly Target[];
  /** Lane `i` begins at target `first + i * step`, so that all workers together spread evenly. */
  readonly first: number;
  readonly step: number;
  readonly timeoutMs: number;
  readonly onReopened: (lane: Lane) => void;
}

export class LaneGroup {
  readonly lanes: readonly Lane[];
  readonly #init: LaneGroupInit;
  #isClosed = false;

  constructor(init: LaneGroupInit) {
    this.#init = init;
    const { owner } = init;
    this.lanes = Array.from({ length: init.count }, (_, i) => {
      const isStream = owner.driver.answersBy === 'connection';
      const lane = isStream ? new StreamLane(owner) : new DatagramLane(owner);
      lane.target = (init.first + i * init.step) % init.targets.length;
      return lane;
    });
  }

  /** Opens all connections. @throws {Error} when a target does not accept one. */
  async open(): Promise<void> {
    for (let at = 0; at < this.lanes.length; at += CONNECTING_MAX) {
      const some = this.lanes.slice(at, at + CONNECTING_MAX);
      await Promise.all(some.map((lane) => this.#open(lane)));
    }
  }

  /** At the next target, so that a node that is down is left to itself. */
  reopenLater(lane: Lane): void {
    setTimeout(() => {
      if (this.#isClosed) return;
      lane.target = (lane.target + 1) % this.#init.targets.length;
      this.#open(lane).then(
        () => this.#init.onReopened(lane),
        () => this.reopenLater(lane),
      );
    }, RECONNECT_PAUSE_MS);
  }

  get isCutOff(): boolean {
    return this.lanes.every((lane) => !lane.isOpen);
  }

  /** Lanes that could send now. */
  get withRoom(): number {
    let count = 0;
    for (const lane of this.lanes) if (lane.room > 0) count += 1;
    return count;
  }

  /** Open connections by target. */
  get openByTarget(): number[] {
    return this.#init.targets.map((_, target) => {
      return this.lanes.filter((lane) => lane.isOpenTo(target)).length;
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const lane of this.lanes) lane.close();
  }

  async #open(lane: Lane): Promise<void> {
    const { targets, timeoutMs } = this.#init;
    await lane.open(targets, timeoutMs);
    if (this.#isClosed) lane.close();
  }
}
