/** Changes of the members of any cluster: those who leave end on their own machines. */
import { posix } from 'node:path';
import type { MembersInit, MembersResult } from '../cluster/members.ts';
import { changeRoster, FAREWELL_MS, type Farewell } from '../cluster/roster.ts';
import type { ClusterNode, ClusterSpec } from '../cluster/topology.ts';
import { RaftctlError } from '../std/errors.ts';
import { byMachine, clustersOn } from './far-hand.ts';
import { actOver, isElsewhere } from './far-nodes.ts';
import { SshConnections } from './ssh.ts';
import { unitName } from './unit-file.ts';

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
 * The nodes are no members any more, whatever their machines say: one that cannot be told keeps
 * what it has, and that is told here. It holds up nobody who wants to be rid of it.
 */
export function farewellOver(
  connections: SshConnections,
  spec: ClusterSpec,
  say: (line: string) => void,
): Farewell {
  const untold = new Map<string, string>();
  const forgotten = new Set<string>();
  const ask = async (
    node: ClusterNode,
    verb: 'ended' | 'stop' | 'forget',
    timeoutMs: number,
  ): Promise<boolean> => {
    if (untold.has(node.id)) return false;
    try {
      const [row] = await actOver(connections, spec, [node], { verb, timeoutMs });
      return row === undefined || row.outcome !== 'running';
    } catch (error) {
      if (!(error instanceof RaftctlError)) throw error;
      if (NOTHING_THERE.has(error.code)) return true;
      untold.set(node.id, error.message);
      return false;
    }
  };
  return {
    ended: (node) => ask(node, 'ended', FAREWELL_MS),
    stop: async (node) => void (await ask(node, 'stop', STOP_GRACE_MS)),
    forget: async (node) => {
      await ask(node, 'forget', STOP_GRACE_MS);
      forgotten.add(node.id);
      const reason = untold.get(node.id);
      const left = spec.nodes.filter(({ id }) => !forgotten.has(id));
      if (reason !== undefined) for (const line of legacyLines(spec, node, left, reason)) say(line);
    },
  };
}

/** What an older program says of a machine whose disk was wiped. */
const NOTHING_THERE: ReadonlySet<string> = new Set(['CLUSTER_NOT_FOUND', 'NODE_NOT_FOUND']);

/** What somebody has to do on a machine that was not told. @param left the nodes that stay. */
function legacyLines(
  spec: ClusterSpec,
  node: ClusterNode,
  left: readonly ClusterNode[],
  reason: string,
): string[] {
  const [group] = byMachine([node, ...left]);
  if (group === undefined) return [];
  const [{ id, dataDir, host }, ...beside] = group;
  const { ssh, units } = host;
  const disable = `systemctl ${units === 'user' ? '--user ' : ''}disable --now`;
  const unit = unitName({ cluster: spec.name, id });
  const end = units === undefined ? `end ${id} if it runs` : `end ${id}: ${disable} ${unit}`;
  const untold = `${id} is no member any more, but its machine ${ssh} was not told: ${reason}`;
  if (beside.length > 0) return [untold, `On ${ssh}, ${end}; then remove ${dataDir}`];
  const folder = posix.join(clustersOn(host), spec.name);
  const rotate = 'raftctl tls rotate --authority --tokens';
  return [
    untold,
    `On ${ssh}, ${end}; then remove ${folder}, where the secret of the cluster lies, too`,
    'The secret cannot be taken back from whoever has read it: only a new cluster has a new one',
    ...(spec.tls === true
      ? [`The keys can be made worthless: ${rotate} --cluster ${spec.name}`]
      : []),
  ];
}
