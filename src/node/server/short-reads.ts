/**
 * Reads of a socket into one buffer that all share. Node gives every read 64 KiB of its own, cut to
 * what came, and an event on a stream; where a read brings one command that costs more than the
 * read. `net.connect` takes a buffer of the caller's (`onread`), an accepted socket cannot be told
 * of one, though it is of the same class. So the fields behind that option are set here; where
 * a version of Node lacks one of them, the socket reads as always.
 */
import type { Socket } from 'node:net';
import { allocBytes, type Bytes, copyBytes } from '../../std/bytes.ts';

/** As much as Node reads at once. */
const READ_BYTES = 64 * 1024;
const FIELDS = ['kBuffer', 'kBufferCb', 'kBufferGen'] as const;

let shared: Bytes | null = null;

interface Handle {
  useUserBuffer?: (buffer: Bytes) => void;
}

/**
 * Hands on what comes; a chunk belongs to who is given it.
 *
 * @returns whether it is read through the shared buffer.
 */
export function takeReads(socket: Socket, take: (chunk: Bytes) => void): boolean {
  // For what was read before, and for what is put back.
  socket.on('data', take);
  const handle = (socket as unknown as { readonly _handle?: Handle | null })._handle;
  const symbols = Object.getOwnPropertySymbols(socket);
  const [buffer, callback, generator] = FIELDS.map((name) =>
    symbols.find((symbol) => symbol.description === name),
  );
  if (!handle?.useUserBuffer || !buffer || !callback || !generator) return false;
  shared ??= allocBytes(READ_BYTES);
  const from = shared;
  Object.assign(socket, {
    [buffer]: from,
    [callback]: (length: number): boolean => {
      const chunk = allocBytes(length);
      copyBytes(from, 0, length, chunk, 0);
      take(chunk);
      return true;
    },
    [generator]: null,
  });
  handle.useUserBuffer(from);
  return true;
}
