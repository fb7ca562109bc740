/**
 * The port that other members dial. Strangers get little: a bounded number of connections at once,
 * a bounded number of bytes, a bounded time (handshake.ts, pending-connection.ts).
 */
import { createServer, type Server, type Socket } from 'node:net';
import { formatAddress, type HostPort } from '../../std/address.ts';
import { RaftctlError, systemCode } from '../../std/errors.ts';
import type { Log } from '../../std/log.ts';
import type { PeerTls } from './peer-tls.ts';

export interface ListenerInit {
  readonly address: HostPort;
  readonly log: Log;
  /** Null: plain TCP. */
  readonly tls: PeerTls | null;
  onSocket(socket: Socket): void;
  /** A stranger that never got so far as to be a socket. */
  onRefused(fault: 'tls' | 'crowded', detail: string): void;
}

export class Listener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @throws {RaftctlError} ADDRESS_IN_USE, or CONFIG_INVALID when the address is not ours. */
  static open(init: ListenerInit): Promise<Listener> {
    const { address, log, tls } = init;
    return new Promise((resolve, reject) => {
      const server = tls === null ? createServer({ noDelay: true }) : tls.server(init);
      const listener = new Listener(server);
      const onOpenError = (error: Error): void => reject(listenError(error, address));
      server.once('error', onOpenError);
      server.listen({ host: address.host, port: address.port, exclusive: true }, () => {
        server.off('error', onOpenError);
        // Out of descriptors, mostly: the listener stays, peers dial again.
        server.on('error', (error) => log.warn({ error: error.message }, 'cannot accept a peer'));
        server.on('connection', (socket: Socket) => {
          listener.#sockets.add(socket);
          socket.once('close', () => listener.#sockets.delete(socket));
        });
        const ready = tls === null ? 'connection' : 'secureConnection';
        server.on(ready, (socket: Socket) => init.onSocket(socket));
        resolve(listener);
      });
    });
  }

  /** The port that was opened: the system's choice when 0 was asked for. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Afterwards the port is free and every accepted connection is closed. */
  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

function listenError(error: Error, wanted: HostPort): RaftctlError {
  const address = formatAddress(wanted);
  const code = systemCode(error);
  if (code === 'EADDRINUSE') {
    return new RaftctlError('ADDRESS_IN_USE', {
      message: `Cannot listen for peers on ${address}: another process holds the port`,
      hint: 'Stop that process, or choose other ports: --port-base N',
      cause: error,
    });
  }
  return new RaftctlError('CONFIG_INVALID', {
    message: `Cannot listen for peers on ${address}: ${code ?? error.message}`,
    hint: 'Choose an address of this machine and a port this user may open',
    cause: error,
  });
}
