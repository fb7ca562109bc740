/** Where a kv command goes: the named addresses, or the running nodes of a local cluster. */

import { splitAddress } from '../client/address.ts';
import { RaftctlError } from '../std/errors.ts';
import type { AppName } from '../wire/node-config.ts';
import { findNodeProcess } from './node-process.ts';
import { ClusterStore } from './store.ts';
import type { ClusterSpec } from './topology.ts';

export interface EndpointChoice {
  readonly endpoints: string | undefined;
  readonly cluster: string | undefined;
  readonly dir: string;
  /** Whom the client talks to; the kvstore unless it says otherwise. */
  readonly app?: AppName;
}

/** Client addresses, those of running nodes first. */
export async function chooseEndpoints(choice: EndpointChoice): Promise<string[]> {
  if (choice.endpoints !== undefined) {
    const addresses = choice.endpoints.split(',').map((part) => part.trim());
    for (const address of addresses) splitAddress(address);
    return addresses;
  }
  const spec = await new ClusterStore(choice.dir).find(choice.cluster ?? null);
  checkApp(spec, choice.app ?? 'kvstore');
  const running: string[] = [];
  const silent: string[] = [];
  for (const node of spec.nodes) {
    const found = await findNodeProcess(node.dataDir);
    (found !== null && !found.isPaused ? running : silent).push(node.clientAddress);
  }
  return [...running, ...silent];
}

/**
 * A command of one app means something else to another, or nothing.
 *
 * @throws {RaftctlError} CLUSTER_DIFFERS
 */
export function checkApp({ name, app }: ClusterSpec, wanted: AppName): void {
  // A diskstorage takes the kvstore's commands.
  if (app === wanted || (app === 'diskstorage' && wanted === 'kvstore')) return;
  throw new RaftctlError('CLUSTER_DIFFERS', {
    message: `Cannot do that with cluster ${name} as its app is ${app}, not ${wanted}`,
    hint:
      app === 'chatroom' ? `Talk there: raftctl chat --cluster ${name}` : 'Name another cluster',
  });
}
