/** The client addresses that load on a local cluster goes to, by the names a person gives. */
import { RaftctlError } from '../std/errors.ts';
import { mayAnswer } from './node-process.ts';
import { selectNodes } from './nodes.ts';
import { clusterStatus } from './status.ts';
import type { ClusterStore } from './store.ts';
import type { ClusterSpec } from './topology.ts';

/** @param names `leader`, `any` (all nodes that run) or ids of nodes; none: any. */
export async function loadTargets(
  store: ClusterStore,
  spec: ClusterSpec,
  names: readonly string[],
): Promise<string[]> {
  const addresses = new Set<string>();
  for (const name of names.length === 0 ? ['any'] : names) {
    for (const address of await addressesOf(store, spec, name)) addresses.add(address);
  }
  return [...addresses];
}

async function addressesOf(
  store: ClusterStore,
  spec: ClusterSpec,
  name: string,
): Promise<readonly string[]> {
  if (name === 'leader') {
    const { leader, nodes } = await clusterStatus(store, spec);
    const row = nodes.find((node) => node.id === leader);
    if (row !== undefined) return [row.clientAddress];
    throw new RaftctlError('NO_LEADER', {
      message: `Nobody leads ${spec.name}`,
      hint: `See who is down: raftctl cluster status ${spec.name}`,
    });
  }
  if (name !== 'any') return selectNodes(spec, [name]).map((node) => node.clientAddress);
  const running: string[] = [];
  for (const node of spec.nodes) {
    if (await mayAnswer(node)) running.push(node.clientAddress);
  }
  if (running.length > 0) return running;
  throw new RaftctlError('UNREACHABLE', {
    message: `No node of ${spec.name} runs`,
    hint: `Start it: raftctl cluster up ${spec.name} --detach`,
  });
}
