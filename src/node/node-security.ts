/** The keys of a node as its parts need them, and the refusal to be seen by others without any. */
import { isLoopback, parseAddress } from '../std/address.ts';
import { RaftctlError } from '../std/errors.ts';
import type { Log } from '../std/log.ts';
import type { MemberConfig, NodeConfig } from '../wire/node-config.ts';
import { NodeSecurity } from './io/security-files.ts';
import { everyoneOf, type Membership } from './model/membership.ts';
import type { PeerSecurity } from './transport/peer-tls.ts';

export interface SecurityWish {
  readonly directory: string;
  readonly log: Log;
  readonly config: NodeConfig;
  readonly own: MemberConfig;
  /** Whoever started it wants plain ports wherever they are. */
  readonly isExposureMeant: boolean;
}

/**
 * @returns null: the node is plain.
 * @throws {RaftctlError} TLS_INVALID, EXPOSED_BIND
 */
export function openSecurity(wish: SecurityWish): NodeSecurity | null {
  const { directory, log, config, own } = wish;
  const { security: files } = config;
  if (files !== undefined) return new NodeSecurity({ directory, files, name: config.id, log });
  const exposed = exposedAddress(own);
  if (exposed === null) return null;
  if (wish.isExposureMeant) {
    log.warn({ node: config.id, address: exposed }, 'plain ports that other machines reach');
    return null;
  }
  throw new RaftctlError('EXPOSED_BIND', {
    message: `Cannot listen on ${exposed} without certificates and tokens: other machines reach it`,
    hint: 'Make them: raftctl tls init. Or bind 127.0.0.1; on a network of your own: --insecure-bind',
  });
}

function exposedAddress(own: MemberConfig): string | null {
  const addresses = [own.clientAddress, own.peerAddress, own.adminAddress];
  return addresses.find((address) => !isLoopback(parseAddress(address)?.host ?? '')) ?? null;
}

/** @param membership null: the replica is not there yet. */
export function peerSecurity(
  security: NodeSecurity,
  { members }: NodeConfig,
  membership: () => Membership | null,
): PeerSecurity {
  /** Who is known, the latest word first. */
  const known = (): readonly { readonly number: number; readonly name: string }[] => {
    const now = membership();
    return now === null
      ? members.map(({ member, id }) => ({ number: member, name: id }))
      : everyoneOf(now);
  };
  return {
    security,
    nameOf: (member) => known().find(({ number }) => number === member)?.name ?? null,
    numberOf: (name) => known().find((one) => one.name === name)?.number ?? null,
  };
}
