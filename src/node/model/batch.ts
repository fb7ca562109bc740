/**
 * The batch: the unit of core, wire and log. It holds the contiguous commands `first..last` of one
 * term, sealed once by the leader that made it. The same bytes go to the leader's log, to the
 * followers' sockets and into their logs, so nothing is encoded or checksummed twice.
 *
 * A batch is atomic: it is appended, conflicts, matches, commits and is compacted as a whole. One
 * leader makes a term's batches, so (term, first) names a batch and its boundaries everywhere.
 *
 * ```
 *  offset size  field
 *       0    4  checksum     crc32 of bytes 4..length
 *       4    4  length       of the whole batch, this header included
 *       8    1  version      1
 *       9    1  kind         0 no-op, 1 configuration, 2 commands
 *      10    2  flags        0, reserved
 *      12    4  count        commands in it, at least 1
 *      16    8  term
 *      24    8  first        index of its first command
 *      32    8  leaderTimeMs cluster time when it was sealed, see cluster-clock.ts
 *      40   16  cluster      cluster id
 *      56    -  payload      see command.ts (commands), membership.ts (configuration); none (no-op)
 * ```
 * All numbers are little endian. See docs/wal-format.md.
 */
import { assert, assertCount } from '../../std/assert.ts';
import { allocBytes, type Bytes, bytesFrom, crc32, readU64, writeU64 } from '../../std/bytes.ts';
import type { ClusterId, LogIndex, Term } from './ids.ts';

export const BATCH_HEADER_BYTES = 56;
export const BATCH_VERSION = 1;

/** A batch is closed once its payload has this many bytes. One larger command travels alone. */
export const BATCH_PAYLOAD_BYTES_TARGET = 1024 * 1024;

/** Nothing larger is ever sealed, written, sent or accepted. */
export const BATCH_BYTES_MAX = 16 * 1024 * 1024;

export const BATCH_KIND = { noop: 0, configuration: 1, commands: 2 } as const;
export type BatchKind = (typeof BATCH_KIND)[keyof typeof BATCH_KIND];

export interface Batch {
  readonly first: LogIndex;
  readonly last: LogIndex;
  readonly term: Term;
  readonly kind: BatchKind;
  /** Cluster time in Unix milliseconds: never falls from one batch of a log to the next. */
  readonly leaderTimeMs: number;
  /** Header and payload: what is written and sent. Never changed after sealing. */
  readonly bytes: Bytes;
}

export interface SealInput {
  readonly cluster: ClusterId;
  readonly term: Term;
  readonly first: LogIndex;
  readonly kind: BatchKind;
  readonly count: number;
  readonly leaderTimeMs: number;
  readonly payload: Bytes;
}

/** Encodes and checksums a batch. Copies the payload, so the caller may reuse its buffer. */
export function sealBatch(input: SealInput): Batch {
  const length = BATCH_HEADER_BYTES + input.payload.length;
  assert(length <= BATCH_BYTES_MAX, `batch of ${length} bytes is over the cap`);
  assert(input.count >= 1 && input.first >= 1, 'a batch holds at least one command');
  assertCount(input.term, 'term');
  const bytes = allocBytes(length);
  bytes.writeUInt32LE(length, 4);
  bytes[8] = BATCH_VERSION;
  bytes[9] = input.kind;
  bytes.writeUInt16LE(0, 10);
  bytes.writeUInt32LE(input.count, 12);
  writeU64(bytes, input.term, 16);
  writeU64(bytes, input.first, 24);
  writeU64(bytes, input.leaderTimeMs, 32);
  writeClusterId(bytes, input.cluster, 40);
  input.payload.copy(bytes, BATCH_HEADER_BYTES);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return {
    first: input.first,
    last: input.first + input.count - 1,
    term: input.term,
    kind: input.kind,
    leaderTimeMs: input.leaderTimeMs,
    bytes,
  };
}

export type BatchFault =
  | 'short' // fewer bytes than the header or its length field ask for
  | 'length' // a length no batch can have
  | 'checksum'
  | 'version'
  | 'cluster' // intact, but of another cluster
  | 'field'; // intact, but with impossible numbers: a bug of the writer

/**
 * Reads the batch that starts at `offset`. The returned batch shares memory with `bytes`.
 * Requires nothing of the bytes: never allocates by a length it read.
 * @returns the batch, or what is wrong with it.
 */
export function decodeBatch(bytes: Bytes, offset: number, cluster: ClusterId): Batch | BatchFault {
  const available = bytes.length - offset;
  if (available < BATCH_HEADER_BYTES) return 'short';
  const length = bytes.readUInt32LE(offset + 4);
  if (length < BATCH_HEADER_BYTES || length > BATCH_BYTES_MAX) return 'length';
  if (available < length) return 'short';
  const own = bytes.subarray(offset, offset + length);
  if (crc32(own.subarray(4)) !== own.readUInt32LE(0)) return 'checksum';
  if (own[8] !== BATCH_VERSION) return 'version';
  if (readClusterId(own, 40) !== cluster) return 'cluster';
  const count = own.readUInt32LE(12);
  const term = readU64(own, 16);
  const first = readU64(own, 24);
  const kind = own[9] as BatchKind;
  if (count < 1 || term < 1 || first < 1 || kind > BATCH_KIND.commands) return 'field';
  return { first, last: first + count - 1, term, kind, leaderTimeMs: readU64(own, 32), bytes: own };
}

export function batchPayload(batch: Batch): Bytes {
  return batch.bytes.subarray(BATCH_HEADER_BYTES);
}

let lastClusterId: ClusterId = '';
let lastClusterBytes: Bytes = bytesFrom('');

/** Writes 16 bytes. Remembers the last id, because a process nearly always has just one. */
export function writeClusterId(bytes: Bytes, cluster: ClusterId, offset: number): void {
  if (cluster !== lastClusterId) {
    const decoded = bytesFrom(cluster, 'hex');
    assert(decoded.length === 16, `cluster id is not 32 hex digits: ${cluster}`);
    lastClusterId = cluster;
    lastClusterBytes = decoded;
  }
  lastClusterBytes.copy(bytes, offset);
}

export function readClusterId(bytes: Bytes, offset: number): ClusterId {
  if (
    lastClusterBytes.length === 16 &&
    lastClusterBytes.compare(bytes, offset, offset + 16) === 0
  ) {
    return lastClusterId;
  }
  return bytes.toString('hex', offset, offset + 16);
}
