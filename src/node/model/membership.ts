/**
 * Who belongs to a cluster. A configuration is the payload of a batch of kind `configuration`; the
 * first one is entry 1 of term 1, byte-identical on every founding member and counted as committed.
 * Later ones are entries like any other.
 *
 * Between two sets of voters stands a *joint* configuration (paper 6): `members` is the new one,
 * `outgoing` the one it replaces, and whatever is decided needs a majority of the voters of each.
 */
import { isLoopback, parseAddress } from '../../std/address.ts';
import { assert } from '../../std/assert.ts';
import { type Bytes, bytesFrom } from '../../std/bytes.ts';
import { BATCH_KIND, type Batch, batchPayload, sealBatch } from './batch.ts';
import type { ClusterId, MemberNumber } from './ids.ts';

export interface Member {
  readonly number: MemberNumber;
  /** At most 64 bytes, what people type: n1, n2, ... */
  readonly name: string;
  /** Votes and counts towards a majority; a learner only receives the log. */
  readonly voter: boolean;
  /** A learner that the leader makes a voter as soon as it has caught up. */
  readonly joins?: boolean;
  /** `host:port` */
  readonly peerAddress: string;
  readonly clientAddress: string;
  readonly adminAddress: string;
}

export interface Membership {
  readonly members: readonly Member[];
  /** Only in a joint configuration: the members of the one that it replaces. */
  readonly outgoing?: readonly Member[];
  /** Highest member number ever given out; absent in a founding configuration. */
  readonly highestNumber?: MemberNumber;
  /** Whether followers promise not to vote for a while, and leaders answer reads by a lease. */
  readonly leases: boolean;
  /**
   * For how long they promise, by their own clocks. A leader's lease counts on it, so it is one
   * for all members, whatever each one's own timers are. Absent without leases.
   */
  readonly promiseMs?: number;
  /**
   * Members keep all of the log, in an archive, and hold it back for learners. Absent: what a
   * snapshot holds is forgotten. Fixed when the cluster is founded.
   */
  readonly retain?: 'all';
}

/** Whether all members run on one machine: they share its processors and, mostly, its disk. */
export function sharesMachine(membership: Membership): boolean {
  return everyoneOf(membership).every(({ peerAddress }) => {
    const address = parseAddress(peerAddress);
    return address !== null && isLoopback(address.host);
  });
}

/** Voters of the configuration, in a joint one of the new half. */
export function votersOf(membership: Membership): readonly MemberNumber[] {
  return membership.members.filter((m) => m.voter).map((m) => m.number);
}

/** Voters of the old half of a joint configuration; none in any other. */
export function outgoingVotersOf(membership: Membership): readonly MemberNumber[] {
  return (membership.outgoing ?? []).filter((m) => m.voter).map((m) => m.number);
}

/** All who are sent the log: in a joint configuration the members of both halves. */
export function everyoneOf(membership: Membership): readonly Member[] {
  const { members, outgoing } = membership;
  if (outgoing === undefined) return members;
  return [...members, ...outgoing.filter((old) => !members.some((m) => m.number === old.number))];
}

/** Numbers up to this one belong or belonged to somebody, for good. */
export function highestNumberOf(membership: Membership): MemberNumber {
  const { members, outgoing = [], highestNumber = 0 } = membership;
  return Math.max(highestNumber, ...members.map((m) => m.number), ...outgoing.map((m) => m.number));
}

/** Whether `member` belonged to the cluster once and does not any more. */
export function isRemoved(membership: Membership, member: MemberNumber): boolean {
  if (member > highestNumberOf(membership)) return false;
  return !everyoneOf(membership).some((m) => m.number === member);
}

/** Entry 1 of a new cluster: the same bytes wherever it is made. */
export function foundingBatch(cluster: ClusterId, membership: Membership): Batch {
  assert(membership.members.length > 0, 'a cluster has at least one member');
  return sealBatch({
    cluster,
    term: 1,
    first: 1,
    kind: BATCH_KIND.configuration,
    count: 1,
    leaderTimeMs: 0,
    payload: encodeMembership(membership),
  });
}

/** The payload of a configuration batch; equal for equal configurations. */
export function encodeMembership(membership: Membership): Bytes {
  const { members, outgoing, highestNumber, leases, promiseMs, retain } = membership;
  const content = {
    members: canonical(members),
    leases,
    ...(promiseMs === undefined ? {} : { promiseMs }),
    ...(retain === undefined ? {} : { retain }),
    ...(outgoing === undefined ? {} : { outgoing: canonical(outgoing) }),
    ...(highestNumber === undefined ? {} : { highestNumber }),
  };
  return bytesFrom(JSON.stringify(content));
}

function canonical(members: readonly Member[]): readonly Member[] {
  return [...members]
    .sort((a, b) => a.number - b.number)
    .map((m) => ({
      number: m.number,
      name: m.name,
      voter: m.voter,
      ...(m.joins === true ? { joins: true } : {}),
      peerAddress: m.peerAddress,
      clientAddress: m.clientAddress,
      adminAddress: m.adminAddress,
    }));
}

/** Requires: a batch of kind `configuration` whose checksum was verified. */
export function decodeMembership(batch: Batch): Membership {
  assert(batch.kind === BATCH_KIND.configuration, 'not a configuration batch');
  return JSON.parse(batchPayload(batch).toString('utf8')) as Membership;
}
