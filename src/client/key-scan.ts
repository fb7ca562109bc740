/** All keys with a prefix, by SCAN: the node hands them out in pieces, and may repeat one. */
import { Buffer } from 'node:buffer';
import { RaftctlError } from '../std/errors.ts';
import type { KvSession } from './kv-session.ts';
import { type Reply, RespError } from './resp-reply.ts';

export interface KeyScan {
  /** Sorted by their bytes, each once. */
  readonly keys: readonly Buffer[];
  /** There were more than were asked for. */
  readonly isCut: boolean;
}

const KEYS_PER_REQUEST = 1000;

/**
 * @param limit stops after so many keys.
 * @throws {RaftctlError} REQUEST_REFUSED when the node does not know SCAN, and what sessions throw.
 */
export async function scanKeys(
  session: KvSession,
  prefix: string,
  limit: number,
  timeoutMs: number,
): Promise<KeyScan> {
  const deadline = performance.now() + timeoutMs;
  const match = prefix === '' ? [] : ['MATCH', `${escapeGlob(prefix)}*`];
  const keys = new Map<string, Buffer>();
  let cursor = '0';
  do {
    const leftMs = Math.max(1, deadline - performance.now());
    const args = ['SCAN', cursor, ...match, 'COUNT', String(KEYS_PER_REQUEST)];
    const piece = readPiece(await session.execute({ args, isWrite: false }, leftMs));
    cursor = piece.cursor;
    for (const key of piece.keys) keys.set(key.toString('latin1'), key);
  } while (cursor !== '0' && keys.size <= limit);
  const sorted = [...keys.values()].sort(Buffer.compare);
  return { keys: sorted.slice(0, limit), isCut: sorted.length > limit };
}

/** A prefix means itself, not a pattern. */
function escapeGlob(prefix: string): string {
  return prefix.replace(/[\\*?[\]]/g, '\\$&');
}

function readPiece(reply: Reply): { readonly cursor: string; readonly keys: readonly Buffer[] } {
  if (Array.isArray(reply) && reply.length === 2) {
    const [cursor, keys] = reply as readonly Reply[];
    if (Array.isArray(keys)) {
      const bytes = keys.filter((key): key is Buffer => Buffer.isBuffer(key));
      return { cursor: String(cursor), keys: bytes };
    }
  }
  const what = reply instanceof RespError ? reply.message : 'not the answer to SCAN';
  throw new RaftctlError('REQUEST_REFUSED', { message: `Cannot list keys: ${what}` });
}
