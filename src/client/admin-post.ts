/** Asks a node's admin port to do something: with the cluster's secret, and an answer. */
import { request } from 'node:http';
import { ERROR_CODES, type ErrorCode, RaftctlError } from '../std/errors.ts';
import { splitAddress } from './address.ts';

/** Bytes. */
const ANSWER_BYTES_MAX = 1024 * 1024;

export interface AdminPost {
  /** Admin address of the node. */
  readonly address: string;
  /** With its parameters. */
  readonly path: string;
  readonly secretHex: string;
  readonly timeoutMs: number;
}

/**
 * @returns the answer's `data`.
 * @throws {RaftctlError} what the node answered, with its code; UNREACHABLE when it did not.
 */
export async function postAdmin(post: AdminPost): Promise<unknown> {
  return readAnswer(await send(post), post.address);
}

/**
 * Takes an answer of the admin port apart.
 *
 * @returns its `data`.
 * @throws {RaftctlError} what the node answered, with its code; UNREACHABLE when it is no answer.
 */
export function readAnswer(text: string, address: string): unknown {
  const answer = parse(text);
  if (typeof answer === 'object' && answer !== null) {
    if ('data' in answer) return answer.data;
    if ('error' in answer && isError(answer.error)) throw errorOf(answer.error);
  }
  const message = `Cannot understand what ${address} says: it is not the answer of a node`;
  throw new RaftctlError('UNREACHABLE', { message });
}

function send(post: AdminPost): Promise<string> {
  const { path, secretHex, timeoutMs } = post;
  const { host, port } = splitAddress(post.address);
  const headers = { 'x-raftctl-secret': secretHex };
  return new Promise((resolve, reject) => {
    const call = request(
      { method: 'POST', host, port, path, headers, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
          if (text.length > ANSWER_BYTES_MAX) call.destroy(new Error('the answer is too long'));
        });
        response.on('end', () => {
          clearTimeout(timer);
          resolve(text);
        });
      },
    );
    const timer = setTimeout(
      () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    call.on('error', (error) => {
      clearTimeout(timer);
      reject(unreachable(post, error.message, error));
    });
    call.end();
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
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

function unreachable({ address, path }: AdminPost, reason: string, cause?: unknown): RaftctlError {
  const message = `Cannot ask ${address} for ${path.replace(/[?].*/, '')}: ${reason}`;
  return new RaftctlError('UNREACHABLE', { message, cause });
}
