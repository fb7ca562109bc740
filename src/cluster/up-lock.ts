/**
 * One `cluster up` (or `down`, `destroy`) of a cluster at a time: a file beside its folder that
 * names the holder. The file of a process that is gone is taken over.
 */
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RaftctlError, systemCode } from '../std/errors.ts';
import { inspectProcess } from './process-table.ts';

const POLL_MS = 50;

/** Runs `work` while holding the lock. @throws {RaftctlError} WAIT_TIMEOUT when it stays taken. */
export async function withLock<T>(
  path: string,
  timeoutMs: number,
  work: () => Promise<T>,
): Promise<T> {
  await acquire(path, timeoutMs);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path: string, timeoutMs: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const deadline = Date.now() + timeoutMs;
  while (!(await tryCreate(path))) {
    const holder = await readHolder(path);
    if (holder !== null && !(await isAlive(holder))) {
      await takeAway(path, holder);
      continue;
    }
    if (Date.now() > deadline) {
      throw new RaftctlError('WAIT_TIMEOUT', {
        message: `Cannot change the cluster as another raftctl is changing it: ${path} is held by ${holder ?? 'an unknown process'}`,
      });
    }
    await sleep(POLL_MS);
  }
}

/** The name appears together with its content, so that a lock always says who holds it. */
async function tryCreate(path: string): Promise<boolean> {
  const draft = `${path}.${process.pid}.new`;
  await writeFile(draft, `pid ${process.pid}\n`, { mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function readHolder(path: string): Promise<string | null> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trim() === '' ? null : text.trim();
}

async function isAlive(holder: string): Promise<boolean> {
  const pid = Number(/^pid (\d+)$/.exec(holder)?.[1]);
  return Number.isInteger(pid) && (await inspectProcess(pid)) !== null;
}

/** Removes a dead holder's file, unless somebody else did so first and holds it now. */
async function takeAway(path: string, deadHolder: string): Promise<void> {
  const aside = `${path}.${process.pid}.stale`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  if ((await readHolder(aside)) === deadHolder) await rm(aside, { force: true });
  else await rename(aside, path);
}
