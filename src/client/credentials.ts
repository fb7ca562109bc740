/**
 * What this process shows to nodes with TLS and tokens, by their addresses: whoever learns where a
 * cluster is (its folder, or flags) enters it here once, and every connection finds it. An address
 * that was not entered is plain.
 */

export interface Credentials {
  /** PEM of the authorities that nodes are trusted by; null: those that Node trusts. */
  readonly ca: string | null;
  /** PEM of the client's own certificate and key; null: it has none. */
  readonly identity: string | null;
  readonly clientToken: string | null;
  readonly adminToken: string | null;
}

const book = new Map<string, Credentials>();

/** @param credentials null: these addresses are plain. */
export function entrust(addresses: readonly string[], credentials: Credentials | null): void {
  for (const address of addresses) {
    if (credentials === null) book.delete(address);
    else book.set(address, credentials);
  }
}

/** Null: the address is plain. */
export function credentialsOf(address: string): Credentials | null {
  return book.get(address) ?? null;
}
