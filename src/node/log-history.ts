/**
 * Entries that a member's log has forgotten, out of the archive beside it (`retain = all`) and of
 * segments that are not archived yet. A file is read while the log goes on: all that is asked for
 * is committed and long durable.
 */
import { type Batch, decodeBatch } from './model/batch.ts';
import type { ClusterId, LogIndex } from './model/ids.ts';
import type { LogBase } from './model/log-write.ts';
import type { Disk } from './ports/disk.ts';
import { readWhole } from './wal/disk-calls.ts';
import { decodeFrame, decodeReset, FRAME_KIND, frameBody } from './wal/record.ts';
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, segmentSequence } from './wal/segment.ts';
import { archiveBeside, segmentPath } from './wal/segment-files.ts';

export interface HistoryParts {
  readonly disk: Disk;
  /** Of the log. */
  readonly directory: string;
  readonly cluster: ClusterId;
}

interface Found {
  readonly position: number;
  readonly batch: Batch | null;
  readonly reset: LogBase | null;
}

/** What is known of the log once all of it was looked at. */
interface Shape {
  /** Its first entry, and the one behind the last. */
  readonly begin: LogIndex;
  readonly next: LogIndex;
  /** What lies before does not count. */
  readonly from: number;
  /** Batches that took the place of others: those before with an entry from `first` on. */
  readonly cuts: readonly { readonly position: number; readonly first: LogIndex }[];
}

/**
 * Whole batches, in order, from the one that holds `from` to the one that ends with `through`.
 *
 * @returns null when the member does not have all of them.
 * @throws {RaftctlError} DISK_FAILED
 */
export async function readHistory(
  parts: HistoryParts,
  range: { readonly from: LogIndex; readonly through: LogIndex },
): Promise<AsyncIterable<Batch> | null> {
  const shape = await shapeOf(parts);
  if (shape.begin > range.from || shape.next <= range.through) return null;
  return batchesOf(parts, shape, range);
}

async function* batchesOf(
  parts: HistoryParts,
  { from: start, cuts }: Shape,
  { from, through }: { readonly from: LogIndex; readonly through: LogIndex },
): AsyncGenerator<Batch> {
  for await (const { position, batch } of framesOf(parts)) {
    if (batch === null || position < start || batch.last < from) continue;
    if (cuts.some((cut) => cut.position > position && cut.first <= batch.first)) continue;
    if (batch.first > through) return;
    yield batch;
  }
}

async function shapeOf(parts: HistoryParts): Promise<Shape> {
  let begin = Number.POSITIVE_INFINITY;
  let next = 1;
  let from = 0;
  let cuts: { position: number; first: LogIndex }[] = [];
  for await (const { position, batch, reset } of framesOf(parts)) {
    if (reset !== null) {
      begin = next = reset.index + 1;
      from = position;
      cuts = [];
    }
    if (batch === null) continue;
    if (batch.first === 1) begin = 1;
    if (batch.first < next) cuts.push({ position, first: batch.first });
    next = batch.last + 1;
  }
  return { begin, next, from, cuts };
}

/** All batches and resets, up to the first place that is no frame: there it is being written. */
async function* framesOf({ disk, directory, cluster }: HistoryParts): AsyncGenerator<Found> {
  for (let sequence = await firstSequence(disk, directory); ; sequence += 1) {
    const bytes = await readSegment(disk, directory, sequence);
    const header = bytes === null ? 'short' : decodeSegmentHeader(bytes);
    if (bytes === null || typeof header === 'string') return;
    for (let offset = SEGMENT_HEADER_BYTES; ; ) {
      const frame = decodeFrame(bytes, offset, header);
      if (typeof frame === 'string') return;
      const position = header.base + offset;
      offset = frame.end;
      if (frame.kind === FRAME_KIND.roll) break;
      if (frame.kind === FRAME_KIND.reset) {
        yield { position, batch: null, reset: decodeReset(bytes, frame) };
      }
      if (frame.kind !== FRAME_KIND.batch) continue;
      const batch = decodeBatch(frameBody(bytes, frame), 0, cluster);
      if (typeof batch === 'string') return;
      yield { position, batch, reset: null };
    }
  }
}

async function firstSequence(disk: Disk, directory: string): Promise<number> {
  const archived = await disk.list(archiveBeside(directory));
  const names = [...archived, ...(await disk.list(directory))];
  return Math.min(...names.map(segmentSequence).filter((sequence) => sequence !== null));
}

/** It may be on its way from the log to the archive. @returns null when it is in neither. */
async function readSegment(disk: Disk, directory: string, sequence: number) {
  const archive = archiveBeside(directory);
  for (const folder of [archive, directory, archive]) {
    const path = segmentPath(folder, sequence);
    if (!(await disk.list(folder)).includes(path.slice(folder.length + 1))) continue;
    const bytes = await readWhole(disk, path).catch(() => null);
    if (bytes !== null) return bytes;
  }
  return null;
}
