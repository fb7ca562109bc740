/**
 * Bytes, checksums and the 64-bit numbers inside them. The only file of the pure floors that knows
 * Node's `Buffer` and `zlib.crc32`; both are pure functions of their input.
 *
 * Byte strings that become text (answers, keys of reads) are latin1 strings: one byte a character,
 * compact in the heap, quick to compare and to write into a reply.
 */
import { Buffer } from 'node:buffer';
import { crc32 as zlibCrc32 } from 'node:zlib';

export type Bytes = Buffer;

export const NO_BYTES: Bytes = Buffer.alloc(0);

/** Bytes whose content is undefined until written. */
export function allocBytes(size: number): Bytes {
  return Buffer.allocUnsafe(size);
}

export function zeroBytes(size: number): Bytes {
  return Buffer.alloc(size);
}

export function concatBytes(parts: readonly Uint8Array[]): Bytes {
  return Buffer.concat(parts);
}

export function bytesFrom(text: string, encoding: 'utf8' | 'latin1' | 'hex' = 'utf8'): Bytes {
  return Buffer.from(text, encoding);
}

/** A Buffer over the same memory. */
export function bytesView(array: Uint8Array): Bytes {
  return Buffer.isBuffer(array)
    ? array
    : Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

export function crc32(bytes: Uint8Array, seed = 0): number {
  return zlibCrc32(bytes, seed);
}

/** Up to here a loop beats the call into native code. */
const LOOP_BYTES_MAX = 32;

/** Copies `start..end` of one to the place `at` of another; they do not overlap. */
export function copyBytes(from: Bytes, start: number, end: number, to: Bytes, at: number): void {
  if (end - start > LOOP_BYTES_MAX) {
    from.copy(to, at, start, end);
    return;
  }
  for (let i = start, j = at; i < end; i += 1, j += 1) to[j] = from[i] as number;
}

/** Reads 32 bits, little endian. Requires: they are there. */
export function readU32(bytes: Bytes, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  const high = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
  return (low | (high << 16)) >>> 0;
}

/** Writes a safe integer as 64 bits, little endian. */
export function writeU64(bytes: Bytes, value: number, offset: number): void {
  bytes.writeUInt32LE(value >>> 0, offset);
  bytes.writeUInt32LE(Math.floor(value / 0x1_0000_0000), offset + 4);
}

/** Reads 64 bits, little endian. Larger than 2^53 - 1 (never written by us): returns -1. */
export function readU64(bytes: Bytes, offset: number): number {
  const value = bytes.readUInt32LE(offset + 4) * 0x1_0000_0000 + bytes.readUInt32LE(offset);
  return Number.isSafeInteger(value) ? value : -1;
}

interface Latin1Sliceable {
  latin1Slice(start: number, end: number): string;
}

/** `toString('latin1', ...)` without the search for the encoding's name. */
export function latin1Slice(bytes: Bytes, start: number, end: number): string {
  return (bytes as unknown as Latin1Sliceable).latin1Slice(start, end);
}
