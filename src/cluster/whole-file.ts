/** A large file that is whole and checked before it has its name, and durable with it. */
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RaftctlError, systemCode } from '../std/errors.ts';

export interface WholeFileWish {
  readonly path: string;
  /** Whether what has the name already may be replaced. */
  readonly mayReplace: boolean;
  readonly fill: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>;
  /** Throws when the file, under another name still, is not what it should be. */
  readonly check: (temporary: string) => Promise<void>;
}

/** @throws {RaftctlError} USAGE, DISK_FULL, DISK_FAILED; what `fill` and `check` throw. */
export async function writeWholeFile(wish: WholeFileWish): Promise<void> {
  const path = resolve(wish.path);
  await checkTarget(wish);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await attempt(path, () => open(temporary, 'w', 0o600));
    try {
      await wish.fill((bytes) => attempt(path, () => file.appendFile(bytes)));
      await attempt(path, () => file.sync());
    } finally {
      await file.close();
    }
    await wish.check(temporary);
    await attempt(path, () => rename(temporary, path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** @throws {RaftctlError} USAGE, CONFIRMATION_MISSING when something is in the way. */
export async function checkTarget(wish: Pick<WholeFileWish, 'path' | 'mayReplace'>): Promise<void> {
  const path = resolve(wish.path);
  const facts = await stat(path).catch(() => null);
  if (facts === null) return;
  if (!facts.isFile()) {
    throw new RaftctlError('USAGE', { message: `Cannot write ${path} as it is no file` });
  }
  if (wish.mayReplace) return;
  throw new RaftctlError('CONFIRMATION_MISSING', {
    message: `Cannot write ${path} as it exists already`,
    hint: 'Choose another name, or insist with --force',
  });
}

async function attempt<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const code = systemCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const message = `Cannot write ${path} as its folder does not exist`;
      throw new RaftctlError('USAGE', { message, cause });
    }
    const full = code === 'ENOSPC' || code === 'EDQUOT';
    throw new RaftctlError(full ? 'DISK_FULL' : 'DISK_FAILED', {
      message: `Cannot write ${path}: ${code ?? String(cause)}`,
      hint: 'Nothing of it was left behind',
      cause,
    });
  }
}
