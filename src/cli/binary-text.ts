/** Bytes that may or may not be text. */
import { isUtf8 } from 'node:buffer';

export interface JsonBytes {
  readonly value: string;
  readonly encoding: 'utf8' | 'base64';
}

/** As text where it is text; JSON has no bytes. */
export function jsonBytes(bytes: Buffer): JsonBytes {
  return isUtf8(bytes)
    ? { value: bytes.toString('utf8'), encoding: 'utf8' }
    : { value: bytes.toString('base64'), encoding: 'base64' };
}

/** All of stdin, byte for byte. */
export async function readStdin(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
