/**
 * Segment files in the making: zero-filled and synced under a temporary name, renamed, the
 * directory synced. Only then may a frame go in (docs/wal-format.md#segment).
 */
import { assert } from '../../std/assert.ts';
import { type Bytes, zeroBytes } from '../../std/bytes.ts';
import type { Prng } from '../../std/prng.ts';
import type { ClusterId, MemberNumber } from '../model/ids.ts';
import type { Disk, DiskFile } from '../ports/disk.ts';
import { syncFile, writeFile } from './disk-calls.ts';
import {
  encodeSegmentHeader,
  nextSegmentSize,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
  segmentName,
} from './segment.ts';

export const TEMPORARY_NAME = 'next.tmp';

const ZERO_CHUNK = zeroBytes(1024 * 1024);

/** A segment with its open file. */
export interface OpenSegment {
  readonly header: SegmentHeader;
  readonly file: DiskFile;
}

export interface SegmentMaker {
  readonly disk: Disk;
  readonly directory: string;
  readonly cluster: ClusterId;
  readonly member: MemberNumber;
  readonly segmentBytes: number;
  readonly random: Prng;
}

export function segmentPath(directory: string, sequence: number): string {
  return `${directory}/${segmentName(sequence)}`;
}

/** Where segments go that a cluster retains: a folder beside that of the log. */
export function archiveBeside(directory: string): string {
  return `${directory.slice(0, directory.lastIndexOf('/') + 1)}archive`;
}

/** The header of the segment that follows `previous`, with room for at least `frameBytes`. */
export function planSegment(
  maker: SegmentMaker,
  previous: SegmentHeader | null,
  frameBytes: number,
): SegmentHeader {
  const usual = nextSegmentSize(previous?.size ?? 0, maker.segmentBytes);
  return {
    cluster: maker.cluster,
    member: maker.member,
    sequence: (previous?.sequence ?? 0) + 1,
    base: previous === null ? 0 : previous.base + previous.size,
    size: Math.max(usual, SEGMENT_HEADER_BYTES + ((frameBytes + 7) & ~7)),
    salt: maker.random.u32(),
    previousSalt: previous?.salt ?? 0,
  };
}

/**
 * Makes a segment. Afterwards the file is there under its name with its full size, durable.
 * @param frames what it already holds behind its header; for the first segment only.
 * @throws {RaftctlError} DISK_FULL (nothing is left behind), DISK_FAILED.
 */
export async function makeSegment(
  maker: SegmentMaker,
  header: SegmentHeader,
  frames: readonly Bytes[],
): Promise<OpenSegment> {
  const { disk, directory } = maker;
  const temporary = `${directory}/${TEMPORARY_NAME}`;
  const file = await disk.open(temporary, { create: true });
  try {
    await fill(file, header, frames);
    await syncFile(file);
    await disk.rename(temporary, segmentPath(directory, header.sequence));
    await disk.syncDirectory(directory);
    return { header, file };
  } catch (error) {
    // The space it took must be free again for others. What went wrong first is what counts.
    await file.close().catch(() => {});
    await disk.remove(temporary).catch(() => {});
    throw error;
  }
}

async function fill(file: DiskFile, header: SegmentHeader, frames: readonly Bytes[]) {
  const head = [encodeSegmentHeader(header), ...frames];
  let offset = head.reduce((sum, chunk) => sum + chunk.length, 0);
  assert(offset <= header.size, 'what a segment starts with fits into it');
  await writeFile(file, head, { offset: 0, sync: false });
  while (offset < header.size) {
    const chunk = ZERO_CHUNK.subarray(0, Math.min(ZERO_CHUNK.length, header.size - offset));
    // Synced bit by bit: one large sync would hold up the syncs of the log beside it.
    await writeFile(file, [chunk], { offset, sync: true });
    offset += chunk.length;
  }
}
