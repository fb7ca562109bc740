/** Reads all files of a closed log and judges them; changes nothing. */
import { RaftctlError } from '../../std/errors.ts';
import type { Disk } from '../ports/disk.ts';
import { CLEAN_MARK_NAME, type CleanMark, decodeCleanMark } from './clean-mark.ts';
import { damageError } from './damage.ts';
import { readWhole } from './disk-calls.ts';
import { type Recovered, Recovery, type RecoveryInit } from './recovery.ts';
import { segmentSequence } from './segment.ts';
import { segmentPath } from './segment-files.ts';

/** @throws {RaftctlError} DATA_DIR_EMPTY, WAL_CORRUPT, FORMAT_UNSUPPORTED, DISK_FAILED. */
export async function loadLog(
  disk: Disk,
  directory: string,
  init: RecoveryInit,
  /** Folder of older segments to begin with; null: none. */
  archive: string | null = null,
): Promise<Recovered> {
  const names = await disk.list(directory);
  const clean = await readCleanMark(disk, directory, names, init);
  const sequences = names.map(segmentSequence).filter((s) => s !== null);
  const [oldest = 0] = sequences;
  const archived = archive === null ? [] : await archivedBelow(disk, archive, oldest);
  if (sequences.length === 0) throw noSegments(directory, clean);
  const recovery = new Recovery(init);
  for (const sequence of [...archived, ...sequences]) {
    const folder = sequence < oldest && archive !== null ? archive : directory;
    const path = segmentPath(folder, sequence);
    const damage = recovery.add({ path, sequence, bytes: await readWhole(disk, path) });
    if (damage !== null) throw damageError(damage);
  }
  const result = recovery.finish(clean);
  if ('code' in result) throw damageError(result);
  return result;
}

/** One that was being moved when the node was killed may lie in both. */
async function archivedBelow(disk: Disk, archive: string, oldest: number): Promise<number[]> {
  const names = await disk.list(archive);
  return names.map(segmentSequence).filter((s) => s !== null && s < oldest) as number[];
}

/** @returns null when there is none: the log was not closed in order. */
async function readCleanMark(
  disk: Disk,
  directory: string,
  names: readonly string[],
  init: RecoveryInit,
): Promise<CleanMark | null> {
  if (!names.includes(CLEAN_MARK_NAME)) return null;
  const path = `${directory}/${CLEAN_MARK_NAME}`;
  const mark = decodeCleanMark(await readWhole(disk, path));
  const damage = (what: string) => damageError({ code: 'WAL_CORRUPT', path, offset: 0, what });
  if (mark === null) throw damage('the mark of its orderly stop is damaged');
  if (mark.cluster !== init.cluster || mark.member !== init.member) {
    throw damage(`its mark belongs to member ${mark.member} of cluster ${mark.cluster}`);
  }
  return mark;
}

function noSegments(directory: string, clean: CleanMark | null): RaftctlError {
  if (clean !== null) {
    const what = 'all its segments are missing';
    return damageError({ code: 'WAL_CORRUPT', path: directory, offset: 0, what });
  }
  return new RaftctlError('DATA_DIR_EMPTY', {
    message: `Cannot open the log as there is none: ${directory}`,
    hint: 'Make the cluster with raftctl cluster up',
  });
}
