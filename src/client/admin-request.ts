/** One request to a node's admin port, and the whole of its answer. */
import { RaftctlError } from '../std/errors.ts';
import { callAdmin, isSecured } from './dial.ts';

export interface AdminRequest {
  readonly method: 'GET' | 'POST';
  /** Admin address of the node. */
  readonly address: string;
  /** With its parameters. */
  readonly path: string;
  readonly secretHex?: string;
  /** For all of it. */
  readonly timeoutMs: number;
  /** A longer answer is none. */
  readonly answerBytesMax: number;
  /** What is asked for, in words. */
  readonly what: string;
  /**
   * What is thrown when the connection was there and no answer came: the node may have done what it
   * was asked for. Left out: UNREACHABLE, as without a connection.
   */
  readonly lost?: (reason: string) => RaftctlError;
}

export interface AdminAnswer {
  readonly statusCode: number;
  readonly text: string;
}

/** @throws {RaftctlError} UNREACHABLE when no whole answer came in time; what `lost` makes. */
export function askAdmin(ask: AdminRequest): Promise<AdminAnswer> {
  const { method, address, path, timeoutMs, secretHex } = ask;
  const headers = secretHex === undefined ? {} : { 'x-raftctl-secret': secretHex };
  return new Promise((resolve, reject) => {
    let isSent = false;
    const fail = (reason: string, cause?: Error): void => {
      clearTimeout(timer);
      call.destroy();
      const isLost = isSent && ask.lost !== undefined;
      reject(isLost ? ask.lost?.(reason) : adminUnreachable(ask, reason, cause));
    };
    const call = callAdmin({ method, address, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
        if (text.length > ask.answerBytesMax) fail('the answer is too long');
      });
      response.on('error', (error) => fail(error.message, error));
      response.on('end', () => {
        clearTimeout(timer);
        resolve({ statusCode: response.statusCode ?? 0, text });
      });
    });
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    call.on('socket', (socket) => {
      socket.once(isSecured(address) ? 'secureConnect' : 'connect', () => {
        isSent = true;
      });
    });
    call.on('error', (error) => fail(error.message, error));
    call.end();
  });
}

export function adminUnreachable(
  { address, what }: Pick<AdminRequest, 'address' | 'what'>,
  reason: string,
  cause?: unknown,
): RaftctlError {
  const message = `Cannot ask ${address} for ${what}: ${reason}`;
  return new RaftctlError('UNREACHABLE', { message, cause });
}

/** @returns null when it is no JSON. */
export function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
