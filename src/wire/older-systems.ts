/** What the nodes of older systems know of one another beyond what their command lines tell. */
import { formatAddress, parseAddress } from '../std/address.ts';
import type { NamedMember } from './member-change.ts';

/** Admin ports lie this far above Raft's. */
const ADMIN_PORT_STRIDE = 5000;
const PORT_MAX = 65_535;

/** Of every member the same, whoever computes it. @returns null when it is no address. */
export function adminAddressOf(peerAddress: string): string | null {
  const parsed = parseAddress(peerAddress);
  if (parsed === null) return null;
  const port = parsed.port + ADMIN_PORT_STRIDE;
  return formatAddress({ ...parsed, port: port > PORT_MAX ? port - PORT_MAX + 1024 : port });
}

/** The header in which a port of HTTP tells a node that wants to join whom to ask. */
export const ADMIN_HEADER = 'X-Raftctl-Admin';

/** The line by which a node asks the same of raft-demo's join port. */
export const ADMIN_QUESTION = 'raftctl-admin?';

/** As raft-demo's and hraftd's Go programs: `localhost` is IPv4, no host is this machine. */
export function oldAddress(text: string): string | null {
  const parsed = parseAddress(text);
  if (parsed === null || parsed.port === 0) return null;
  return formatAddress({
    ...parsed,
    host: parsed.host === 'localhost' ? '127.0.0.1' : parsed.host,
  });
}

/**
 * A member of whom no more than its Raft address is told. Where it serves clients is not known: the
 * address is a place holder, until its node joins by itself and tells.
 */
export function memberAt(id: string, peerAddress: string): NamedMember | null {
  const adminAddress = adminAddressOf(peerAddress);
  if (adminAddress === null) return null;
  return { id, peerAddress, clientAddress: peerAddress, adminAddress };
}
