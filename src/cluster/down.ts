/** Stops clusters and removes them. */
import { findNodeProcess, type StopWish, stopProcess } from './node-process.ts';
import type { ClusterStore } from './store.ts';
import type { ClusterNode, ClusterSpec } from './topology.ts';
import { withLock } from './up-lock.ts';

export interface DownWish extends StopWish {
  /** Runs when the nodes have ended and everything is still there. */
  readonly beforeRemoval?: () => Promise<void>;
}

export interface StoppedNode {
  readonly id: string;
  /** `idle`: it did not run. */
  readonly outcome: 'stopped' | 'killed' | 'idle';
}

const LOCK_TIMEOUT_MS = 30_000;

/** Afterwards no node runs; an ephemeral cluster is removed. */
export function downCluster(
  store: ClusterStore,
  spec: ClusterSpec,
  wish: DownWish,
): Promise<readonly StoppedNode[]> {
  return withLock(store.lockFileOf(spec.name), LOCK_TIMEOUT_MS, async () => {
    const stopped = await stopNodes(spec.nodes, wish);
    await wish.beforeRemoval?.();
    if (spec.ephemeral) await store.remove(spec.name);
    return stopped;
  });
}

/** Afterwards nothing of the cluster is left. */
export function destroyCluster(
  store: ClusterStore,
  spec: ClusterSpec,
  wish: StopWish,
): Promise<readonly StoppedNode[]> {
  return withLock(store.lockFileOf(spec.name), LOCK_TIMEOUT_MS, async () => {
    const stopped = await stopNodes(spec.nodes, wish);
    await store.remove(spec.name);
    return stopped;
  });
}

export function stopNodes(
  nodes: readonly ClusterNode[],
  wish: StopWish,
): Promise<readonly StoppedNode[]> {
  return Promise.all(
    nodes.map(async (node): Promise<StoppedNode> => {
      if ((await findNodeProcess(node.dataDir)) === null) return { id: node.id, outcome: 'idle' };
      const wasKilled = await stopProcess(node.dataDir, wish);
      return { id: node.id, outcome: wasKilled ? 'killed' : 'stopped' };
    }),
  );
}
