/** Where load goes: addresses, the protocol spoken there, and what a target says of itself. */
import { splitAddress } from '../client/address.ts';
import { fetchEtcdMembers, fetchEtcdStatus } from '../client/etcd-client.ts';
import { RespConnection } from '../client/resp-connection.ts';
import type { Reply } from '../client/resp-reply.ts';
import { encodeCommand } from '../client/resp-request.ts';
import { RaftctlError } from '../std/errors.ts';
import type { DriverName } from './drivers/drivers.ts';

export interface Target {
  /** `host:port`. */
  readonly address: string;
  /** It is known to answer `INFO`, whatever protocol the load has. */
  readonly answersInfo?: boolean;
}

/** What `INFO` tells; null: the target does not say. */
export interface TargetInfo {
  readonly address: string;
  readonly server: 'raftctl' | 'redis' | 'etcd' | null;
  readonly version: string | null;
  readonly cluster: string | null;
  readonly node: string | null;
  readonly role: string | null;
  readonly leader: string | null;
  readonly term: number | null;
  /** How writes are made durable: `always`, `batch`, `none`; of Redis, its append-only file. */
  readonly fsync: string | null;
}

const SCHEMES: Readonly<Record<string, DriverName>> = {
  'resp:': 'resp',
  'redis:': 'resp',
  'http:': 'http',
  'etcd:': 'etcd',
  'raftexample:': 'raftexample',
  'kvapi:': 'kvapi',
  'raft-demo:': 'raft-demo-c',
  'raft-demo-a:': 'raft-demo-a',
  'raft-demo-b:': 'raft-demo-b',
  'raft-demo-c:': 'raft-demo-c',
};
/** What takes the question for `INFO` for a request that it does not know. */
const UNASKED: ReadonlySet<DriverName> = new Set([
  ...(['raftexample', 'kvapi', 'raft-demo-a', 'raft-demo-b', 'raft-demo-c'] as const),
]);

/**
 * `resp://host:port`, `redis://host:port`, `http://host:port` or `host:port`; null: it is a name.
 *
 * @throws {RaftctlError} USAGE when the scheme or the address cannot be read.
 */
export function parseTarget(
  text: string,
): (Target & { readonly driver: DriverName | null }) | null {
  const match = /^([a-z-]+:)\/\/([^/]*)\/?$/.exec(text);
  if (match === null) {
    if (!text.includes(':')) return null;
    splitAddress(text);
    return { address: text, driver: null };
  }
  const driver = SCHEMES[match[1] ?? ''];
  const address = match[2] ?? '';
  if (driver === undefined) {
    throw new RaftctlError('USAGE', {
      message: `Cannot measure ${text}: the protocol is not resp, http, etcd, raftexample, kvapi or raft-demo`,
      hint: 'For example --target resp://127.0.0.1:6379',
    });
  }
  splitAddress(address);
  return { address, driver };
}

/** Asks a target for `INFO`; a target that speaks no RESP just says nothing. */
export async function describeTarget(
  target: Target,
  driver: DriverName,
  timeoutMs: number,
): Promise<TargetInfo> {
  if (driver === 'etcd') return describeEtcd(target.address, timeoutMs);
  const mayAsk = target.answersInfo === true || !UNASKED.has(driver);
  if (!mayAsk) return readInfo(target.address, '');
  const text = await infoText(target.address, timeoutMs).catch(() => null);
  return readInfo(target.address, text ?? '');
}

async function describeEtcd(address: string, timeoutMs: number): Promise<TargetInfo> {
  const unknown = readInfo(address, '');
  const asked = [
    fetchEtcdStatus(address, timeoutMs),
    fetchEtcdMembers(address, timeoutMs),
  ] as const;
  const [status, members] = await Promise.all(asked).catch(() => [null, []] as const);
  if (status === null) return unknown;
  const nameOf = (id: string): string | null => {
    return members.find((member) => member.id === id)?.name ?? null;
  };
  const { version, memberId, leaderId, term } = status;
  const [node, leader] = [nameOf(memberId), nameOf(leaderId)];
  const role = leader === node ? 'leader' : 'follower';
  return { ...unknown, server: 'etcd', version, node, role, leader, term, fsync: 'always' };
}

/** Pure. */
export function readInfo(address: string, text: string): TargetInfo {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  const field = (name: string): string | null => fields.get(name) || null;
  const isRaftctl = fields.has('raft_term');
  const isRedis = !isRaftctl && fields.has('redis_version');
  const term = field('raft_term');
  return {
    address,
    server: isRaftctl ? 'raftctl' : isRedis ? 'redis' : null,
    version: isRaftctl ? field('raftctl_version') : field('redis_version'),
    cluster: field('raft_cluster'),
    node: field('raft_node'),
    role: field('raft_role') ?? field('role'),
    leader: field('raft_leader'),
    term: term === null ? null : Number(term),
    fsync: field('raft_fsync') ?? redisFsync(field('aof_enabled')),
  };
}

function redisFsync(aofEnabled: string | null): string | null {
  if (aofEnabled === null) return null;
  return aofEnabled === '1' ? 'append-only file' : 'none';
}

async function infoText(address: string, timeoutMs: number): Promise<string | null> {
  const connection = await RespConnection.open(address, timeoutMs);
  try {
    const reply = await new Promise<Reply>((resolve) => {
      const timer = setTimeout(() => resolve(null), timeoutMs);
      const answer = (value: Reply): void => {
        clearTimeout(timer);
        resolve(value);
      };
      connection.listen({ onReply: answer, onClose: () => answer(null) });
      connection.send(encodeCommand(['INFO']), 1);
    });
    return Buffer.isBuffer(reply) ? reply.toString('utf8') : null;
  } finally {
    connection.close();
  }
}
