/**
 * The data of stopped members of a cluster that has lost its majority: looked at, and one log of it
 * made to go on. It gets one more entry, in a term that nobody who is left has voted in: the
 * configuration of the survivors. Every other survivor is left as it is, and learns of that entry
 * as of any other, from the leader that only the first one can become.
 */
import { RaftctlError } from '../std/errors.ts';
import { SILENT_LOG } from '../std/log.ts';
import { Prng } from '../std/prng.ts';
import type { NodeConfig } from '../wire/node-config.ts';
import type { Assessment } from '../wire/recovery.ts';
import { FsDisk } from './io/fs-disk.ts';
import { lockDirectory } from './io/lock.ts';
import { SystemClock } from './io/system-clock.ts';
import { BATCH_KIND, type Batch, sealBatch } from './model/batch.ts';
import { decodeMembership, encodeMembership, type Member } from './model/membership.ts';
import type { SnapshotMeta } from './model/snapshot.ts';
import { lifeSeed, logDirectory, readNodeConfig, snapshotDirectory } from './node-directory.ts';
import type { LogStore } from './ports/log-store.ts';
import { electable, type FoundNode, planRecovery, type Recovery } from './recovery-plan.ts';
import { loadLog } from './wal/load.ts';
import { openSnapshots } from './wal/snapshot-files.ts';
import { openLog } from './wal/wal.ts';

/** Reads all of a stopped member's data, as its start would. Nothing is changed. */
async function findNode(directory: string): Promise<FoundNode> {
  const config = await readNodeConfig(directory);
  const disk = new FsDisk();
  const snapshot = await newestSnapshot(disk, directory, config);
  const { log } = await loadLog(disk, logDirectory(directory), {
    ...{ cluster: config.clusterId, member: config.member },
    ...{ tailBytesMax: 0, snapshot },
  });
  const newest = log.configurations.at(-1);
  const configuration = newest ?? snapshot?.configuration;
  if (configuration === undefined) {
    const message = `Cannot use ${directory} as its log names no members`;
    throw new RaftctlError('WAL_CORRUPT', { message });
  }
  const last = log.tail.at(-1);
  return {
    ...{ id: config.id, number: config.member, own: ownMember(config) },
    ...{ hardState: log.hardState, lastIndex: log.lastIndex },
    lastTerm: log.termRuns.at(-1)?.term ?? log.baseTerm,
    lastTimeMs: last?.leaderTimeMs ?? snapshot?.leaderTimeMs ?? 0,
    membership: decodeMembership(configuration),
  };
}

/** Whether the nodes of these directories need help, and what it would come to. */
export async function assessRecovery(directories: readonly string[]): Promise<Assessment> {
  const { found, unusable } = await findAll(directories);
  const leaders = electable(found);
  const isHopeless = found.length === 0 || leaders.length > 0;
  return {
    unusable,
    electable: leaders.map(({ id }) => id),
    plan: isHopeless ? null : planRecovery(found).plan,
  };
}

/**
 * Afterwards the survivors' log goes on with the configuration of the plan, durably.
 *
 * @throws {RaftctlError} DATA_DIR_LOCKED, DISK_FULL, DISK_FAILED; INTERNAL when the directories
 *   have changed since they were assessed.
 */
export async function applyRecovery(directories: readonly string[]): Promise<void> {
  const { found, sources } = await findAll(directories);
  const isChanged = found.length === 0 || electable(found).length > 0;
  if (isChanged)
    throw new RaftctlError('INTERNAL', { message: 'The nodes have changed meanwhile' });
  const recovery = planRecovery(found);
  const directory = sources.get(recovery.plan.source) as string;
  const lock = await lockDirectory(directory);
  try {
    await appendConfiguration(directory, recovery);
  } finally {
    await lock.release();
  }
}

async function findAll(directories: readonly string[]) {
  const found: FoundNode[] = [];
  const unusable: { directory: string; reason: string }[] = [];
  const sources = new Map<string, string>();
  for (const directory of directories) {
    try {
      const node = await findNode(directory);
      found.push(node);
      sources.set(node.id, directory);
    } catch (error) {
      if (!(error instanceof RaftctlError)) throw error;
      unusable.push({ directory, reason: error.message });
    }
  }
  return { found, unusable, sources };
}

async function appendConfiguration(directory: string, recovery: Recovery): Promise<void> {
  const config = await readNodeConfig(directory);
  const disk = new FsDisk();
  const snapshot = await newestSnapshot(disk, directory, config);
  const { plan, membership } = recovery;
  const batch = sealBatch({
    ...{ cluster: config.clusterId, term: plan.term, first: plan.index, count: 1 },
    kind: BATCH_KIND.configuration,
    leaderTimeMs: plan.lastWriteMs ?? 0,
    payload: encodeMembership(membership),
  });
  const log = await openLog({
    ...{ disk, clock: new SystemClock(), log: SILENT_LOG, random: new Prng(lifeSeed()) },
    directory: logDirectory(directory),
    ...{ cluster: config.clusterId, member: config.member, snapshot },
    segmentBytes: config.segmentBytes,
  });
  try {
    await written(log, { batch, vote: config.member });
  } finally {
    await log.close();
  }
}

/** Settles when the entry is durable, together with the vote for itself in its term. */
function written(
  log: LogStore,
  { batch, vote }: { readonly batch: Batch; readonly vote: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    log.start({
      onSynced: () => resolve(),
      onFailed: reject,
      onSpace: (full) => {
        if (!full) return;
        const message = 'Cannot append to the log as its disk is full';
        reject(new RaftctlError('DISK_FULL', { message, hint: 'Make room, then try again' }));
      },
    });
    log.write({ sequence: 1, hardState: { term: batch.term, vote }, batches: [batch] });
  });
}

async function newestSnapshot(
  disk: FsDisk,
  directory: string,
  { clusterId: cluster, app }: NodeConfig,
): Promise<SnapshotMeta | null> {
  const store = await openSnapshots({
    disk,
    directory: snapshotDirectory(directory),
    cluster,
    app,
  });
  const meta = store.newest?.meta ?? null;
  await store.close();
  return meta;
}

function ownMember({ member: number, id: name, members }: NodeConfig): Member {
  const own = members.find((m) => m.member === number);
  const { peerAddress = '', clientAddress = '', adminAddress = '' } = own ?? {};
  return { number, name, voter: false, peerAddress, clientAddress, adminAddress };
}
