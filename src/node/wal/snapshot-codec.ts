/**
 * The bytes of a snapshot's file (docs/snapshot-format.md): name, header, chunks, trailer. Pure.
 * Each checksum starts from the one before it in the file.
 */
import { assert } from '../../std/assert.ts';
import {
  allocBytes,
  type Bytes,
  bytesFrom,
  crc32,
  latin1Slice,
  readU64,
  writeU64,
} from '../../std/bytes.ts';
import { BATCH_KIND, decodeBatch, readClusterId, writeClusterId } from '../model/batch.ts';
import type { ClusterId, LogIndex, Term } from '../model/ids.ts';
import type { LogBase } from '../model/log-write.ts';
import type { SnapshotMeta } from '../model/snapshot.ts';

const MAGIC = bytesFrom('RAFTSNP\n', 'latin1');
const VERSION = 1;
const FIXED_BYTES = 64;
const APP_BYTES_MAX = 64;
export const CHUNK_HEADER_BYTES = 8;
export const CHUNK_DATA_BYTES_MAX = 1024 * 1024;
export const TRAILER_BYTES = 56;
/** A header with the largest configuration anyone will have. */
export const HEADER_BYTES_MAX = 1024 * 1024;
/** What is wrong with a file of a newer program. */
export const UNKNOWN_VERSION = 'its version is not known';
/** What must be read to know how long the header is. */
export const HEADER_PREFIX_BYTES = 16;

export function snapshotName({ index, term }: LogBase): string {
  return `${hex(index)}-${hex(term)}.snap`;
}

/** @returns what a file's name says, or null for any other file. */
export function parseSnapshotName(name: string): LogBase | null {
  if (!/^[0-9a-f]{16}-[0-9a-f]{16}\.snap$/.test(name)) return null;
  const index: LogIndex = Number.parseInt(name.slice(0, 16), 16);
  const term: Term = Number.parseInt(name.slice(17, 33), 16);
  return Number.isSafeInteger(index) && Number.isSafeInteger(term) ? { index, term } : null;
}

/** @returns the highest of a folder's snapshots by their names, or null. */
export function newestByName(names: readonly string[]): LogBase | null {
  let newest: LogBase | null = null;
  for (const name of names) {
    const found = parseSnapshotName(name);
    if (found !== null && found.index > (newest?.index ?? 0)) newest = found;
  }
  return newest;
}

function hex(value: number): string {
  return value.toString(16).padStart(16, '0');
}

/** Whose state it is. */
export interface SnapshotOwner {
  readonly cluster: ClusterId;
  /** Name of the app. */
  readonly app: string;
}

export interface SnapshotHeader extends SnapshotOwner {
  readonly meta: SnapshotMeta;
  /** Of the header: the first chunk starts there. */
  readonly length: number;
  /** The first chunk's checksum starts from it. */
  readonly checksum: number;
}

export function encodeSnapshotHeader(meta: SnapshotMeta, { cluster, app }: SnapshotOwner): Bytes {
  const configuration = meta.configuration.bytes;
  const appName = bytesFrom(app, 'latin1');
  assert(appName.length <= APP_BYTES_MAX, 'the name of an app is short');
  const length = FIXED_BYTES + appName.length + configuration.length + 4;
  assert(length <= HEADER_BYTES_MAX, 'the configuration fits the header of a snapshot');
  const bytes = allocBytes(length);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(length, 12);
  writeClusterId(bytes, cluster, 16);
  writeU64(bytes, meta.index, 32);
  writeU64(bytes, meta.term, 40);
  writeU64(bytes, meta.leaderTimeMs, 48);
  bytes.writeUInt32LE(meta.chain, 56);
  bytes.writeUInt32LE(appName.length, 60);
  appName.copy(bytes, FIXED_BYTES);
  configuration.copy(bytes, FIXED_BYTES + appName.length);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, length - 4)), length - 4);
  return bytes;
}

/** @returns the length of the header that starts like this, or what is wrong. */
export function snapshotHeaderLength(prefix: Bytes): number | string {
  if (prefix.length < HEADER_PREFIX_BYTES) return 'it is cut off';
  if (prefix.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) !== 0) {
    return 'it does not start like a snapshot';
  }
  const length = prefix.readUInt32LE(12);
  const possible = length >= FIXED_BYTES + 4 && length <= HEADER_BYTES_MAX;
  return possible ? length : 'its header has an impossible length';
}

/**
 * @param bytes exactly the header.
 * @param owner whose it must be; null: anybody's.
 * @returns what it says, or what is wrong with it.
 */
export function decodeSnapshotHeader(
  bytes: Bytes,
  owner: SnapshotOwner | null,
): SnapshotHeader | string {
  const length = snapshotHeaderLength(bytes);
  if (typeof length === 'string') return length;
  if (bytes.length !== length) return 'it is cut off';
  const checksum = crc32(bytes.subarray(0, length - 4));
  if (checksum !== bytes.readUInt32LE(length - 4)) return 'its header does not match its checksum';
  if (bytes.readUInt32LE(8) !== VERSION) return UNKNOWN_VERSION;
  const cluster = readClusterId(bytes, 16);
  const appEnd = FIXED_BYTES + bytes.readUInt32LE(60);
  if (appEnd > length - 4) return 'its header makes no sense';
  const app = latin1Slice(bytes, FIXED_BYTES, appEnd);
  if (owner !== null && cluster !== owner.cluster) return 'it belongs to another cluster';
  if (owner !== null && app !== owner.app) return `it holds the state of the app ${app}`;
  const meta = decodeMeta(bytes.subarray(0, length - 4), appEnd, cluster);
  return meta === null ? 'its header makes no sense' : { meta, cluster, app, length, checksum };
}

function decodeMeta(bytes: Bytes, appEnd: number, cluster: ClusterId): SnapshotMeta | null {
  const index = readU64(bytes, 32);
  const term = readU64(bytes, 40);
  const leaderTimeMs = readU64(bytes, 48);
  const configuration = decodeBatch(bytes, appEnd, cluster);
  const sound =
    index >= 1 &&
    term >= 1 &&
    leaderTimeMs >= 0 &&
    typeof configuration !== 'string' &&
    configuration.kind === BATCH_KIND.configuration &&
    configuration.last <= index &&
    configuration.bytes.length === bytes.length - appEnd;
  if (!sound) return null;
  return { index, term, leaderTimeMs, chain: bytes.readUInt32LE(56), configuration };
}

/** @returns the header of a chunk; its checksum is what the next one starts from. */
export function encodeChunkHeader(data: Bytes, checksum: number): Bytes {
  assert(
    data.length >= 1 && data.length <= CHUNK_DATA_BYTES_MAX,
    'a chunk is neither empty nor huge',
  );
  const bytes = allocBytes(CHUNK_HEADER_BYTES);
  bytes.writeUInt32LE(data.length, 4);
  bytes.writeUInt32LE(crc32(data, crc32(bytes.subarray(4), checksum)), 0);
  return bytes;
}

/** Whether the chunk with this header (data length known) is what was written. */
export function chunkIsSound(header: Bytes, data: Bytes, checksum: number): boolean {
  return crc32(data, crc32(header.subarray(4, 8), checksum)) === header.readUInt32LE(0);
}

export interface SnapshotTrailer {
  readonly chunks: number;
  readonly bytes: number;
  readonly digest: Bytes;
}

export function encodeTrailer(trailer: SnapshotTrailer, checksum: number): Bytes {
  const bytes = allocBytes(TRAILER_BYTES);
  bytes.writeUInt32LE(0, 4);
  writeU64(bytes, trailer.chunks, 8);
  writeU64(bytes, trailer.bytes, 16);
  trailer.digest.copy(bytes, 24);
  bytes.writeUInt32LE(crc32(bytes.subarray(4), checksum), 0);
  return bytes;
}

/** @returns null when it does not match its checksum. */
export function decodeTrailer(bytes: Bytes, checksum: number): SnapshotTrailer | null {
  if (bytes.length !== TRAILER_BYTES || bytes.readUInt32LE(4) !== 0) return null;
  if (crc32(bytes.subarray(4), checksum) !== bytes.readUInt32LE(0)) return null;
  return { chunks: readU64(bytes, 8), bytes: readU64(bytes, 16), digest: bytes.subarray(24) };
}
