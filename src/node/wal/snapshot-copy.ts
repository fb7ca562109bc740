/**
 * A snapshot of one cluster made the beginning of another: the same state at the same place of the
 * log, under the id and with the members of the new cluster. All of the old file is verified on the
 * way.
 */
import type { Bytes } from '../../std/bytes.ts';
import { RaftctlError } from '../../std/errors.ts';
import type { Batch } from '../model/batch.ts';
import type { LogBase } from '../model/log-write.ts';
import type { Disk } from '../ports/disk.ts';
import type { SnapshotWriter, StoredSnapshot } from '../ports/snapshot-store.ts';
import type { SnapshotOwner } from './snapshot-codec.ts';
import { openSnapshots } from './snapshot-files.ts';
import {
  readSnapshot,
  readSnapshotHeader,
  SnapshotFault,
  snapshotDamage,
} from './snapshot-reader.ts';

export interface CopySnapshotInit {
  readonly disk: Disk;
  /** The file to read. */
  readonly path: string;
  /** Snapshots of the new member; made when it is not there. */
  readonly directory: string;
  readonly owner: SnapshotOwner;
  /** The members of the new cluster: its entry 1. */
  readonly founding: Batch;
}

/**
 * Afterwards the new member's snapshot is durable.
 *
 * @returns the entry its state stands at.
 * @throws {RaftctlError} SNAPSHOT_CORRUPT, FORMAT_UNSUPPORTED; DISK_FULL, DISK_FAILED.
 */
export async function copySnapshot(init: CopySnapshotInit): Promise<LogBase> {
  const { disk, path, directory, owner, founding } = init;
  const store = await openSnapshots({ disk, directory, ...owner });
  try {
    const header = await readSnapshotHeader(disk, path, null);
    if (header instanceof SnapshotFault) throw snapshotDamage(path, header);
    const writer = store.create({ ...header.meta, configuration: founding });
    const onData = (data: Bytes): Promise<void> => write(writer, data);
    const read = await readSnapshot(disk, path, { owner: null, onData });
    if (read instanceof SnapshotFault) throw snapshotDamage(path, read);
    const { meta } = await finish(writer);
    return { index: meta.index, term: meta.term };
  } finally {
    await store.close();
  }
}

export interface AdoptSnapshotInit extends SnapshotOwner {
  readonly disk: Disk;
  readonly path: string;
  /** Snapshots of the member; made when it is not there. */
  readonly directory: string;
}

/**
 * Makes the file of a snapshot of this very cluster a member's own; afterwards it is durable.
 *
 * @throws {RaftctlError} SNAPSHOT_CORRUPT, also when it is of another cluster or app;
 *   FORMAT_UNSUPPORTED; DISK_FULL, DISK_FAILED.
 */
export async function adoptSnapshot(init: AdoptSnapshotInit): Promise<LogBase> {
  const { disk, path, directory, cluster, app } = init;
  const owner = { cluster, app };
  const store = await openSnapshots({ disk, directory, ...owner });
  try {
    const header = await readSnapshotHeader(disk, path, owner);
    if (header instanceof SnapshotFault) throw snapshotDamage(path, header);
    const { index, term } = header.meta;
    const writer = store.create(header.meta);
    const onData = (data: Bytes): Promise<void> => write(writer, data);
    const read = await readSnapshot(disk, path, { owner, onData });
    if (read instanceof SnapshotFault) throw snapshotDamage(path, read);
    await finish(writer);
    return { index, term };
  } finally {
    await store.close();
  }
}

function write(writer: SnapshotWriter, data: Bytes): Promise<void> {
  return new Promise((resolve, reject) => {
    writer.write(data, (error) => (error === null ? resolve() : reject(error)));
  });
}

function finish(writer: SnapshotWriter): Promise<StoredSnapshot> {
  return new Promise((resolve, reject) => {
    writer.finish((error, stored) => {
      if (stored !== null) resolve(stored);
      else reject(error ?? new RaftctlError('INTERNAL', { message: 'A snapshot was not kept' }));
    });
  });
}
