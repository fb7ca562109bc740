/** Who gets a certificate: as a node of a cluster, or as a person types it. Pure. */
import { parseAddress } from '../std/address.ts';
import { RaftctlError } from '../std/errors.ts';

export interface TlsMember {
  readonly id: string;
  /** Addresses or names of its machine. */
  readonly hosts: readonly string[];
}

/** `NAME=HOST,...` each. @throws {RaftctlError} USAGE */
export function parseTlsMembers(texts: readonly string[]): TlsMember[] {
  return texts.map((text) => {
    const [, id = '', hosts = ''] = /^([^=\s]{1,64})=([^=\s]+)$/.exec(text) ?? [];
    if (id !== '') return { id, hosts: hosts.split(',').filter((host) => host !== '') };
    throw new RaftctlError('USAGE', {
      message: `Cannot read ${JSON.stringify(text)} as a member: it is not like n1=10.0.0.1`,
    });
  });
}

/** A node as its certificate is to know it. */
export function tlsMemberOf(node: {
  readonly id: string;
  readonly clientAddress: string;
  readonly peerAddress: string;
  readonly adminAddress: string;
}): TlsMember {
  const addresses = [node.clientAddress, node.peerAddress, node.adminAddress];
  return { id: node.id, hosts: addresses.flatMap((text) => parseAddress(text)?.host ?? []) };
}
