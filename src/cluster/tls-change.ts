/**
 * Gives a cluster certificates and tokens, and replaces them while it runs. Files first, then every
 * running node is told to read them; one that does not run reads them when it starts.
 *
 * An authority is replaced in three steps, none of which shuts anybody out:
 * ```
 *   trusted: old          certificates of old     before
 *   trusted: old and new  certificates of old     1  all nodes trust both
 *   trusted: old and new  certificates of new     2  all nodes show the new
 *   trusted: new          certificates of new     3  the old one is nobody
 * ```
 * Broken off, it goes on where it was. Tokens likewise: nodes take new ones before anybody has one.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchNodeStatus } from '../client/admin-client.ts';
import { postAdmin, readAnswer } from '../client/admin-post.ts';
import { askAdmin } from '../client/admin-request.ts';
import { RaftctlError } from '../std/errors.ts';
import type { NodeConfig } from '../wire/node-config.ts';
import type { SecurityFacts } from '../wire/security.ts';
import type { MemberStatus, NodeStatus } from '../wire/status.ts';
import { writeWhole } from './durable-file.ts';
import { findNodeProcess, mayAnswer } from './node-process.ts';
import type { ClusterStore } from './store.ts';
import { CERTIFICATE_DAYS, type TlsFolder } from './tls-folder.ts';
import { tlsMemberOf } from './tls-member.ts';
import type { ClusterNode, ClusterSpec } from './topology.ts';
import { withLock } from './up-lock.ts';

const LOCK_MS_MAX = 30_000;
const ANSWER_MS_MAX = 5000;
const ANSWER_BYTES_MAX = 64 * 1024;

/**
 * Afterwards the cluster has certificates and tokens, and its nodes serve nobody without.
 *
 * @returns false when it had them already.
 * @throws {RaftctlError} NODE_RUNNING: plain nodes and others do not understand each other.
 */
export function initTls(store: ClusterStore, spec: ClusterSpec): Promise<boolean> {
  return withLock(store.lockFileOf(spec.name), LOCK_MS_MAX, async () => {
    if (spec.tls === true) return false;
    for (const { id, dataDir } of spec.nodes) {
      if ((await findNodeProcess(dataDir)) === null) continue;
      throw new RaftctlError('NODE_RUNNING', {
        message: `Cannot secure ${spec.name} as ${id} runs: nodes with TLS and without do not understand each other`,
        hint: `Stop it first: raftctl cluster down ${spec.name}`,
      });
    }
    const folder = store.tlsFolderOf(spec.name);
    await folder.make(spec.name, spec.nodes.map(tlsMemberOf), CERTIFICATE_DAYS);
    for (const node of spec.nodes) await secure(node, folder);
    const secured: ClusterSpec = { ...spec, tls: true };
    await store.save(secured);
    await store.entrust(secured);
    return true;
  });
}

async function secure({ id, dataDir }: ClusterNode, folder: TlsFolder): Promise<void> {
  const path = join(dataDir, 'node.json');
  const config = JSON.parse(await readFile(path, 'utf8')) as NodeConfig;
  const secured: NodeConfig = { ...config, security: folder.filesOf(id) };
  await writeWhole({ path, text: `${JSON.stringify(secured, null, 2)}\n`, mode: 0o600 });
}

/** Puts the folder's files where nodes read them. @returns which of the nodes run. */
export type DeliverKeys = (spec: ClusterSpec) => Promise<readonly string[]>;

/** Nodes of this machine read the folder itself. */
async function runningHere({ nodes }: ClusterSpec): Promise<string[]> {
  const running: string[] = [];
  for (const { id, dataDir } of nodes) {
    if ((await findNodeProcess(dataDir)) !== null) running.push(id);
  }
  return running;
}

export interface RotateWish {
  /** The authority too. */
  readonly authority: boolean;
  /** The tokens, instead of the certificates unless `authority`. */
  readonly tokens: boolean;
  readonly days: number;
}

/**
 * Replaces certificates, the authority or the tokens. Nodes and clients are never without.
 *
 * @param deliver for nodes that do not read this folder itself.
 * @returns the members that were told; the others do not run.
 * @throws {RaftctlError} UNREACHABLE when a running node was not reached: to be called again.
 */
export function rotateTls(
  store: ClusterStore,
  spec: ClusterSpec,
  wish: RotateWish,
  deliver: DeliverKeys = runningHere,
): Promise<string[]> {
  return withLock(store.lockFileOf(spec.name), LOCK_MS_MAX, async () => {
    const folder = store.tlsFolderOf(spec.name);
    const tell = (): Promise<string[]> => reloadNodes(store, spec, deliver);
    return rotateFolder(folder, { ...wish, cluster: spec.name }, tell);
  });
}

/** @param tell makes those who use the folder read it again. */
export async function rotateFolder(
  folder: TlsFolder,
  wish: RotateWish & { readonly cluster: string },
  tell: () => Promise<string[]>,
): Promise<string[]> {
  if (wish.tokens) {
    const publish = await folder.prepareTokens();
    await tell();
    await publish();
  }
  const isReplacing = wish.authority || (await folder.isReplacing());
  if (isReplacing) {
    await folder.prepareAuthority(wish.cluster);
    await tell();
  }
  if (isReplacing || !wish.tokens) await folder.renew(wish.days);
  const told = await tell();
  if (!isReplacing) return told;
  await folder.finishAuthority();
  return tell();
}

/** @throws {RaftctlError} UNREACHABLE, TLS_INVALID, and what `deliver` throws. */
async function reloadNodes(
  store: ClusterStore,
  spec: ClusterSpec,
  deliver: DeliverKeys,
): Promise<string[]> {
  const secretHex = (await readFile(store.secretFileOf(spec.name), 'utf8')).trim();
  // This process first: it is to trust what the first of them shows to be told of the next.
  await store.entrust(spec);
  const running = await deliver(spec);
  const path = '/v1/tls/reload';
  const told: string[] = [];
  for (const { id, adminAddress: address } of spec.nodes) {
    if (!running.includes(id)) continue;
    await postAdmin({ address, path, secretHex, timeoutMs: ANSWER_MS_MAX });
    told.push(id);
  }
  for (const { id, adminAddress: address } of await guestsOf(store, spec, running)) {
    await postAdmin({ address, path, secretHex, timeoutMs: ANSWER_MS_MAX });
    told.push(id);
  }
  return told;
}

/** Members that have keys of the folder, are none of its nodes, as loggers are, and answer. */
async function guestsOf(
  store: ClusterStore,
  spec: ClusterSpec,
  running: readonly string[],
): Promise<readonly MemberStatus[]> {
  const folder = store.tlsFolderOf(spec.name);
  const nodes = spec.nodes.filter(({ id }) => running.includes(id));
  const statuses = await Promise.all(nodes.map(({ adminAddress }) => statusAt(adminAddress)));
  const guests = new Map<number, MemberStatus>();
  for (const one of statuses.flatMap((status) => status?.members ?? [])) {
    const isNode = spec.nodes.some(({ member }) => member === one.member);
    if (!isNode && (await folder.holds(one.id))) guests.set(one.member, one);
  }
  const asked = [...guests.values()].map(async (one) => {
    const status = await statusAt(one.adminAddress);
    return status?.clusterId === spec.clusterId && status.member === one.member ? [one] : [];
  });
  return (await Promise.all(asked)).flat();
}

function statusAt(adminAddress: string): Promise<NodeStatus | null> {
  return fetchNodeStatus(adminAddress, ANSWER_MS_MAX).catch(() => null);
}

/** What running members use, by name; one that does not answer is left out. */
export async function keysInUse(
  store: ClusterStore,
  spec: ClusterSpec,
): Promise<ReadonlyMap<string, SecurityFacts>> {
  const found = new Map<string, SecurityFacts>();
  const running: ClusterNode[] = [];
  for (const node of spec.nodes) if (await mayAnswer(node)) running.push(node);
  const ids = running.map(({ id }) => id);
  const guests = await guestsOf(store, spec, ids);
  for (const { id, adminAddress } of [...running, ...guests]) {
    const facts = await fetchKeys(adminAddress).catch(() => null);
    if (facts !== null) found.set(id, facts);
  }
  return found;
}

async function fetchKeys(address: string): Promise<SecurityFacts> {
  const ask = { address, path: '/v1/tls', timeoutMs: ANSWER_MS_MAX, what: 'its keys' };
  const { text } = await askAdmin({ ...ask, method: 'GET', answerBytesMax: ANSWER_BYTES_MAX });
  return readAnswer(text, address) as SecurityFacts;
}
