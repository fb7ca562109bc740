/**
 * The segment: one file of the log (docs/wal-format.md#segment). Pure: names, sizes and the header.
 */
import { assert } from '../../std/assert.ts';
import { type Bytes, bytesFrom, crc32, readU64, writeU64, zeroBytes } from '../../std/bytes.ts';
import { readClusterId, writeClusterId } from '../model/batch.ts';
import type { ClusterId, MemberNumber } from '../model/ids.ts';
import { isZero } from './record.ts';

export const SEGMENT_VERSION = 1;

/** Frames start here: no frame shares a sector (or page) with the header. */
export const SEGMENT_HEADER_BYTES = 4096;

/** The smallest segment that makes sense: header and some room. */
export const SEGMENT_BYTES_MIN = 8 * 1024;

const FIRST_SEGMENT_BYTES = 1024 * 1024;
const MAGIC = bytesFrom('RAFTWAL\n', 'latin1');
const CHECKSUM_OFFSET = 64;

export interface SegmentHeader {
  readonly cluster: ClusterId;
  readonly member: MemberNumber;
  /** From 1, without gaps; also the file's name. */
  readonly sequence: number;
  /** Position of the file's first byte. */
  readonly base: number;
  /** Of the file, this header included; never changes. */
  readonly size: number;
  readonly salt: number;
  readonly previousSalt: number;
}

export function segmentName(sequence: number): string {
  return `${sequence.toString(16).padStart(16, '0')}.seg`;
}

/** @returns the sequence in a segment's file name, or null for any other file. */
export function segmentSequence(name: string): number | null {
  if (!/^[0-9a-f]{16}\.seg$/.test(name)) return null;
  const sequence = Number.parseInt(name.slice(0, 16), 16);
  return Number.isSafeInteger(sequence) ? sequence : null;
}

/** Small first, so that a new node starts at once; doubling up to `segmentBytes`. */
export function nextSegmentSize(previousSize: number, segmentBytes: number): number {
  const wanted = previousSize === 0 ? FIRST_SEGMENT_BYTES : previousSize * 2;
  const size = Math.max(SEGMENT_BYTES_MIN, Math.min(segmentBytes, wanted));
  return (size + 7) & ~7;
}

/** @returns the whole header, padding included. */
export function encodeSegmentHeader(header: SegmentHeader): Bytes {
  assert(header.size >= SEGMENT_BYTES_MIN, `segment of ${header.size} bytes is too small`);
  const bytes = zeroBytes(SEGMENT_HEADER_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(SEGMENT_VERSION, 8);
  bytes.writeUInt32LE(header.member, 12);
  writeClusterId(bytes, header.cluster, 16);
  writeU64(bytes, header.sequence, 32);
  writeU64(bytes, header.base, 40);
  writeU64(bytes, header.size, 48);
  bytes.writeUInt32LE(header.salt, 56);
  bytes.writeUInt32LE(header.previousSalt, 60);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, CHECKSUM_OFFSET)), CHECKSUM_OFFSET);
  return bytes;
}

export type SegmentFault =
  | 'short' // the file does not even hold a header
  | 'magic' // not a segment
  | 'checksum'
  | 'padding' // bytes behind the header are not zero
  | 'version'; // intact, of another version of the format

export function decodeSegmentHeader(bytes: Bytes): SegmentHeader | SegmentFault {
  if (bytes.length < SEGMENT_HEADER_BYTES) return 'short';
  if (bytes.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) !== 0) return 'magic';
  const sum = crc32(bytes.subarray(0, CHECKSUM_OFFSET));
  if (sum !== bytes.readUInt32LE(CHECKSUM_OFFSET)) return 'checksum';
  // The sum comes first: a flipped bit in the version is damage, not a newer program.
  if (bytes.readUInt32LE(8) !== SEGMENT_VERSION) return 'version';
  if (!isZero(bytes, CHECKSUM_OFFSET + 4, SEGMENT_HEADER_BYTES)) return 'padding';
  return {
    cluster: readClusterId(bytes, 16),
    member: bytes.readUInt32LE(12),
    sequence: readU64(bytes, 32),
    base: readU64(bytes, 40),
    size: readU64(bytes, 48),
    salt: bytes.readUInt32LE(56),
    previousSalt: bytes.readUInt32LE(60),
  };
}
