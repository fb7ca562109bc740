/**
 * The log of a stopped node for people: one row per frame, in order, up to the end of the log or to
 * the damage (`raftctl log dump DIR`). Reads only.
 */
import { RaftctlError } from '../../std/errors.ts';
import { BATCH_KIND } from '../model/batch.ts';
import type { Disk } from '../ports/disk.ts';
import { readWhole } from './disk-calls.ts';
import { loadLog } from './load.ts';
import { decodeHardState, FRAME_KIND } from './record.ts';
import type { FoundFrame } from './recovery.ts';
import { decodeSegmentHeader, segmentSequence } from './segment.ts';
import { archiveBeside, segmentPath } from './segment-files.ts';
import { newestByName } from './snapshot-codec.ts';

export interface LogDumpRow {
  /** Name of the segment's file. */
  readonly file: string;
  readonly offset: number;
  readonly position: number;
  readonly kind: 'batch' | 'hardState' | 'synced' | 'roll' | 'close' | 'reset';
  /** Of a batch; else null. */
  readonly first: number | null;
  readonly last: number | null;
  /** Of a batch or a hard state; else null. */
  readonly term: number | null;
  /** Of a hard state: member voted for, 0: none; else null. */
  readonly vote: number | null;
  readonly batchKind: 'noop' | 'configuration' | 'commands' | null;
  /** Of the whole frame. */
  readonly bytes: number;
  readonly syncedTo: number;
  /** A row is only made of a frame whose checksums were right. */
  readonly checksum: 'ok';
}

export interface LogDumpEnd {
  readonly cluster: string;
  readonly member: number;
  readonly lastIndex: number | null;
  readonly term: number | null;
  readonly vote: number | null;
  /** Where the log ends and why: `blank`, or what a torn tail looks like; null: damaged. */
  readonly end: { readonly file: string; readonly offset: number; readonly reason: string } | null;
  /** What forbids using this log, in words with file and offset; null: sound. */
  readonly damage: RaftctlError | null;
}

const KIND_NAMES = nameByNumber(FRAME_KIND);
const BATCH_KIND_NAMES = nameByNumber(BATCH_KIND);

/**
 * Hands `onRow` every frame of the log, also of a damaged one up to the damage.
 *
 * @param directory the log's own directory
 * @returns how the log ends.
 * @throws {RaftctlError} DATA_DIR_EMPTY, DISK_FAILED; WAL_CORRUPT when not even the first segment
 *   tells whose log it is.
 */
export async function dumpLog(
  disk: Disk,
  directory: string,
  onRow: (row: LogDumpRow) => void,
): Promise<LogDumpEnd> {
  const { cluster, member } = await ownerOf(disk, directory);
  const owner = { cluster, member };
  try {
    const snapshot = newestByName(await disk.list(snapshotsBeside(directory)));
    const init = {
      ...{ ...owner, tailBytesMax: 0, snapshot },
      onFrame: (found: FoundFrame) => onRow(rowOf(found)),
    };
    const { log, end } = await loadLog(disk, directory, init, archiveBeside(directory));
    const file = baseName(segmentPath(directory, end.sequence));
    return {
      ...owner,
      ...log.hardState,
      lastIndex: log.lastIndex,
      end: { file, offset: end.offset, reason: end.reason },
      damage: null,
    };
  } catch (error) {
    const damaged =
      error instanceof RaftctlError &&
      (error.code === 'WAL_CORRUPT' || error.code === 'FORMAT_UNSUPPORTED');
    if (!damaged) throw error;
    return { ...owner, lastIndex: null, term: null, vote: null, end: null, damage: error };
  }
}

/** A node keeps its snapshots in the folder beside its log. */
function snapshotsBeside(directory: string): string {
  return `${directory.slice(0, directory.lastIndexOf('/') + 1)}snapshots`;
}

/** Whose log it is, by its first readable segment. */
async function ownerOf(disk: Disk, directory: string) {
  for (const name of await disk.list(directory)) {
    const sequence = segmentSequence(name);
    if (sequence === null) continue;
    const header = decodeSegmentHeader(await readWhole(disk, segmentPath(directory, sequence)));
    if (typeof header !== 'string') return header;
  }
  // Nobody's log: let recovery say what is wrong with it.
  await loadLog(disk, directory, { cluster: '', member: 0, tailBytesMax: 0, snapshot: null });
  throw new RaftctlError('DATA_DIR_EMPTY', {
    message: `Cannot print the log as there is none: ${directory}`,
  });
}

function rowOf(found: FoundFrame): LogDumpRow {
  const { frame, batch } = found;
  const state = frame.kind === FRAME_KIND.hardState ? decodeHardState(found.bytes, frame) : null;
  return {
    file: baseName(found.path),
    offset: frame.offset,
    position: found.position,
    kind: KIND_NAMES[frame.kind] as LogDumpRow['kind'],
    first: batch?.first ?? null,
    last: batch?.last ?? null,
    term: batch?.term ?? state?.term ?? null,
    vote: state?.vote ?? null,
    batchKind: batch === null ? null : (BATCH_KIND_NAMES[batch.kind] as LogDumpRow['batchKind']),
    bytes: frame.end - frame.offset,
    syncedTo: frame.syncedTo,
    checksum: 'ok',
  };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function nameByNumber(kinds: Readonly<Record<string, number>>): Readonly<Record<number, string>> {
  return Object.fromEntries(Object.entries(kinds).map(([name, number]) => [number, name]));
}
