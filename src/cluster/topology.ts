/** What a local cluster consists of: its description on disk and how its addresses are laid out. */
import { dirname, join } from 'node:path';
import { RaftctlError } from '../std/errors.ts';
import {
  type AppName,
  DATA_FORMAT_VERSION,
  NODE_CONFIG_DEFAULTS,
  type NodeConfig,
  type RetainName,
} from '../wire/node-config.ts';
import type { FsyncName } from '../wire/status.ts';
import { type ClusterDemo, clusterDemo, demoOf } from './demo-cluster.ts';
import { TlsFolder } from './tls-folder.ts';

/** Version of `cluster.json`. */
export const CLUSTER_FORMAT_VERSION = 1;
export const PORT_BASE_DEFAULT = 11_000;
export const NODES_MAX = 99;
/** Peer ports lie this far above the client ports, admin ports twice as far. */
export const PORT_STRIDE = 1000;
/** A node's tick is 10 ms. */
const HEARTBEAT_MS_MIN = 10;

/** Another machine that a node runs on, reached by ssh. */
export interface NodeHost {
  /** What stands behind `ssh`. */
  readonly ssh: string;
  /** A configuration of ssh instead of its own files; null: none. Absolute. */
  readonly sshConfig: string | null;
  /** Folder of raftctl there: programs and clusters. Absolute. */
  readonly directory: string;
  /** Node there, by path or by name. */
  readonly node: string;
  /** Folder of the program there that the node is started with. */
  readonly program: string;
  /** Only where systemd looks after the node. */
  readonly units?: UnitManager;
}

/** Whose systemd: that of the user who is logged in there, or the machine's. */
export type UnitManager = 'user' | 'system';

export interface ClusterNode {
  readonly id: string;
  readonly member: number;
  readonly clientAddress: string;
  readonly peerAddress: string;
  readonly adminAddress: string;
  readonly dataDir: string; // Empty: nothing of it lies here, only its addresses are known.
  /** Where this node differs from its cluster. */
  readonly fsync?: FsyncName;
  readonly times?: NodeTimes;
  /** Only of nodes that are not of this machine; `dataDir` is then a folder there. */
  readonly host?: NodeHost;
}

/** Raft's times of a node; what is left out is the default. Milliseconds. */
export type NodeTimes = Partial<
  Pick<NodeConfig, 'electionTimeoutMsMin' | 'electionTimeoutMsMax' | 'heartbeatMs'>
>;

/** Whose program the nodes are, where it is not this one. */
export type EngineName = 'etcd';

/** `cluster.json`. */
export interface ClusterSpec {
  readonly formatVersion: number;
  readonly name: string;
  readonly clusterId: string;
  readonly app: AppName;
  /** Only of clusters whose nodes are another program's. */
  readonly engine?: EngineName;
  readonly fsync: FsyncName;
  /** Only where they are on. */
  readonly leases?: true;
  /** Only where it is on: certificates and tokens lie in the folder `tls` beside. */
  readonly tls?: true;
  readonly createdAt: string;
  /** Removed with all its data when it stops. */
  readonly ephemeral: boolean;
  readonly portBase: number;
  /** Absent: what a snapshot holds is forgotten. */
  readonly retain?: 'all';
  readonly times?: NodeTimes;
  readonly demo?: ClusterDemo;
  readonly nodes: readonly ClusterNode[];
}

/** What is wished for one node. Ports are of 127.0.0.1, unless it has an address. */
export interface NodeWish {
  readonly address?: string;
  readonly host?: NodeHost;
  readonly fsync?: FsyncName | undefined;
  readonly clientPort?: number | undefined;
  readonly peerPort?: number | undefined;
  readonly adminPort?: number | undefined;
  readonly times: NodeTimes;
}

/** What the user asked for; a null was not said, so anything an existing cluster has is right. */
export interface ClusterWish {
  readonly nodeCount: number | null;
  readonly app: AppName | null;
  readonly engine?: EngineName | 'raftctl';
  readonly fsync: FsyncName | null;
  readonly leases: boolean | null;
  readonly tls: boolean | null;
  readonly portBase: number | null;
  readonly retain: RetainName | null;
  readonly times: NodeTimes;
  readonly demo?: ClusterDemo;
  /** By name of the node. */
  readonly nodes: Readonly<Record<string, NodeWish>>;
}

/** Of somebody who says nothing. */
export const NO_WISH: ClusterWish = {
  nodeCount: null,
  app: null,
  fsync: null,
  leases: null,
  tls: null,
  portBase: null,
  retain: null,
  times: {},
  nodes: {},
};

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
    const own: NodeWish = init.wish.nodes[id] ?? { times: {} };
    const address = own.address ?? '127.0.0.1';
    return {
      id,
      member: i + 1,
      clientAddress: `${address}:${own.clientPort ?? port}`,
      peerAddress: `${address}:${own.peerPort ?? port + PORT_STRIDE}`,
      adminAddress: `${address}:${own.adminPort ?? port + 2 * PORT_STRIDE}`,
      dataDir: init.dataDirOf(id),
      ...(own.host === undefined ? {} : { host: own.host }),
      ...(own.fsync === undefined ? {} : { fsync: own.fsync }),
      ...timesIn(own.times),
    };
  });
  checkAddresses(nodes);
  for (const node of nodes) checkTimes(node.id, { ...init.wish.times, ...node.times });
  return {
    formatVersion: CLUSTER_FORMAT_VERSION,
    name: init.name,
    clusterId: init.clusterId,
    app: init.wish.app ?? 'kvstore',
    ...(init.wish.engine === 'etcd' ? { engine: 'etcd' as const } : {}),
    fsync: init.wish.fsync ?? 'always',
    ...(init.wish.leases === true ? { leases: true } : {}),
    ...(init.wish.tls === true ? { tls: true } : {}),
    createdAt: init.createdAt,
    ephemeral: init.ephemeral,
    portBase,
    ...(init.wish.retain === 'all' ? { retain: 'all' as const } : {}),
    ...timesIn(init.wish.times),
    ...clusterDemo(init.wish.app ?? 'kvstore', init.wish.demo ?? {}),
    nodes,
  };
}

/**
 * One more node: the first name and ports above all that are there. Its member number is the
 * leader's to give.
 */
export function planNode(
  spec: Pick<ClusterSpec, 'nodes' | 'portBase'>,
  dataDirOf: (id: string) => string,
): Omit<ClusterNode, 'member'> {
  const numbers = spec.nodes.map((node) => Number(/^n(\d+)$/.exec(node.id)?.[1] ?? 0));
  const at = Math.max(0, ...numbers);
  checkPlan(at + 1, spec.portBase);
  const port = spec.portBase + at;
  const id = `n${at + 1}`;
  return {
    id,
    clientAddress: `127.0.0.1:${port}`,
    peerAddress: `127.0.0.1:${port + PORT_STRIDE}`,
    adminAddress: `127.0.0.1:${port + 2 * PORT_STRIDE}`,
    dataDir: dataDirOf(id),
  };
}

/** Only where there are any: a cluster with none looks as it always did. */
function timesIn(times: NodeTimes): { readonly times?: NodeTimes } {
  return Object.keys(times).length === 0 ? {} : { times };
}

/** What a node is told when its data directory is formatted. */
export function nodeConfigOf(spec: ClusterSpec, node: ClusterNode, secretFile: string): NodeConfig {
  return {
    ...NODE_CONFIG_DEFAULTS,
    ...spec.times,
    ...node.times,
    formatVersion: DATA_FORMAT_VERSION,
    cluster: spec.name,
    clusterId: spec.clusterId,
    id: node.id,
    member: node.member,
    app: spec.app,
    fsync: node.fsync ?? spec.fsync,
    ...(spec.retain === undefined ? {} : { retain: spec.retain }),
    ...leasesOf(spec),
    ...demoOf(spec, node.id),
    ...(spec.tls === true ? { security: tlsBeside(secretFile).filesOf(node.id) } : {}),
    members: spec.nodes.map(({ member, id, clientAddress, peerAddress, adminAddress }) => {
      return { member, id, clientAddress, peerAddress, adminAddress };
    }),
    secretFile,
  };
}

/** Where certificates lie, in the folder of the cluster's secret. */
export function tlsBeside(secretFile: string): TlsFolder {
  return new TlsFolder(join(dirname(secretFile), 'tls'));
}

/** One promise for all nodes: a leader counts on what the others promise by their own timers. */
function leasesOf({ leases, times = {} }: ClusterSpec): Partial<NodeConfig> {
  if (leases === undefined) return {};
  const leasePromiseMs = times.electionTimeoutMsMin ?? NODE_CONFIG_DEFAULTS.electionTimeoutMsMin;
  return { leases, leasePromiseMs };
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

/** What a node would refuse at its start is refused before anything is made. */
function checkTimes(id: string, times: NodeTimes): void {
  const all = { ...NODE_CONFIG_DEFAULTS, ...times };
  const { electionTimeoutMsMin: min, electionTimeoutMsMax: max, heartbeatMs } = all;
  const fail = (rule: string): never => {
    throw new RaftctlError('USAGE', {
      message: `Cannot give ${id} these times: ${rule}`,
      hint: `They are: election timeout ${min} to ${max} ms, heartbeat ${heartbeatMs} ms`,
    });
  };
  if (min > max) fail('the shortest election timeout is longer than the longest');
  if (heartbeatMs < HEARTBEAT_MS_MIN) fail(`a heartbeat takes at least ${HEARTBEAT_MS_MIN} ms`);
  if (heartbeatMs * 2 > min) fail('two heartbeats must fit into the shortest election timeout');
}

function checkAddresses(nodes: readonly ClusterNode[]): void {
  const seen = new Map<string, string>();
  for (const { id, clientAddress, peerAddress, adminAddress } of nodes) {
    for (const address of [clientAddress, peerAddress, adminAddress]) {
      const other = seen.get(address);
      if (other !== undefined) {
        throw new RaftctlError('USAGE', {
          message: `Cannot give ${address} to ${id} as ${other} has it`,
          hint: 'Every port of a cluster is used once',
        });
      }
      seen.set(address, id);
    }
  }
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
