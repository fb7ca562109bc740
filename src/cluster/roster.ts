/**
 * `cluster.json` follows the membership: a member that joined and whose data lies on this machine
 * is one of the cluster's nodes, and who left is not any more, as soon as its process has ended.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeConfig } from '../wire/node-config.ts';
import type { NodeStatus } from '../wire/status.ts';
import { changeMembers, leaderStatus, type MembersInit, type MembersResult } from './members.ts';
import { findNodeProcess, stopProcess } from './node-process.ts';
import { canCommit } from './status.ts';
import type { ClusterStore } from './store.ts';
import type { ClusterNode, ClusterSpec } from './topology.ts';
import { withLock } from './up-lock.ts';

/** A removed node that has not ended by itself after so long is told to. */
export const FAREWELL_MS = 5000;
const STOP_GRACE_MS = 10_000;
const POLL_MS = 50;

/**
 * Afterwards the node of a formatted directory belongs to the cluster of this folder that it is a
 * member of, if there is one. @returns its name, or null.
 *
 * @throws {RaftctlError} WAIT_TIMEOUT when another command is changing the cluster.
 */
export async function enterRoster(
  store: ClusterStore,
  { config, directory }: { readonly config: NodeConfig; readonly directory: string },
  timeoutMs: number,
): Promise<string | null> {
  const known = await store.withId(config.clusterId);
  const own = config.members.find((m) => m.member === config.member);
  const isElsewhere = known?.nodes.some(({ host }) => host !== undefined) === true;
  if (known === null || own === undefined || isElsewhere) return null;
  return withLock(store.lockFileOf(known.name), timeoutMs, async () => {
    const spec = (await store.load(known.name)) ?? known;
    const node: ClusterNode = {
      ...own,
      dataDir: directory,
      ...(config.fsync === spec.fsync ? {} : { fsync: config.fsync }),
    };
    const same = spec.nodes.find(({ member }) => member === node.member);
    if (same?.dataDir === directory) return spec.name;
    // A name is free again once its member was removed: then this is the next one to bear it.
    const others = spec.nodes.filter(({ id, member }) => id !== node.id && member !== node.member);
    await store.save({ ...spec, nodes: [...others, node] });
    return spec.name;
  });
}

/**
 * `changeMembers`; afterwards those who were removed are no nodes of the cluster any more, nor are
 * those who had been removed before and are named again.
 */
export async function changeRoster(
  init: MembersInit & Pick<RosterInit, 'farewell'>,
): Promise<MembersResult> {
  const out = await alreadyOut(init);
  const changes = init.changes.filter((one) => one.type !== 'remove' || !out.includes(one.id));
  const dryRun = init.dryRun || changes.length === 0;
  const result = await changeMembers({ ...init, changes, dryRun });
  const removed = init.changes.flatMap((change) => (change.type === 'remove' ? [change.id] : []));
  if (init.dryRun || removed.length === 0) return result;
  const { store, spec, timeoutMs } = init;
  const left = await withLock(store.lockFileOf(spec.name), timeoutMs, async () => {
    const now = (await store.load(spec.name)) ?? spec;
    const leaving = now.nodes.filter(({ id }) => removed.includes(id));
    return leaveRoster(init, now, leaving);
  });
  const dropped = out.filter((id) => !left.nodes.some((node) => node.id === id));
  return dropped.length === 0 ? result : { ...result, dropped };
}

/** Who is to be removed, is still a node of the cluster, and is surely no member any more. */
async function alreadyOut({ spec, changes }: MembersInit): Promise<readonly string[]> {
  const removed = changes.flatMap((change) => (change.type === 'remove' ? [change.id] : []));
  const nodes = removed.filter((id) => spec.nodes.some((node) => node.id === id));
  if (nodes.length === 0) return [];
  const leader = await leaderStatus(spec).catch(() => null);
  if (leader === null || !knowsMembers(leader)) return [];
  return nodes.filter((id) => !leader.members.some((m) => m.id === id));
}

/** What a roster is changed with. Requires: the cluster's lock is held. */
export interface RosterInit {
  readonly store: ClusterStore;
  /** Brings the end of waiting forward. */
  readonly signal: AbortSignal;
  /** Of nodes that are not of this machine. */
  readonly farewell?: Farewell;
}

/** How nodes end that are no members any more. */
export interface Farewell {
  /** Waits a little for its process to end. @returns whether there is none now. */
  readonly ended: (node: ClusterNode) => Promise<boolean>;
  readonly stop: (node: ClusterNode) => Promise<void>;
  /** Its data goes. Requires: it has ended. */
  readonly forget: (node: ClusterNode) => Promise<void>;
}

/** Without the nodes that the leader does not know as members; without a leader, as it is. */
export async function onlyMembers(init: RosterInit, spec: ClusterSpec): Promise<ClusterSpec> {
  const leader = await leaderStatus(spec).catch(() => null);
  if (leader === null || !knowsMembers(leader)) return spec;
  const gone = spec.nodes.filter((node) => !isMember(leader, node));
  return leaveRoster(init, spec, gone);
}

/**
 * Waits for the nodes to end and forgets them, with the data that lies in the cluster's folder. A
 * node that the cluster may still need, because the change has not ended, stays.
 */
export async function leaveRoster(
  init: RosterInit,
  spec: ClusterSpec,
  leaving: readonly ClusterNode[],
): Promise<ClusterSpec> {
  const farewell = init.farewell ?? farewellHere(init, spec);
  const ended = await Promise.all(leaving.map((node) => hasEnded(farewell, spec, node)));
  const gone = leaving.filter((_, i) => ended[i]);
  if (gone.length === 0) return spec;
  const left: ClusterSpec = { ...spec, nodes: spec.nodes.filter((node) => !gone.includes(node)) };
  await init.store.save(left);
  for (const node of gone) await farewell.forget(node);
  return left;
}

async function hasEnded(
  farewell: Farewell,
  spec: ClusterSpec,
  node: ClusterNode,
): Promise<boolean> {
  if (await farewell.ended(node)) return true;
  const leader = await leaderStatus(spec).catch(() => null);
  if (leader === null || leader.changing || isMember(leader, node)) return false;
  await farewell.stop(node);
  return true;
}

function farewellHere({ store, signal }: RosterInit, spec: ClusterSpec): Farewell {
  return {
    ended: ({ dataDir }) => endsSoon(dataDir, FAREWELL_MS, signal),
    stop: async ({ dataDir }) => {
      await stopProcess(dataDir, { graceMs: STOP_GRACE_MS, hurry: signal });
    },
    forget: (node) => store.removeNode(spec.name, node),
  };
}

/** @returns whether no process runs that directory, as soon as that is so. */
export async function endsSoon(
  dataDir: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline && !signal?.aborted) {
    if ((await findNodeProcess(dataDir)) === null) return true;
    await sleep(POLL_MS);
  }
  return false;
}

function isMember(leader: NodeStatus, node: ClusterNode): boolean {
  return leader.members.some(({ member }) => member === node.member);
}

/** An old leader that has not noticed may not know of members that joined since. */
function knowsMembers(leader: NodeStatus): boolean {
  return !leader.changing && canCommit(leader);
}
