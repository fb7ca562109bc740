/**
 * Changes of the membership as the admin API takes them, `POST /v1/members?add=...&remove=...`:
 * members by name, and a new one as `NAME=HOST:CLIENT:PEER:ADMIN`.
 */
import { parseAddress } from '../std/address.ts';
import type { MemberConfig } from './node-config.ts';

export type NamedMember = Omit<MemberConfig, 'member'>;

export type NamedChange =
  | {
      readonly type: 'add';
      readonly member: NamedMember;
      /** It becomes a voter by itself once it has caught up. */
      readonly joins: boolean;
    }
  | { readonly type: 'promote' | 'demote' | 'remove'; readonly id: string };

/** What is told of a change that is committed. Schema raftctl/member.change/v1. */
export interface MemberChangeReply {
  readonly cluster: string;
  readonly clusterId: string;
  readonly app: string;
  readonly index: number;
  /** All members now, with the numbers of those that were added. */
  readonly members: readonly MemberConfig[];
  /** Who founded the cluster: what a new member's log begins with. */
  readonly founding: readonly MemberConfig[];
  /** As it was founded: null, unless it keeps all of its log. */
  readonly retain: 'all' | null;
  /** As it was founded: how long members promise; null: it has no leases. */
  readonly leasePromiseMs: number | null;
}

const NAME_BYTES_MAX = 64;

/**
 * What it lets through goes into the log, and every member connects to it: all three are addresses
 * that can be parsed.
 *
 * @returns what is wrong with it, when it is not `NAME=HOST:CLIENT:PEER:ADMIN`.
 */
export function parseMember(text: string): NamedMember | string {
  const match = /^([^=,\s\p{C}]+)=(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+):(\d+):(\d+):(\d+)$/u.exec(text);
  const [, id, host, ...ports] = match ?? [];
  if (id === undefined || new TextEncoder().encode(id).length > NAME_BYTES_MAX) {
    return `${JSON.stringify(text)} is not NAME=HOST:CLIENT:PEER:ADMIN`;
  }
  const bad = ports.find((port) => Number(port) < 1 || Number(port) > 65_535);
  if (bad !== undefined) return `${bad} is not a port`;
  const addresses = ports.map((port) => `${host}:${Number(port)}`);
  if (addresses.some((address) => parseAddress(address) === null)) return `${host} is not a host`;
  const [clientAddress = '', peerAddress = '', adminAddress = ''] = addresses;
  return { id, clientAddress, peerAddress, adminAddress };
}

/** The other way round. Requires: all three addresses are of one host. */
export function formatMember({
  id,
  clientAddress,
  peerAddress,
  adminAddress,
}: NamedMember): string {
  const portOf = (address: string): string => address.slice(address.lastIndexOf(':') + 1);
  return `${id}=${clientAddress}:${portOf(peerAddress)}:${portOf(adminAddress)}`;
}
