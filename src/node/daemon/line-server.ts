/** A port on which one line is asked on each connection. */
import type { Server, Socket } from 'node:net';
import { parseAddress } from '../../std/address.ts';
import { latin1Slice } from '../../std/bytes.ts';
import { RaftctlError, systemCode } from '../../std/errors.ts';

const LINE_BYTES_MAX = 1024;
/** Who says nothing for so long is not waited for. */
const SILENCE_MS_MAX = 10_000;
const CONNECTIONS_MAX = 64;

/**
 * Listens; afterwards the port answers. A line that does not end ends its connection.
 *
 * @throws {RaftctlError} ADDRESS_IN_USE, CONFIG_INVALID
 */
export function lineServer(
  server: Server,
  address: string,
  onLine: (line: string, socket: Socket) => void,
): Promise<Server> {
  const at = parseAddress(address);
  if (at === null) {
    return Promise.reject(
      new RaftctlError('CONFIG_INVALID', { message: `No address: ${address}` }),
    );
  }
  server.maxConnections = CONNECTIONS_MAX;
  server.on('connection', (socket) => readLine(socket, onLine));
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const code = systemCode(cause) === 'EADDRINUSE' ? 'ADDRESS_IN_USE' : 'CONFIG_INVALID';
      const message = `Cannot listen on ${address}: ${systemCode(cause) ?? cause.message}`;
      reject(new RaftctlError(code, { message, cause }));
    });
    server.listen({ ...at }, () => resolve(server));
  });
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
