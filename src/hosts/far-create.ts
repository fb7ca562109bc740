/**
 * A new cluster on other machines: this program put there, a node made on each, none started. What
 * it has got so far is taken away again when a machine fails.
 */
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { type ClusterStore, newClusterId } from '../cluster/store.ts';
import { CERTIFICATE_DAYS } from '../cluster/tls-folder.ts';
import { tlsMemberOf } from '../cluster/tls-member.ts';
import {
  type ClusterSpec,
  type ClusterWish,
  type NodeHost,
  type NodeWish,
  PORT_BASE_DEFAULT,
  PORT_STRIDE,
  planCluster,
  type UnitManager,
} from '../cluster/topology.ts';
import { isLoopback } from '../std/address.ts';
import { RaftctlError } from '../std/errors.ts';
import { withFileThere } from './far-files.ts';
import {
  aboutNodes,
  byMachine,
  callHand,
  clustersOn,
  DATA_MS_MAX,
  type FarNode,
  onEach,
} from './far-hand.ts';
import { keysFor } from './far-keys.ts';
import { actOver } from './far-nodes.ts';
import type { MakeRequest } from './hand-request.ts';
import type { HostWish } from './hosts-file.ts';
import { examine, putEverywhere } from './machines.ts';
import { packProgram } from './program-pack.ts';
import type { SshConnections } from './ssh.ts';

export interface FarCreateInit {
  readonly store: ClusterStore;
  readonly name: string;
  readonly wish: ClusterWish;
  /** Has systemd look after the nodes; null: nobody does. */
  readonly units: UnitManager | null;
  /** Folder of this package. */
  readonly root: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  /** A file here: the state that the cluster begins with; null: none. */
  readonly snapshot: string | null;
}

const DESTROY_GRACE_MS = 2000;

/** Afterwards every machine has what its nodes need, or nothing is left of it. */
export async function createElsewhere(
  init: FarCreateInit,
  connections: SshConnections,
  hosts: readonly HostWish[],
): Promise<ClusterSpec> {
  const { store, name } = init;
  const wish = placed(init.wish, hosts, init.units);
  const planned = plan(init, wish, (host) => host);
  checkExposed(planned);
  const folders = await examine(connections, planned.nodes, init.say);
  checkWanted(init);
  const program = await packProgram(init.root);
  const inFolder = (host: NodeHost): NodeHost => {
    const directory = folders.get(host) ?? host.directory;
    return { ...host, directory, program: posix.join(directory, 'programs', program.id) };
  };
  const spec = { ...plan(init, wish, inFolder), clusterId: planned.clusterId };
  await putEverywhere(connections, spec.nodes, program, init.say);
  checkWanted(init);
  await store.create(spec);
  try {
    if (spec.tls === true) {
      const members = spec.nodes.map(tlsMemberOf);
      await store.tlsFolderOf(name).make(name, members, CERTIFICATE_DAYS);
      await store.entrust(spec);
    }
    await onEach(byMachine(spec.nodes), (group) => makeFirst(init, connections, spec, group));
    checkWanted(init);
  } catch (error) {
    await undoElsewhere(init, connections, spec);
    throw error;
  }
  return spec;
}

/** @throws {RaftctlError} INTERRUPTED once it is given up. */
export function checkWanted({ name, signal }: Pick<FarCreateInit, 'name' | 'signal'>): void {
  if (!signal.aborted) return;
  throw new RaftctlError('INTERRUPTED', { message: `Interrupted making ${name}: nothing is left` });
}

/** @param settle what is known of a machine by now. */
function plan(
  { name }: FarCreateInit,
  wish: ClusterWish,
  settle: (host: NodeHost) => NodeHost,
): ClusterSpec {
  const nodes = Object.entries(wish.nodes).map(([id, own]) => {
    return [id, own.host === undefined ? own : { ...own, host: settle(own.host) }] as const;
  });
  const settled = Object.fromEntries(nodes);
  return planCluster({
    ...{ name, clusterId: newClusterId(), createdAt: new Date().toISOString(), ephemeral: false },
    wish: { ...wish, nodes: settled },
    dataDirOf: (id) => {
      const host = settled[id]?.host;
      return host === undefined ? '' : posix.join(clustersOn(host), name, id);
    },
  });
}

/** The wish with a machine for each node: n1 on the first. Machines of one address share ports. */
export function placed(
  wish: ClusterWish,
  hosts: readonly HostWish[],
  units: UnitManager | null = null,
): ClusterWish {
  if (wish.nodeCount !== null && wish.nodeCount !== hosts.length) {
    throw new RaftctlError('USAGE', {
      message: `Cannot put ${wish.nodeCount} nodes on ${hosts.length} machines: each has one`,
      hint: 'Leave --nodes out; a machine that is to have two stands twice in the file',
    });
  }
  const portBase = wish.portBase ?? PORT_BASE_DEFAULT;
  const nodes = hosts.map(({ address, ...host }, i): [string, NodeWish] => {
    const port = portBase + hosts.slice(0, i).filter((one) => one.address === address).length;
    const id = `n${i + 1}`;
    const own = wish.nodes[id] ?? { times: {} };
    const ports = {
      clientPort: own.clientPort ?? port,
      peerPort: own.peerPort ?? port + PORT_STRIDE,
      adminPort: own.adminPort ?? port + 2 * PORT_STRIDE,
    };
    const placeOf = { ...host, program: '', ...(units === null ? {} : { units }) };
    return [id, { ...own, ...ports, address, host: placeOf }];
  });
  return { ...wish, nodeCount: hosts.length, nodes: Object.fromEntries(nodes) };
}

/** Nobody is let onto a network without keys. */
function checkExposed({ nodes, tls }: ClusterSpec): void {
  const open = nodes.map(({ clientAddress }) => clientAddress.replace(/:\d+$/, ''));
  const exposed = open.find((address) => !isLoopback(address));
  if (tls === true || exposed === undefined) return;
  throw new RaftctlError('EXPOSED_BIND', {
    message: `Cannot start nodes at ${exposed} without certificates and tokens: whoever reaches it could read and write everything`,
    hint: 'Add --tls',
  });
}

/**
 * The nodes of one machine, with the state that the cluster begins with. One that is at it when
 * Ctrl-C comes is waited for: it cannot be told, and what it still makes could not be removed.
 */
async function makeFirst(
  init: FarCreateInit,
  connections: SshConnections,
  spec: ClusterSpec,
  group: readonly [FarNode, ...FarNode[]],
): Promise<void> {
  const { store, snapshot: from, signal } = init;
  checkWanted(init);
  if (from === null) return makeNodes(store, connections, { spec }, group);
  const [{ host }] = group;
  const snapshot = posix.join(host.directory, `${spec.clusterId}.snap`);
  await withFileThere(connections, host, { from, to: snapshot, signal }, () => {
    checkWanted(init);
    return makeNodes(store, connections, { spec, snapshot, timeoutMs: DATA_MS_MAX }, group);
  });
}

/** The nodes of one machine, with what they must know and no more. */
export async function makeNodes(
  store: ClusterStore,
  connections: SshConnections,
  wish: Pick<MakeRequest, 'spec' | 'joined' | 'snapshot' | 'timeoutMs'>,
  group: readonly [FarNode, ...FarNode[]],
): Promise<void> {
  const { spec } = wish;
  const about = aboutNodes(spec, group);
  const tls = await keysFor(store, spec, about.ids);
  const secret = await readFile(store.secretFileOf(spec.name), 'utf8');
  const request: MakeRequest = { ...about, ...wish, verb: 'make', tls, secret };
  await callHand(connections, group[0].host, request);
}

/** As far as the machines can be reached: what is left there is in folders of this name. */
export async function undoElsewhere(
  { store }: Pick<FarCreateInit, 'store'>,
  connections: SshConnections,
  spec: ClusterSpec,
): Promise<void> {
  const wish = { verb: 'destroy', timeoutMs: DESTROY_GRACE_MS } as const;
  await actOver(connections, spec, spec.nodes, wish).catch(() => {});
  await store.remove(spec.name);
}
