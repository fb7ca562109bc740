/** Rules RFT030 to RFT050: disks, logs, and what is on them. */
import { maxUs, percentileUs } from '../../std/interval.ts';
import { formatBytes, formatCount, formatDurationMs } from '../../std/units.ts';
import { durabilityOf } from '../../wire/status.ts';
import { SafetyMonitor } from '../safety.ts';
import { inOrder } from '../timeline.ts';
import type { NodeFacts } from './facts.ts';
import type { Found, Rule, Scene } from './rule.ts';
import { lastCode } from './service-rules.ts';

const DISK_USED_MAX = 0.9;
/** So many times the reserve at which a node takes no more writes. */
const RESERVES_MIN = 4;
/** Every write waits for a sync of a majority; etcd's advice for its log is the same. */
const SYNC_P99_MS_MAX = 10;
const SYNCS_MIN = 100;
/** What a node does when it is told nothing else (node/replica/compaction.ts). */
const SNAPSHOT_LOG_BYTES = 256 * 1024 * 1024;
/** One is due at once the threshold; the log behind it goes some time after it is durable. */
const LOG_SHARE_MAX = 3;

function diskFull(scene: Scene): Found[] {
  return scene.figures.flatMap(({ id, status }) => {
    if (!status.diskFull) return [];
    const evidence = `${formatBytes(status.freeBytes)} free: it takes no new writes`;
    return [{ node: id, evidence, command: null }];
  });
}

function diskNearlyFull(scene: Scene): Found[] {
  return scene.facts.nodes.flatMap(({ id, disk, config, vitals }) => {
    if (disk === null || vitals?.status.diskFull === true) return [];
    const used = 1 - disk.freeBytes / disk.totalBytes;
    const reserve = Math.min(config?.diskReserveBytes ?? 0, disk.totalBytes / 50);
    if (used < DISK_USED_MAX && disk.freeBytes >= RESERVES_MIN * reserve) return [];
    const evidence = `${Math.floor(used * 100)} % used, ${formatBytes(disk.freeBytes)} free; writes end at ${formatBytes(reserve)}`;
    return [{ node: id, evidence, command: scene.command(`snapshot take ${id}`) }];
  });
}

function slowSyncs(scene: Scene): Found[] {
  return scene.figures.flatMap((figures) => {
    const { id, syncs } = figures;
    const p99 = percentileUs(syncs, 99) ?? 0;
    if (syncs.count < SYNCS_MIN || p99 <= SYNC_P99_MS_MAX * 1000) return [];
    const ms = (us: number | null): string => formatDurationMs((us ?? 0) / 1000);
    const evidence =
      `p99 ${ms(p99)} over ${SYNC_P99_MS_MAX} ms, p50 ${ms(percentileUs(syncs, 50))}, ` +
      `longest ${ms(maxUs(syncs))}, ${formatCount(syncs.count)} syncs ${scene.span(figures)}`;
    return [{ node: id, evidence, command: `raftctl top ${scene.cluster} --view 3` }];
  });
}

function weakPromise(scene: Scene): Found[] {
  return scene.members
    .filter(({ fsync }) => fsync !== 'always')
    .map(({ id, fsync }) => ({
      node: id,
      evidence: `fsync is ${fsync}: ${durabilityOf(fsync)}`,
      command: null,
    }));
}

function unlikePromises(scene: Scene): Found[] {
  if (new Set(scene.members.map(({ fsync }) => fsync)).size < 2) return [];
  const evidence = scene.members.map(({ id, fsync }) => `${id} ${fsync}`).join(', ');
  return [{ node: null, evidence: `fsync: ${evidence}`, command: null }];
}

function sharedDirectory(scene: Scene): Found[] {
  const owners = new Map<string, string>();
  const found: Found[] = [];
  for (const { id, dataDir } of scene.facts.nodes) {
    if (dataDir === null) continue;
    const owner = owners.get(dataDir);
    if (owner === undefined) owners.set(dataDir, id);
    else {
      const evidence = `${owner} and ${id} both have ${dataDir}`;
      found.push({ node: id, evidence, command: null });
    }
  }
  return [...found, ...saidLast(scene, ['DATA_DIR_LOCKED'], (id) => `node logs ${id}`)];
}

/** Nodes that are down and ended with one of these. */
function saidLast(
  scene: Scene,
  codes: readonly string[],
  words: (id: string) => string,
): readonly Found[] {
  return scene.members.flatMap((row) => {
    const code = lastCode(row);
    if (code === null || !codes.includes(code)) return [];
    const evidence = `it ended with ${row.error ?? code}`;
    return [{ node: row.id, evidence, command: scene.command(words(row.id)) }];
  });
}

const DAMAGE = ['WAL_CORRUPT', 'SNAPSHOT_CORRUPT', 'NODE_WIPED', 'STATE_FILE_CORRUPT'];

function damaged(scene: Scene): readonly Found[] {
  return saidLast(scene, DAMAGE, (id) => `node repair ${id}`);
}

function addressTaken(scene: Scene): readonly Found[] {
  return saidLast(scene, ['ADDRESS_IN_USE'], (id) => `node start ${id}`);
}

function diskFailed(scene: Scene): readonly Found[] {
  return saidLast(scene, ['DISK_FAILED'], (id) => `node logs ${id}`);
}

function longLog(scene: Scene): Found[] {
  return scene.facts.nodes.flatMap((node) => {
    const status = node.vitals?.status;
    if (status === undefined || node.config?.retain === 'all') return [];
    const due = Math.max(thresholdOf(node), status.snapshotBytes);
    if (status.logBytes <= LOG_SHARE_MAX * due) return [];
    const newest =
      status.snapshotIndex === 0 ? 'no snapshot' : `newest snapshot at ${status.snapshotIndex}`;
    const evidence =
      `${formatBytes(status.logBytes)} of log, entries ${status.firstIndex} to ${status.lastIndex}, ` +
      `${newest}; one is due every ${formatBytes(due)}`;
    return [{ node: node.id, evidence, command: scene.command(`snapshot take ${node.id}`) }];
  });
}

function thresholdOf({ config }: NodeFacts): number {
  return config?.snapshotLogBytes ?? SNAPSHOT_LOG_BYTES;
}

function disagreement(scene: Scene): Found[] {
  const monitor = new SafetyMonitor();
  return inOrder(scene.facts.events)
    .flatMap((event) => monitor.take(event))
    .map(({ rule, text, node }) => ({
      node,
      evidence: `${rule}: ${text}`,
      command: `raftctl cluster bundle ${scene.cluster}`,
    }));
}

export const STORAGE_RULES: readonly Rule[] = [
  { code: 'RFT030', severity: 'critical', title: 'The disk is full', find: diskFull },
  { code: 'RFT031', severity: 'warning', title: 'The disk is nearly full', find: diskNearlyFull },
  { code: 'RFT032', severity: 'warning', title: 'Syncs of the log take long', find: slowSyncs },
  {
    code: 'RFT033',
    severity: 'warning',
    title: 'Acknowledged writes can be lost',
    find: weakPromise,
  },
  { code: 'RFT034', severity: 'info', title: 'Nodes sync unlike each other', find: unlikePromises },
  {
    code: 'RFT035',
    severity: 'critical',
    title: 'Two nodes want one data directory',
    find: sharedDirectory,
  },
  { code: 'RFT036', severity: 'critical', title: "A node's data is damaged", find: damaged },
  { code: 'RFT037', severity: 'warning', title: "A node's address is taken", find: addressTaken },
  { code: 'RFT038', severity: 'critical', title: "A node's disk failed", find: diskFailed },
  { code: 'RFT040', severity: 'warning', title: 'The log is long', find: longLog },
  {
    code: 'RFT050',
    severity: 'critical',
    title: 'A promise of Raft was broken',
    find: disagreement,
  },
];
