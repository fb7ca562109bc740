/** A port on which one line is asked on each connection. */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { parseAddress } from '../../std/address.ts';
import { latin1Slice } from '../../std/bytes.ts';
import { RaftctlError, systemCode } from '../../std/errors.ts';
import type { Security } from '../../wire/security.ts';

const LINE_BYTES_MAX = 1024;
/** Who says nothing for so long is not waited for. */
const SILENCE_MS_MAX = 10_000;
const CONNECTIONS_MAX = 64;
const TLS_HANDSHAKE_MS_MAX = 5000;

/**
 * Listens; afterwards the port answers. A line that does not end ends its connection.
 *
 * @param security null: a plain port. Else who asks shows a certificate of the cluster: such a line
 *   has no place for a token.
 * @throws {RaftctlError} ADDRESS_IN_USE, CONFIG_INVALID
 */
export function lineServer(
  address: string,
  security: Security | null,
  onLine: (line: string, socket: Socket) => void,
): Promise<Server> {
  const at = parseAddress(address);
  if (at === null) {
    return Promise.reject(
      new RaftctlError('CONFIG_INVALID', { message: `No address: ${address}` }),
    );
  }
  const server = security === null ? createServer({ allowHalfOpen: true }) : secured(security);
  server.maxConnections = CONNECTIONS_MAX;
  const ready = security === null ? 'connection' : 'secureConnection';
  server.on(ready, (socket: Socket) => readLine(socket, onLine));
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const code = systemCode(cause) === 'EADDRINUSE' ? 'ADDRESS_IN_USE' : 'CONFIG_INVALID';
      const message = `Cannot listen on ${address}: ${systemCode(cause) ?? cause.message}`;
      reject(new RaftctlError(code, { message, cause }));
    });
    server.listen({ ...at }, () => resolve(server));
  });
}

function secured(security: Security): Server {
  const keys = () => ({ ...security.keys, minVersion: 'TLSv1.2' as const });
  const server = createTlsServer({
    ...keys(),
    ...{ requestCert: true, rejectUnauthorized: true, allowHalfOpen: true },
    handshakeTimeout: TLS_HANDSHAKE_MS_MAX,
  });
  security.onReplaced(() => server.setSecureContext(keys()));
  // Node leaves one open that is only slow.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}

function readLine(socket: Socket, onLine: (line: string, socket: Socket) => void): void {
  let text = '';
  socket.on('error', () => socket.destroy());
  socket.setTimeout(SILENCE_MS_MAX, () => socket.destroy());
  const take = (chunk: Buffer): void => {
    text += latin1Slice(chunk, 0, chunk.length);
    const end = text.indexOf('\n');
    if (end < 0 && text.length <= LINE_BYTES_MAX) return;
    socket.removeListener('data', take);
    socket.resume();
    if (end < 0) socket.destroy();
    else onLine(text.slice(0, end).replace(/\r$/, ''), socket);
  };
  socket.on('data', take);
  socket.on('end', () => {
    if (!text.includes('\n')) socket.destroy();
  });
}
