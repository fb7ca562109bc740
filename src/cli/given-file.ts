/** A file that the user names. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { RaftctlError } from '../std/errors.ts';

/** @returns the absolute path. @throws {RaftctlError} SNAPSHOT_NOT_FOUND when it is no file. */
export async function snapshotFileAt(path: string): Promise<string> {
  const absolute = resolve(path);
  const facts = await stat(absolute).catch(() => null);
  if (facts?.isFile()) return absolute;
  const why = facts === null ? 'there is no such file' : 'it is no file';
  throw new RaftctlError('SNAPSHOT_NOT_FOUND', {
    message: `Cannot read the snapshot ${absolute}: ${why}`,
    hint: 'One is made with raftctl snapshot save FILE; those of nodes: raftctl snapshot list',
  });
}
