/**
 * Frames: the local wrapping of what the log holds (docs/wal-format.md#frame). Pure.
 *
 * ```
 *  checksum u32 | length u32 | "RF" | kind | zeros | position u64 | syncedTo u64 | body | padding
 * ```
 *
 * A frame is valid only in the segment (salt) and at the place (position) it was written for. The
 * checksum covers the frame's header and the first 56 bytes of the body; a batch sums the rest
 * itself, every other body is shorter than that.
 */
import { assert } from '../../std/assert.ts';
import { type Bytes, crc32, readU64, writeU64, zeroBytes } from '../../std/bytes.ts';
import { BATCH_BYTES_MAX, BATCH_HEADER_BYTES, type Batch } from '../model/batch.ts';
import type { HardState } from '../model/hard-state.ts';
import type { LogBase } from '../model/log-write.ts';

export const FRAME_HEADER_BYTES = 32;
export const HARD_STATE_BODY_BYTES = 16;
export const RESET_BODY_BYTES = 16;
const FRAME_MAGIC = 0x4652; // "RF"
const COVERED_BODY_BYTES = BATCH_HEADER_BYTES;

export const FRAME_KIND = {
  batch: 1,
  hardState: 2,
  synced: 3,
  roll: 4,
  close: 5,
  reset: 6,
} as const;
export type FrameKind = (typeof FRAME_KIND)[keyof typeof FRAME_KIND];

/** Where frames lie: the two numbers of a segment that their validity depends on. */
export interface FramePlace {
  readonly salt: number;
  /** Position of the first byte of the segment's file. */
  readonly base: number;
}

export interface Frame {
  readonly kind: FrameKind;
  /** Where it starts in the bytes it was decoded from. */
  readonly offset: number;
  /** Header and body. */
  readonly length: number;
  /** Where the next frame starts: after body and padding. */
  readonly end: number;
  readonly syncedTo: number;
}

export type FrameFault =
  | 'blank' // zeros: nothing was written here
  | 'short' // fewer bytes left than the frame asks for
  | 'header' // not the start of a frame
  | 'length' // a length this kind cannot have
  | 'checksum'
  | 'padding' // not zero
  | 'position'; // checksum right, yet written for another place, or claims the future

/** Bytes a frame takes with its padding. */
export function frameSize(bodyLength: number): number {
  return alignUp(FRAME_HEADER_BYTES + bodyLength);
}

function alignUp(length: number): number {
  return (length + 7) & ~7;
}

/**
 * Writes the header of a frame at `at`, summing `body` (which may lie elsewhere).
 * Requires: a body of more than 56 bytes is a sealed batch.
 */
export function encodeFrameHeader(
  bytes: Bytes,
  at: number,
  frame: { kind: FrameKind; body: Bytes; position: number; syncedTo: number; salt: number },
): void {
  assert(frame.syncedTo <= frame.position, 'a frame cannot know what becomes durable after it');
  bytes.writeUInt32LE(FRAME_HEADER_BYTES + frame.body.length, at + 4);
  bytes.writeUInt16LE(FRAME_MAGIC, at + 8);
  bytes[at + 10] = frame.kind;
  bytes.fill(0, at + 11, at + 16);
  writeU64(bytes, frame.position, at + 16);
  writeU64(bytes, frame.syncedTo, at + 24);
  const head = crc32(bytes.subarray(at + 4, at + FRAME_HEADER_BYTES), frame.salt);
  const covered = frame.body.subarray(0, COVERED_BODY_BYTES);
  bytes.writeUInt32LE(covered.length === 0 ? head : crc32(covered, head), at);
}

/**
 * Reads the frame at `offset`. Requires nothing of the bytes; never allocates by a length it read.
 * NB: the rest of a batch is checked by `decodeBatch`, not here.
 */
export function decodeFrame(bytes: Bytes, offset: number, place: FramePlace): Frame | FrameFault {
  const available = bytes.length - offset;
  if (available < FRAME_HEADER_BYTES) return 'short';
  const kind = bytes[offset + 10] as FrameKind;
  if (bytes.readUInt16LE(offset + 8) !== FRAME_MAGIC || kind < 1 || kind > FRAME_KIND.reset) {
    return isZero(bytes, offset, offset + FRAME_HEADER_BYTES) ? 'blank' : 'header';
  }
  const length = bytes.readUInt32LE(offset + 4);
  if (!lengthFits(kind, length - FRAME_HEADER_BYTES)) return 'length';
  const covered = Math.min(length, FRAME_HEADER_BYTES + COVERED_BODY_BYTES);
  if (available < covered) return 'short';
  const sum = crc32(bytes.subarray(offset + 4, offset + covered), place.salt);
  if (sum !== bytes.readUInt32LE(offset)) return 'checksum';
  const position = readU64(bytes, offset + 16);
  const syncedTo = readU64(bytes, offset + 24);
  if (position !== place.base + offset) return 'position';
  if (syncedTo < 0 || syncedTo > position) return 'position';
  const end = offset + alignUp(length);
  if (bytes.length < end) return 'short';
  if (!isZero(bytes, offset + length, end)) return 'padding';
  return { kind, offset, length, end, syncedTo };
}

function lengthFits(kind: FrameKind, bodyLength: number): boolean {
  if (kind === FRAME_KIND.batch) {
    return bodyLength >= BATCH_HEADER_BYTES && bodyLength <= BATCH_BYTES_MAX;
  }
  if (kind === FRAME_KIND.hardState) return bodyLength === HARD_STATE_BODY_BYTES;
  return bodyLength === (kind === FRAME_KIND.reset ? RESET_BODY_BYTES : 0);
}

export function encodeHardState(bytes: Bytes, at: number, state: HardState): void {
  writeU64(bytes, state.term, at);
  bytes.writeUInt32LE(state.vote, at + 8);
  bytes.writeUInt32LE(0, at + 12);
}

/** @returns null for a term no log can hold. */
export function decodeHardState(bytes: Bytes, frame: Frame): HardState | null {
  const at = frame.offset + FRAME_HEADER_BYTES;
  const term = readU64(bytes, at);
  return term < 1 ? null : { term, vote: bytes.readUInt32LE(at + 8) };
}

export function encodeReset(bytes: Bytes, at: number, base: LogBase): void {
  writeU64(bytes, base.index, at);
  writeU64(bytes, base.term, at + 8);
}

/** @returns null for an entry no log can begin behind. */
export function decodeReset(bytes: Bytes, frame: Frame): LogBase | null {
  const at = frame.offset + FRAME_HEADER_BYTES;
  const index = readU64(bytes, at);
  const term = readU64(bytes, at + 8);
  return index < 1 || term < 1 ? null : { index, term };
}

/** The bytes of a batch frame, for `decodeBatch`. */
export function frameBody(bytes: Bytes, frame: Frame): Bytes {
  return bytes.subarray(frame.offset + FRAME_HEADER_BYTES, frame.offset + frame.length);
}

/** Bytes a batch takes in the log. */
export function batchFrameSize(batch: Batch): number {
  return frameSize(batch.bytes.length);
}

const ZEROS = zeroBytes(64 * 1024);

/** Whether bytes `from..to` are all zero. */
export function isZero(bytes: Bytes, from: number, to: number): boolean {
  for (let at = from; at < to; at += ZEROS.length) {
    const end = Math.min(to, at + ZEROS.length);
    if (bytes.compare(ZEROS, 0, end - at, at, end) !== 0) return false;
  }
  return true;
}
