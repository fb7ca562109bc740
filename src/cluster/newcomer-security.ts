/** What a node that joins by hand is secured with, and how it talks to the cluster before. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Credentials, entrust } from '../client/credentials.ts';
import { RaftctlError } from '../std/errors.ts';
import type { NamedMember } from '../wire/member-change.ts';
import type { NodeConfig } from '../wire/node-config.ts';
import type { SecurityConfig } from '../wire/security.ts';
import { entrustGiven, type GivenTrust } from './given-credentials.ts';
import { CERTIFICATE_DAYS, TlsFolder } from './tls-folder.ts';
import { tlsMemberOf } from './tls-member.ts';

/**
 * Makes the newcomer's certificate where the folder holds the authority and none for it yet.
 *
 * @param contact whom it asks for a place.
 * @returns what goes into its `node.json`.
 * @throws {RaftctlError} TLS_INVALID when there is no certificate for it, and none can be made.
 */
export async function newcomerSecurity(
  member: NamedMember,
  contact: string,
  flags: GivenTrust & { readonly 'tls-dir'?: string | undefined },
): Promise<Pick<NodeConfig, 'security'>> {
  const given = await entrustGiven([contact], flags);
  const path = flags['tls-dir'];
  if (path === undefined) return {};
  const folder = new TlsFolder(resolve(path));
  if (!(await folder.holds(member.id))) {
    if (!(await folder.canIssue())) {
      throw new RaftctlError('TLS_INVALID', {
        message: `Cannot join as ${member.id}: ${folder.path} holds no certificate for it`,
        hint: `Where the authority lies: raftctl tls init --into DIR --member ${member.id}=HOST`,
      });
    }
    await folder.issue([tlsMemberOf(member)], CERTIFICATE_DAYS);
  }
  if (given === null) {
    const credentials = await folder.credentials();
    // On a machine of its own it has no keys of the operator, and shows what it has.
    const own = credentials.identity === null ? await ownSecurity(path, member.id) : null;
    entrust([contact], own === null ? credentials : own.credentials);
  }
  return { security: folder.filesOf(member.id) };
}

/** What a node has in a folder that holds its certificate, and shows to the others with it. */
export interface OwnSecurity extends Required<Pick<NodeConfig, 'security'>> {
  readonly credentials: Credentials;
}

/** @throws {RaftctlError} TLS_INVALID when the folder holds nothing for it. */
export async function ownSecurity(path: string, id: string): Promise<OwnSecurity> {
  const folder = new TlsFolder(resolve(path));
  const security = folder.filesOf(id);
  try {
    return { security, credentials: await credentialsIn(security) };
  } catch (cause) {
    throw new RaftctlError('TLS_INVALID', {
      message: `Cannot start ${id}: ${folder.path} holds no certificate for it`,
      hint: `Where the authority lies: raftctl tls init --into DIR --member ${id}=HOST`,
      cause,
    });
  }
}

/** What a member shows with the files that its `node.json` names. @throws when one is missing. */
export async function credentialsIn(security: SecurityConfig, base = ''): Promise<Credentials> {
  const [ca = null, identity = null] = await Promise.all(
    [security.authorities, security.identity].map((file) => readFile(resolve(base, file), 'utf8')),
  );
  return { ca, identity, clientToken: null, adminToken: null };
}
