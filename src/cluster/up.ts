/** `cluster up`: makes a cluster that does not exist, starts what does not run. */
import { RaftctlError } from '../std/errors.ts';
import type { NodeConfig } from '../wire/node-config.ts';
import type { ClusterStatus } from '../wire/status.ts';
import { differences } from './differences.ts';
import { checkEtcd, formatEtcdNode } from './etcd-node.ts';
import { findNodeProcess, killSpawned, type SpawnedNode } from './node-process.ts';
import { checkPortsFree } from './ports.ts';
import { onlyMembers } from './roster.ts';
import { startNodes, type WaitFor } from './start.ts';
import { clusterStatus } from './status.ts';
import { type ClusterStore, newClusterId } from './store.ts';
import { CERTIFICATE_DAYS } from './tls-folder.ts';
import { tlsMemberOf } from './tls-member.ts';
import {
  type ClusterNode,
  type ClusterSpec,
  type ClusterWish,
  checkClusterName,
  nodeConfigOf,
  planCluster,
} from './topology.ts';
import { withLock } from './up-lock.ts';

/** Makes a node's data directory: the node's own code, handed in as we may not reach into it. */
export type FormatNode = (init: { directory: string; config: NodeConfig }) => Promise<void>;

export interface UpInit {
  readonly store: ClusterStore;
  readonly name: string;
  readonly wish: ClusterWish;
  readonly ephemeral: boolean;
  readonly waitFor: WaitFor;
  readonly timeoutMs: number;
  /** The script of this program, which nodes are started with. */
  readonly entry: string;
  readonly formatNode: FormatNode;
  readonly signal: AbortSignal;
}

export interface UpResult {
  readonly spec: ClusterSpec;
  readonly folder: string;
  /** The cluster did not exist before. */
  readonly isNew: boolean;
  /** Empty: every node was running already. */
  readonly started: readonly SpawnedNode[];
  /** Null when nobody waited for it. */
  readonly status: ClusterStatus | null;
  readonly durationMs: number;
}

/**
 * Afterwards every node of the cluster runs and is as ready as asked for. When that fails, a
 * cluster that was new is gone again, unless it was only slow and is to stay; one that existed
 * keeps the nodes that do run.
 *
 * @throws {RaftctlError} CLUSTER_DIFFERS when it exists and is not what is wished for.
 * @throws {RaftctlError} ADDRESS_IN_USE, and what `startNodes` throws.
 */
export function upCluster(init: UpInit): Promise<UpResult> {
  checkClusterName(init.name);
  const lockFile = init.store.lockFileOf(init.name);
  return withLock(lockFile, init.timeoutMs, async () => {
    const startedAtMs = performance.now();
    const existing = await init.store.load(init.name);
    if (existing !== null) checkFits(existing, init.wish);
    const spec = existing === null ? await createCluster(init) : await onlyMembers(init, existing);
    const spawned: SpawnedNode[] = [];
    try {
      const status = await startMissing(init, spec, spawned);
      const durationMs = Math.round(performance.now() - startedAtMs);
      const folder = init.store.folderOf(spec.name);
      return { spec, folder, isNew: existing === null, started: spawned, status, durationMs };
    } catch (error) {
      const isTimeout = error instanceof RaftctlError && error.code === 'WAIT_TIMEOUT';
      const isNewAndBroken = existing === null && (!isTimeout || spec.ephemeral);
      if (isNewAndBroken || init.signal.aborted) await killSpawned(spawned);
      if (isNewAndBroken) await init.store.remove(spec.name);
      throw error;
    }
  });
}

async function startMissing(
  init: UpInit,
  spec: ClusterSpec,
  spawned: SpawnedNode[],
): Promise<ClusterStatus | null> {
  const { store } = init;
  const missing: ClusterNode[] = [];
  for (const node of spec.nodes) {
    if ((await findNodeProcess(node.dataDir)) === null) missing.push(node);
  }
  if (missing.length === 0) return clusterStatus(store, spec);
  await checkPortsFree(missing);
  return startNodes({
    store,
    spec,
    nodes: missing,
    entry: init.entry,
    waitFor: init.waitFor,
    timeoutMs: init.timeoutMs,
    signal: init.signal,
    onSpawned: (nodes) => spawned.push(...nodes),
  });
}

/** What a new cluster is made of. */
export type CreateInit = Pick<UpInit, 'store' | 'name' | 'wish' | 'ephemeral' | 'formatNode'>;

/** Afterwards every node is formatted, or nothing is left. Requires: the cluster's lock is held. */
export async function createCluster(init: CreateInit): Promise<ClusterSpec> {
  const { store, name } = init;
  if (init.wish.engine === 'etcd') await checkEtcd(init.wish);
  const spec = planCluster({
    name,
    clusterId: newClusterId(),
    createdAt: new Date().toISOString(),
    ephemeral: init.ephemeral,
    wish: init.wish,
    dataDirOf: (id) => store.dataDirOf(name, id),
  });
  await checkPortsFree(spec.nodes);
  await store.create(spec);
  try {
    const secretFile = store.secretFileOf(name);
    if (spec.tls === true) {
      const members = spec.nodes.map(tlsMemberOf);
      await store.tlsFolderOf(name).make(name, members, CERTIFICATE_DAYS);
      await store.entrust(spec);
    }
    await Promise.all(
      spec.nodes.map((node) =>
        spec.engine === 'etcd'
          ? formatEtcdNode(spec, node)
          : init.formatNode({
              directory: node.dataDir,
              config: nodeConfigOf(spec, node, secretFile),
            }),
      ),
    );
  } catch (error) {
    await store.remove(name);
    throw error;
  }
  return spec;
}

/** @throws {RaftctlError} CLUSTER_DIFFERS */
export function checkFits(spec: ClusterSpec, wish: ClusterWish): void {
  const found = differences(spec, wish);
  if (found.length === 0) return;
  throw new RaftctlError('CLUSTER_DIFFERS', {
    message: `Cannot change cluster ${spec.name} as it exists already: ${found.join('; ')}`,
    hint: `Start it as it is: raftctl cluster up ${spec.name}. Or choose another name`,
  });
}
