/** Certificates and tokens for tests, made by the program's own code in a temporary folder. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TlsFolder } from '../../src/cluster/tls-folder.ts';
import { NodeSecurity } from '../../src/node/io/security-files.ts';
import { type Log, SILENT_LOG } from '../../src/std/log.ts';
import type { Scope, Security, TlsKeys } from '../../src/wire/security.ts';

/** A certificate is good from an hour before it is made: this one for half an hour only. */
export const EXPIRED_DAYS = -1 / 48;

/** Keys that nobody has looked at: a wrong certificate is one a test wants to show. */
export function fixedSecurity(keys: TlsKeys): Security {
  const facts = { name: 'test', fingerprint: '', expiresAt: '', authorities: [] };
  return {
    keys,
    onReplaced: () => {},
    scopeOf: () => null,
    reload: (done) => done(facts),
    facts: () => facts,
  };
}

export class Keys {
  readonly folder: TlsFolder;

  private constructor(path: string) {
    this.folder = new TlsFolder(path);
  }

  /** An authority with certificates for these members. */
  static async make(names: readonly string[], days = 30): Promise<Keys> {
    const keys = new Keys(await mkdtemp(join(tmpdir(), 'raftctl-keys-')));
    const members = names.map((id) => ({ id, hosts: [] }));
    await keys.folder.make('test', members, days);
    return keys;
  }

  /** As a node of that name loads them. */
  security(name: string, log: Log = SILENT_LOG): NodeSecurity {
    const { path: directory } = this.folder;
    return new NodeSecurity({ directory, files: this.folder.filesOf(name), name, log });
  }

  /** As `security`, unchecked. @param from who made the certificate; by default these. */
  async shown(name: string, from: Keys = this): Promise<Security> {
    const identity = await from.identity(name);
    return fixedSecurity({ ca: await this.ca(), cert: identity, key: identity });
  }

  /** PEM of the authorities. */
  ca(): Promise<string> {
    return readFile(join(this.folder.path, 'ca.pem'), 'utf8');
  }

  /** PEM of somebody's certificate and key. */
  async identity(name: string): Promise<string> {
    return name === 'operator'
      ? readFile(join(this.folder.path, 'operator.pem'), 'utf8')
      : readFile(this.folder.filesOf(name).identity, 'utf8');
  }

  async token(scope: Scope): Promise<string> {
    return (await readFile(join(this.folder.path, `${scope}.token`), 'utf8')).trim();
  }

  /** Puts a certificate, or anything, where somebody's lies. */
  async replace(name: string, text: string): Promise<void> {
    await writeFile(this.folder.filesOf(name).identity, text);
  }

  async remove(): Promise<void> {
    await rm(this.folder.path, { recursive: true, force: true });
  }
}
