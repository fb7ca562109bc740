/**
 * Changes bytes of a log that were durable, as a disk does on its own. Only what the log has a
 * witness for: what lies before the newest frame that says how far everything is durable
 * (docs/wal-format.md). A change behind it cannot be told from a torn write by anyone.
 */
import type { RotKind } from './fault-plan.ts';
import type { SimDisk } from './sim-disk.ts';

const SECTOR_BYTES = 512;
/** The newest frame and the witness behind it are left alone, and so is the file's header. */
const TAIL_BYTES = 64;
const HEADER_BYTES = 4096;

export interface Rot {
  readonly path: string;
  readonly offset: number;
}

/** Requires: the process is down, and no power was lost. @returns null: nothing to change. */
export function rotLog(disk: SimDisk, kind: RotKind, draw: number): Rot | null {
  const segments = disk.paths().filter((path) => path.endsWith('.seg'));
  const path = segments.findLast((name) => usedBytes(disk, name) > HEADER_BYTES + 2 * TAIL_BYTES);
  if (path === undefined) return null;
  const end = usedBytes(disk, path) - TAIL_BYTES;
  const offset = HEADER_BYTES + (draw % (end - HEADER_BYTES));
  switch (kind) {
    case 'flip':
      disk.flipByte(path, offset, 1 << (draw >>> 29));
      break;
    case 'zero': {
      const from = Math.floor(offset / SECTOR_BYTES) * SECTOR_BYTES;
      disk.zero(path, from, Math.min(end, from + SECTOR_BYTES));
      break;
    }
    case 'cut':
      disk.truncate(path, offset);
      break;
  }
  return { path, offset };
}

/** Where the zeros at the end of a file begin. */
function usedBytes(disk: SimDisk, path: string): number {
  const bytes = disk.contentOf(path);
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}
