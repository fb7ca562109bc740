/** `node start --join`: asks a running cluster for a place, and makes of the answer a new node. */
import { readFile } from 'node:fs/promises';
import { fetchNodeStatus } from '../client/admin-client.ts';
import { postAdmin } from '../client/admin-post.ts';
import { RaftctlError } from '../std/errors.ts';
import { formatMember, type MemberChangeReply, type NamedMember } from '../wire/member-change.ts';
import {
  APP_NAMES,
  DATA_FORMAT_VERSION,
  NODE_CONFIG_DEFAULTS,
  type NodeConfig,
} from '../wire/node-config.ts';
import type { FsyncName } from '../wire/status.ts';
import { demoOf } from './demo-cluster.ts';
import { lostChange } from './members.ts';
import type { ClusterStore } from './store.ts';

export interface JoinInit {
  /** Admin address of any member. */
  readonly contact: string;
  readonly member: NamedMember;
  readonly secretFile: string;
  /** Default: as its cluster, where that is of this machine. */
  readonly fsync?: FsyncName;
  /** Stays a learner. */
  readonly learner: boolean;
  readonly timeoutMs: number;
  /** Where its cluster may be known: a new node is then told what the others were. */
  readonly store?: ClusterStore;
}

/**
 * Adds the member as a learner that is promoted once it has caught up. Returns what its directory
 * is formatted with; the change is committed by then.
 *
 * @throws {RaftctlError} UNREACHABLE, NO_LEADER, MEMBERS_REFUSED, CONFIG_INVALID, OUTCOME_UNKNOWN.
 */
export async function joinCluster(init: JoinInit): Promise<NodeConfig> {
  const { contact, member, secretFile, timeoutMs } = init;
  const { members, leaderMember, cluster } = await fetchNodeStatus(contact, timeoutMs);
  const leader = members.find((m) => m.member === leaderMember);
  if (leader === undefined) {
    throw new RaftctlError('NO_LEADER', { message: `${contact} knows no leader of ${cluster}` });
  }
  const secretHex = await readFile(secretFile, 'utf8').catch((cause: unknown) => {
    throw new RaftctlError('CONFIG_INVALID', {
      message: `Cannot read the cluster secret ${secretFile}`,
      hint: 'Copy the file from a member (mode 0600)',
      cause,
    });
  });
  const query = new URLSearchParams({ add: formatMember(member), join: String(!init.learner) });
  const path = `/v1/members?${query.toString()}`;
  const address = leader.adminAddress;
  const asked = { address, path, secretHex: secretHex.trim(), timeoutMs, lost: lostChange };
  const reply = (await postAdmin(asked)) as MemberChangeReply;
  const app = APP_NAMES.find((name) => name === reply.app);
  const own = reply.members.find((m) => m.id === member.id);
  if (app === undefined || own === undefined) {
    throw new RaftctlError('FORMAT_UNSUPPORTED', {
      message: `Cannot join ${reply.cluster}: it runs ${reply.app}, which this raftctl does not know`,
    });
  }
  const spec = await init.store?.withId(reply.clusterId);
  return {
    ...NODE_CONFIG_DEFAULTS,
    ...spec?.times,
    formatVersion: DATA_FORMAT_VERSION,
    ...leasesOf(reply),
    ...{ cluster: reply.cluster, clusterId: reply.clusterId, id: own.id, member: own.member },
    ...{ app, secretFile, fsync: init.fsync ?? spec?.fsync ?? NODE_CONFIG_DEFAULTS.fsync },
    ...{ members: reply.members, founding: reply.founding },
    ...(spec === undefined || spec === null ? {} : demoOf(spec, own.id)),
    ...(reply.retain === null ? {} : { retain: reply.retain }),
  };
}

/** The beginning of its log is the same, byte for byte, as that of the others. */
function leasesOf({ leasePromiseMs }: MemberChangeReply): Partial<NodeConfig> {
  return leasePromiseMs === null ? {} : { leases: true, leasePromiseMs };
}
