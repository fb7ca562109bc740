/**
 * A cluster that is known by its name in DNS alone: what its nodes say of themselves and of one
 * another takes the place of a folder of this machine.
 */
import { fetchNodeStatus } from '../client/admin-client.ts';
import { addressesBySrv, type DiscoverChoice } from '../client/srv-records.ts';
import { RaftctlError } from '../std/errors.ts';
import type { AppName } from '../wire/node-config.ts';
import type { NodeStatus } from '../wire/status.ts';
import { entrustGiven, type GivenTrust } from './given-credentials.ts';
import { CLUSTER_FORMAT_VERSION, type ClusterNode, type ClusterSpec } from './topology.ts';

const ANSWER_MS = 2000;

interface Answer {
  /** Where it was asked. */
  readonly address: string;
  readonly status: NodeStatus;
}

/** @throws {RaftctlError} USAGE, UNREACHABLE, CLUSTER_DIFFERS, TLS_INVALID */
export async function discoveredCluster(
  discover: string,
  choice: DiscoverChoice & GivenTrust,
): Promise<ClusterSpec> {
  const addresses = await addressesBySrv(discover, choice.dns ?? null, 'admin');
  await entrustGiven(addresses, choice);
  const asked = addresses.map(async (address): Promise<Answer> => {
    return { address, status: await fetchNodeStatus(address, ANSWER_MS) };
  });
  const settled = await Promise.allSettled(asked);
  const answers = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = settled.find((one) => one.status === 'rejected');
  if (answers.length > 0) return specOf(discover, answers);
  const reason = failed?.reason instanceof Error ? failed.reason.message : String(failed?.reason);
  throw new RaftctlError('UNREACHABLE', {
    message: `Cannot ask any node that ${discover} names (${addresses.join(', ')}): ${reason}`,
    hint: 'With TLS: --tls-ca FILE and --token-file FILE of an admin token, or --tls-cert FILE',
    cause: failed?.reason,
  });
}

/** Pure. Requires: somebody answers. @throws {RaftctlError} CLUSTER_DIFFERS */
export function specOf(discover: string, answers: readonly Answer[]): ClusterSpec {
  const newest = answers.map(({ status }) => status).reduce(newerOf);
  const other = answers.find(({ status }) => status.clusterId !== newest.clusterId);
  if (other !== undefined) {
    throw new RaftctlError('CLUSTER_DIFFERS', {
      message: `Cannot tell which cluster ${discover} is: ${other.address} is of another than ${newest.adminAddress}`,
      hint: 'Name a Service whose pods are all of one cluster',
    });
  }
  const { cluster, clusterId, app, fsync, leases } = newest;
  const known = new Map(answers.map((answer) => [answer.status.member, answer]));
  const members = new Map(
    [...answers.map(({ status }) => status), ...newest.members].map((one) => [one.member, one]),
  );
  const nodes = [...members.values()]
    .sort((a, b) => a.member - b.member)
    .map(({ id, member, clientAddress, peerAddress, adminAddress }): ClusterNode => {
      const answer = known.get(member);
      return {
        ...{ id, member, clientAddress, peerAddress, dataDir: '' },
        adminAddress: answer?.address ?? adminAddress,
        ...(answer === undefined ? {} : { fsync: answer.status.fsync }),
      };
    });
  return {
    formatVersion: CLUSTER_FORMAT_VERSION,
    ...{ name: cluster, clusterId, app: app as AppName, fsync, nodes },
    ...(leases ? { leases } : {}),
    ...{ createdAt: '', ephemeral: false, portBase: 0 },
  };
}

/** Who leads in the newest term, else who has seen most. */
function newerOf(a: NodeStatus, b: NodeStatus): NodeStatus {
  if (a.term !== b.term) return a.term > b.term ? a : b;
  if (a.role === 'leader' || b.role === 'leader') return a.role === 'leader' ? a : b;
  return a.commitIndex >= b.commitIndex ? a : b;
}

/** As `troubleOf` says it, with a way out that needs no folder of this machine. */
export function troubleElsewhere(trouble: RaftctlError | null): RaftctlError | null {
  if (trouble === null) return null;
  const hint = 'It runs elsewhere: look there, for example kubectl get pods, kubectl logs POD';
  return new RaftctlError(trouble.code, { message: trouble.message, hint });
}
