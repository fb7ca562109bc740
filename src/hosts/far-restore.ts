/** `snapshot restore --hosts`: a new cluster on other machines that begins with a saved state. */
import { withNewName } from '../cluster/restore.ts';
import type { ClusterSpec } from '../cluster/topology.ts';
import { checkWanted, createElsewhere, type FarCreateInit } from './far-create.ts';
import { readHosts } from './hosts-file.ts';
import { SshConnections } from './ssh.ts';

export interface FarRestoreInit extends FarCreateInit {
  readonly hostsFile: string;
  readonly timeoutMs: number;
}

/**
 * Afterwards the cluster can be started, or nothing of it is anywhere.
 *
 * @throws {RaftctlError} CLUSTER_EXISTS; HOST_UNFIT, UNREACHABLE, UNAUTHORIZED of a machine;
 *   EXPOSED_BIND, SNAPSHOT_CORRUPT, INTERRUPTED
 */
export async function restoreElsewhere(init: FarRestoreInit): Promise<ClusterSpec> {
  const hosts = await readHosts(init.hostsFile);
  try {
    return await withNewName(init, () =>
      SshConnections.use((connections) => createElsewhere(init, connections, hosts)),
    );
  } catch (error) {
    // The Ctrl-C of a terminal ends ssh, too, which looks as if the machine was out of reach.
    checkWanted(init);
    throw error;
  }
}
