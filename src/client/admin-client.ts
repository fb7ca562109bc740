/** Asks a node's admin port (HTTP and JSON). */
import type { NodeStatus } from '../wire/status.ts';
import { readAnswer } from './admin-post.ts';
import { adminUnreachable, askAdmin, parseAnswer } from './admin-request.ts';
import { credentialsOf, entrust } from './credentials.ts';

/** An answer over this is not a status. Bytes. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/** @throws {RaftctlError} UNAUTHORIZED; UNREACHABLE when no status comes in time. */
export async function fetchNodeStatus(address: string, timeoutMs: number): Promise<NodeStatus> {
  const ask = { address, path: '/v1/status', timeoutMs, what: 'its status' };
  const answer = await askAdmin({ ...ask, method: 'GET', answerBytesMax: ANSWER_BYTES_MAX });
  const { statusCode, text } = answer;
  if (statusCode === 401 || statusCode === 403) readAnswer(text, address);
  if (statusCode !== 200) throw adminUnreachable(ask, `HTTP status ${statusCode}`);
  const parsed = parseAnswer(text);
  if (!isStatusEnvelope(parsed)) throw adminUnreachable(ask, 'the answer is not a node status');
  // A member that is trusted says where the others are: they are shown the same.
  const credentials = credentialsOf(address);
  const others = parsed.data.members.flatMap((m) => [m.clientAddress, m.adminAddress]);
  if (credentials !== null) entrust(others, credentials);
  return parsed.data;
}

function isStatusEnvelope(value: unknown): value is { readonly data: NodeStatus } {
  if (typeof value !== 'object' || value === null || !('data' in value)) return false;
  const { data } = value;
  return typeof data === 'object' && data !== null && 'clusterId' in data && 'term' in data;
}
