/**
 * Pings: frames of the connection itself, in the same stream as the messages. A pong carries the
 * stamp of the ping it answers, which gives the round trip; both show that the other end lives.
 *
 * ```
 *  offset size  field
 *       0    4  checksum   crc32 of bytes 4..20
 *       4    4  length     20
 *       8    1  type       32 ping, 33 pong
 *       9    3  0
 *      12    8  stamp      the pinger's own clock, microseconds
 * ```
 */
import { allocBytes, type Bytes, crc32, readU64, writeU64 } from '../../std/bytes.ts';

export const PING_BYTES = 20;

const TYPE = { ping: 32, pong: 33 } as const;
export type PingKind = keyof typeof TYPE;

export function encodePing(kind: PingKind, stampUs: number): Bytes {
  const bytes = allocBytes(PING_BYTES);
  bytes.writeUInt32LE(PING_BYTES, 4);
  bytes.writeUInt32LE(TYPE[kind], 8);
  writeU64(bytes, stampUs, 12);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/** Which of the two the frame at `start` says it is; null: neither, a message. */
export function pingKind(bytes: Bytes, start: number): PingKind | null {
  const type = bytes[start + 8];
  if (type === TYPE.ping) return 'ping';
  return type === TYPE.pong ? 'pong' : null;
}

/** @returns the stamp, or -1 for a frame that is not as it should be. */
export function decodePing(bytes: Bytes, start: number, end: number): number {
  if (end - start !== PING_BYTES) return -1;
  if (crc32(bytes.subarray(start + 4, end)) !== bytes.readUInt32LE(start)) return -1;
  return readU64(bytes, start + 12);
}
