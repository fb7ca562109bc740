/** Clusters whose members are all named on every command line: nothing but their Raft addresses. */
import { createHash } from 'node:crypto';
import type { MemberConfig } from '../wire/node-config.ts';
import { adminPortOf } from './node-flags.ts';

const CLUSTER_ID_HEX_DIGITS = 32;

export interface ListedMember {
  readonly id: string;
  readonly peerAddress: string;
}

/** The members as every one of them computes them, and the identity of their cluster. */
export function listedCluster(
  program: string,
  listed: readonly ListedMember[],
): { readonly members: readonly MemberConfig[]; readonly clusterId: string } {
  const members = listed.map(({ id, peerAddress }, i) => {
    const adminAddress = adminPortOf(peerAddress);
    return { member: i + 1, id, clientAddress: '', peerAddress, adminAddress };
  });
  const canonical = JSON.stringify([program, ...members.map((m) => [m.id, m.peerAddress])]);
  const digest = createHash('sha256').update(canonical).digest('hex');
  return { members, clusterId: digest.slice(0, CLUSTER_ID_HEX_DIGITS) };
}
