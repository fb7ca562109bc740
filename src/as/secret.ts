/**
 * The secret that the nodes of older systems prove to each other. Those systems have none, so
 * their command lines name none: all nodes that one user starts on one machine share a file.
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RaftctlError, systemCode } from '../std/errors.ts';

const SECRET_BYTES = 32;

/** Makes it when it does not exist. @returns its path. */
export async function sharedSecret(stateDirectory: string): Promise<string> {
  const path = join(stateDirectory, 'older-systems.secret');
  const mine = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
    await writeFile(mine, `${randomBytes(SECRET_BYTES).toString('hex')}\n`, { mode: 0o600 });
    // Of several nodes that start at once the first one's counts; nobody sees half a file.
    await link(mine, path).catch((error: unknown) => {
      if (systemCode(error) !== 'EEXIST') throw error;
    });
  } catch (cause) {
    throw new RaftctlError('DISK_FAILED', { message: `Cannot make the secret ${path}`, cause });
  } finally {
    await rm(mine, { force: true });
  }
  return path;
}
