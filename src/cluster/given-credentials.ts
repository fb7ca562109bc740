/** What a command shows to nodes that it was told the addresses of, by its flags. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type Credentials, entrust } from '../client/credentials.ts';
import { RaftctlError } from '../std/errors.ts';

/** The flags of `trustFlags`. */
export interface GivenTrust {
  readonly 'tls-ca'?: string | undefined;
  readonly 'tls-cert'?: string | undefined;
  readonly 'token-file'?: string | undefined;
}

/**
 * Afterwards connections to the addresses are made with TLS, when any of the flags was given.
 *
 * @throws {RaftctlError} TLS_INVALID when a file cannot be read, or holds nothing.
 */
export async function entrustGiven(
  addresses: readonly string[],
  given: GivenTrust,
): Promise<Credentials | null> {
  const { 'tls-ca': ca, 'tls-cert': identity, 'token-file': tokenFile } = given;
  if (ca === undefined && identity === undefined && tokenFile === undefined) return null;
  const token = await contentOf(tokenFile, 'a token');
  const credentials = {
    ca: await contentOf(ca, 'certificates of authorities'),
    identity: await contentOf(identity, 'a certificate with its key'),
    ...{ clientToken: token, adminToken: token },
  };
  entrust(addresses, credentials);
  return credentials;
}

async function contentOf(path: string | undefined, what: string): Promise<string | null> {
  if (path === undefined) return null;
  let content: string;
  try {
    content = path === '-' ? await text(process.stdin) : await readFile(path, 'utf8');
  } catch (cause) {
    throw new RaftctlError('TLS_INVALID', { message: `Cannot read ${what} from ${path}`, cause });
  }
  if (content.trim() !== '') return content.trim();
  throw new RaftctlError('TLS_INVALID', { message: `Cannot use ${path} as ${what}: it is empty` });
}
