/** Asks a node's admin port (HTTP and JSON). */
import type { NodeStatus } from '../wire/status.ts';
import { adminUnreachable, askAdmin, parseAnswer } from './admin-request.ts';

/** An answer over this is not a status. Bytes. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/** @throws {RaftctlError} UNREACHABLE when the node does not answer with its status in time. */
export async function fetchNodeStatus(address: string, timeoutMs: number): Promise<NodeStatus> {
  const ask = { address, path: '/v1/status', timeoutMs, what: 'its status' };
  const answer = await askAdmin({ ...ask, method: 'GET', answerBytesMax: ANSWER_BYTES_MAX });
  const { statusCode, text } = answer;
  if (statusCode !== 200) throw adminUnreachable(ask, `HTTP status ${statusCode}`);
  const parsed = parseAnswer(text);
  if (!isStatusEnvelope(parsed)) throw adminUnreachable(ask, 'the answer is not a node status');
  return parsed.data;
}

function isStatusEnvelope(value: unknown): value is { readonly data: NodeStatus } {
  if (typeof value !== 'object' || value === null || !('data' in value)) return false;
  const { data } = value;
  return typeof data === 'object' && data !== null && 'clusterId' in data && 'term' in data;
}
