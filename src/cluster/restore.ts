/** `snapshot restore`: a new cluster, formatted and not started, that begins with a saved state. */
import { RaftctlError } from '../std/errors.ts';
import type { ClusterStore } from './store.ts';
import { type ClusterSpec, type ClusterWish, checkClusterName } from './topology.ts';
import { createCluster, type FormatNode } from './up.ts';
import { withLock } from './up-lock.ts';

export interface RestoreInit {
  readonly store: ClusterStore;
  readonly name: string;
  readonly wish: ClusterWish;
  readonly timeoutMs: number;
  /** Formats a node with the snapshot's state. */
  readonly formatNode: FormatNode;
}

/**
 * Afterwards the cluster can be started. Its id and its secret are new: its nodes and those of the
 * cluster that the snapshot was taken of never take each other for one of theirs.
 *
 * @throws {RaftctlError} CLUSTER_EXISTS; ADDRESS_IN_USE, USAGE; what `formatNode` throws.
 */
export function restoreCluster(init: RestoreInit): Promise<ClusterSpec> {
  const { store, name, timeoutMs } = init;
  return withNewName({ store, name, timeoutMs }, () =>
    createCluster({ ...init, ephemeral: false }),
  );
}

/** `make` with the lock of a name that no cluster has. @throws {RaftctlError} CLUSTER_EXISTS */
export function withNewName(
  { store, name, timeoutMs }: Pick<RestoreInit, 'store' | 'name' | 'timeoutMs'>,
  make: () => Promise<ClusterSpec>,
): Promise<ClusterSpec> {
  checkClusterName(name);
  return withLock(store.lockFileOf(name), timeoutMs, async () => {
    if ((await store.load(name)) === null) return make();
    throw new RaftctlError('CLUSTER_EXISTS', {
      message: `Cannot restore into ${name} as that cluster exists: a snapshot only begins new ones`,
      hint: `Choose another name, or first: raftctl cluster destroy ${name}`,
    });
  });
}
