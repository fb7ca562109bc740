/** Whether a node could bind its addresses, asked before anything is made or started. */
import { createServer } from 'node:net';
import { splitAddress } from '../client/address.ts';
import { RaftctlError, systemCode } from '../std/errors.ts';
import { holderOfPort } from './process-table.ts';
import type { ClusterNode } from './topology.ts';

type Ports = Pick<ClusterNode, 'clientAddress' | 'peerAddress' | 'adminAddress'>;

/** @throws {RaftctlError} ADDRESS_IN_USE naming the port and, where it can be known, its holder. */
export async function checkPortsFree(nodes: readonly Ports[]): Promise<void> {
  const addresses = nodes.flatMap((n) => [n.clientAddress, n.peerAddress, n.adminAddress]);
  const taken = await Promise.all(addresses.map(isTaken));
  const address = addresses.find((_, i) => taken[i]);
  if (address === undefined) return;
  const { port } = splitAddress(address);
  const who = (await describeHolder(port)) ?? 'an unknown process';
  throw new RaftctlError('ADDRESS_IN_USE', {
    message: `Cannot use port ${port}: it is held by ${who}`,
    hint: 'Choose other ports: --port-base N',
  });
}

/** Who listens on a port, for people; null: not known. */
export async function describeHolder(port: number): Promise<string | null> {
  const holder = await holderOfPort(port);
  return holder === null ? null : `pid ${holder.pid} (${holder.command || 'unnamed'})`;
}

/** Ports nobody holds right now, as a base for a cluster of that size; null: none found. */
export async function findFreePortBase(
  nodeCount: number,
  bases: readonly number[],
): Promise<number | null> {
  for (const base of bases) {
    const ports = Array.from({ length: nodeCount }, (_, i) => [
      base + i,
      base + 1000 + i,
      base + 2000 + i,
    ]);
    const taken = await Promise.all(ports.flat().map((port) => isTaken(`127.0.0.1:${port}`)));
    if (!taken.includes(true)) return base;
  }
  return null;
}

function isTaken(address: string): Promise<boolean> {
  const { host, port } = splitAddress(address);
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      if (systemCode(error) === 'EADDRINUSE') resolve(true);
      else
        reject(
          new RaftctlError('ADDRESS_IN_USE', {
            message: `Cannot use ${address}: ${error.message}`,
            cause: error,
          }),
        );
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(false)));
  });
}
