/**
 * Puts the data of a damaged member in order again with a snapshot of another one. Nothing is
 * thrown away: what was there is kept beside it.
 *
 * ```
 *  repair.tmp/snapshots, repair.tmp/log    made whole and durable first
 *  log       -> damaged-<time>/log         from here on the node does not start: it has no log
 *  snapshots -> damaged-<time>/snapshots, and the archive of the log with them
 *  repair.tmp/snapshots -> snapshots
 *  repair.tmp/log -> log                   from here on it does
 * ```
 * A repair that was cut short anywhere is simply made again.
 */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RaftctlError, systemCode } from '../std/errors.ts';
import { Prng } from '../std/prng.ts';
import type { NodeConfig } from '../wire/node-config.ts';
import { FsDisk } from './io/fs-disk.ts';
import { lockDirectory } from './io/lock.ts';
import { lifeSeed, logDirectory, readNodeConfig, snapshotDirectory } from './node-directory.ts';
import { loadLog } from './wal/load.ts';
import { adoptSnapshot } from './wal/snapshot-copy.ts';
import { openSnapshots } from './wal/snapshot-files.ts';
import { formatLog } from './wal/wal.ts';

/** Codes of what a repair can put right. */
const DAMAGES: ReadonlySet<string> = new Set(['WAL_CORRUPT', 'SNAPSHOT_CORRUPT', 'DATA_DIR_EMPTY']);

/**
 * Looks through all of a member's data, as its start would. Nothing is changed.
 *
 * @returns the damage, or null: it is sound.
 * @throws {RaftctlError} FORMAT_UNSUPPORTED, DISK_FAILED; CONFIG_INVALID, and DATA_DIR_EMPTY when
 *   not even `node.json` is left.
 */
export async function findDamage(directory: string): Promise<RaftctlError | null> {
  const config = await readNodeConfig(directory);
  const disk = new FsDisk();
  try {
    const snapshots = await openSnapshots({ disk, ...snapshotsOf(directory, config) });
    const snapshot = snapshots.newest?.meta ?? null;
    await snapshots.close();
    await loadLog(disk, logDirectory(directory), {
      ...{ cluster: config.clusterId, member: config.member },
      ...{ tailBytesMax: 0, snapshot },
    });
    return null;
  } catch (error) {
    if (error instanceof RaftctlError && DAMAGES.has(error.code)) return error;
    throw error;
  }
}

export interface RepairInit {
  readonly directory: string;
  /** A snapshot of its cluster that holds all the member ever acknowledged. */
  readonly snapshot: string;
  /** The member voted in no later term. */
  readonly term: number;
}

/**
 * Afterwards the member can be started: its log begins behind the snapshot. It has voted in `term`,
 * for itself: whoever it did vote for there, it does not vote again.
 *
 * @returns where what was there is kept.
 * @throws {RaftctlError} DATA_DIR_LOCKED, SNAPSHOT_CORRUPT, DISK_FULL, DISK_FAILED.
 */
export async function repairNode(init: RepairInit): Promise<string> {
  const { directory } = init;
  const lock = await lockDirectory(directory);
  try {
    const config = await readNodeConfig(directory);
    const work = join(directory, 'repair.tmp');
    await rm(work, { recursive: true, force: true });
    await prepare(work, config, init);
    const kept = join(directory, `damaged-${Date.now()}`);
    const disk = new FsDisk();
    await disk.makeDirectory(kept);
    await move(disk, { from: directory, to: kept, names: ['log', 'snapshots', 'archive'] });
    await move(disk, { from: work, to: directory, names: ['snapshots', 'log'] });
    await rm(work, { recursive: true, force: true });
    return kept;
  } finally {
    await lock.release();
  }
}

async function prepare(work: string, config: NodeConfig, init: RepairInit): Promise<void> {
  const disk = new FsDisk();
  const base = await adoptSnapshot({ disk, path: init.snapshot, ...snapshotsOf(work, config) });
  const term = Math.max(init.term, base.term);
  await formatLog({
    ...{ disk, directory: logDirectory(work), cluster: config.clusterId, member: config.member },
    founding: { ...base, hardState: { term, vote: config.member } },
    random: new Prng(lifeSeed()),
    segmentBytes: config.segmentBytes,
  });
}

function snapshotsOf(directory: string, { clusterId: cluster, app }: NodeConfig) {
  return { directory: snapshotDirectory(directory), cluster, app };
}

/** One after the other, each for good. */
async function move(
  disk: FsDisk,
  way: { readonly from: string; readonly to: string; readonly names: readonly string[] },
): Promise<void> {
  for (const name of way.names) {
    try {
      await rename(join(way.from, name), join(way.to, name));
    } catch (cause) {
      // A repair that was cut short has moved it already.
      if (systemCode(cause) === 'ENOENT') continue;
      const message = `Cannot move ${join(way.from, name)} to ${way.to}: ${systemCode(cause)}`;
      throw new RaftctlError('DISK_FAILED', { message, cause });
    }
    await disk.syncDirectory(way.to);
    await disk.syncDirectory(way.from);
  }
}
