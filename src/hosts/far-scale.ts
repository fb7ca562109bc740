/** `cluster scale` over ssh: new nodes on machines of the file that have none of the cluster. */
import { posix } from 'node:path';
import {
  type PlannedNode,
  type ScaleInit,
  type ScaleResult,
  type ScaleSite,
  scaleCluster,
} from '../cluster/scale.ts';
import { type ClusterSpec, PORT_STRIDE, planNode } from '../cluster/topology.ts';
import { RaftctlError } from '../std/errors.ts';
import { makeNodes } from './far-create.ts';
import { byMachine, clustersOn, onEach } from './far-hand.ts';
import { farewellOver } from './far-members.ts';
import { actOver } from './far-nodes.ts';
import { type HostWish, readHosts } from './hosts-file.ts';
import { examine, putEverywhere } from './machines.ts';
import { packProgram } from './program-pack.ts';
import { SshConnections } from './ssh.ts';

export interface FarScaleInit extends Omit<ScaleInit, 'site'> {
  /** Names the machines, those that are to come included; null: none is to come. */
  readonly hostsFile: string | null;
  /** Folder of this package. */
  readonly root: string;
  readonly say: (line: string) => void;
}

/** @throws {RaftctlError} as `scaleCluster`; HOST_UNFIT, UNREACHABLE, UNAUTHORIZED of a machine. */
export async function scaleElsewhere(init: FarScaleInit): Promise<ScaleResult> {
  const { spec, to, hostsFile } = init;
  const hosts = hostsFile === null ? [] : await readHosts(hostsFile);
  if (to > spec.nodes.length && hostsFile === null) {
    throw new RaftctlError('USAGE', {
      message: `Cannot grow ${spec.name}: it is not said on which machines`,
      hint: 'Add them to the file of hosts, behind those that it has, and name it: --hosts hosts.toml',
    });
  }
  return SshConnections.use((connections) =>
    scaleCluster({ ...init, site: siteElsewhere(init, connections, hosts) }),
  );
}

function siteElsewhere(
  { store, spec, timeoutMs, root, say }: FarScaleInit,
  connections: SshConnections,
  hosts: readonly HostWish[],
): ScaleSite {
  return {
    plan: (now, planned) => planOn(now, planned, hosts),
    prepare: async (planned, dryRun) => {
      const folders = await examine(connections, planned, say);
      if (dryRun) return planned;
      const program = await packProgram(root);
      const settled = planned.map((node): PlannedNode => {
        if (node.host === undefined) return node;
        const directory = folders.get(node.host) ?? node.host.directory;
        const place = posix.join(directory, 'programs', program.id);
        const host = { ...node.host, directory, program: place };
        return { ...node, host, dataDir: posix.join(clustersOn(host), spec.name, node.id) };
      });
      await putEverywhere(connections, settled, program, say);
      return settled;
    },
    make: async (grown, nodes, { members, founding }) => {
      const joined = { members, founding };
      await onEach(byMachine(nodes), (group) =>
        makeNodes(store, connections, { spec: grown, joined }, group),
      );
    },
    start: async (grown, nodes) => {
      await actOver(connections, grown, nodes, { verb: 'start', timeoutMs });
    },
    farewell: farewellOver(connections, spec, say),
  };
}

/**
 * The next node, on the first machine of the file that has none. Machines that have one stand in
 * the file as they did: a machine that stands there twice may have two. Pure.
 */
export function planOn(
  spec: ClusterSpec,
  planned: readonly PlannedNode[],
  hosts: readonly HostWish[],
): PlannedNode {
  const nodes = [...spec.nodes, ...planned.map((node) => ({ ...node, member: 0 }))];
  const taken = nodes.map(({ host }) => host?.ssh);
  const free = hosts.filter(({ ssh }) => {
    const at = taken.indexOf(ssh);
    if (at !== -1) taken.splice(at, 1);
    return at === -1;
  });
  const [next] = free;
  if (next === undefined) {
    throw new RaftctlError('USAGE', {
      message: `Cannot grow ${spec.name}: every machine of the file has a node of it already`,
      hint: 'Add a [[host]] to the file for each new node',
    });
  }
  const { address, ...host } = next;
  const { id } = planNode({ nodes, portBase: spec.portBase }, () => '');
  const ports = nodes.map(({ clientAddress }) => clientAddress);
  let port = spec.portBase;
  while (ports.includes(`${address}:${port}`)) port += 1;
  const units = spec.nodes.find((node) => node.host !== undefined)?.host?.units;
  return {
    id,
    clientAddress: `${address}:${port}`,
    peerAddress: `${address}:${port + PORT_STRIDE}`,
    adminAddress: `${address}:${port + 2 * PORT_STRIDE}`,
    dataDir: posix.join(clustersOn(host), spec.name, id),
    host: { ...host, program: '', ...(units === undefined ? {} : { units }) },
  };
}
