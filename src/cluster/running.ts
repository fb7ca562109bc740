/** How many nodes of a cluster run now. */
import { findNodeProcess } from './node-process.ts';
import { clusterStatus } from './status.ts';
import type { ClusterStore } from './store.ts';
import type { ClusterSpec } from './topology.ts';

/** Of nodes elsewhere only those that answer are known to run. */
export async function runningNodes(store: ClusterStore, spec: ClusterSpec): Promise<number> {
  if (spec.nodes.some(({ host }) => host !== undefined)) {
    await store.entrust(spec);
    return (await clusterStatus(store, spec)).nodes.filter(({ state }) => state === 'up').length;
  }
  const processes = await Promise.all(spec.nodes.map((node) => findNodeProcess(node.dataDir)));
  return processes.filter((found) => found !== null).length;
}
