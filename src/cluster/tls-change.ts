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
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { postAdmin } from '../client/admin-post.ts';
import { RaftctlError } from '../std/errors.ts';
import type { NodeConfig } from '../wire/node-config.ts';
import type { SecurityFacts } from '../wire/security.ts';
import { writeWhole } from './durable-file.ts';
import { findNodeProcess, mayAnswer } from './node-process.ts';
import type { ClusterStore } from './store.ts';
import { CERTIFICATE_DAYS, type TlsFolder } from './tls-folder.ts';
import { ANSWER_MS_MAX, fetchKeys, guestsOf, tellGuests } from './tls-guests.ts';
import { tlsMemberOf } from './tls-member.ts';
import type { ClusterNode, ClusterSpec } from './topology.ts';
import { withLock } from './up-lock.ts';

const LOCK_MS_MAX = 30_000;

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
 * @throws {RaftctlError} UNREACHABLE when a running node was not reached, TLS_INVALID when a new
 *   authority would lock somebody out: to be called again.
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
  // What was copied to another machine meanwhile is not to be out of date again.
  if (isReplacing ? !(await hasNext(folder)) : !wish.tokens) await folder.renew(wish.days);
  const told = await tell();
  if (!isReplacing) return told;
  await folder.finishAuthority();
  return tell();
}

/** Whether all certificates are of the authority that makes them now. */
async function hasNext(folder: TlsFolder): Promise<boolean> {
  const authority = new X509Certificate(await folder.authority());
  for (const { role, file } of await folder.certificates()) {
    if (role === 'authority') continue;
    const own = new X509Certificate(await readFile(file));
    if (!own.checkIssued(authority) || !own.verify(authority.publicKey)) return false;
  }
  return true;
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
  const folder = store.tlsFolderOf(spec.name);
  const isReplacing = await folder.isReplacing();
  return [...told, ...(await tellGuests({ folder, spec, running }, { secretHex, isReplacing }))];
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
  const folder = store.tlsFolderOf(spec.name);
  const guests = await guestsOf({ folder, spec, running: ids });
  for (const { id, adminAddress } of [...running, ...guests]) {
    const facts = await fetchKeys(adminAddress).catch(() => null);
    if (facts !== null) found.set(id, facts);
  }
  return found;
}
