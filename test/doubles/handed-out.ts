/** What a node of an older system offers to those that recover from it. */
import type { AddressInfo } from 'node:net';
import { ApplicationLog } from '../../src/node/daemon/application-log.ts';
import { StateTransfer } from '../../src/node/daemon/state-transfer.ts';
import { SILENT_LOG } from '../../src/std/log.ts';

/** A port that hands out the records of a file. */
export async function handedOut(
  path: string,
  ask: (address: string) => Promise<void>,
): Promise<void> {
  const file = new ApplicationLog({ path, sync: false, log: SILENT_LOG, onFailed: () => {} });
  const server = await new StateTransfer({ file, replicas: () => 1 }).listen('127.0.0.1:0', null);
  const { port } = server.address() as AddressInfo;
  await ask(`127.0.0.1:${port}`);
  server.close();
  file.close();
}
