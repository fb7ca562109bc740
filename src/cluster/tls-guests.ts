/**
 * Members that have keys of a cluster's folder and are none of its nodes, as loggers are. One on
 * this machine reads the folder itself; another was given copies, which only its people can renew.
 */
import { fetchNodeStatus } from '../client/admin-client.ts';
import { postAdmin, readAnswer } from '../client/admin-post.ts';
import { askAdmin } from '../client/admin-request.ts';
import { RaftctlError } from '../std/errors.ts';
import type { SecurityFacts } from '../wire/security.ts';
import type { MemberStatus, NodeStatus } from '../wire/status.ts';
import type { TlsFolder } from './tls-folder.ts';
import type { ClusterSpec } from './topology.ts';

export const ANSWER_MS_MAX = 5000;
const ANSWER_BYTES_MAX = 64 * 1024;

export interface GuestWish {
  readonly folder: TlsFolder;
  readonly spec: ClusterSpec;
  /** Nodes of the cluster that run. */
  readonly running: readonly string[];
}

/** What keys a running member uses. @throws {RaftctlError} UNREACHABLE */
export async function fetchKeys(address: string): Promise<SecurityFacts> {
  const ask = { address, path: '/v1/tls', timeoutMs: ANSWER_MS_MAX, what: 'its keys' };
  const { text } = await askAdmin({ ...ask, method: 'GET', answerBytesMax: ANSWER_BYTES_MAX });
  return readAnswer(text, address) as SecurityFacts;
}

/**
 * Those that run, by what the nodes know of them.
 *
 * @param mustAnswer the others are an error, but where no process listens.
 * @throws {RaftctlError} UNREACHABLE
 */
export async function guestsOf(
  { folder, spec, running }: GuestWish,
  mustAnswer = false,
): Promise<readonly MemberStatus[]> {
  const nodes = spec.nodes.filter(({ id }) => running.includes(id));
  const statuses = await Promise.all(
    nodes.map(({ adminAddress }) => fetchNodeStatus(adminAddress, ANSWER_MS_MAX).catch(() => null)),
  );
  const guests = new Map<number, MemberStatus>();
  for (const one of statuses.flatMap((status) => status?.members ?? [])) {
    const isNode = spec.nodes.some(({ member }) => member === one.member);
    if (!isNode && (await folder.holds(one.id))) guests.set(one.member, one);
  }
  const asked = [...guests.values()].map(async (one) => {
    const status = await statusOf(one, mustAnswer);
    return status?.clusterId === spec.clusterId && status.member === one.member ? [one] : [];
  });
  return (await Promise.all(asked)).flat();
}

/** Has them read their keys again. @returns who shows what lies in the folder now. */
export async function tellGuests(
  wish: GuestWish,
  { secretHex, isReplacing }: { readonly secretHex: string; readonly isReplacing: boolean },
): Promise<string[]> {
  const told: string[] = [];
  for (const { id, adminAddress: address } of await guestsOf(wish, isReplacing)) {
    await postAdmin({ address, path: '/v1/tls/reload', secretHex, timeoutMs: ANSWER_MS_MAX });
    if (await showsFolder(wish.folder, id, address)) told.push(id);
    else if (isReplacing) throw hasCopies(wish, id);
  }
  return told;
}

async function showsFolder(folder: TlsFolder, id: string, address: string): Promise<boolean> {
  const { fingerprint, authorities } = await fetchKeys(address);
  const trusted = await folder.trusted();
  const own = (await folder.certificates()).find(
    ({ role, name }) => role === 'member' && name === id,
  );
  return own?.fingerprint === fingerprint && trusted.every((one) => authorities.includes(one));
}

async function statusOf(guest: MemberStatus, mustAnswer: boolean): Promise<NodeStatus | null> {
  try {
    return await fetchNodeStatus(guest.adminAddress, ANSWER_MS_MAX);
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { code?: string };
    // It reads its keys when it starts.
    if (!mustAnswer || code === 'ECONNREFUSED') return null;
    throw new RaftctlError('UNREACHABLE', {
      message: `Cannot replace the authority yet: ${guest.id} does not answer, and would be locked out`,
      hint: `Wait for it, end it, or take it out (raftctl member remove ${guest.id}); then the same command goes on`,
      cause: error,
    });
  }
}

function hasCopies({ folder, spec }: GuestWish, id: string): RaftctlError {
  return new RaftctlError('TLS_INVALID', {
    message: `Cannot replace the authority of ${spec.name} yet: ${id} reads copies of older keys, and would be locked out`,
    hint: `Copy ca.pem, member-${id}.pem and tokens from ${folder.path} to it; then the same command goes on`,
  });
}
