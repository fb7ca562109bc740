/**
 * Keeps one empty segment ready ahead of need. Lack of space shows here and nowhere else: then it
 * says so, keeps trying, and says when there is space again.
 */
import { assert } from '../../std/assert.ts';
import { RaftctlError } from '../../std/errors.ts';
import type { Log } from '../../std/log.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { SegmentHeader } from './segment.ts';
import { makeSegment, type OpenSegment, planSegment, type SegmentMaker } from './segment-files.ts';

const RETRY_MS = 1000;

export interface SegmentSupplyEvents {
  /** `next` is there. */
  onReady(): void;
  /** Called when it changes. */
  onFull(full: boolean): void;
  /** Anything but lack of space. */
  onFailed(error: RaftctlError): void;
}

export class SegmentSupply {
  readonly #maker: SegmentMaker;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #events: SegmentSupplyEvents;
  #next: OpenSegment | null;
  #making: Promise<void> | null = null;
  #retry: Timer | null = null;
  #full = false;
  #closed = false;

  constructor(
    components: { readonly maker: SegmentMaker; readonly clock: Clock; readonly log: Log },
    init: { readonly next: OpenSegment | null; readonly events: SegmentSupplyEvents },
  ) {
    this.#maker = components.maker;
    this.#clock = components.clock;
    this.#log = components.log;
    this.#next = init.next;
    this.#events = init.events;
  }

  /** The prepared segment, or null: not yet. */
  get next(): OpenSegment | null {
    return this.#next;
  }

  get full(): boolean {
    return this.#full;
  }

  /** Starts to make the segment behind `previous`, unless it is there or under way. */
  prepare(previous: SegmentHeader, frameBytes: number): void {
    if (this.#next !== null || this.#making !== null || this.#retry !== null) return;
    if (this.#closed) return;
    const header = planSegment(this.#maker, previous, frameBytes);
    this.#making = makeSegment(this.#maker, header, []).then(
      (segment) => this.#made(segment),
      (error: unknown) => this.#notMade(error, previous, frameBytes),
    );
  }

  #made(segment: OpenSegment): void {
    this.#making = null;
    this.#next = segment;
    if (this.#closed) return;
    if (this.#full) {
      this.#full = false;
      this.#log.info({ directory: this.#maker.directory }, 'there is space for the log again');
      this.#events.onFull(false);
    }
    this.#events.onReady();
  }

  #notMade(error: unknown, previous: SegmentHeader, frameBytes: number): void {
    this.#making = null;
    if (this.#closed) return;
    if (!(error instanceof RaftctlError)) throw error;
    if (error.code !== 'DISK_FULL') {
      this.#events.onFailed(error);
      return;
    }
    this.#retry = this.#clock.after(RETRY_MS, () => {
      this.#retry = null;
      this.prepare(previous, frameBytes);
    });
    if (this.#full) return;
    this.#full = true;
    this.#log.error({ directory: this.#maker.directory }, `the log has no space: ${error.message}`);
    this.#events.onFull(true);
  }

  /** Hands out the prepared segment. Requires: there is one. */
  take(): OpenSegment {
    const next = this.#next;
    assert(next !== null, 'a segment is taken only when it is there');
    this.#next = null;
    return next;
  }

  /** Stops preparing and closes what was prepared; the file stays for the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    this.#retry = null;
    await this.#making;
    await this.#next?.file.close();
    this.#next = null;
  }
}
