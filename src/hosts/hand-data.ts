/** What the hand does with the data of nodes: looks at snapshots, and puts damage right. */
import { checkDown } from '../cluster/repair.ts';
import type { ClusterNode, ClusterSpec } from '../cluster/topology.ts';
import { findDamage, repairNode } from '../node/repair.ts';
import { readSnapshotFolder } from '../node/snapshot-folder.ts';
import { tellError } from '../std/errors.ts';
import type {
  DamageRequest,
  NodeDamage,
  NodeRepaired,
  RepairRequest,
  SnapshotsOfNode,
} from './hand-request.ts';

export function snapshotsOf(nodes: readonly ClusterNode[]): Promise<readonly SnapshotsOfNode[]> {
  return Promise.all(
    nodes.map(async ({ id, dataDir }) => ({ id, ...(await readSnapshotFolder(dataDir)) })),
  );
}

/** @throws {RaftctlError} NODE_RUNNING; what `findDamage` and `repairNode` throw. */
export async function repairThere(
  spec: ClusterSpec,
  nodes: readonly ClusterNode[],
  request: DamageRequest | RepairRequest,
): Promise<NodeDamage | NodeRepaired> {
  for (const node of nodes) await checkDown(spec, node);
  // It is one that is asked about.
  const directory = nodes[0]?.dataDir ?? '';
  if (request.verb === 'repair') {
    const { snapshot, term } = request;
    return { kept: await repairNode({ directory, snapshot, term }) };
  }
  const damage = request.verb === 'down' ? null : await findDamage(directory);
  return { damage: damage === null ? null : tellError(damage) };
}
