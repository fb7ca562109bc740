/** What an etcd server (v3) says of itself, through its JSON gateway. */
import { RaftctlError } from '../std/errors.ts';

export interface EtcdStatus {
  readonly memberId: string;
  readonly clusterId: string;
  /** `0`: it knows none. */
  readonly leaderId: string;
  readonly term: number;
  readonly raftIndex: number;
  readonly appliedIndex: number;
  readonly dbBytes: number;
  readonly version: string;
  readonly isLearner: boolean;
  readonly errors: readonly string[];
}

export interface EtcdMember {
  readonly id: string;
  readonly name: string;
  readonly isLearner: boolean;
}

/** @throws {RaftctlError} UNREACHABLE */
export async function fetchEtcdStatus(address: string, timeoutMs: number): Promise<EtcdStatus> {
  const answer = await askEtcd(address, '/v3/maintenance/status', timeoutMs);
  const header = (answer['header'] ?? {}) as Readonly<Record<string, unknown>>;
  const memberId = header['member_id'];
  if (typeof memberId !== 'string') throw unreachable(address, 'it says no status of an etcd');
  return {
    memberId,
    clusterId: String(header['cluster_id'] ?? ''),
    leaderId: String(answer['leader'] ?? '0'),
    term: Number(answer['raftTerm'] ?? 0),
    raftIndex: Number(answer['raftIndex'] ?? 0),
    appliedIndex: Number(answer['raftAppliedIndex'] ?? answer['raftIndex'] ?? 0),
    dbBytes: Number(answer['dbSize'] ?? 0),
    version: String(answer['version'] ?? ''),
    isLearner: answer['isLearner'] === true,
    errors: Array.isArray(answer['errors']) ? answer['errors'].map(String) : [],
  };
}

/** As the asked member knows them, without a round to the others. @throws {RaftctlError} */
export async function fetchEtcdMembers(address: string, timeoutMs: number): Promise<EtcdMember[]> {
  const answer = await askEtcd(address, '/v3/cluster/member/list', timeoutMs);
  const members = Array.isArray(answer['members']) ? answer['members'] : [];
  return members.map((member: Readonly<Record<string, unknown>>) => ({
    id: String(member['ID'] ?? ''),
    name: String(member['name'] ?? ''),
    isLearner: member['isLearner'] === true,
  }));
}

async function askEtcd(
  address: string,
  path: string,
  timeoutMs: number,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(`http://${address}${path}`, {
      method: 'POST',
      body: '{}',
      signal,
    });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return (await response.json()) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw unreachable(address, reasonOf(cause), cause);
  }
}

/** What `fetch` says is that it failed; why is said by what it failed of. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function unreachable(address: string, reason: string, cause?: unknown): RaftctlError {
  return new RaftctlError('UNREACHABLE', {
    message: `Cannot ask etcd at ${address}: ${reason}`,
    cause,
  });
}
