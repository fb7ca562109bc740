/**
 * Changes bytes of a log that were durable, as a disk does on its own. Only what the log has a
 * witness for: what lies before the newest frame that says how far everything is durable
 * (docs/wal-format.md). A change behind it cannot be told from a torn write by anyone.
 */
import { decodeFrame, FRAME_HEADER_BYTES } from '../node/wal/record.ts';
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES } from '../node/wal/segment.ts';
import type { Bytes } from '../std/bytes.ts';
import type { RotKind } from './fault-plan.ts';
import type { SimDisk } from './sim-disk.ts';

const SECTOR_BYTES = 512;
/** The newest frame and the witness behind it are left alone, and so is the file's header. */
const TAIL_BYTES = 64;
const HEADER_BYTES = 4096;
/** Of frames, and how long the shortest one with content is. */
const ALIGNMENT = 8;
const FRAME_BYTES_MIN = 48;

export interface Rot {
  readonly path: string;
  readonly offset: number;
}

/** Requires: the process is down, and no power was lost. @returns null: nothing to change. */
export function rotLog(
  disk: SimDisk,
  directory: string,
  { kind, draw }: { readonly kind: RotKind; readonly draw: number },
): Rot | null {
  const segments = disk
    .paths()
    .filter((path) => path.startsWith(`${directory}/`) && path.endsWith('.seg'));
  const path = segments.findLast((name) => usedBytes(disk, name) > HEADER_BYTES + 2 * TAIL_BYTES);
  if (path === undefined) return null;
  const end = usedBytes(disk, path) - TAIL_BYTES;
  const anywhere = HEADER_BYTES + (draw % (end - HEADER_BYTES));
  const offset = draw % 2 === 0 ? anywhere : inSomeFrame(disk.contentOf(path), end, draw);
  if (kind !== 'cut' && !isWitnessed(disk.contentOf(path), kind, offset)) return null;
  switch (kind) {
    case 'flip':
      disk.flipByte(path, offset, 1 << (draw >>> 29));
      break;
    case 'zero': {
      const from = Math.floor(offset / SECTOR_BYTES) * SECTOR_BYTES;
      const to = Math.min(end, from + SECTOR_BYTES);
      if (
        disk
          .contentOf(path)
          .subarray(from, to)
          .every((byte) => byte === 0)
      )
        return null;
      disk.zero(path, from, to);
      break;
    }
    case 'cut':
      disk.truncate(path, offset);
      break;
  }
  return { path, offset };
}

/** Whether a frame behind the damage says that what is damaged was durable. */
function isWitnessed(bytes: Uint8Array, kind: 'flip' | 'zero', offset: number): boolean {
  const header = decodeSegmentHeader(bytes as Bytes);
  if (typeof header === 'string') return false;
  const first = kind === 'flip' ? offset : Math.floor(offset / SECTOR_BYTES) * SECTOR_BYTES;
  const last = kind === 'flip' ? offset : first + SECTOR_BYTES - 1;
  let hit = Number.POSITIVE_INFINITY;
  for (let at = SEGMENT_HEADER_BYTES; at + FRAME_HEADER_BYTES <= bytes.length; ) {
    const frame = decodeFrame(bytes as Bytes, at, header);
    if (typeof frame === 'string') return false;
    if (frame.end > first) hit = Math.min(hit, header.base + at);
    if (at > last && frame.syncedTo > hit) return true;
    at = frame.end;
  }
  return false;
}

/** Short frames are hit as often as long ones: those of a term and a vote are the shortest. */
function inSomeFrame(bytes: Uint8Array, end: number, draw: number): number {
  const starts: number[] = [];
  for (let at = HEADER_BYTES; at < end; at += ALIGNMENT) {
    if (bytes[at + 8] === 0x52 && bytes[at + 9] === 0x46) starts.push(at);
  }
  const start = starts[(draw >>> 1) % starts.length] ?? HEADER_BYTES;
  return Math.min(end - 1, start + ((draw >>> 16) % FRAME_BYTES_MIN));
}

/** Where the zeros at the end of a file begin. */
function usedBytes(disk: SimDisk, path: string): number {
  const bytes = disk.contentOf(path);
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}
