/** Files that a user names: read whole, written whole. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { RaftctlError, systemCode } from '../std/errors.ts';

/**
 * @param path `-` is stdin.
 * @throws {RaftctlError} USAGE when there is no such file, or it cannot be read.
 */
export async function readText(path: string): Promise<string> {
  try {
    return path === '-' ? await text(process.stdin) : await readFile(path, 'utf8');
  } catch (cause) {
    const reason = systemCode(cause) ?? 'its text is too long';
    throw new RaftctlError('USAGE', { message: `Cannot read ${path}: ${reason}`, cause });
  }
}

/**
 * Whoever looks sees the old file or the new one, never a part.
 *
 * @throws {RaftctlError} DISK_FAILED when it could not be written.
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, content, { mode: 0o600 });
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new RaftctlError('DISK_FAILED', { message: `Cannot write ${path}`, cause });
  }
}
