/** The snapshots of a node, and what the admin port may do with them. */
import type { NodeConfig } from '../wire/node-config.ts';
import type { SnapshotRow } from '../wire/snapshots.ts';
import { FsDisk } from './io/fs-disk.ts';
import { snapshotDirectory } from './node-directory.ts';
import type { Disk } from './ports/disk.ts';
import type { SnapshotStore } from './ports/snapshot-store.ts';
import type { Replica } from './replica/replica.ts';
import type { AdminSnapshots, SnapshotDownload } from './server/admin-contract.ts';
import { readFile } from './wal/disk-calls.ts';
import { asOfText, type ListedSnapshot, listSnapshots } from './wal/snapshot-catalogue.ts';
import type { SnapshotOwner } from './wal/snapshot-codec.ts';
import { openSnapshots } from './wal/snapshot-files.ts';

export function openNodeSnapshots(folder: string, config: NodeConfig): Promise<SnapshotStore> {
  const disk = new FsDisk();
  // No client waits for a snapshot, so the event loop does not either.
  disk.mayBlock = false;
  return openSnapshots({
    disk,
    directory: snapshotDirectory(folder),
    cluster: config.clusterId,
    app: config.app,
    ...(config.snapshotsRetained === undefined ? {} : { retained: config.snapshotsRetained }),
  });
}

export function snapshotControl(
  replica: Replica,
  directory: string,
  owner: SnapshotOwner,
): AdminSnapshots {
  const disk = new FsDisk({ readOnly: true });
  const list = (): Promise<readonly ListedSnapshot[]> => listSnapshots(disk, directory, owner);
  return {
    take: () => replica.takeSnapshot(),
    progress: () => replica.snapshotProgress,
    list: async () => (await list()).flatMap(rowOf),
    open: async (index) => {
      const found = (await list()).find((one) => one.header?.meta.index === index);
      return found === undefined ? null : openDownload(disk, found);
    },
  };
}

/** What is damaged cannot be told apart by its index: `raftctl snapshot inspect` names it. */
function rowOf({ header, bytes }: ListedSnapshot): SnapshotRow[] {
  if (header === null) return [];
  const { index, term, leaderTimeMs } = header.meta;
  return [{ index, term, bytes, asOf: asOfText(leaderTimeMs) }];
}

async function openDownload(
  disk: Disk,
  { path, bytes }: ListedSnapshot,
): Promise<SnapshotDownload> {
  const file = await disk.open(path, { create: false });
  return {
    bytes,
    read: (offset, length) => readFile(file, offset, length),
    close: () => file.close(),
  };
}
