/** Writes whose memory is used again. */
import type { Socket } from 'node:net';

/**
 * Where bytes wait already, these wait as a copy of their own size, whatever they were cut from.
 *
 * @returns whether the memory of the bytes is free again.
 */
export function writeTo(socket: Socket, bytes: Buffer): boolean {
  if (socket.writableLength > 0) {
    socket.write(Buffer.from(bytes));
    return true;
  }
  socket.write(bytes);
  return socket.writableLength === 0;
}
