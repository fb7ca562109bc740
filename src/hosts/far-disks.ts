/** What lies on the disks of other machines: for the doctor and for bundles. */
import type { NodeDisk } from '../cluster/node-disk.ts';
import type { ClusterSpec } from '../cluster/topology.ts';
import { RaftctlError } from '../std/errors.ts';
import { aboutNodes, byMachine, callHand } from './far-hand.ts';
import { isElsewhere } from './far-nodes.ts';
import type { DisksRequest } from './hand-request.ts';
import { SshConnections } from './ssh.ts';

/** `disks` of a cluster of other machines, nothing of one whose disks are here. */
export async function disksOf(
  spec: ClusterSpec,
  say: (line: string) => void,
): Promise<{ readonly disks?: readonly NodeDisk[] }> {
  return isElsewhere(spec) ? { disks: await disksElsewhere(spec, say) } : {};
}

/** A machine that cannot be reached is told, and missing: what is known of the rest counts. */
function disksElsewhere(
  spec: ClusterSpec,
  say: (line: string) => void,
): Promise<readonly NodeDisk[]> {
  return SshConnections.use(async (connections) => {
    const found = await Promise.all(
      byMachine(spec.nodes).map(async (group): Promise<readonly NodeDisk[]> => {
        const request: DisksRequest = { ...aboutNodes(spec, group), verb: 'disks' };
        try {
          return await callHand(connections, group[0].host, request);
        } catch (error) {
          if (!(error instanceof RaftctlError)) throw error;
          say(`Without what lies on its disk: ${error.message}`);
          return [];
        }
      }),
    );
    return found.flat();
  });
}
