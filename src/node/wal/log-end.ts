/**
 * The end of the log: where the next frame goes, and what is known to be durable. Pure. It moves
 * forward only.
 *
 * ```
 *  syncedTo <= position      witnessed: the `syncedTo` that the newest frame carries
 * ```
 */
import { assert } from '../../std/assert.ts';
import type { HardState } from '../model/hard-state.ts';
import type { Group } from './group.ts';
import { FRAME_HEADER_BYTES, type FrameKind, frameSize, HARD_STATE_BODY_BYTES } from './record.ts';
import { SEGMENT_HEADER_BYTES } from './segment.ts';
import type { OpenSegment } from './segment-files.ts';

/** Every segment keeps room for a roll and a close. */
const RESERVE_BYTES = 2 * FRAME_HEADER_BYTES;

/** What a segment needs besides the frame it was made for: its first hard state and the reserve. */
export const SEGMENT_OVERHEAD_BYTES = frameSize(HARD_STATE_BODY_BYTES) + RESERVE_BYTES;

export class LogEnd {
  #segment: OpenSegment;
  #offset: number;
  #syncedTo: number;
  #witnessed = 0;
  /** Newest hard state written: each segment begins with it. */
  hardState: HardState;

  /** Everything before `offset` is durable. */
  constructor(init: {
    readonly segment: OpenSegment;
    readonly offset: number;
    readonly hardState: HardState;
  }) {
    this.#segment = init.segment;
    this.#offset = init.offset;
    this.#syncedTo = init.segment.header.base + init.offset;
    this.hardState = init.hardState;
  }

  get segment(): OpenSegment {
    return this.#segment;
  }

  /** Where the next frame goes in `segment`. */
  get offset(): number {
    return this.#offset;
  }

  /** The same as a position. Everything below it is in the file, durable or not. */
  get position(): number {
    return this.#segment.header.base + this.#offset;
  }

  get syncedTo(): number {
    return this.#syncedTo;
  }

  /** Whether something became durable that no frame says yet. */
  get lacksWitness(): boolean {
    return this.#witnessed < this.#syncedTo;
  }

  /** Starts a group here. */
  begin(group: Group): void {
    group.begin(this.#segment.header, this.#offset, this.#syncedTo);
    if (this.#offset === SEGMENT_HEADER_BYTES) group.addHardState(this.hardState);
  }

  /** Whether a frame of that size can follow in a group begun here. */
  fits(group: Group, size: number): boolean {
    return group.offset + size <= this.#segment.header.size - RESERVE_BYTES;
  }

  /** Makes a group of one mark. @returns whether there is room for it. */
  beginMark(group: Group, kind: FrameKind): boolean {
    this.begin(group);
    const fits = this.fits(group, FRAME_HEADER_BYTES);
    group.addMark(kind);
    return fits;
  }

  /** The group was handed to the disk: its frames carry `syncedTo`. */
  handed(): void {
    this.#witnessed = this.#syncedTo;
  }

  /** The frames of the group are in the file. */
  wrote(group: Group): void {
    assert(group.offset >= this.#offset, 'the end of the log moves forward');
    this.#offset = group.offset;
  }

  /** Everything below `position` is durable. */
  synced(position: number): void {
    assert(
      position >= this.#syncedTo && position <= this.position,
      'only what was written is synced',
    );
    this.#syncedTo = position;
  }

  /** The segment ended with a roll: goes on in the next one. @returns the one that is left. */
  enter(next: OpenSegment): OpenSegment {
    const left = this.#segment;
    assert(next.header.sequence === left.header.sequence + 1, 'segments follow one another');
    this.#segment = next;
    this.#offset = SEGMENT_HEADER_BYTES;
    return left;
  }
}
