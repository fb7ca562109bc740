/** Asks a node's admin port to do something: with the cluster's secret, and an answer. */
import { ERROR_CODES, type ErrorCode, RaftctlError } from '../std/errors.ts';
import { type AdminRequest, askAdmin, parseAnswer } from './admin-request.ts';

/** Bytes. */
const ANSWER_BYTES_MAX = 1024 * 1024;

export interface AdminPost extends Pick<AdminRequest, 'address' | 'path' | 'timeoutMs' | 'lost'> {
  readonly secretHex: string;
}

/**
 * @returns the answer's `data`.
 * @throws {RaftctlError} what the node answered, with its code; UNREACHABLE when it did not, or
 *   what `lost` makes of an answer that is lost.
 */
export async function postAdmin(post: AdminPost): Promise<unknown> {
  const what = post.path.replace(/[?].*/, '');
  const ask = { ...post, method: 'POST', answerBytesMax: ANSWER_BYTES_MAX, what } as const;
  return readAnswer((await askAdmin(ask)).text, post.address);
}

/**
 * Takes an answer of the admin port apart.
 *
 * @returns its `data`.
 * @throws {RaftctlError} what the node answered, with its code; UNREACHABLE when it is no answer.
 */
export function readAnswer(text: string, address: string): unknown {
  const answer = parseAnswer(text);
  if (typeof answer === 'object' && answer !== null) {
    if ('data' in answer) return answer.data;
    if ('error' in answer && isError(answer.error)) throw errorOf(answer.error);
  }
  const message = `Cannot understand what ${address} says: it is not the answer of a node`;
  throw new RaftctlError('UNREACHABLE', { message });
}

interface AnsweredError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: unknown;
}

function isError(value: unknown): value is AnsweredError {
  if (typeof value !== 'object' || value === null) return false;
  if (!('code' in value) || !('message' in value) || typeof value.message !== 'string')
    return false;
  return ERROR_CODES.some((code) => code === value.code);
}

function errorOf({ code, message, hint }: AnsweredError): RaftctlError {
  return new RaftctlError(code, typeof hint === 'string' ? { message, hint } : { message });
}
