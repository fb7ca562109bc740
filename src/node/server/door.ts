/** The listener of a client port: plain TCP, or TLS where the node has keys. */
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Log } from '../../std/log.ts';
import type { Security } from '../../wire/security.ts';
import { hostOf } from './http-origin.ts';
import type { ServerLimits } from './limits.ts';
import { listenError } from './listen-error.ts';

export interface DoorInit {
  readonly limits: ServerLimits;
  readonly log: Log;
  readonly security: Security | undefined;
  onSocket(socket: Socket): void;
}

export function createDoor({ limits, log, security, onSocket }: DoorInit): Server {
  const manners = { allowHalfOpen: true, noDelay: true };
  if (security === undefined) return createTcpServer(manners, onSocket);
  const server = createTlsServer({
    ...keysOf(security),
    ...manners,
    requestCert: true,
    // A client without a certificate shows a token; who has a wrong one is as if it had none.
    rejectUnauthorized: false,
    handshakeTimeout: limits.headerMs,
  });
  server.on('secureConnection', (socket) => {
    socket.setNoDelay(true);
    onSocket(socket);
  });
  // Those in the midst of the handshake count too; who comes over it is closed without a word.
  server.maxConnections = limits.connections;
  let refused = 0;
  server.on('tlsClientError', (error, socket) => {
    const client = socket.remoteAddress;
    // Node leaves one open that is only slow.
    socket.destroy();
    refused += 1;
    // At each doubling only: a flood of strangers must not become a flood of lines.
    if ((refused & (refused - 1)) !== 0) return;
    log.warn({ client, count: refused, detail: error.message }, 'Refused a client: this is TLS');
  });
  security.onReplaced(() => server.setSecureContext(keysOf(security)));
  return server;
}

/** Of every port that serves TLS to clients. */
export function keysOf({ keys }: Security) {
  return { ...keys, minVersion: 'TLSv1.2' } as const;
}

/** @returns `host:port` that is listened on. @throws {RaftctlError} */
export function listenAt(server: Server, listenAddress: string, log: Log): Promise<string> {
  const colon = listenAddress.lastIndexOf(':');
  const host = hostOf(listenAddress);
  const port = Number(listenAddress.slice(colon + 1));
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(listenError(listenAddress, error));
    server.once('error', fail);
    // An empty host is loopback: nobody exposes a node by leaving something out.
    server.listen({ host: host === '' ? '127.0.0.1' : host, port, backlog: 1024 }, () => {
      server.removeListener('error', fail);
      // Accepting failed (EMFILE): those connected go on, the next one may be lucky.
      server.on('error', (error) => log.warn({ error: error.message }, 'Cannot accept'));
      const bound = server.address();
      const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
      resolve(`${host === '' ? '127.0.0.1' : listenAddress.slice(0, colon)}:${boundPort}`);
    });
  });
}
