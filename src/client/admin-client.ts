/** Asks a node's admin port (HTTP and JSON). */
import { request } from 'node:http';
import { RaftctlError } from '../std/errors.ts';
import type { NodeStatus } from '../wire/status.ts';
import { splitAddress } from './address.ts';

/** An answer over this is not a status. Bytes. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/** @throws {RaftctlError} UNREACHABLE when the node does not answer with its status in time. */
export async function fetchNodeStatus(address: string, timeoutMs: number): Promise<NodeStatus> {
  const text = await get(address, '/v1/status', timeoutMs);
  const parsed = parseJson(text);
  if (!isStatusEnvelope(parsed)) throw unreachable(address, 'the answer is not a node status');
  return parsed.data;
}

function get(address: string, path: string, timeoutMs: number): Promise<string> {
  const { host, port } = splitAddress(address);
  return new Promise((resolve, reject) => {
    const call = request({ host, port, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
        if (text.length > ANSWER_BYTES_MAX) call.destroy(new Error('the answer is too long'));
      });
      response.on('end', () => {
        clearTimeout(timer);
        if (response.statusCode === 200) resolve(text);
        else reject(unreachable(address, `HTTP status ${response.statusCode}`));
      });
    });
    const timer = setTimeout(
      () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    call.on('error', (error) => {
      clearTimeout(timer);
      reject(unreachable(address, error.message, error));
    });
    call.end();
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isStatusEnvelope(value: unknown): value is { readonly data: NodeStatus } {
  if (typeof value !== 'object' || value === null || !('data' in value)) return false;
  const { data } = value;
  return typeof data === 'object' && data !== null && 'clusterId' in data && 'term' in data;
}

function unreachable(address: string, reason: string, cause?: unknown): RaftctlError {
  const message = `Cannot ask ${address} for its status: ${reason}`;
  return new RaftctlError('UNREACHABLE', { message, cause });
}
