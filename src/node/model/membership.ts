/**
 * Who belongs to a cluster. A configuration is the payload of a batch of kind `configuration`; the
 * first one is entry 1 of term 1, byte-identical on every founding member and counted as committed.
 * Changing it later is an entry like any other, so this type already names learners.
 */
import { isLoopback, parseAddress } from '../../std/address.ts';
import { assert } from '../../std/assert.ts';
import { bytesFrom } from '../../std/bytes.ts';
import { BATCH_KIND, type Batch, batchPayload, sealBatch } from './batch.ts';
import type { ClusterId, MemberNumber } from './ids.ts';

export interface Member {
  readonly number: MemberNumber;
  /** At most 64 bytes, what people type: n1, n2, ... */
  readonly name: string;
  /** Votes and counts towards a majority; a learner only receives the log. */
  readonly voter: boolean;
  /** `host:port` */
  readonly peerAddress: string;
  readonly clientAddress: string;
  readonly adminAddress: string;
}

export interface Membership {
  readonly members: readonly Member[];
  /** Whether followers promise not to vote for as long as a lease lasts. Always false so far. */
  readonly leases: boolean;
  /**
   * Members keep all of the log, in an archive, and hold it back for learners. Absent: what a
   * snapshot holds is forgotten. Fixed when the cluster is founded.
   */
  readonly retain?: 'all';
}

/** Whether all members run on one machine: they share its processors and, mostly, its disk. */
export function sharesMachine(membership: Membership): boolean {
  return membership.members.every(({ peerAddress }) => {
    const address = parseAddress(peerAddress);
    return address !== null && isLoopback(address.host);
  });
}

export function votersOf(membership: Membership): readonly MemberNumber[] {
  return membership.members.filter((m) => m.voter).map((m) => m.number);
}

/** Entry 1 of a new cluster: the same bytes wherever it is made. */
export function foundingBatch(cluster: ClusterId, membership: Membership): Batch {
  const members = [...membership.members].sort((a, b) => a.number - b.number);
  assert(members.length > 0, 'a cluster has at least one member');
  const canonical = members.map((m) => ({
    number: m.number,
    name: m.name,
    voter: m.voter,
    peerAddress: m.peerAddress,
    clientAddress: m.clientAddress,
    adminAddress: m.adminAddress,
  }));
  const { leases, retain } = membership;
  const text = JSON.stringify({
    ...{ members: canonical, leases },
    ...(retain === undefined ? {} : { retain }),
  });
  return sealBatch({
    cluster,
    term: 1,
    first: 1,
    kind: BATCH_KIND.configuration,
    count: 1,
    leaderTimeMs: 0,
    payload: bytesFrom(text),
  });
}

/** Requires: a batch of kind `configuration` whose checksum was verified. */
export function decodeMembership(batch: Batch): Membership {
  assert(batch.kind === BATCH_KIND.configuration, 'not a configuration batch');
  return JSON.parse(batchPayload(batch).toString('utf8')) as Membership;
}
