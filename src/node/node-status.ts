/** Status of this node, put together from its parts. */

import type { NodeConfig } from '../wire/node-config.ts';
import { durabilityOf, type MemberStatus, type NodeStatus } from '../wire/status.ts';
import type { MemberNumber } from './model/ids.ts';
import type { LogStore } from './ports/log-store.ts';
import type { Network } from './ports/network.ts';
import type { SnapshotStore } from './ports/snapshot-store.ts';
import type { Replica } from './replica/replica.ts';

export interface StatusParts {
  readonly config: NodeConfig;
  readonly version: string;
  readonly incarnation: string;
  readonly replica: Replica;
  readonly log: LogStore;
  readonly snapshots: SnapshotStore;
  readonly network: Network;
  readonly uptimeMs: () => number;
  readonly connections: () => number;
  readonly error: () => string | null;
}

export function nodeStatus(parts: StatusParts): NodeStatus {
  const { config, replica, log, snapshots } = parts;
  const { raft } = replica;
  const own = config.members.find((m) => m.member === config.member);
  const disk = log.stats();
  return {
    id: config.id,
    member: config.member,
    cluster: config.cluster,
    clusterId: config.clusterId,
    app: config.app,
    version: parts.version,
    pid: process.pid,
    incarnation: parts.incarnation,
    uptimeMs: Math.round(parts.uptimeMs()),
    role: raft.role,
    voter: raft.membership.members.some((m) => m.number === config.member && m.voter),
    term: raft.term,
    leader: raft.leader === 0 ? null : replica.nameOf(raft.leader),
    leaderMember: raft.leader === 0 ? null : raft.leader,
    commitIndex: raft.commitIndex,
    appliedIndex: replica.applier.appliedIndex,
    durableIndex: raft.durableIndex,
    lastIndex: raft.lastIndex,
    firstIndex: raft.firstIndex,
    serving: raft.serving,
    leases: raft.membership.leases,
    fsync: config.fsync,
    durability: durabilityOf(config.fsync),
    logBytes: disk.logBytes,
    freeBytes: disk.freeBytes,
    snapshotIndex: raft.snapshotIndex,
    snapshotBytes: snapshots.newest?.bytes ?? 0,
    diskFull: replica.diskFull,
    clientAddress: own?.clientAddress ?? '',
    peerAddress: own?.peerAddress ?? '',
    adminAddress: own?.adminAddress ?? '',
    connections: parts.connections(),
    members: membersOf(parts),
    changing: raft.membership.outgoing !== undefined || raft.configurationIndex > raft.commitIndex,
    error: parts.error() ?? (replica.diskFull ? diskFullText(disk.freeBytes) : null),
  };
}

function membersOf(parts: StatusParts): readonly MemberStatus[] {
  const { config, network, replica } = parts;
  const { raft } = replica;
  const peers = new Map(network.stats().peers.map((p) => [p.member, p]));
  const progressOf = (member: MemberNumber) =>
    member === config.member ? null : replica.raft.progressOf(member);
  return replica.raft.membership.members.map((m) => {
    const progress = progressOf(m.number);
    const peer = peers.get(m.number);
    return {
      member: m.number,
      id: m.name,
      voter: m.voter,
      caughtUp: m.voter || raft.role !== 'leader' ? null : raft.hasCaughtUp(m.number),
      clientAddress: m.clientAddress,
      peerAddress: m.peerAddress,
      adminAddress: m.adminAddress,
      matchIndex: progress?.matchIndex ?? null,
      nextIndex: progress?.nextIndex ?? null,
      connected: m.number === config.member || peer?.connected === true,
      rttMs: peer?.rttMs ?? null,
    };
  });
}

function diskFullText(freeBytes: number): string {
  const mebibytes = (freeBytes / (1024 * 1024)).toFixed(1);
  return `disk full: no new writes here, ${mebibytes} MiB free`;
}
