/** Reads a snapshot's file from front to back, verifying everything on the way. */
import { createHash } from 'node:crypto';
import type { Bytes } from '../../std/bytes.ts';
import { RaftctlError } from '../../std/errors.ts';
import type { Disk, DiskFile } from '../ports/disk.ts';
import { readFile } from './disk-calls.ts';
import {
  CHUNK_DATA_BYTES_MAX,
  CHUNK_HEADER_BYTES,
  chunkIsSound,
  decodeSnapshotHeader,
  decodeTrailer,
  HEADER_PREFIX_BYTES,
  type SnapshotHeader,
  type SnapshotOwner,
  type SnapshotTrailer,
  snapshotHeaderLength,
  TRAILER_BYTES,
  UNKNOWN_VERSION,
} from './snapshot-codec.ts';

/** What is wrong with a file, and where. */
export class SnapshotFault {
  readonly offset: number;
  readonly what: string;

  constructor(offset: number, what: string) {
    this.offset = offset;
    this.what = what;
  }
}

export function snapshotDamage(path: string, fault: SnapshotFault): RaftctlError {
  const message = `Cannot use the snapshot as ${fault.what}: ${path} at offset ${fault.offset}`;
  if (fault.what === UNKNOWN_VERSION) {
    const hint = 'Use the version of raftctl that wrote it';
    return new RaftctlError('FORMAT_UNSUPPORTED', { message, hint });
  }
  return new RaftctlError('SNAPSHOT_CORRUPT', {
    message,
    hint: 'The state is still on the other members: raftctl node repair NODE brings it back',
  });
}

async function readHeader(
  file: DiskFile,
  owner: SnapshotOwner | null,
): Promise<SnapshotHeader | SnapshotFault> {
  const length = snapshotHeaderLength(await readFile(file, 0, HEADER_PREFIX_BYTES));
  if (typeof length === 'string') return new SnapshotFault(0, length);
  const header = decodeSnapshotHeader(await readFile(file, 0, length), owner);
  return typeof header === 'string' ? new SnapshotFault(0, header) : header;
}

export interface ReadOptions {
  /** Whose it must be; null: anybody's. */
  readonly owner: SnapshotOwner | null;
  /** Gets the data of each chunk, in order. The next one is read when it is done. */
  readonly onData: (data: Bytes) => unknown;
}

/** A whole, sound file. */
export interface SnapshotContent extends SnapshotHeader {
  readonly trailer: SnapshotTrailer;
}

/**
 * Reads the whole file, each chunk in a turn of its own.
 * @returns what it is, or the first fault.
 */
export async function readSnapshot(
  disk: Disk,
  path: string,
  options: ReadOptions,
): Promise<SnapshotContent | SnapshotFault> {
  const file = await disk.open(path, { create: false });
  try {
    const header = await readHeader(file, options.owner);
    if (header instanceof SnapshotFault) return header;
    const trailer = await readChunks(file, header, options.onData);
    return trailer instanceof SnapshotFault ? trailer : { ...header, trailer };
  } finally {
    await file.close();
  }
}

/** Only what the file says of itself. */
export async function readSnapshotHeader(
  disk: Disk,
  path: string,
  owner: SnapshotOwner | null,
): Promise<SnapshotHeader | SnapshotFault> {
  const file = await disk.open(path, { create: false });
  try {
    return await readHeader(file, owner);
  } finally {
    await file.close();
  }
}

async function readChunks(
  file: DiskFile,
  header: SnapshotHeader,
  onData: ReadOptions['onData'],
): Promise<SnapshotTrailer | SnapshotFault> {
  const size = await file.size();
  const hash = createHash('sha256');
  let { checksum, length: offset } = header;
  let chunks = 0;
  let bytes = 0;
  for (;;) {
    const head = await readFile(file, offset, CHUNK_HEADER_BYTES);
    if (head.length < CHUNK_HEADER_BYTES) return new SnapshotFault(offset, 'it is cut off');
    const length = head.readUInt32LE(4);
    if (length === 0) break;
    if (length > CHUNK_DATA_BYTES_MAX) return new SnapshotFault(offset, 'a chunk is too long');
    const data = await readFile(file, offset + CHUNK_HEADER_BYTES, length);
    if (data.length < length) return new SnapshotFault(offset, 'it is cut off');
    if (!chunkIsSound(head, data, checksum)) {
      return new SnapshotFault(offset, 'a chunk does not match its checksum');
    }
    checksum = head.readUInt32LE(0);
    hash.update(data);
    chunks += 1;
    bytes += length;
    offset += CHUNK_HEADER_BYTES + length;
    await onData(data);
  }
  const trailer = decodeTrailer(await readFile(file, offset, TRAILER_BYTES), checksum);
  if (trailer === null) return new SnapshotFault(offset, 'its end does not match its checksum');
  if (trailer.chunks !== chunks || trailer.bytes !== bytes) {
    return new SnapshotFault(offset, 'it holds other data than its end says');
  }
  if (trailer.digest.compare(hash.digest()) !== 0) {
    return new SnapshotFault(offset, 'its data does not match its digest');
  }
  if (size !== offset + TRAILER_BYTES) {
    return new SnapshotFault(offset + TRAILER_BYTES, 'there is something behind its end');
  }
  return trailer;
}
