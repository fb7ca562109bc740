/**
 * How a node of an older system becomes a member of a cluster that runs: it is told by any member
 * where that is asked for, and asks there like `raftctl node start --join`. A name or an address
 * that the cluster knows already is replaced: its data is not here, so it must not vote as before.
 */
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { splitAddress } from '../client/address.ts';
import { fetchNodeStatus } from '../client/admin-client.ts';
import { postAdmin } from '../client/admin-post.ts';
import { joinCluster } from '../cluster/join.ts';
import { type ErrorCode, RaftctlError, systemCode } from '../std/errors.ts';
import type { NamedMember } from '../wire/member-change.ts';
import type { NodeConfig } from '../wire/node-config.ts';
import { ADMIN_HEADER, ADMIN_QUESTION } from '../wire/older-systems.ts';
import type { FsyncName, NodeStatus } from '../wire/status.ts';

const JOIN_MS_MAX = 15_000;
const ANSWER_MS = 2000;
const POLL_MS = 200;

export interface JoiningInit {
  readonly self: NamedMember;
  readonly fsync: FsyncName;
  /** Never gets a vote; left out: false. */
  readonly learner?: boolean;
  readonly secretFile: string;
  /** Admin addresses of members; asked again until one of them helps. */
  readonly contacts: () => Promise<readonly string[]>;
  /** Which cluster it must be; null: whichever it is. */
  readonly clusterId: string | null;
  /** So long a member is looked for that answers and knows the leader. */
  readonly waitMs?: number;
  /** Has connections to addresses that it learns made as those to the contacts. */
  readonly trust?: (addresses: readonly string[]) => void;
  /** Ends the waiting for a member that helps. */
  readonly signal?: AbortSignal;
}

/**
 * @throws {RaftctlError} ADDRESS_IN_USE, CLUSTER_DIFFERS; UNREACHABLE, NO_LEADER, MEMBERS_REFUSED,
 *   OUTCOME_UNKNOWN when it did not get better in time; INTERRUPTED
 */
export async function joinRunning(init: JoiningInit): Promise<NodeConfig> {
  await checkFree(init.self.peerAddress);
  const deadline = performance.now() + (init.waitMs ?? JOIN_MS_MAX);
  for (;;) {
    try {
      return await attempt(init);
    } catch (error) {
      if (!mayPass(error) || performance.now() > deadline) throw error;
    }
    if (init.signal?.aborted === true) {
      throw new RaftctlError('INTERRUPTED', { message: 'Interrupted before it was a member' });
    }
    await sleep(POLL_MS);
  }
}

async function attempt(init: JoiningInit): Promise<NodeConfig> {
  const { self, fsync, secretFile, contacts, learner = false } = init;
  let last: unknown = new RaftctlError('UNREACHABLE', { message: 'No member answers' });
  for (const contact of await contacts()) {
    try {
      const leader = await leaderBehind(contact, init);
      await giveWay(leader, self, secretFile);
      const member = { ...self, clientAddress: reachable(self) };
      const asked = { contact: leader.adminAddress, member, secretFile, fsync, learner };
      return { ...(await joinCluster({ ...asked, timeoutMs: ANSWER_MS })), id: self.id };
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/** Only the leader knows who is a member now: what others say of them may be old. */
async function leaderBehind(
  contact: string,
  { clusterId, trust }: JoiningInit,
): Promise<NodeStatus> {
  const status = await fetchNodeStatus(contact, ANSWER_MS);
  if (clusterId !== null && status.clusterId !== clusterId) throw foreign(contact, status);
  const { cluster, members, leaderMember } = status;
  const known = members.find((m) => m.member === leaderMember);
  if (known !== undefined) trust?.([known.adminAddress]);
  const leader = known === undefined ? null : await fetchNodeStatus(known.adminAddress, ANSWER_MS);
  if (leader?.role === 'leader') return leader;
  throw new RaftctlError('NO_LEADER', { message: `${contact} knows no leader of ${cluster}` });
}

function foreign(contact: string, { cluster }: NodeStatus): RaftctlError {
  return new RaftctlError('CLUSTER_DIFFERS', {
    message: `Cannot join by ${contact}: another cluster runs there, called ${cluster}`,
    hint: 'Start it with the list of members that the others have',
  });
}

/** Whoever has the name or the address leaves first. */
async function giveWay(leader: NodeStatus, self: NamedMember, secretFile: string): Promise<void> {
  const { members, adminAddress } = leader;
  const like = members.filter((m) => m.id === self.id || m.peerAddress === self.peerAddress);
  if (like.length === 0) return;
  const secretHex = (await readFile(secretFile, 'utf8')).trim();
  const query = new URLSearchParams({ remove: like.map((m) => m.id).join(',') });
  await postAdmin({
    ...{ address: adminAddress, secretHex, timeoutMs: ANSWER_MS },
    path: `/v1/members?${query.toString()}`,
  });
}

/** Members are told one host for all ports: that of Raft. */
function reachable({ clientAddress, peerAddress }: NamedMember): string {
  const { port } = splitAddress(clientAddress);
  return peerAddress.replace(/:\d+$/, `:${port}`);
}

/** A node that still runs there must not be thrown out of its cluster. */
function checkFree(address: string): Promise<void> {
  const { host, port } = splitAddress(address);
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `Cannot join as ${address}: ${systemCode(cause) ?? cause.message}`;
      reject(new RaftctlError('ADDRESS_IN_USE', { message, cause }));
    });
    server.listen({ host, port }, () => server.close(() => resolve()));
  });
}

/**
 * What a cluster answers while its members change: asked again, the leader is another one, a change
 * has ended, and what an answer that was lost has done is seen and undone.
 */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  ...(['UNREACHABLE', 'NO_LEADER'] as const),
  ...(['MEMBERS_REFUSED', 'NODE_NOT_FOUND', 'OUTCOME_UNKNOWN'] as const),
]);

function mayPass(error: unknown): boolean {
  return error instanceof RaftctlError && PASSING.has(error.code);
}

/** Asks a port of HTTP for the admin address of its node. @throws {RaftctlError} UNREACHABLE */
export function askByHttp(address: string): Promise<string> {
  const { host, port } = splitAddress(address);
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', host, port, path: '/join', agent: false, timeout: ANSWER_MS };
    const call = request(options, (response) => {
      response.resume();
      const found = response.headers[ADMIN_HEADER.toLowerCase()];
      if (typeof found === 'string') resolve(found);
      else reject(unreachable(address, 'it is no member of a cluster of raftctl'));
    });
    call.on('timeout', () => call.destroy(new Error('no answer')));
    call.on('error', (error) => reject(unreachable(address, error.message)));
    call.end();
  });
}

/** Asks raft-demo's join port for it. @throws {RaftctlError} UNREACHABLE */
export function askByLine(address: string): Promise<string> {
  const { host, port } = splitAddress(address);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ host, port, timeout: ANSWER_MS });
    socket.on('connect', () => socket.write(`${ADMIN_QUESTION}\n`));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('timeout', () => socket.destroy(new Error('no answer')));
    socket.on('error', (error) => reject(unreachable(address, error.message)));
    socket.on('close', () => {
      if (/^\S+:\d+\n$/.test(text)) resolve(text.trim());
      else reject(unreachable(address, 'it is no join port of raftctl'));
    });
  });
}

function unreachable(address: string, reason: string): RaftctlError {
  return new RaftctlError('UNREACHABLE', {
    message: `Cannot join the cluster at ${address}: ${reason}`,
    hint: 'Is a member running there?',
  });
}
