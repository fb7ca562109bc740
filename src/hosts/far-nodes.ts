/** Nodes on other machines: start, stop, kill, pause and resume, by the hand that is there. */
import { type NodeResult, type NodesInit, waitCaughtUp } from '../cluster/nodes.ts';
import type { ClusterNode, ClusterSpec } from '../cluster/topology.ts';
import { aboutNodes, byMachine, callHand, onEach } from './far-hand.ts';
import type { Acted, ActRequest, TidyRequest } from './hand-request.ts';
import { SshConnections } from './ssh.ts';

type Verb = ActRequest['verb'];

const STOP_GRACE_MS = 10_000;

export function isElsewhere(spec: Pick<ClusterSpec, 'nodes'>): boolean {
  return spec.nodes.some(({ host }) => host !== undefined);
}

/**
 * Does it on all machines at once. @returns a row a node, in their order.
 *
 * @throws {RaftctlError} what the machines answered, each named.
 */
export async function actElsewhere(
  spec: ClusterSpec,
  nodes: readonly ClusterNode[],
  wish: { readonly verb: Verb; readonly timeoutMs: number },
): Promise<Acted[]> {
  return SshConnections.use((connections) => actOver(connections, spec, nodes, wish));
}

export async function actOver(
  connections: SshConnections,
  spec: ClusterSpec,
  nodes: readonly ClusterNode[],
  { verb, timeoutMs }: { readonly verb: Verb; readonly timeoutMs: number },
): Promise<Acted[]> {
  const rows = await onEach(byMachine(nodes), (group) => {
    const { host } = group[0];
    const { units } = host;
    const how = units === undefined ? { timeoutMs } : { timeoutMs, units };
    return callHand(connections, host, { ...aboutNodes(spec, group), verb, ...how });
  });
  const all = rows.flat();
  return nodes.flatMap(({ id }) => all.find((row) => row.id === id) ?? []);
}

/** `actElsewhere` for commands of single nodes, whose rows say how long it took. */
export async function nodesElsewhere(
  spec: ClusterSpec,
  nodes: readonly ClusterNode[],
  wish: { readonly verb: Verb; readonly timeoutMs: number },
): Promise<NodeResult[]> {
  const rows = await actElsewhere(spec, nodes, wish);
  return rows.map((row) => ({ durationMs: 0, ...row }));
}

/** Stops and starts one node after the other, waiting each time until it has caught up. */
export async function restartElsewhere(init: NodesInit, isWaiting: boolean): Promise<NodeResult[]> {
  const results: NodeResult[] = [];
  for (const node of init.nodes) {
    const begun = performance.now();
    await SshConnections.use(async (connections) => {
      const { spec, timeoutMs } = init;
      await actOver(connections, spec, [node], { verb: 'stop', timeoutMs: STOP_GRACE_MS });
      await actOver(connections, spec, [node], { verb: 'start', timeoutMs });
    });
    if (isWaiting) await waitCaughtUp(init, node);
    const durationMs = Math.round(performance.now() - begun);
    results.push({ id: node.id, outcome: 'restarted', durationMs });
  }
  return results;
}

/**
 * Removes programs there that no cluster needs any more. A machine that does not get to it keeps
 * them until the next time.
 */
export async function tidyMachines(
  connections: SshConnections,
  spec: ClusterSpec,
  say: (line: string) => void,
): Promise<void> {
  const tidying = byMachine(spec.nodes).map(async (group) => {
    const { host } = group[0];
    const request: TidyRequest = { ...aboutNodes(spec, group), verb: 'tidy' };
    for (const gone of await callHand(connections, host, request)) {
      say(`${host.ssh} has no ${gone} any more: nothing used it`);
    }
  });
  await Promise.allSettled(tidying);
}

/** Afterwards nothing of the cluster is left on its machines but the program. */
export function destroyElsewhere(
  spec: ClusterSpec,
  timeoutMs: number,
  say: (line: string) => void,
): Promise<Acted[]> {
  return SshConnections.use(async (connections) => {
    const rows = await actOver(connections, spec, spec.nodes, { verb: 'destroy', timeoutMs });
    await tidyMachines(connections, spec, say);
    return rows;
  });
}
