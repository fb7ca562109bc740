/** A folder with all keys of a cluster that runs elsewhere: made once, then added to. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../std/errors.ts';
import { writeWhole } from './durable-file.ts';
import { CERTIFICATE_DAYS, TlsFolder } from './tls-folder.ts';
import type { TlsMember } from './tls-member.ts';

const SECRET_BYTES = 32;

/**
 * @returns the cluster's secret, in hex. What there is stays as it is.
 * @throws the system's error when there is one that cannot be read: it is not made anew.
 */
export async function secretIn(folder: string): Promise<string> {
  const path = join(folder, 'secret');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const known = await readFile(path, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (known !== null) return known.trim();
  const secret = randomBytes(SECRET_BYTES).toString('hex');
  await writeWhole({ path, text: `${secret}\n`, mode: 0o600 });
  return secret;
}

/** Afterwards each of the members has a certificate there. @param cluster its name. */
export async function keysIn(
  folder: string,
  cluster: string,
  members: readonly TlsMember[],
): Promise<void> {
  const tls = new TlsFolder(folder);
  if (await tls.exists()) await tls.add(members, CERTIFICATE_DAYS);
  else await tls.make(cluster, members, CERTIFICATE_DAYS);
}

/** Contents of files, by name. */
export async function contentsOf(
  folder: string,
  names: readonly string[],
): Promise<Record<string, string>> {
  const texts = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]);
  return Object.fromEntries(await Promise.all(texts)) as Record<string, string>;
}
