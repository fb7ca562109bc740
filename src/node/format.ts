/** Makes a data directory: what turns an empty folder into a member of a cluster. */
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RaftctlError } from '../std/errors.ts';
import { Prng } from '../std/prng.ts';
import type { NodeConfig } from '../wire/node-config.ts';
import { planPrefill } from './daemon/prefill.ts';
import { FsDisk } from './io/fs-disk.ts';
import { foundingBatch, type Membership } from './model/membership.ts';
import { CONFIG_NAME, lifeSeed, logDirectory, snapshotDirectory } from './node-directory.ts';
import { copySnapshot } from './wal/snapshot-copy.ts';
import { formatLog } from './wal/wal.ts';

/**
 * Makes the data directory of a member, founding or joining: log with entry 1, then node.json,
 * which counts. A directory that was formatted half is formatted again.
 *
 * With a snapshot of another cluster the new one begins with its state: the log goes on behind it.
 *
 * @throws {RaftctlError} DATA_DIR_FORMATTED when it is a member's directory already;
 *   SNAPSHOT_CORRUPT, FORMAT_UNSUPPORTED; DISK_FULL, DISK_FAILED.
 */
export async function formatNode(init: {
  readonly directory: string;
  readonly config: NodeConfig;
  /** A snapshot's file. */
  readonly snapshot?: string;
}): Promise<void> {
  const { directory, config, snapshot } = init;
  const disk = new FsDisk();
  await disk.makeDirectory(directory);
  if ((await disk.list(directory)).includes(CONFIG_NAME)) {
    throw new RaftctlError('DATA_DIR_FORMATTED', {
      message: `Cannot format ${directory} as it already belongs to a member`,
      hint: `Start it as it is: raftctl node start --data-dir ${directory}`,
    });
  }
  await rm(logDirectory(directory), { recursive: true, force: true });
  await rm(snapshotDirectory(directory), { recursive: true, force: true });
  const members = (config.founding ?? config.members).map((m) => ({
    number: m.member,
    name: m.id,
    voter: true,
    peerAddress: m.peerAddress,
    clientAddress: m.clientAddress,
    adminAddress: m.adminAddress,
  }));
  const cluster = config.clusterId;
  const retain = config.retain === 'all' ? { retain: config.retain } : {};
  const founding = foundingBatch(cluster, { members, ...leasesOf(config), ...retain });
  const begin =
    snapshot === undefined
      ? founding
      : await copySnapshot({
          ...{ disk, path: snapshot, directory: snapshotDirectory(directory), founding },
          owner: { cluster, app: config.app },
        });
  await formatLog({
    disk,
    directory: logDirectory(directory),
    cluster,
    member: config.member,
    founding: begin,
    random: new Prng(lifeSeed()),
    segmentBytes: config.segmentBytes,
  });
  const { prefill: keys, compress = false } = config.demo ?? {};
  const isFirst = members[0]?.number === config.member && snapshot === undefined;
  if (keys !== undefined && isFirst) planPrefill(directory, { keys, compress });
  const path = join(directory, CONFIG_NAME);
  await writeDurably(`${path}.tmp`, `${JSON.stringify(config, null, 2)}\n`);
  await rename(`${path}.tmp`, path);
  await disk.syncDirectory(directory);
}

/** A promise lasts as long as the shortest election timeout of the cluster, unless it is told. */
function leasesOf(config: NodeConfig): Pick<Membership, 'leases' | 'promiseMs'> {
  if (config.leases !== true) return { leases: false };
  return { leases: true, promiseMs: config.leasePromiseMs ?? config.electionTimeoutMsMin };
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
