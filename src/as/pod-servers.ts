/**
 * raft-demo's servers as pods: who they are is in their environment, and whom they join is a pod
 * that the Kubernetes API lists (docs/deploy.md). A pod whose name has `leader` in it founds the
 * cluster, but only when no other pod of its group is a member of one: a leader's pod that is
 * replaced has lost its data, and must not found a rival.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fetchNodeStatus } from '../client/admin-client.ts';
import {
  contactsOf,
  type DemoGroup,
  type Reachable,
  serverIn,
  serversOf,
} from '../kubernetes/demo-pods.ts';
import { isInPod, nodeNameOf, type OwnPod, ownPod } from '../kubernetes/pod.ts';
import { PodApi, podApiInit } from '../kubernetes/pod-api.ts';
import { findPods } from '../kubernetes/pod-finder.ts';
import { formatAddress } from '../std/address.ts';
import { adminAddressOf } from '../wire/older-systems.ts';
import { askByLine } from './joining.ts';
import { directoryOf } from './node-flags.ts';
import type { OldFlag, OldLine } from './old-flags.ts';
import { type AsContext, isOn, numberOf } from './program.ts';

/** What every pod of raft-demo listens on. */
export const POD_PORTS = { client: 11_000, raft: 12_000, join: 13_000 } as const;

/** A container that finds nobody for so long ends, and Kubernetes starts it again. */
export const POD_WAIT_FLAG: OldFlag = {
  ...{ name: 'pod-wait', kind: 'number', default: '30', env: 'RAFTCTL_POD_WAIT' },
  about: 'as a pod: seconds that others of its cluster are looked for',
};

export function podWaitMs(line: OldLine): number {
  return numberOf(line, POD_WAIT_FLAG.name) * 1000;
}

/** One look is enough where the answer is asked for again and again. */
const LOOK_MS = 500;
const ANSWER_MS = 1000;

/** Who types a name wants the older command line, wherever it runs. */
export function runsAsPod(line: OldLine, { env }: AsContext): boolean {
  return isInPod(env) && !line.typed.has('id');
}

export interface PodServer {
  readonly id: string;
  readonly clientAddress: string;
  readonly peerAddress: string;
  /** Where others join; null: nobody can here. */
  readonly joins: string | null;
  /** Admin addresses of members to join by; null: this pod founds the cluster. */
  readonly contacts: (() => Promise<readonly string[]>) | null;
}

/** @throws {RaftctlError} CONFIG_INVALID, UNREACHABLE, REQUEST_REFUSED */
export async function podServer(
  app: string,
  line: OldLine,
  context: AsContext,
): Promise<PodServer> {
  const own = tellPod(context);
  const group = serverIn(app, own);
  const host = isOn(line, 'listen-all') ? '0.0.0.0' : own.ip;
  const server = {
    id: nodeNameOf('node', own),
    clientAddress: formatAddress({ host, port: POD_PORTS.client }),
    peerAddress: formatAddress({ host: own.ip, port: POD_PORTS.raft }),
    joins: group.isLeader ? formatAddress({ host, port: POD_PORTS.join }) : null,
  };
  const { env } = context;
  const isAlone = group.isLeader && env['KUBERNETES_SERVICE_HOST'] === undefined;
  // A container that is started again finds its directory, and is what it was.
  if (isAlone || existsSync(join(podDirectory(app, line, context, server.id), 'node.json'))) {
    return { ...server, contacts: null };
  }
  const api = new PodApi(podApiInit(env, own.namespace));
  const search = { api, group, own, waitMs: podWaitMs(line) };
  if (!group.isLeader) {
    await findPods(api, (pods) => contactsOf(pods, group, own), search.waitMs);
    return { ...server, contacts: () => contactsBy(search) };
  }
  const members = await membersOf(search);
  if (members.length === 0) return { ...server, contacts: null };
  context.say(`${server.id}: its cluster exists, by ${members.join(', ')}: it joins it`);
  return { ...server, contacts: () => membersOf(search) };
}

export function podDirectory(app: string, line: OldLine, context: AsContext, id: string): string {
  return directoryOf(line, context, `${app}-${id}`);
}

/** As the older system echoes it. @throws {RaftctlError} CONFIG_INVALID */
export function tellPod(context: AsContext): OwnPod {
  const own = ownPod(context.env);
  context.print(`retrieved MY_POD_IP: ${own.ip}`);
  context.print(`retrieved MY_POD_NAMESPACE: ${own.namespace}`);
  context.print(`retrieved MY_POD_NAME: ${own.name}`);
  return own;
}

interface PodSearch {
  readonly api: PodApi;
  readonly group: DemoGroup;
  readonly own: OwnPod;
  readonly waitMs: number;
}

/** By the leader's join port, and where nobody answers there by the other members. */
async function contactsBy({ api, group, own }: PodSearch): Promise<readonly string[]> {
  const servers = await findPods(api, (pods) => contactsOf(pods, group, own), LOOK_MS);
  const [leader, ...others] = servers as readonly [Reachable, ...Reachable[]];
  const byLine = await askByLine(joinAddress(leader.ip)).catch(() => null);
  const rest = others.map(({ ip }) => adminAddress(ip));
  return byLine === null ? rest : [byLine, ...rest];
}

/** Admin addresses of those pods of the group that are members of a cluster. */
async function membersOf({ api, group, own, waitMs }: PodSearch): Promise<readonly string[]> {
  const pods = await findPods(api, (pods) => ({ found: serversOf(pods, group, own) }), waitMs);
  const addresses = pods.found.flatMap(({ ip }) => (ip === null ? [] : [adminAddress(ip)]));
  const asked = addresses.map((address) =>
    fetchNodeStatus(address, ANSWER_MS).then(
      () => address,
      () => null,
    ),
  );
  return (await Promise.all(asked)).filter((address) => address !== null);
}

export function joinAddress(ip: string): string {
  return formatAddress({ host: ip, port: POD_PORTS.join });
}

function adminAddress(ip: string): string {
  return adminAddressOf(formatAddress({ host: ip, port: POD_PORTS.raft })) ?? '';
}
