/** What a local cluster consists of: its description on disk and how its addresses are laid out. */
import { RaftctlError } from '../std/errors.ts';
import { DATA_FORMAT_VERSION, NODE_CONFIG_DEFAULTS, type NodeConfig } from '../wire/node-config.ts';
import type { FsyncName } from '../wire/status.ts';

/** Version of `cluster.json`. */
export const CLUSTER_FORMAT_VERSION = 1;
export const PORT_BASE_DEFAULT = 11_000;
export const NODES_MAX = 99;
/** Peer ports lie this far above the client ports, admin ports twice as far. */
const PORT_STRIDE = 1000;

export interface ClusterNode {
  readonly id: string;
  readonly member: number;
  readonly clientAddress: string;
  readonly peerAddress: string;
  readonly adminAddress: string;
  readonly dataDir: string;
}

/** `cluster.json`. */
export interface ClusterSpec {
  readonly formatVersion: number;
  readonly name: string;
  readonly clusterId: string;
  readonly app: 'kvstore';
  readonly fsync: FsyncName;
  readonly createdAt: string;
  /** Removed with all its data when it stops. */
  readonly ephemeral: boolean;
  readonly portBase: number;
  readonly nodes: readonly ClusterNode[];
}

/** What the user asked for; a null was not said, so anything an existing cluster has is right. */
export interface ClusterWish {
  readonly nodeCount: number | null;
  readonly app: 'kvstore' | null;
  readonly fsync: FsyncName | null;
  readonly portBase: number | null;
}

export interface SpecInit {
  readonly name: string;
  readonly clusterId: string;
  readonly createdAt: string;
  readonly ephemeral: boolean;
  readonly wish: ClusterWish;
  /** Data directory of a node. */
  readonly dataDirOf: (id: string) => string;
}

/** A new cluster's description. @throws {RaftctlError} USAGE when it cannot exist. */
export function planCluster(init: SpecInit): ClusterSpec {
  const portBase = init.wish.portBase ?? PORT_BASE_DEFAULT;
  const nodeCount = init.wish.nodeCount ?? 3;
  checkPlan(nodeCount, portBase);
  const nodes = Array.from({ length: nodeCount }, (_, i): ClusterNode => {
    const id = `n${i + 1}`;
    const port = portBase + i;
    return {
      id,
      member: i + 1,
      clientAddress: `127.0.0.1:${port}`,
      peerAddress: `127.0.0.1:${port + PORT_STRIDE}`,
      adminAddress: `127.0.0.1:${port + 2 * PORT_STRIDE}`,
      dataDir: init.dataDirOf(id),
    };
  });
  return {
    formatVersion: CLUSTER_FORMAT_VERSION,
    name: init.name,
    clusterId: init.clusterId,
    app: init.wish.app ?? 'kvstore',
    fsync: init.wish.fsync ?? 'always',
    createdAt: init.createdAt,
    ephemeral: init.ephemeral,
    portBase,
    nodes,
  };
}

/** What a node is told when its data directory is formatted. */
export function nodeConfigOf(spec: ClusterSpec, node: ClusterNode, secretFile: string): NodeConfig {
  return {
    ...NODE_CONFIG_DEFAULTS,
    formatVersion: DATA_FORMAT_VERSION,
    cluster: spec.name,
    clusterId: spec.clusterId,
    id: node.id,
    member: node.member,
    app: spec.app,
    fsync: spec.fsync,
    members: spec.nodes.map(({ dataDir: _, ...member }) => member),
    secretFile,
  };
}

/** Where an existing cluster is not what was asked for, in words; empty: it fits. */
export function differences(spec: ClusterSpec, wish: ClusterWish): string[] {
  const found: string[] = [];
  const compare = (flag: string, has: string | number, wanted: string | number | null): void => {
    if (wanted !== null && wanted !== has) found.push(`${flag} is ${has}, not ${wanted}`);
  };
  compare('--nodes', spec.nodes.length, wish.nodeCount);
  compare('--app', spec.app, wish.app);
  compare('--fsync', spec.fsync, wish.fsync);
  compare('--port-base', spec.portBase, wish.portBase);
  return found;
}

export function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/** @throws {RaftctlError} USAGE when a name could not be a folder or be typed. */
export function checkClusterName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name) && !name.endsWith('.lock')) return;
  throw new RaftctlError('USAGE', {
    message: `Cannot name a cluster ${JSON.stringify(name)}: names are letters, digits, . _ - and start with a letter or digit`,
  });
}

function checkPlan(nodeCount: number, portBase: number): void {
  if (!Number.isInteger(nodeCount) || nodeCount < 1 || nodeCount > NODES_MAX) {
    throw new RaftctlError('USAGE', {
      message: `Cannot start ${nodeCount} nodes: a cluster has 1 to ${NODES_MAX}`,
    });
  }
  const last = portBase + 2 * PORT_STRIDE + nodeCount - 1;
  if (!Number.isInteger(portBase) || portBase < 1 || last > 65_535) {
    throw new RaftctlError('USAGE', {
      message: `Cannot lay out ports from ${portBase}: the last one would be ${last}, outside 1 to 65535`,
    });
  }
}
