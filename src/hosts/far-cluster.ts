/**
 * `cluster up --hosts`: looks at the machines, puts this program there, makes a node on each and
 * starts it. What a new cluster has got so far is taken away again when a machine fails.
 */
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { type ClusterStore, newClusterId } from '../cluster/store.ts';
import { CERTIFICATE_DAYS } from '../cluster/tls-folder.ts';
import { tlsMemberOf } from '../cluster/tls-member.ts';
import {
  type ClusterNode,
  type ClusterSpec,
  type ClusterWish,
  type NodeHost,
  type NodeWish,
  PORT_BASE_DEFAULT,
  PORT_STRIDE,
  planCluster,
  type UnitManager,
} from '../cluster/topology.ts';
import { checkFits, type UpInit, type UpResult } from '../cluster/up.ts';
import { withLock } from '../cluster/up-lock.ts';
import { clusterGoal, waitUntil } from '../cluster/wait.ts';
import { isLoopback } from '../std/address.ts';
import { RaftctlError } from '../std/errors.ts';
import { aboutNodes, byMachine, callHand, clustersOn, type FarNode, onEach } from './far-hand.ts';
import { keysFor } from './far-keys.ts';
import { actOver, tidyMachines } from './far-nodes.ts';
import type { MakeRequest } from './hand-request.ts';
import { type HostWish, readHosts } from './hosts-file.ts';
import { examine, putEverywhere } from './machines.ts';
import { packProgram } from './program-pack.ts';
import { SshConnections } from './ssh.ts';

export interface FarUpInit
  extends Pick<UpInit, 'store' | 'name' | 'wish' | 'waitFor' | 'timeoutMs' | 'signal'> {
  /** Names the machines; null: those that the cluster has. */
  readonly hostsFile: string | null;
  /** Folder of this package. */
  readonly root: string;
  /** Has systemd look after the nodes; null: of a new cluster nobody does. */
  readonly units: UnitManager | null;
  readonly say: (line: string) => void;
}

/** What is told of a started cluster: its processes are not ours. */
export type FarUpResult = Omit<UpResult, 'started'> & {
  readonly started: readonly { readonly id: string }[];
};

const DESTROY_GRACE_MS = 2000;

/**
 * @throws {RaftctlError} HOST_UNFIT, UNREACHABLE, UNAUTHORIZED naming the machine; EXPOSED_BIND;
 *   CLUSTER_DIFFERS; what the nodes said when they could not start; WAIT_TIMEOUT
 */
export async function upElsewhere(init: FarUpInit): Promise<FarUpResult> {
  const { store, name, timeoutMs, hostsFile } = init;
  if (Object.keys(init.wish.demo ?? {}).length > 0) {
    throw new RaftctlError('USAGE', {
      message: 'Cannot give nodes on other machines options of raft-demo: they name folders',
      hint: 'Leave them out, or start such nodes there: raftctl node start --bootstrap',
    });
  }
  const hosts = hostsFile === null ? null : await readHosts(hostsFile);
  return withLock(store.lockFileOf(name), timeoutMs, () =>
    SshConnections.use(async (connections) => {
      const begun = performance.now();
      const existing = await store.load(name);
      const spec =
        existing === null
          ? await create(init, connections, hosts ?? [])
          : await renew(init, connections, existing, hosts);
      const started = await start(init, connections, spec, existing === null);
      await tidyMachines(connections, spec, init.say);
      const status =
        init.waitFor === 'none'
          ? null
          : await waitUntil(
              {
                store,
                spec,
                timeoutMs,
                signal: init.signal,
                what: `${name} to be ${init.waitFor}`,
              },
              clusterGoal(init.waitFor),
            );
      const durationMs = Math.round(performance.now() - begun);
      const folder = store.folderOf(name);
      return { spec, folder, isNew: existing === null, started, status, durationMs };
    }),
  );
}

async function start(
  init: FarUpInit,
  connections: SshConnections,
  spec: ClusterSpec,
  isNew: boolean,
): Promise<readonly { readonly id: string }[]> {
  const { timeoutMs } = init;
  try {
    const rows = await actOver(connections, spec, spec.nodes, { verb: 'start', timeoutMs });
    return rows.filter(({ outcome }) => outcome === 'started');
  } catch (error) {
    if (isNew) await undo(init, connections, spec);
    throw error;
  }
}

/** Afterwards every machine has what its nodes need, or nothing is left of it. */
async function create(
  init: FarUpInit,
  connections: SshConnections,
  hosts: readonly HostWish[],
): Promise<ClusterSpec> {
  const { store, name } = init;
  const wish = placed(init.wish, hosts, init.units);
  const planned = plan(init, wish, (host) => host);
  checkExposed(planned);
  const folders = await examine(connections, planned.nodes, init.say);
  const program = await packProgram(init.root);
  const inFolder = (host: NodeHost): NodeHost => {
    const directory = folders.get(host) ?? host.directory;
    return { ...host, directory, program: posix.join(directory, 'programs', program.id) };
  };
  const spec = { ...plan(init, wish, inFolder), clusterId: planned.clusterId };
  await putEverywhere(connections, spec.nodes, program, init.say);
  await store.create(spec);
  try {
    if (spec.tls === true) {
      const members = spec.nodes.map(tlsMemberOf);
      await store.tlsFolderOf(name).make(name, members, CERTIFICATE_DAYS);
      await store.entrust(spec);
    }
    await onEach(byMachine(spec.nodes), (group) => makeNodes(store, connections, { spec }, group));
  } catch (error) {
    await undo(init, connections, spec);
    throw error;
  }
  return spec;
}

/** @param settle what is known of a machine by now. */
function plan(
  { name }: FarUpInit,
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

/** A cluster that exists gets this program, and stays as it is otherwise. */
async function renew(
  init: FarUpInit,
  connections: SshConnections,
  existing: ClusterSpec,
  hosts: readonly HostWish[] | null,
): Promise<ClusterSpec> {
  checkFits(existing, init.wish);
  checkMachines(existing, hosts);
  checkUnits(existing, init.units);
  const program = await packProgram(init.root);
  const nodes = existing.nodes.map((node): ClusterNode => {
    if (node.host === undefined) return node;
    const { directory } = node.host;
    return {
      ...node,
      host: { ...node.host, program: posix.join(directory, 'programs', program.id) },
    };
  });
  const spec = { ...existing, nodes };
  await putEverywhere(connections, spec.nodes, program, init.say);
  await init.store.save(spec);
  return spec;
}

function checkMachines({ name, nodes }: ClusterSpec, hosts: readonly HostWish[] | null): void {
  const has = nodes.map(({ host }) => host?.ssh ?? 'this machine').join(', ');
  const wanted = hosts?.map(({ ssh }) => ssh).join(', ') ?? has;
  if (has === wanted) return;
  throw new RaftctlError('CLUSTER_DIFFERS', {
    message: `Cannot change cluster ${name} as it exists already: it runs on ${has}, not on ${wanted}`,
    hint: `Start it as it is: raftctl cluster up ${name}. Or choose another name`,
  });
}

function checkUnits({ name, nodes }: ClusterSpec, wanted: UnitManager | null): void {
  const has = nodes.find(({ host }) => host !== undefined)?.host?.units ?? 'none';
  if (wanted === null || has === wanted) return;
  throw new RaftctlError('CLUSTER_DIFFERS', {
    message: `Cannot change cluster ${name} as it exists already: --systemd is ${has}, not ${wanted}`,
    hint: `Start it as it is: raftctl cluster up ${name}. Or choose another name`,
  });
}

/** The nodes of one machine, with what they must know and no more. */
export async function makeNodes(
  store: ClusterStore,
  connections: SshConnections,
  wish: Pick<MakeRequest, 'spec' | 'joined'>,
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
async function undo(init: FarUpInit, connections: SshConnections, spec: ClusterSpec) {
  const wish = { verb: 'destroy', timeoutMs: DESTROY_GRACE_MS } as const;
  await actOver(connections, spec, spec.nodes, wish).catch(() => {});
  await init.store.remove(spec.name);
}
