/**
 * The file `clean`: there while the log is cleanly closed, so that a tail cut off behind our back
 * is known for what it is (docs/wal-format.md#closing-and-opening). Pure.
 */
import { type Bytes, bytesFrom, crc32, readU64, writeU64, zeroBytes } from '../../std/bytes.ts';
import { readClusterId, writeClusterId } from '../model/batch.ts';
import type { ClusterId, LogIndex, MemberNumber } from '../model/ids.ts';

export const CLEAN_MARK_NAME = 'clean';

const MAGIC = bytesFrom('RAFTCLN\n', 'latin1');
const VERSION = 1;
const CHECKSUM_OFFSET = 48;
const CLEAN_MARK_BYTES = CHECKSUM_OFFSET + 4;

export interface CleanMark {
  readonly cluster: ClusterId;
  readonly member: MemberNumber;
  /** Position after the last frame. */
  readonly end: number;
  readonly lastIndex: LogIndex;
}

export function encodeCleanMark(mark: CleanMark): Bytes {
  const bytes = zeroBytes(CLEAN_MARK_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(mark.member, 12);
  writeClusterId(bytes, mark.cluster, 16);
  writeU64(bytes, mark.end, 32);
  writeU64(bytes, mark.lastIndex, 40);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, CHECKSUM_OFFSET)), CHECKSUM_OFFSET);
  return bytes;
}

/** @returns null when the bytes are not exactly a clean mark. */
export function decodeCleanMark(bytes: Bytes): CleanMark | null {
  if (bytes.length !== CLEAN_MARK_BYTES) return null;
  if (bytes.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) !== 0) return null;
  if (crc32(bytes.subarray(0, CHECKSUM_OFFSET)) !== bytes.readUInt32LE(CHECKSUM_OFFSET))
    return null;
  if (bytes.readUInt32LE(8) !== VERSION) return null;
  return {
    cluster: readClusterId(bytes, 16),
    member: bytes.readUInt32LE(12),
    end: readU64(bytes, 32),
    lastIndex: readU64(bytes, 40),
  };
}
