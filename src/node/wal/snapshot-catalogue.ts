/** The snapshots of a folder, for people: whatever their age, and damaged ones too. Reads only. */
import { RaftctlError } from '../../std/errors.ts';
import type { Disk } from '../ports/disk.ts';
import { parseSnapshotName, type SnapshotHeader, type SnapshotOwner } from './snapshot-codec.ts';
import {
  readSnapshot,
  readSnapshotHeader,
  SnapshotFault,
  snapshotDamage,
} from './snapshot-reader.ts';

/** A file as it lies there. Nothing but its header was read. */
export interface ListedSnapshot {
  readonly path: string;
  readonly bytes: number;
  /** Null: it cannot be read, `damage` says why. */
  readonly header: SnapshotHeader | null;
  readonly damage: RaftctlError | null;
}

/** All snapshots of a folder, the oldest first; none when there is no folder. */
export async function listSnapshots(
  disk: Disk,
  directory: string,
  owner: SnapshotOwner | null,
): Promise<readonly ListedSnapshot[]> {
  const listed: ListedSnapshot[] = [];
  for (const name of await disk.list(directory)) {
    if (parseSnapshotName(name) === null) continue;
    const path = `${directory}/${name}`;
    try {
      listed.push(await look(disk, path, owner));
    } catch (error) {
      // A running node removes old ones.
      const names = await disk.list(directory);
      if (!(error instanceof RaftctlError) || names.includes(name)) throw error;
    }
  }
  return listed;
}

async function look(
  disk: Disk,
  path: string,
  owner: SnapshotOwner | null,
): Promise<ListedSnapshot> {
  const bytes = await sizeOf(disk, path);
  const header = await readSnapshotHeader(disk, path, owner);
  if (!(header instanceof SnapshotFault)) return { path, bytes, header, damage: null };
  return { path, bytes, header: null, damage: snapshotDamage(path, header) };
}

/** What a whole look at one file found. */
export interface InspectedSnapshot {
  readonly path: string;
  readonly bytes: number;
  /** Null: not even that can be read. */
  readonly header: SnapshotHeader | null;
  /** Chunks that were sound, and the data in them. */
  readonly chunks: number;
  readonly dataBytes: number;
  /** SHA-256 of the data, in hex; null: damaged. */
  readonly digest: string | null;
  readonly damage: RaftctlError | null;
}

/** Reads all of a file and verifies every checksum. @throws {RaftctlError} DISK_FAILED. */
export async function inspectSnapshot(disk: Disk, path: string): Promise<InspectedSnapshot> {
  const bytes = await sizeOf(disk, path);
  const found = await readSnapshotHeader(disk, path, null);
  const header = found instanceof SnapshotFault ? null : found;
  let chunks = 0;
  let dataBytes = 0;
  const read = await readSnapshot(disk, path, {
    owner: null,
    onData: (data) => {
      chunks += 1;
      dataBytes += data.length;
    },
  });
  const damaged = read instanceof SnapshotFault;
  const digest = damaged ? null : read.trailer.digest.toString('hex');
  const damage = damaged ? snapshotDamage(path, read) : null;
  return { path, bytes, header, chunks, dataBytes, digest, damage };
}

async function sizeOf(disk: Disk, path: string): Promise<number> {
  const file = await disk.open(path, { create: false });
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}

/** What people read: RFC 3339, null for 0, which is none. */
export function asOfText(leaderTimeMs: number): string | null {
  return leaderTimeMs === 0 ? null : new Date(leaderTimeMs).toISOString();
}
