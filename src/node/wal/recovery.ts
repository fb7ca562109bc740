/**
 * From the bytes of all segments to the log they hold, or to the damage that forbids using it
 * (docs/wal-format.md#what-each-kind-of-damage-means). Pure: segments are handed in one by one.
 *
 * The log ends at the first place that is not a valid frame. Whether that is a torn tail or damage
 * is told by the frames *behind* that place: one whose `syncedTo` lies past it is a witness that
 * the bytes there were durable once.
 */
import { assert } from '../../std/assert.ts';
import type { Bytes } from '../../std/bytes.ts';
import type { Batch } from '../model/batch.ts';
import type { ClusterId, MemberNumber } from '../model/ids.ts';
import type { LogBase } from '../model/log-write.ts';
import type { RecoveredLog } from '../ports/log-store.ts';
import type { CleanMark } from './clean-mark.ts';
import { type Damage, describeHeaderFault } from './damage.ts';
import type { BatchIndex } from './log-index.ts';
import { decodeFrame, FRAME_HEADER_BYTES, FRAME_KIND, type Frame, isZero } from './record.ts';
import { Replay } from './replay.ts';
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, type SegmentHeader } from './segment.ts';

const FREE_SPACE_CHANGED = 'bytes of its free space, zeros when they were synced, have changed';

export interface SegmentImage {
  readonly path: string;
  /** From the file's name. */
  readonly sequence: number;
  readonly bytes: Bytes;
}

/** Where the next frame goes, and what must be done first. */
export interface RecoveredEnd {
  readonly sequence: number;
  readonly offset: number;
  readonly position: number;
  /** Bytes offset..residueEnd of that segment hold garbage to be overwritten with zeros. */
  readonly residueEnd: number;
  /** Why the log ends here: `blank` for an ordinary end. */
  readonly reason: string;
}

export interface Recovered {
  readonly log: RecoveredLog;
  /** What the log must be told first: it begins anew behind the snapshot. */
  readonly reset: LogBase | null;
  readonly index: BatchIndex;
  readonly end: RecoveredEnd;
  /** Everything below was known durable already. */
  readonly syncedTo: number;
  /** All segments, ascending. Those behind `end.sequence` hold no part of the log. */
  readonly segments: readonly (SegmentHeader & { readonly blank: boolean })[];
}

export interface FoundFrame {
  readonly path: string;
  /** The whole segment. */
  readonly bytes: Bytes;
  readonly frame: Frame;
  readonly position: number;
  /** What a batch frame holds; else null. */
  readonly batch: Batch | null;
}

export interface RecoveryInit {
  readonly cluster: ClusterId;
  readonly member: MemberNumber;
  readonly tailBytesMax: number;
  /**
   * The newest snapshot; null: none. Only what it holds may be missing at the log's beginning, and
   * a log that does not hold its entry begins anew behind it.
   */
  readonly snapshot: LogBase | null;
  /** Told of every frame of the log, in order. */
  readonly onFrame?: (found: FoundFrame) => void;
}

export class Recovery {
  readonly #init: RecoveryInit;
  #replay: Replay;
  readonly #segments: (SegmentHeader & { blank: boolean })[] = [];
  #end: (RecoveredEnd & { readonly path: string }) | null = null;
  #lastPath = '';
  /** First byte behind the end of the log that is not zero. */
  #stray: { readonly path: string; readonly offset: number } | null = null;
  /** Highest `syncedTo` before the end and behind it. */
  #syncedTo = 0;
  #witness = 0;

  constructor(init: RecoveryInit) {
    this.#init = init;
    this.#replay = new Replay(init, false);
  }

  /** Takes the next segment, by sequence. @returns damage that no later bytes can excuse. */
  add(image: SegmentImage): Damage | null {
    const header = decodeSegmentHeader(image.bytes);
    if (typeof header === 'string') return describeHeaderFault(image.path, header);
    const mismatch = this.#mismatch(image, header);
    if (mismatch !== null) return mismatch;
    if (this.#segments.length === 0 && header.sequence > 1) {
      this.#replay = new Replay(this.#init, true);
    }
    const segment = { ...header, blank: true };
    this.#segments.push(segment);
    this.#lastPath = image.path;
    if (this.#end !== null) {
      segment.blank = !this.#findStray(image, SEGMENT_HEADER_BYTES);
      if (!segment.blank) this.#searchWitness(image.bytes, SEGMENT_HEADER_BYTES, header);
      return null;
    }
    segment.blank = false;
    return this.#walk(image, header);
  }

  #mismatch(image: SegmentImage, header: SegmentHeader): Damage | null {
    const damage = (offset: number, what: string): Damage => {
      return { code: 'WAL_CORRUPT', path: image.path, offset, what };
    };
    const { cluster, member } = this.#init;
    const previous = this.#segments.at(-1);
    if (header.cluster !== cluster) {
      return damage(16, `it belongs to cluster ${header.cluster}, this is ${cluster}`);
    }
    if (header.member !== member) {
      return damage(12, `it belongs to member ${header.member}, this is member ${member}`);
    }
    const sequence = previous === undefined ? 1 : previous.sequence + 1;
    // The first ones may be gone when a snapshot holds their entries: `finish` looks into that.
    const begins = previous === undefined && this.#init.snapshot !== null;
    if (image.sequence !== sequence && !begins) {
      return damage(0, `segment ${sequence} is missing, the next one there is ${image.sequence}`);
    }
    if (header.sequence !== image.sequence) {
      return damage(32, `its name says segment ${image.sequence}, its header ${header.sequence}`);
    }
    if (image.bytes.length !== header.size) {
      const offset = Math.min(image.bytes.length, header.size);
      return damage(offset, `it has ${image.bytes.length} bytes instead of ${header.size}`);
    }
    if (header.sequence > 1 && previous === undefined) return null;
    const base = previous === undefined ? 0 : previous.base + previous.size;
    if (header.base !== base || header.previousSalt !== (previous?.salt ?? 0)) {
      return damage(40, 'it does not continue the segment before it');
    }
    return null;
  }

  /** Replays the frames of a segment up to its roll, or to the end of the log. */
  #walk(image: SegmentImage, header: SegmentHeader): Damage | null {
    let offset = SEGMENT_HEADER_BYTES;
    for (;;) {
      const left = header.size - offset;
      const frame = left < FRAME_HEADER_BYTES ? 'blank' : decodeFrame(image.bytes, offset, header);
      if (typeof frame === 'string') return this.#endAt(image, header, offset, frame);
      const position = header.base + offset;
      const fault = this.#replay.take(image.bytes, frame, position);
      if (fault?.kind === 'impossible') {
        return { code: 'WAL_CORRUPT', path: image.path, offset, what: `it holds ${fault.what}` };
      }
      if (fault !== null) return this.#endAt(image, header, offset, fault.what);
      this.#syncedTo = Math.max(this.#syncedTo, frame.syncedTo);
      const { path, bytes } = image;
      this.#init.onFrame?.({ path, bytes, frame, position, batch: this.#replay.lastBatch });
      offset = frame.end;
      if (frame.kind !== FRAME_KIND.roll) continue;
      // Nothing is ever written behind a roll.
      const stray = firstNonZero(bytes, offset);
      if (stray === bytes.length) return null;
      return { code: 'WAL_CORRUPT', path, offset: stray, what: FREE_SPACE_CHANGED };
    }
  }

  #endAt(image: SegmentImage, header: SegmentHeader, offset: number, reason: string): null {
    this.#end = {
      path: image.path,
      sequence: header.sequence,
      offset,
      position: header.base + offset,
      residueEnd: lastNonZero(image.bytes, offset),
      reason,
    };
    if (this.#findStray(image, offset)) this.#searchWitness(image.bytes, offset, header);
    return null;
  }

  /** @returns whether there is anything but zeros from `offset` on. */
  #findStray({ path, bytes }: SegmentImage, from: number): boolean {
    const offset = firstNonZero(bytes, from);
    if (offset === bytes.length) return false;
    this.#stray ??= { path, offset };
    return true;
  }

  /** Looks for valid frames at every place one can start, whatever lies between them. */
  #searchWitness(bytes: Bytes, from: number, header: SegmentHeader): void {
    for (let offset = from; offset + FRAME_HEADER_BYTES <= bytes.length; offset += 8) {
      // Nearly every place fails on the magic number: look at it before anything else.
      if (bytes[offset + 8] !== 0x52) continue;
      const frame = decodeFrame(bytes, offset, header);
      if (typeof frame !== 'string') this.#witness = Math.max(this.#witness, frame.syncedTo);
    }
  }

  /** Requires: at least one segment was added and none was damaged. */
  finish(clean: CleanMark | null): Recovered | Damage {
    const last = this.#segments.at(-1);
    assert(last !== undefined, 'a log has at least one segment');
    if (this.#end === null) {
      const what = `segment ${last.sequence + 1}, where the log goes on, is missing`;
      return { code: 'WAL_CORRUPT', path: this.#lastPath, offset: last.size, what };
    }
    const { path, ...end } = this.#end;
    const damage = (what: string): Damage => {
      return { code: 'WAL_CORRUPT', path, offset: end.offset, what };
    };
    if (this.#witness > end.position) {
      return damage(`bytes that were durable are damaged (${end.reason})`);
    }
    if (clean !== null && clean.end !== end.position) {
      const verb = clean.end > end.position ? 'lost its tail' : 'was written to';
      return damage(`the log ${verb} after an orderly stop (${end.reason})`);
    }
    if (clean !== null && this.#stray !== null) {
      return { code: 'WAL_CORRUPT', ...this.#stray, what: FREE_SPACE_CHANGED };
    }
    const { snapshot } = this.#init;
    const { base, lastIndex } = this.#replay;
    if (lastIndex === 0 && snapshot === null) return damage('the founding entry is lost');
    if (base.index > (snapshot?.index ?? 0)) {
      const held =
        snapshot === null ? 'there is no snapshot' : `the snapshot ends at ${snapshot.index}`;
      return damage(`the log begins behind entry ${base.index}, ${held}`);
    }
    const log = this.#replay.result();
    const reset = snapshot === null || holds(log, snapshot) ? null : snapshot;
    return {
      log: reset === null ? log : emptyBehind(reset, log),
      reset,
      index: this.#replay.index,
      end,
      syncedTo: this.#syncedTo,
      segments: this.#segments,
    };
  }
}

/** Whether the log reaches the entry, and has it in that term. */
function holds(log: RecoveredLog, { index, term }: LogBase): boolean {
  if (index < log.baseIndex || index > log.lastIndex) return false;
  return (log.termRuns.findLast((run) => run.first <= index)?.term ?? log.baseTerm) === term;
}

function emptyBehind({ index, term }: LogBase, { hardState }: RecoveredLog): RecoveredLog {
  const nothing = { termRuns: [], configurations: [], tail: [] };
  return { hardState, baseIndex: index, baseTerm: term, lastIndex: index, ...nothing };
}

/** @returns the offset after the last non-zero byte at or after `from`, or `from`. */
function lastNonZero(bytes: Bytes, from: number): number {
  const step = 4096;
  for (let end = bytes.length; end > from; end -= step) {
    const start = Math.max(from, end - step);
    if (isZero(bytes, start, end)) continue;
    let at = end;
    while (bytes[at - 1] === 0) at -= 1;
    return at;
  }
  return from;
}

/** @returns the offset of the first non-zero byte at or after `from`, or the length. */
function firstNonZero(bytes: Bytes, from: number): number {
  const step = 4096;
  for (let start = from; start < bytes.length; start += step) {
    const end = Math.min(bytes.length, start + step);
    if (isZero(bytes, start, end)) continue;
    let at = start;
    while (bytes[at] === 0) at += 1;
    return at;
  }
  return bytes.length;
}
