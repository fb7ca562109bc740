/**
 * Certificates and tokens of a cluster, in a folder of its own. Everything is readable by its owner
 * only; a key lies with its certificate in one file, so that both are replaced at once.
 *
 * ```
 *   authority.pem        the cluster's own authority: who has it can be any member
 *   next-authority.pem   the one that takes over, while it does
 *   ca.pem               certificates of the authorities that are trusted: two meanwhile
 *   member-n1.pem ...    a member each
 *   operator.pem         for commands
 *   tokens               what nodes accept: digests
 *   client.token ...     a token for each scope
 * ```
 */
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Credentials } from '../client/credentials.ts';
import { RaftctlError, systemCode } from '../std/errors.ts';
import {
  type AcceptedToken,
  certificateBlocks,
  formatTokens,
  memberUri,
  OPERATOR_URI,
  SCOPES,
  type Scope,
  type SecurityConfig,
} from '../wire/security.ts';
import { writeWhole } from './durable-file.ts';
import type { TlsMember } from './tls-member.ts';

export const AUTHORITY_DAYS = 3650;
export const CERTIFICATE_DAYS = 365;
const TOKEN_BYTES = 32;
/** Who may serve there: a node is always reached from its own machine too. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1'];
/** As Node prints the last of them. */
const LOOPBACK_LONG = '0:0:0:0:0:0:0:1';

/** A certificate as it lies there. */
export interface CertificateRow {
  /** `authority`, `operator` or a member's name. */
  readonly name: string;
  readonly role: 'authority' | 'operator' | 'member';
  readonly file: string;
  /** Where a member may serve, besides its own machine. */
  readonly hosts: readonly string[];
  /** SHA-256 in hex. */
  readonly fingerprint: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

export class TlsFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Files for `node.json`. */
  filesOf(id: string): SecurityConfig {
    return {
      authorities: this.#file('ca.pem'),
      identity: this.#file(nameOf(id)),
      tokens: this.#file('tokens'),
    };
  }

  async exists(): Promise<boolean> {
    return (await this.#read('ca.pem')) !== null;
  }

  /** @throws {RaftctlError} TLS_INVALID */
  async mustExist(): Promise<void> {
    if (await this.exists()) return;
    throw new RaftctlError('TLS_INVALID', {
      message: `There are no certificates: ${this.path} does not exist`,
      hint: 'Make them, with the nodes stopped: raftctl tls init',
    });
  }

  /** Certificates for those that have none. */
  async add(members: readonly TlsMember[], days: number): Promise<void> {
    for (const member of members) {
      if (!(await this.holds(member.id))) await this.issue([member], days);
    }
  }

  /** Whether there is a certificate for that member. */
  async holds(id: string): Promise<boolean> {
    return (await this.#read(nameOf(id))) !== null;
  }

  /** Whether the authority's key is here. */
  async canIssue(): Promise<boolean> {
    return (await this.#read('authority.pem')) !== null;
  }

  /** Authority, operator, tokens and members; `days` of the certificates. */
  async make(cluster: string, members: readonly TlsMember[], days: number): Promise<void> {
    const { certificateOf, makeAuthority } = await import('./certificates.ts');
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    const authority = await makeAuthority(`raftctl ${cluster}`, AUTHORITY_DAYS);
    await this.#write('authority.pem', authority);
    await this.makeTokens();
    await this.issue(members, days);
    await this.issueOperator(days);
    // The last: with it the folder counts.
    await this.#write('ca.pem', certificateOf(authority));
  }

  /** New certificates of the authority that is in charge. */
  async issue(members: readonly TlsMember[], days: number): Promise<void> {
    const { issueCertificate } = await import('./certificates.ts');
    const authority = await this.authority();
    for (const { id, hosts } of members) {
      const pem = await issueCertificate(authority, {
        ...{ commonName: id, uri: memberUri(id), days },
        hosts: [...new Set([...LOOPBACK, ...hosts])],
      });
      await this.#write(nameOf(id), pem);
    }
  }

  async issueOperator(days: number): Promise<void> {
    const { issueCertificate } = await import('./certificates.ts');
    const wish = { commonName: 'operator', uri: OPERATOR_URI, hosts: [], days };
    await this.#write('operator.pem', await issueCertificate(await this.authority(), wish));
  }

  /** New certificates for all that have one, for the same names. @returns whose. */
  async renew(days: number): Promise<string[]> {
    const rows = await this.certificates();
    const members = rows.filter(({ role }) => role === 'member');
    await this.issue(
      members.map(({ name, hosts }) => ({ id: name, hosts })),
      days,
    );
    await this.issueOperator(days);
    return members.map(({ name }) => name);
  }

  /** New tokens, for who reads the folder from now on. */
  async makeTokens(): Promise<void> {
    const publish = await this.prepareTokens();
    await publish();
  }

  /**
   * Has new tokens accepted beside those that lie there; older ones are not any more. Clients find
   * the new ones after `publish`, which is to wait until the nodes have read what they accept.
   */
  async prepareTokens(): Promise<() => Promise<void>> {
    const accepted: AcceptedToken[] = [];
    const made = SCOPES.map((scope) => {
      return { scope, token: randomBytes(TOKEN_BYTES).toString('base64url') };
    });
    for (const { scope, token } of made) accepted.push({ scope, digest: digestOf(token) });
    for (const scope of SCOPES) {
      const token = (await this.#read(`${scope}.token`))?.trim();
      if (token !== undefined) accepted.push({ scope, digest: digestOf(token) });
    }
    await this.#write('tokens', formatTokens(accepted));
    return async () => {
      for (const { scope, token } of made) await this.#write(`${scope}.token`, `${token}\n`);
    };
  }

  /** Key and certificate of the authority that makes certificates now. */
  async authority(): Promise<string> {
    const pem = (await this.#read('next-authority.pem')) ?? (await this.#read('authority.pem'));
    if (pem !== null) return pem;
    throw new RaftctlError('TLS_INVALID', {
      message: `Cannot make certificates: ${this.#file('authority.pem')} does not exist`,
      hint: 'Whoever made the cluster has it: copy it back, or make the cluster anew',
    });
  }

  /** What commands show to the nodes. */
  async credentials(): Promise<Credentials> {
    const token = async (scope: Scope): Promise<string | null> =>
      (await this.#read(`${scope}.token`))?.trim() ?? null;
    return {
      ca: await this.#read('ca.pem'),
      identity: await this.#read('operator.pem'),
      clientToken: (await token('client')) ?? (await token('client-read')),
      adminToken: (await token('admin')) ?? (await token('admin-read')),
    };
  }

  /** All certificates, the authority first. */
  async certificates(): Promise<CertificateRow[]> {
    const names = await readdir(this.path).catch(() => []);
    const rows: CertificateRow[] = [];
    for (const name of names.filter((file) => file.endsWith('.pem') && file !== 'ca.pem')) {
      rows.push(...this.#rowsOf(name, (await this.#read(name)) ?? ''));
    }
    const rank = { authority: 0, operator: 1, member: 2 };
    return rows.sort(
      (a, b) =>
        rank[a.role] - rank[b.role] || a.name.localeCompare(b.name, 'en', { numeric: true }),
    );
  }

  /** Fingerprints of the authorities that are trusted. */
  async trusted(): Promise<string[]> {
    return certificateBlocks((await this.#read('ca.pem')) ?? '').map((block) =>
      fingerprintOf(new X509Certificate(block)),
    );
  }

  /** Makes the authority that is to take over, unless there is one, and has both trusted. */
  async prepareAuthority(cluster: string): Promise<void> {
    const { certificateOf, makeAuthority } = await import('./certificates.ts');
    const next =
      (await this.#read('next-authority.pem')) ??
      (await makeAuthority(`raftctl ${cluster}`, AUTHORITY_DAYS));
    const old = await this.#read('authority.pem');
    const both = [...(old === null ? [] : [old]), next].map(certificateOf).join('');
    await this.#write('ca.pem', both);
    // Only now: a certificate that it makes is one that is trusted.
    await this.#write('next-authority.pem', next);
  }

  /** The next authority is the one and only. Requires: every certificate is its own. */
  async finishAuthority(): Promise<void> {
    const { certificateOf } = await import('./certificates.ts');
    const next = await this.#read('next-authority.pem');
    if (next === null) return;
    await this.#write('ca.pem', certificateOf(next));
    await rename(this.#file('next-authority.pem'), this.#file('authority.pem'));
  }

  /** Whether an authority is being replaced and that has not ended. */
  async isReplacing(): Promise<boolean> {
    return (await this.#read('next-authority.pem')) !== null;
  }

  #rowsOf(file: string, pem: string): CertificateRow[] {
    const [block] = certificateBlocks(pem);
    if (block === undefined) return [];
    const certificate = new X509Certificate(block);
    const known = /^(?:(next-)?authority|operator)\.pem$/.exec(file);
    const role = known === null ? 'member' : file === 'operator.pem' ? 'operator' : 'authority';
    return [
      {
        ...{ name: role === 'member' ? memberOf(file) : file.replace('.pem', ''), role },
        file: this.#file(file),
        hosts: hostsIn(certificate),
        fingerprint: fingerprintOf(certificate),
        expiresAt: new Date(certificate.validTo).toISOString(),
      },
    ];
  }

  #file(name: string): string {
    return join(this.path, name);
  }

  #write(name: string, text: string): Promise<void> {
    return writeWhole({ path: this.#file(name), text, mode: 0o600 });
  }

  /** Null: there is no such file. */
  async #read(name: string): Promise<string | null> {
    try {
      return await readFile(this.#file(name), 'utf8');
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return null;
      throw error;
    }
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** `DNS:` and `IP Address:` among its names, but for those that every member has. */
function hostsIn({ subjectAltName = '' }: X509Certificate): string[] {
  return subjectAltName
    .split(', ')
    .flatMap((name) => /^(?:DNS|IP Address):(.+)$/.exec(name)?.[1] ?? [])
    .filter((host) => !LOOPBACK.includes(host) && host !== LOOPBACK_LONG);
}

function nameOf(id: string): string {
  return `member-${encodeURIComponent(id)}.pem`;
}

function memberOf(file: string): string {
  return decodeURIComponent(file.replace(/^member-/, '').replace(/\.pem$/, ''));
}

function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}
