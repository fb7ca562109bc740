/** The header that makes a request a write of a session: done once, however often it is sent. */
import type { IncomingMessage } from 'node:http';
import type { SessionTag } from '../replica/contract.ts';

const TAG = /^([1-9][0-9]{0,15})-([1-9][0-9]{0,15})$/;

/** @returns null: the request has no session. */
export function tagOf(request: IncomingMessage): SessionTag | null | 'wrong' {
  const text = request.headers['raftctl-session'];
  if (text === undefined) return null;
  const [, session, sequence] = TAG.exec(String(text)) ?? [];
  const tag = { session: Number(session), sequence: Number(sequence) };
  const isWhole = Number.isSafeInteger(tag.session) && Number.isSafeInteger(tag.sequence);
  return isWhole ? tag : 'wrong';
}
