/** Changes of the members of any cluster: those who leave end on their own machines. */
import type { MembersInit, MembersResult } from '../cluster/members.ts';
import { changeRoster, FAREWELL_MS, type Farewell } from '../cluster/roster.ts';
import type { ClusterNode, ClusterSpec } from '../cluster/topology.ts';
import { RaftctlError } from '../std/errors.ts';
import { actOver, isElsewhere } from './far-nodes.ts';
import { SshConnections } from './ssh.ts';

const STOP_GRACE_MS = 10_000;

export interface NamedMembersInit extends Omit<MembersInit, 'spec'> {
  /** Name of the cluster; null: the only one there is. */
  readonly cluster: string | null;
  readonly say: (line: string) => void;
}

/** `changeRoster` of a cluster by its name. @throws {RaftctlError} CLUSTER_NOT_FOUND and others. */
export async function changeMembersOf(
  init: NamedMembersInit,
): Promise<MembersResult & { readonly cluster: string }> {
  const spec = await init.store.findAnywhere(init.cluster);
  const result = isElsewhere(spec)
    ? await SshConnections.use((connections) => {
        const farewell = farewellOver(connections, spec, init.say);
        return changeRoster({ ...init, spec, farewell });
      })
    : await changeRoster({ ...init, spec });
  return { cluster: spec.name, ...result };
}

/**
 * A machine that cannot be reached keeps what it has: that is told, and does not hold up those who
 * want to be rid of it.
 */
export function farewellOver(
  connections: SshConnections,
  spec: ClusterSpec,
  say: (line: string) => void,
): Farewell {
  const lost = new Map<string, string>();
  const ask = async (
    node: ClusterNode,
    verb: 'ended' | 'stop' | 'forget',
    timeoutMs: number,
  ): Promise<boolean> => {
    if (lost.has(node.id)) return false;
    try {
      const [row] = await actOver(connections, spec, [node], { verb, timeoutMs });
      return row === undefined || row.outcome !== 'running';
    } catch (error) {
      if (!(error instanceof RaftctlError) || !OUT_OF_REACH.has(error.code)) throw error;
      lost.set(node.id, error.message);
      return false;
    }
  };
  return {
    ended: (node) => ask(node, 'ended', FAREWELL_MS),
    stop: async (node) => void (await ask(node, 'stop', STOP_GRACE_MS)),
    forget: async (node) => {
      await ask(node, 'forget', STOP_GRACE_MS);
      const reason = lost.get(node.id);
      if (reason === undefined) return;
      say(`${node.id} is no member any more, but its machine was not told: ${reason}`);
      say(`Once it is back, end what runs there and remove ${node.dataDir}`);
    },
  };
}

/** Nobody there can be asked for anything. */
const OUT_OF_REACH: ReadonlySet<string> = new Set(['UNREACHABLE', 'UNAUTHORIZED', 'WAIT_TIMEOUT']);
