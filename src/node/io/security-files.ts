/**
 * A node's key, certificate, trusted authorities and accepted tokens: read at its start, and again
 * when it is told to. What is read must fit together before it is used; a node that runs keeps
 * what it has when it does not.
 */
import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { RaftctlError } from '../../std/errors.ts';
import type { Log } from '../../std/log.ts';
import {
  type AcceptedToken,
  certificateBlocks,
  holderOf,
  holderText,
  parseTokens,
  type Scope,
  type Security,
  type SecurityConfig,
  type SecurityFacts,
  type TlsKeys,
} from '../../wire/security.ts';

/** A certificate that ends sooner is worth a warning. */
const EXPIRY_WARNING_MS = 30 * 24 * 3_600_000;
const CHECK_MS = 12 * 3_600_000;

export interface SecurityInit {
  /** The node's data directory. */
  readonly directory: string;
  readonly files: SecurityConfig;
  /** Name of the member that the certificate must be for. */
  readonly name: string;
  readonly log: Log;
}

interface Loaded {
  readonly keys: TlsKeys;
  readonly tokens: readonly { readonly scope: Scope; readonly digest: Buffer }[];
  readonly facts: SecurityFacts;
}

export class NodeSecurity implements Security {
  readonly #init: SecurityInit;
  readonly #listeners: (() => void)[] = [];
  readonly #watch: NodeJS.Timeout;
  #loaded: Loaded;

  /** @throws {RaftctlError} TLS_INVALID naming the file and what is wrong with it. */
  constructor(init: SecurityInit) {
    this.#init = init;
    this.#loaded = load(init);
    this.#warn();
    this.#watch = setInterval(() => this.#warn(), CHECK_MS);
    this.#watch.unref();
  }

  get keys(): TlsKeys {
    return this.#loaded.keys;
  }

  facts(): SecurityFacts {
    return this.#loaded.facts;
  }

  onReplaced(listener: () => void): void {
    this.#listeners.push(listener);
  }

  scopeOf(token: string): Scope | null {
    const digest = createHash('sha256').update(token).digest();
    let found: Scope | null = null;
    // All are looked at, found or not: the time tells nothing.
    for (const accepted of this.#loaded.tokens) {
      if (timingSafeEqual(accepted.digest, digest)) found = accepted.scope;
    }
    return found;
  }

  reload(done: (facts: SecurityFacts | string) => void): void {
    const { log, name } = this.#init;
    try {
      this.#loaded = load(this.#init);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ node: name, reason }, 'keys and tokens stay as they were');
      done(reason);
      return;
    }
    const { expiresAt, fingerprint } = this.#loaded.facts;
    log.info({ node: name, expiresAt, fingerprint }, 'keys and tokens were read again');
    this.#warn();
    for (const listener of this.#listeners) listener();
    done(this.#loaded.facts);
  }

  close(): void {
    clearInterval(this.#watch);
  }

  #warn(): void {
    const { expiresAt } = this.#loaded.facts;
    if (Date.parse(expiresAt) - Date.now() > EXPIRY_WARNING_MS) return;
    const { log, name } = this.#init;
    log.warn({ node: name, expiresAt }, 'the certificate ends soon: raftctl tls rotate');
  }
}

function load(init: SecurityInit): Loaded {
  const { authorities, identity, tokens } = init.files;
  const ca = read(init, authorities);
  const both = read(init, identity);
  const certificate = certificateIn(both, identity);
  const facts = {
    name: init.name,
    fingerprint: fingerprintOf(certificate),
    expiresAt: new Date(certificate.validTo).toISOString(),
    authorities: certificatesIn(ca, authorities).map(fingerprintOf),
  };
  const holder = holderOf(certificate.subjectAltName);
  if (holder?.kind !== 'member' || holder.name !== init.name) {
    throw wrong(identity, `its certificate is for ${holderText(holder)}, not for ${init.name}`);
  }
  if (Date.parse(facts.expiresAt) <= Date.now()) {
    throw wrong(identity, `its certificate has expired on ${facts.expiresAt}`);
  }
  const keys = { ca, cert: both, key: both };
  try {
    createSecureContext(keys);
  } catch (cause) {
    throw wrong(identity, cause instanceof Error ? cause.message : String(cause), cause);
  }
  const accepted = parseTokens(read(init, tokens));
  if (typeof accepted === 'string') throw wrong(tokens, accepted);
  return { keys, facts, tokens: accepted.map(asBytes) };
}

function asBytes({ scope, digest }: AcceptedToken): { scope: Scope; digest: Buffer } {
  return { scope, digest: Buffer.from(digest, 'hex') };
}

function read({ directory }: SecurityInit, file: string): string {
  const path = isAbsolute(file) ? file : join(directory, file);
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw wrong(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function certificateIn(pem: string, file: string): X509Certificate {
  const [first] = certificatesIn(pem, file);
  if (first === undefined) throw wrong(file, 'it holds no certificate');
  return first;
}

function certificatesIn(pem: string, file: string): X509Certificate[] {
  try {
    return certificateBlocks(pem).map((block) => new X509Certificate(block));
  } catch (cause) {
    throw wrong(file, 'a certificate in it cannot be read', cause);
  }
}

function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

function wrong(file: string, reason: string, cause?: unknown): RaftctlError {
  return new RaftctlError('TLS_INVALID', {
    message: `Cannot use ${file}: ${reason}`,
    hint: 'Look: raftctl tls show. Make new certificates: raftctl tls rotate',
    cause,
  });
}
