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

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** On one line and without loss: text as it is, control characters and other bytes as \xHH. */
export function escapedBytes(bytes: Buffer): string {
  const isText = isUtf8(bytes);
  const text = bytes.toString(isText ? 'utf8' : 'latin1');
  const odd = isText ? /[\p{Cc}\\]/gu : /[^ -[\]-~]/g;
  return text.replace(odd, (char) => SHORT_ESCAPES[char] ?? hexEscape(char));
}

function hexEscape(char: string): string {
  return [...Buffer.from(char, 'latin1')]
    .map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
    .join('');
}

/** All of stdin, byte for byte. */
export async function readStdin(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
