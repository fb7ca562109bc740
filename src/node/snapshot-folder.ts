/** The snapshots in a node's folder, read without the node: for people. */
import { resolve } from 'node:path';
import { tellError } from '../std/errors.ts';
import type { FolderOfSnapshots, FoundSnapshot } from '../wire/snapshots.ts';
import { FsDisk } from './io/fs-disk.ts';
import { snapshotDirectory } from './node-directory.ts';
import { asOfText, listSnapshots } from './wal/snapshot-catalogue.ts';

/** Only headers are read. */
export async function readSnapshotFolder(dataDir: string): Promise<FolderOfSnapshots> {
  const folder = snapshotDirectory(resolve(dataDir));
  const listed = await listSnapshots(new FsDisk({ readOnly: true }), folder, null);
  const rows = listed.map(({ path: file, bytes, header }): FoundSnapshot => {
    const meta = header?.meta ?? null;
    const { index = null, term = null } = meta ?? {};
    const asOf = meta === null ? null : asOfText(meta.leaderTimeMs);
    return { index, term, bytes, asOf, state: meta === null ? 'damaged' : 'kept', file };
  });
  const damage = listed.find((one) => one.damage !== null)?.damage ?? null;
  return { rows, damage: damage === null ? null : tellError(damage) };
}
