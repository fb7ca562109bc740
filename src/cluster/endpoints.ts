/** Where a kv command goes: the named addresses, or the running nodes of a local cluster. */
import { splitAddress } from '../client/address.ts';
import { findNodeProcess } from './node-process.ts';
import { ClusterStore } from './store.ts';

export interface EndpointChoice {
  readonly endpoints: string | undefined;
  readonly cluster: string | undefined;
  readonly dir: string;
}

/** Client addresses, those of running nodes first. */
export async function chooseEndpoints(choice: EndpointChoice): Promise<string[]> {
  if (choice.endpoints !== undefined) {
    const addresses = choice.endpoints.split(',').map((part) => part.trim());
    for (const address of addresses) splitAddress(address);
    return addresses;
  }
  const spec = await new ClusterStore(choice.dir).find(choice.cluster ?? null);
  const running: string[] = [];
  const silent: string[] = [];
  for (const node of spec.nodes) {
    const found = await findNodeProcess(node.dataDir);
    (found !== null && !found.isPaused ? running : silent).push(node.clientAddress);
  }
  return [...running, ...silent];
}
