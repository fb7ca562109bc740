/** What a local cluster consists of: its description on disk and how its addresses are laid out. */
import { RaftctlError } from '../std/errors.ts';
import {
  type AppName,
  DATA_FORMAT_VERSION,
  NODE_CONFIG_DEFAULTS,
  type NodeConfig,
  type RetainName,
} from '../wire/node-config.ts';
import type { FsyncName } from '../wire/status.ts';
import { type ClusterDemo, clusterDemo, demoDifferences, demoOf } from './demo-cluster.ts';

/** Version of `cluster.json`. */
export const CLUSTER_FORMAT_VERSION = 1;
export const PORT_BASE_DEFAULT = 11_000;
export const NODES_MAX = 99;
/** Peer ports lie this far above the client ports, admin ports twice as far. */
const PORT_STRIDE = 1000;
/** A node's tick is 10 ms. */
const HEARTBEAT_MS_MIN = 10;

export interface ClusterNode {
  readonly id: string;
  readonly member: number;
  readonly clientAddress: string;
  readonly peerAddress: string;
  readonly adminAddress: string;
  readonly dataDir: string;
  /** Where this node differs from its cluster. */
  readonly fsync?: FsyncName;
  readonly times?: NodeTimes;
}

/** Raft's times of a node; what is left out is the default. Milliseconds. */
export type NodeTimes = Partial<
  Pick<NodeConfig, 'electionTimeoutMsMin' | 'electionTimeoutMsMax' | 'heartbeatMs'>
>;

/** `cluster.json`. */
export interface ClusterSpec {
  readonly formatVersion: number;
  readonly name: string;
  readonly clusterId: string;
  readonly app: AppName;
  readonly fsync: FsyncName;
  /** Only where they are on. */
  readonly leases?: true;
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

/** What is wished for one node. Ports are of 127.0.0.1. */
export interface NodeWish {
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
  readonly fsync: FsyncName | null;
  readonly leases: boolean | null;
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
    const own = init.wish.nodes[id] ?? { times: {} };
    return {
      id,
      member: i + 1,
      clientAddress: `127.0.0.1:${own.clientPort ?? port}`,
      peerAddress: `127.0.0.1:${own.peerPort ?? port + PORT_STRIDE}`,
      adminAddress: `127.0.0.1:${own.adminPort ?? port + 2 * PORT_STRIDE}`,
      dataDir: init.dataDirOf(id),
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
    fsync: init.wish.fsync ?? 'always',
    ...(init.wish.leases === true ? { leases: true } : {}),
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
    members: spec.nodes.map(({ member, id, clientAddress, peerAddress, adminAddress }) => {
      return { member, id, clientAddress, peerAddress, adminAddress };
    }),
    secretFile,
  };
}

/** One promise for all nodes: a leader counts on what the others promise by their own timers. */
function leasesOf({ leases, times = {} }: ClusterSpec): Partial<NodeConfig> {
  if (leases === undefined) return {};
  const leasePromiseMs = times.electionTimeoutMsMin ?? NODE_CONFIG_DEFAULTS.electionTimeoutMsMin;
  return { leases, leasePromiseMs };
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
  if (wish.leases !== null && wish.leases !== (spec.leases ?? false)) {
    found.push(`--leases is ${wish.leases ? 'off, not on' : 'on, not off'}`);
  }
  compare('--port-base', spec.portBase, wish.portBase);
  compare('--retain', spec.retain ?? 'snapshot', wish.retain);
  compareTimes(found, '', spec.times ?? {}, wish.times);
  found.push(...demoDifferences(spec.demo, wish.demo));
  for (const [id, own] of Object.entries(wish.nodes)) {
    const node = spec.nodes.find((candidate) => candidate.id === id);
    if (node === undefined) continue;
    compare(`${id} fsync`, node.fsync ?? spec.fsync, own.fsync ?? null);
    compare(`${id} clientPort`, portOf(node.clientAddress), own.clientPort ?? null);
    compare(`${id} peerPort`, portOf(node.peerAddress), own.peerPort ?? null);
    compare(`${id} adminPort`, portOf(node.adminAddress), own.adminPort ?? null);
    compareTimes(found, `${id} `, { ...spec.times, ...node.times }, own.times);
  }
  return found;
}

function compareTimes(found: string[], prefix: string, has: NodeTimes, wanted: NodeTimes): void {
  const all = { ...NODE_CONFIG_DEFAULTS, ...has };
  for (const key of TIME_KEYS) {
    const wish = wanted[key];
    if (wish === undefined || wish === all[key]) continue;
    found.push(`${prefix}${key} is ${all[key]}, not ${wish}`);
  }
}

const TIME_KEYS = ['electionTimeoutMsMin', 'electionTimeoutMsMax', 'heartbeatMs'] as const;

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
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
