/** Where a kv command goes: named addresses, those that DNS knows, or nodes of a local cluster. */

import { splitAddress } from '../client/address.ts';
import { addressesBySrv, type DiscoverChoice } from '../client/srv-records.ts';
import { RaftctlError } from '../std/errors.ts';
import type { AppName } from '../wire/node-config.ts';
import { entrustGiven, type GivenTrust } from './given-credentials.ts';
import { mayAnswer } from './node-process.ts';
import { ClusterStore } from './store.ts';
import type { ClusterSpec } from './topology.ts';

export interface EndpointChoice extends GivenTrust, DiscoverChoice {
  readonly endpoints?: string | undefined;
  readonly cluster?: string | undefined;
  readonly dir: string;
  /** Whom the client talks to; the kvstore unless it says otherwise. */
  readonly app?: AppName;
}

/** Client addresses, those of running nodes first. */
export async function chooseEndpoints(choice: EndpointChoice): Promise<string[]> {
  if (choice.endpoints !== undefined) {
    const addresses = choice.endpoints.split(',').map((part) => part.trim());
    for (const address of addresses) splitAddress(address);
    await entrustGiven(addresses, choice);
    return addresses;
  }
  if (choice.discover !== undefined) {
    const addresses = await addressesBySrv(choice.discover, choice.dns ?? null);
    await entrustGiven(addresses, choice);
    return addresses;
  }
  const spec = await new ClusterStore(choice.dir).findAnywhere(choice.cluster ?? null);
  checkApp(spec, choice.app ?? 'kvstore');
  const running: string[] = [];
  const silent: string[] = [];
  for (const node of spec.nodes) {
    ((await mayAnswer(node)) ? running : silent).push(node.clientAddress);
  }
  return [...running, ...silent];
}

/**
 * A command of one app means something else to another, or nothing.
 *
 * @throws {RaftctlError} CLUSTER_DIFFERS
 */
export function checkApp({ name, app, engine }: ClusterSpec, wanted: AppName): void {
  if (engine !== undefined) {
    throw new RaftctlError('CLUSTER_DIFFERS', {
      message: `Cannot do that with cluster ${name} as its nodes are of ${engine}`,
      hint: `Measure it: raftctl bench --cluster ${name}. Or talk to it with its own tools`,
    });
  }
  // A diskstorage takes the kvstore's commands.
  if (app === wanted || (app === 'diskstorage' && wanted === 'kvstore')) return;
  throw new RaftctlError('CLUSTER_DIFFERS', {
    message: `Cannot do that with cluster ${name} as its app is ${app}, not ${wanted}`,
    hint:
      app === 'chatroom' ? `Talk there: raftctl chat --cluster ${name}` : 'Name another cluster',
  });
}
