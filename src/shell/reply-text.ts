/** Replies as redis-cli prints them: for a person, or raw for a pipe. Pure. */
import { Buffer } from 'node:buffer';
import { jsonBytes } from '../cli/binary-text.ts';
import { type Reply, RespError } from '../client/resp-reply.ts';

/** Lines for a person: types are told, strings are quoted. */
export function replyLines(reply: Reply, indent = ''): string[] {
  if (reply === null) return ['(nil)'];
  if (typeof reply === 'number') return [`(integer) ${reply}`];
  if (typeof reply === 'string') return [reply];
  if (reply instanceof RespError) return [`(error) ${reply.message}`];
  if (Buffer.isBuffer(reply)) return [quoted(reply)];
  const items = reply as readonly Reply[];
  if (items.length === 0) return ['(empty array)'];
  const width = String(items.length).length;
  const inner = `${indent}${' '.repeat(width + 2)}`;
  return items.flatMap((item, i) => {
    const [first = '', ...rest] = replyLines(item, inner);
    const number = `${String(i + 1).padStart(width)}) `;
    return [`${i === 0 ? '' : indent}${number}${first}`, ...rest];
  });
}

/** The bytes alone, an element a line. */
export function rawReply(reply: Reply): Buffer {
  if (reply === null) return Buffer.from('\n');
  if (Buffer.isBuffer(reply)) return Buffer.concat([reply, Buffer.from('\n')]);
  if (reply instanceof RespError) return Buffer.from(`${reply.message}\n`);
  if (typeof reply === 'object') return Buffer.concat(reply.map(rawReply));
  return Buffer.from(`${reply}\n`);
}

const ESCAPES: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

function quoted(bytes: Buffer): string {
  let text = '"';
  for (const byte of bytes) {
    const isPlain = byte >= 32 && byte < 127;
    text += ESCAPES[byte] ?? (isPlain ? String.fromCharCode(byte) : hex(byte));
  }
  return `${text}"`;
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** For `--json`: text where it is text, base64 where it is not. */
export function jsonReply(reply: Reply): unknown {
  if (Buffer.isBuffer(reply)) {
    const { value, encoding } = jsonBytes(reply);
    return encoding === 'utf8' ? value : { base64: value };
  }
  if (reply instanceof RespError) return { error: reply.message };
  return typeof reply === 'object' && reply !== null ? reply.map(jsonReply) : reply;
}
