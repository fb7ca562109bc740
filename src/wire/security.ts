/**
 * What secures a cluster beyond one machine: a certificate for each member, made by the cluster's
 * own authority, and bearer tokens for who has none. All of it is on, or nothing.
 *
 * A certificate says whom it is for in a URI among its names: `raftctl://member/<name>`, or
 * `raftctl://operator`. Tokens are kept by nodes as digests only.
 */

/** Files of a node, absolute or relative to its data directory. PEM but for the tokens. */
export interface SecurityConfig {
  /** Certificates of the authorities that are trusted: two while one takes over. */
  readonly authorities: string;
  /** The node's own key and certificate. */
  readonly identity: string;
  /** What tokens are accepted: see `parseTokens`. */
  readonly tokens: string;
}

/** What a token is good for. `client` and `admin` write, and read as well. */
export const SCOPES = ['client', 'client-read', 'admin', 'admin-read'] as const;
export type Scope = (typeof SCOPES)[number];

export function grants(held: Scope, needed: Scope): boolean {
  return held === needed || `${held}-read` === needed;
}

/** A node's keys and what it accepts, as they are now: they may be replaced while it runs. */
export interface Security {
  /** PEM texts. */
  readonly keys: TlsKeys;
  /** Called when `keys` were replaced. */
  onReplaced(listener: () => void): void;
  /** The scope of a token; null: it is none. Takes the same time for any text of its length. */
  scopeOf(token: string): Scope | null;
  /** Reads all files again. Answers with what is in use then, or why it is as before. */
  reload(done: (facts: SecurityFacts | string) => void): void;
  facts(): SecurityFacts;
}

export interface TlsKeys {
  readonly ca: string;
  /** Certificate and key. */
  readonly cert: string;
  readonly key: string;
}

/** What a running node uses. */
export interface SecurityFacts {
  readonly name: string;
  /** SHA-256 of its certificate, in hex. */
  readonly fingerprint: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  /** Of the authorities it trusts. */
  readonly authorities: readonly string[];
}

const MEMBER_URI = 'raftctl://member/';
export const OPERATOR_URI = 'raftctl://operator';

export function memberUri(name: string): string {
  return MEMBER_URI + encodeURIComponent(name);
}

/** Whom a certificate is for. */
export type Holder =
  | { readonly kind: 'member'; readonly name: string }
  | { readonly kind: 'operator' };

/**
 * @param names the certificate's alternative names as Node prints them: `URI:..., DNS:...`.
 * @returns null when it is for none of ours, or for several.
 */
export function holderOf(names: string | undefined): Holder | null {
  const uris = (names ?? '')
    .split(', ')
    .filter((name) => name.startsWith('URI:raftctl://'))
    .map((name) => name.slice('URI:'.length));
  const [uri] = uris;
  if (uri === undefined || uris.length > 1) return null;
  if (uri === OPERATOR_URI) return { kind: 'operator' };
  if (!uri.startsWith(MEMBER_URI)) return null;
  try {
    return { kind: 'member', name: decodeURIComponent(uri.slice(MEMBER_URI.length)) };
  } catch {
    return null;
  }
}

/** In words, for logs. */
export function holderText(holder: Holder | null): string {
  if (holder === null) return 'nobody of this cluster';
  return holder.kind === 'operator' ? 'the operator' : holder.name;
}

/** What a node accepts: a line `<scope> <SHA-256 of the token in hex>` each. */
export interface AcceptedToken {
  readonly scope: Scope;
  readonly digest: string;
}

export function formatTokens(tokens: readonly AcceptedToken[]): string {
  return tokens.map(({ scope, digest }) => `${scope} ${digest}\n`).join('');
}

/** @returns the line that is wrong, in words, instead of them. */
export function parseTokens(text: string): readonly AcceptedToken[] | string {
  const tokens: AcceptedToken[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const [, name = '', digest = ''] = /^([a-z-]+) ([0-9a-f]{64})$/.exec(line.trim()) ?? [];
    const scope = SCOPES.find((known) => known === name);
    if (scope === undefined) {
      return `line ${at + 1} is not a scope (${SCOPES.join(', ')}) and 64 hex digits`;
    }
    tokens.push({ scope, digest });
  }
  return tokens;
}

export function isSecurityConfig(value: unknown): value is SecurityConfig {
  if (typeof value !== 'object' || value === null) return false;
  const { authorities, identity, tokens } = value as Record<string, unknown>;
  return [authorities, identity, tokens].every((path) => typeof path === 'string' && path !== '');
}

/** The certificates of a PEM text, each by itself. */
export function certificateBlocks(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}
