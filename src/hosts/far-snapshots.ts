/** Snapshots in the folders of nodes that do not answer, on other machines. */
import type { ClusterNode, ClusterSpec } from '../cluster/topology.ts';
import { errorTold, RaftctlError } from '../std/errors.ts';
import { aboutNodes, allInOne, byMachine, callHand } from './far-hand.ts';
import type { SnapshotsOfNode, SnapshotsRequest } from './hand-request.ts';
import { SshConnections } from './ssh.ts';

export interface FoundElsewhere {
  readonly found: readonly SnapshotsOfNode[];
  /** Files that are damaged, and machines that could not be asked; null: there are none. */
  readonly trouble: RaftctlError | null;
}

/** What is known of the rest counts. */
export function snapshotsElsewhere(
  spec: ClusterSpec,
  nodes: readonly ClusterNode[],
): Promise<FoundElsewhere> {
  return SshConnections.use(async (connections) => {
    const troubles: RaftctlError[] = [];
    const found = await Promise.all(
      byMachine(nodes).map(async (group): Promise<readonly SnapshotsOfNode[]> => {
        const request: SnapshotsRequest = { ...aboutNodes(spec, group), verb: 'snapshots' };
        try {
          return await callHand(connections, group[0].host, request);
        } catch (error) {
          if (!(error instanceof RaftctlError)) throw error;
          troubles.push(error);
          return [];
        }
      }),
    );
    const folders = found.flat();
    const damages = folders.flatMap(({ damage }) => (damage === null ? [] : [errorTold(damage)]));
    return { found: folders, trouble: allInOne([...damages, ...troubles]) };
  });
}
