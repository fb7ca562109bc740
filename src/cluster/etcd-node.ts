/** Nodes of a cluster whose engine is etcd: how they are made, started and asked. */
import { constants } from 'node:fs';
import { access, mkdir, statfs } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fetchEtcdMembers, fetchEtcdStatus } from '../client/etcd-client.ts';
import { RaftctlError } from '../std/errors.ts';
import { durabilityOf, type MemberStatus, type NodeStatus, type RoleName } from '../wire/status.ts';
import { writeWhole } from './durable-file.ts';
import { findNodeProcess, type NodeProcess } from './node-process.ts';
import type { ClusterNode, ClusterSpec, ClusterWish, NodeTimes } from './topology.ts';

/** The program, as it is called wherever it is a package. */
const ETCD = 'etcd';
/** etcd's own defaults. */
const HEARTBEAT_MS = 100;
const ELECTION_MS = 1000;

/** @throws {RaftctlError} USAGE when etcd is not installed, or knows nothing of what is wished. */
export async function checkEtcd(wish: ClusterWish): Promise<void> {
  const { app, fsync, leases, retain, demo } = wish;
  const unknown = [
    ...(app === null ? [] : ['--app']),
    ...(fsync === null || fsync === 'always' ? [] : ['--fsync']),
    ...(leases === true ? ['--leases'] : []),
    ...(retain === 'all' ? ['--retain'] : []),
    ...(demo === undefined || Object.keys(demo).length === 0 ? [] : ['options of raft-demo']),
  ];
  if (unknown.length > 0) {
    throw new RaftctlError('USAGE', {
      message: `Cannot give nodes of etcd ${unknown.join(', ')}: they know nothing of that`,
      hint: 'Leave it out; etcd stores keys and values, and syncs every write',
    });
  }
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const tries = folders.map((folder) => access(join(folder, ETCD), constants.X_OK));
  const found = await Promise.any(tries).catch(() => null);
  if (found !== null) return;
  throw new RaftctlError('USAGE', {
    message: 'Cannot start nodes of etcd: there is no program etcd in PATH',
    hint: 'Install it, on Debian with: apt-get install etcd-server',
  });
}

/** Makes a node's folder, with a note of what it belongs to. */
export async function formatEtcdNode(spec: ClusterSpec, node: ClusterNode): Promise<void> {
  await mkdir(node.dataDir, { recursive: true, mode: 0o700 });
  const { name: cluster, clusterId } = spec;
  const text = `${JSON.stringify({ engine: ETCD, cluster, clusterId, id: node.id }, null, 2)}\n`;
  await writeWhole({ path: join(node.dataDir, 'node.json'), text, mode: 0o600 });
}

export interface EngineCommand {
  readonly file: string;
  readonly args: readonly string[];
}

/** What a node of this cluster is started with. Pure. */
export function etcdCommand(spec: ClusterSpec, node: ClusterNode): EngineCommand {
  const times: NodeTimes = { ...spec.times, ...node.times };
  const peers = spec.nodes.map(({ id, peerAddress }) => `${id}=http://${peerAddress}`);
  const flags = {
    name: node.id,
    'data-dir': join(node.dataDir, 'etcd'),
    'listen-client-urls': `http://${node.clientAddress}`,
    'advertise-client-urls': `http://${node.clientAddress}`,
    'listen-peer-urls': `http://${node.peerAddress}`,
    'initial-advertise-peer-urls': `http://${node.peerAddress}`,
    'initial-cluster': peers.join(','),
    'initial-cluster-token': spec.clusterId,
    'initial-cluster-state': 'new',
    'heartbeat-interval': times.heartbeatMs ?? HEARTBEAT_MS,
    'election-timeout': times.electionTimeoutMsMin ?? ELECTION_MS,
    logger: 'zap',
    'log-outputs': 'stderr',
  };
  return { file: ETCD, args: Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`) };
}

/** As if the process had written it: it is known again by this file. */
export async function writeEtcdPid(dataDir: string, pid: number): Promise<void> {
  const facts = { pid, startedAtMs: Date.now(), incarnation: String(pid) };
  await writeWhole({ path: join(dataDir, 'node.pid'), text: JSON.stringify(facts), mode: 0o600 });
}

/** @throws {RaftctlError} UNREACHABLE */
export async function etcdNodeStatus(
  spec: ClusterSpec,
  node: ClusterNode,
  timeoutMs: number,
): Promise<NodeStatus> {
  const { clientAddress, peerAddress, adminAddress, dataDir, id, member } = node;
  const [status, members, process, disk] = await Promise.all([
    fetchEtcdStatus(clientAddress, timeoutMs),
    fetchEtcdMembers(clientAddress, timeoutMs),
    findNodeProcess(dataDir),
    statfs(dataDir),
  ]);
  const nameOf = (etcdId: string): string | null => {
    return members.find((one) => one.id === etcdId)?.name ?? null;
  };
  if (nameOf(status.memberId) !== id) {
    const message = `${clientAddress} belongs to another etcd`;
    throw new RaftctlError('UNREACHABLE', { message });
  }
  const leader = nameOf(status.leaderId);
  const role: RoleName =
    leader === id
      ? 'leader'
      : leader === null
        ? 'candidate'
        : status.isLearner
          ? 'learner'
          : 'follower';
  const [pid, uptimeMs] = lifeOf(process);
  return {
    ...{ id, member, cluster: spec.name, clusterId: spec.clusterId, app: ETCD, pid, uptimeMs },
    ...{ version: status.version, incarnation: String(pid), role, voter: !status.isLearner },
    ...{ term: status.term, leader, leaderMember: memberOf(spec, leader) },
    ...{ commitIndex: status.raftIndex, appliedIndex: status.appliedIndex },
    ...{ durableIndex: status.raftIndex, lastIndex: status.raftIndex, firstIndex: 1 },
    ...{
      serving: leader === id,
      leases: false,
      fsync: 'always',
      durability: durabilityOf('always'),
    },
    ...{ logBytes: status.dbBytes, freeBytes: disk.bavail * disk.bsize, diskFull: false },
    ...{ snapshotIndex: 0, snapshotBytes: 0, connections: 0, changing: false },
    ...{ clientAddress, peerAddress, adminAddress },
    members: spec.nodes.map((one) => memberStatusOf(one, members)),
    error: status.errors.length === 0 ? null : status.errors.join('; '),
  };
}

function lifeOf(process: NodeProcess | null): readonly [number, number] {
  return process === null ? [0, 0] : [process.pid, Math.max(0, Date.now() - process.startedAtMs)];
}

function memberOf(spec: ClusterSpec, name: string | null): number | null {
  return spec.nodes.find(({ id }) => id === name)?.member ?? null;
}

/** etcd does not say whom its leader reaches; one that reached no majority would step down. */
function memberStatusOf(
  { id, member, clientAddress, peerAddress, adminAddress }: ClusterNode,
  members: readonly { readonly name: string; readonly isLearner: boolean }[],
): MemberStatus {
  const voter = members.find(({ name }) => name === id)?.isLearner !== true;
  const unknown = { caughtUp: null, matchIndex: null, nextIndex: null, rttMs: null };
  return {
    member,
    id,
    voter,
    clientAddress,
    peerAddress,
    adminAddress,
    ...unknown,
    connected: true,
  };
}
