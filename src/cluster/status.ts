/** Status of a whole cluster: every member is a row, also the dead ones. */
import { fetchNodeStatus } from '../client/admin-client.ts';
import { RaftctlError } from '../std/errors.ts';
import { plural } from '../std/units.ts';
import {
  type ClusterNodeRow,
  type ClusterStatus,
  durabilityOf,
  type FsyncName,
  type NodeState,
  type NodeStatus,
} from '../wire/status.ts';
import { etcdNodeStatus } from './etcd-node.ts';
import { lastWords } from './node-log.ts';
import { findNodeProcess, lastBeatMs, type NodeProcess } from './node-process.ts';
import type { ClusterStore } from './store.ts';
import { type ClusterNode, type ClusterSpec, quorumOf } from './topology.ts';

/** What could be learned about one node from outside. */
export interface Observation {
  readonly node: ClusterNode;
  readonly process: NodeProcess | null;
  /** Wall clock of the last sign of life on disk; null: never started. */
  readonly lastBeatMs: number | null;
  /** Its own account; null when it does not answer. */
  readonly status: NodeStatus | null;
  /** Why it does not answer or does not run, in words. */
  readonly error: string | null;
}

const ANSWER_TIMEOUT_MS = 1000;
/** A node whose process is younger than this and does not answer yet is starting. */
const STARTING_MS_MAX = 10_000;

/** Asks every node at once, then members that are no nodes of this machine. */
export async function clusterStatus(
  store: ClusterStore,
  spec: ClusterSpec,
): Promise<ClusterStatus> {
  const observations = await Promise.all(spec.nodes.map((node) => observe(store, spec, node)));
  const strangers = strangersTo(spec, leaderOf(observations));
  const elsewhere = await Promise.all(strangers.map((node) => observeElsewhere(spec, node)));
  return assembleStatus(spec, [...observations, ...elsewhere], Date.now());
}

/** Members whose data lies elsewhere: they joined from another machine or another folder. */
function strangersTo(spec: ClusterSpec, leader: NodeStatus | null): readonly ClusterNode[] {
  const strangers = (leader?.members ?? []).filter(
    ({ member }) => !spec.nodes.some((node) => node.member === member),
  );
  return strangers.map(({ id, member, clientAddress, peerAddress, adminAddress }) => {
    return { id, member, clientAddress, peerAddress, adminAddress, dataDir: '' };
  });
}

async function observeElsewhere(spec: ClusterSpec, node: ClusterNode): Promise<Observation> {
  const base = { node, process: null, lastBeatMs: null };
  return { ...base, ...(await askNode(spec, node)) };
}

async function observe(
  store: ClusterStore,
  spec: ClusterSpec,
  node: ClusterNode,
): Promise<Observation> {
  if (node.host !== undefined || node.dataDir === '') return observeElsewhere(spec, node);
  const found = await findNodeProcess(node.dataDir);
  const beatMs = await lastBeatMs(node.dataDir, store.logFileOf(spec.name, node.id));
  const base = { node, process: found, lastBeatMs: beatMs };
  if (found === null) {
    const words = await lastWords(store.logFileOf(spec.name, node.id));
    const error = words === null ? null : `${words.code}: ${words.message}`;
    return { ...base, status: null, error };
  }
  if (found.isPaused) return { ...base, status: null, error: 'the process is stopped (SIGSTOP)' };
  return { ...base, ...(await askNode(spec, node)) };
}

async function askNode(
  spec: ClusterSpec,
  node: ClusterNode,
): Promise<Pick<Observation, 'status' | 'error'>> {
  try {
    const status =
      spec.engine === undefined
        ? await fetchNodeStatus(node.adminAddress, ANSWER_TIMEOUT_MS)
        : await etcdNodeStatus(spec, node, ANSWER_TIMEOUT_MS);
    const isIt = status.clusterId === spec.clusterId && status.member === node.member;
    if (isIt) return { status, error: status.error };
    return { status: null, error: `${node.adminAddress} belongs to another node` };
  } catch (error) {
    return { status: null, error: error instanceof Error ? error.message : String(error) };
  }
}

/** The cluster as its observations show it. Pure. */
export function assembleStatus(
  spec: ClusterSpec,
  observations: readonly Observation[],
  nowMs: number,
): ClusterStatus {
  const leader = leaderOf(observations);
  const terms = observations.flatMap((o) => (o.status === null ? [] : [o.status.term]));
  const quorum = quorumOf(votersOf(spec, leader ?? newestOf(observations)));
  const fsync = weakestFsync(spec);
  const nodes = observations.map((o) => rowOf(spec, o, leader, nowMs));
  const members = observations.filter((o) => !isRemoved(o.node, leader));
  const up = nodes.filter((row) => row.state === 'up').length;
  // A node with a full disk answers, but nobody can count on it for a write.
  const writable = members.filter((o) => o.status?.voter === true && !o.status.diskFull).length;
  const serves = leader !== null && canCommit(leader);
  const isHealthy =
    serves &&
    up === members.length &&
    members.every((o) => o.error === null && isWell(o.status, leader));
  return {
    name: spec.name,
    app: spec.engine ?? spec.app,
    leader: leader?.id ?? null,
    term: terms.length === 0 ? null : Math.max(...terms),
    quorum,
    tolerance: Math.max(0, writable - quorum),
    serving: serves,
    healthy: isHealthy,
    leases: spec.leases ?? false,
    fsync,
    durability: durabilityOf(fsync),
    nodes,
  };
}

/** As the leader counts, or who knows most without one; when nobody answers, all there are. */
function votersOf(spec: ClusterSpec, known: NodeStatus | null): number {
  return known === null ? spec.nodes.length : known.members.filter((m) => m.voter).length;
}

function newestOf(observations: readonly Observation[]): NodeStatus | null {
  let found: NodeStatus | null = null;
  for (const { status } of observations) {
    if (status !== null && status.commitIndex > (found?.commitIndex ?? -1)) found = status;
  }
  return found;
}

/** Whether a leader can commit: it reaches a majority, and has committed in its term. */
export function canCommit(leader: NodeStatus): boolean {
  const voters = leader.members.filter((m) => m.voter).length;
  return leader.serving && reachOf(leader) >= quorumOf(voters);
}

function isRemoved(node: ClusterNode, leader: NodeStatus | null): boolean {
  return leader !== null && !leader.members.some((m) => m.member === node.member);
}

/** A promise of the cluster is as good as its weakest node's. */
export function weakestFsync(spec: ClusterSpec): FsyncName {
  const names = spec.nodes.map((node) => node.fsync ?? spec.fsync);
  return names.includes('none') ? 'none' : names.includes('batch') ? 'batch' : 'always';
}

/** What is wrong with the cluster and what to do about it; null: nothing. Pure. */
export function troubleOf(status: ClusterStatus): RaftctlError | null {
  if (status.healthy) return null;
  const { name, nodes, quorum } = status;
  const down = nodes.filter((row) => row.state !== 'up' && row.state !== 'removed');
  const sick = nodes.filter((row) => row.state === 'up' && row.error !== null);
  const which = [
    ...down.map((row) => `${row.id} is ${row.state}`),
    ...sick.map((row) => `${row.id}: ${row.error}`),
  ].join(', ');
  const stopped = down.filter((row) => row.state === 'down').map((row) => row.id);
  const hint =
    stopped.length === 0
      ? `Look: raftctl node logs --cluster ${name}`
      : stopped.length === nodes.length
        ? `Start it: raftctl cluster up ${name}`
        : `Bring back what is down: raftctl node start ${stopped.join(' ')} --cluster ${name}`;
  if (status.leader === null) {
    return new RaftctlError('NO_LEADER', {
      message: `Nobody leads ${name}, and ${plural(quorum, 'node')} must be up: ${which || 'all nodes are up'}`,
      hint,
    });
  }
  const reason = which || 'not every node follows the leader yet';
  return new RaftctlError('CLUSTER_DEGRADED', { message: `${name} is degraded: ${reason}`, hint });
}

/** The leader of the newest term. An old one that has not noticed yet does not count. */
function leaderOf(observations: readonly Observation[]): NodeStatus | null {
  let found: NodeStatus | null = null;
  for (const { status } of observations) {
    if (status?.role !== 'leader') continue;
    if (found === null || status.term > found.term) found = status;
  }
  return found;
}

/** A node that does not know the leader yet cannot forward to it. */
function isWell(status: NodeStatus | null, leader: NodeStatus | null): boolean {
  return status !== null && !status.diskFull && status.leaderMember === leader?.member;
}

/** Voters the leader can count on, itself included. */
function reachOf(leader: NodeStatus): number {
  return leader.members.filter((m) => m.voter && (m.connected || m.member === leader.member))
    .length;
}

function rowOf(
  spec: ClusterSpec,
  observation: Observation,
  leader: NodeStatus | null,
  nowMs: number,
): ClusterNodeRow {
  const { node, status, lastBeatMs: beatMs } = observation;
  const lag = leader === null || status === null ? null : leader.commitIndex - status.commitIndex;
  const silentMs = beatMs === null ? null : Math.max(0, Math.round(nowMs - beatMs));
  return {
    id: node.id,
    member: node.member,
    state: isRemoved(node, leader) ? 'removed' : stateOf(observation, nowMs),
    role: status?.role ?? null,
    voter: status?.voter ?? true,
    term: status?.term ?? null,
    commitIndex: status?.commitIndex ?? null,
    appliedIndex: status?.appliedIndex ?? null,
    lastIndex: status?.lastIndex ?? null,
    lag: lag === null ? null : Math.max(0, lag),
    clientAddress: node.clientAddress,
    peerAddress: node.peerAddress,
    adminAddress: node.adminAddress,
    pid: observation.process?.pid ?? status?.pid ?? null,
    uptimeMs: status?.uptimeMs ?? null,
    lastSeenMs: status === null ? silentMs : 0,
    fsync: status?.fsync ?? node.fsync ?? spec.fsync,
    logBytes: status?.logBytes ?? null,
    freeBytes: status?.freeBytes ?? null,
    snapshotIndex: status?.snapshotIndex ?? null,
    snapshotBytes: status?.snapshotBytes ?? null,
    error: observation.error,
  };
}

function stateOf(observation: Observation, nowMs: number): NodeState {
  const { process: found, status } = observation;
  if (found === null) return status === null ? 'down' : 'up';
  if (found.isPaused) return 'paused';
  if (status !== null) return 'up';
  const isYoung = nowMs - found.startedAtMs < STARTING_MS_MAX;
  return isYoung ? 'starting' : 'down';
}
