/** The founding members of a cluster as one line: `n1=HOST:CLIENT:PEER:ADMIN,n2=...`. */
import { createHash } from 'node:crypto';
import { RaftctlError } from '../std/errors.ts';
import { type NamedMember, parseMember } from '../wire/member-change.ts';
import type { MemberConfig } from '../wire/node-config.ts';

const CLUSTER_ID_HEX_DIGITS = 32;

/**
 * Members, numbered in the order of their names, so that every node that is given the same list in
 * any order founds the same cluster.
 *
 * @throws {RaftctlError} USAGE
 */
export function parseInitialCluster(text: string): MemberConfig[] {
  const parts = text.split(',').map((part) => part.trim());
  const named = parts.map(memberOf);
  named.sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
  const twice = named.find((member, i) => member.id === named[i - 1]?.id);
  if (twice !== undefined) throw malformed(`${twice.id} is named twice`);
  return named.map((member, i) => ({ member: i + 1, ...member }));
}

/** The same id wherever the same list is given. */
export function clusterIdOf(members: readonly MemberConfig[]): string {
  const canonical = members.map((m) => [
    m.member,
    m.id,
    m.clientAddress,
    m.peerAddress,
    m.adminAddress,
  ]);
  const digest = createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
  return digest.slice(0, CLUSTER_ID_HEX_DIGITS);
}

function memberOf(part: string): NamedMember {
  const member = parseMember(part);
  if (typeof member === 'string') throw malformed(member);
  return member;
}

function malformed(why: string): RaftctlError {
  return new RaftctlError('USAGE', {
    message: `Cannot read the initial cluster as ${why}`,
    hint: 'For example n1=127.0.0.1:11000:12000:13000,n2=127.0.0.1:11001:12001:13001',
  });
}
