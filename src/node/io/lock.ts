/**
 * The lock of a data directory: a file that names its holder. It keeps two processes from writing
 * one log. A holder that died without letting go is recognised, also when its pid is in use again:
 * a process is its pid, the time it was started and the boot of the machine.
 *
 * The file appears with its content (written under another name, then linked), so there is never
 * an empty lock. A stale lock is taken over by whoever first makes the file `lock.<token>.taken`:
 * every lock has a token of its own, so only one process may ever remove a given lock.
 */
import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RaftctlError, systemCode } from '../../std/errors.ts';

const ATTEMPTS_MAX = 20;
/** Somebody else is taking the lock over: an instant later it has a living holder. */
const TAKEOVER_WAIT_MS = 5;

/** Who holds a lock. */
export interface LockHolder {
  readonly pid: number;
  /** When the process started, in the system's ticks since boot; null: not known here. */
  readonly startTicks: string | null;
  /** Which boot of the machine; null: not known here. */
  readonly bootId: string | null;
  readonly token: string;
}

export interface DirectoryLock {
  /** Removes the lock. Nothing when it is no longer ours. */
  release(): Promise<void>;
}

/**
 * Takes the lock `directory/lock`, from a dead holder too.
 *
 * @throws {RaftctlError} DATA_DIR_LOCKED when a living process holds it; DISK_FAILED.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const file = path.join(directory, 'lock');
  const holder: LockHolder = {
    pid: process.pid,
    startTicks: await startTicksOf(process.pid),
    bootId: await currentBootId(),
    token: randomBytes(8).toString('hex'),
  };
  const own = `${file}.${holder.token}.tmp`;
  try {
    await writeFile(own, `${JSON.stringify(holder)}\n`, { mode: 0o600, flag: 'wx' });
    await take(file, own);
  } catch (cause) {
    if (cause instanceof RaftctlError) throw cause;
    const reason = systemCode(cause) ?? String(cause);
    throw new RaftctlError('DISK_FAILED', {
      message: `Cannot lock the data directory ${directory}: the system says ${reason}`,
      cause,
    });
  } finally {
    await rm(own, { force: true });
  }
  return {
    async release(): Promise<void> {
      if ((await readHolder(file))?.token === holder.token) await rm(file, { force: true });
    },
  };
}

/** @returns who holds the lock of a directory and lives, or null. */
export async function lockHolder(directory: string): Promise<LockHolder | null> {
  const holder = await readHolder(path.join(directory, 'lock'));
  return holder !== null && (await isAlive(holder)) ? holder : null;
}

async function take(file: string, own: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    if (await linked(own, file)) return;
    const holder = await readHolder(file);
    if (holder === null) continue; // Released in between.
    if (await isAlive(holder)) throw locked(file, holder);
    if (await takenOver(file, own, holder)) return;
    await sleep(TAKEOVER_WAIT_MS);
  }
  throw new RaftctlError('DATA_DIR_LOCKED', {
    message: `Cannot lock ${file} as others keep taking it or taking it over`,
    hint: `If no node runs there, remove ${file} and all ${path.basename(file)}.*.taken`,
  });
}

/** Replaces the lock of a dead holder. @returns false when somebody else is doing so. */
async function takenOver(file: string, own: string, holder: LockHolder): Promise<boolean> {
  const right = `${file}.${holder.token}.taken`;
  if (!(await linked(own, right))) {
    // Whoever has the right holds it for an instant; one that died with it gives it back here.
    const other = await readHolder(right);
    if (other !== null && !(await isAlive(other))) await rm(right, { force: true });
    return false;
  }
  try {
    // Nobody else may remove this lock now. It may be gone already, with an earlier right.
    if ((await readHolder(file))?.token !== holder.token) return false;
    // A link, because a rename of two names of one file does nothing.
    const replacement = `${own}.lock`;
    await writeFile(replacement, await readFile(own), { mode: 0o600 });
    await rename(replacement, file);
    return true;
  } finally {
    await rm(right, { force: true });
  }
}

/** @returns false when `name` exists. */
async function linked(existing: string, name: string): Promise<boolean> {
  try {
    await link(existing, name);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** @returns null when there is no lock. A lock that nobody can read has nobody who is alive. */
async function readHolder(file: string): Promise<LockHolder | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
  const unreadable = { pid: 0, startTicks: null, bootId: null, token: 'unreadable' };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return unreadable;
    const fields = value as Record<string, unknown>;
    const { pid, startTicks, bootId, token } = fields;
    if (typeof pid !== 'number' || !/^[0-9a-f]{16}$/.test(String(token))) return unreadable;
    return {
      pid,
      startTicks: typeof startTicks === 'string' ? startTicks : null,
      bootId: typeof bootId === 'string' ? bootId : null,
      token: String(token),
    };
  } catch {
    return unreadable;
  }
}

async function isAlive(holder: LockHolder): Promise<boolean> {
  if (!Number.isSafeInteger(holder.pid) || holder.pid <= 0) return false;
  const bootId = await currentBootId();
  if (holder.bootId !== null && bootId !== null && holder.bootId !== bootId) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: there is such a process, of another user.
    if (systemCode(error) !== 'EPERM') return false;
  }
  const startTicks = await startTicksOf(holder.pid);
  return holder.startTicks === null || startTicks === null || startTicks === holder.startTicks;
}

/** When a process started (Linux: field 22 of /proc/PID/stat), or null where that is unknown. */
async function startTicksOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may hold anything.
    const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (rest[0] === 'Z' || rest[0] === 'X') return 'dead';
    return rest[19] ?? null;
  } catch {
    return null;
  }
}

async function currentBootId(): Promise<string | null> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  } catch {
    return null;
  }
}

function locked(file: string, holder: LockHolder): RaftctlError {
  return new RaftctlError('DATA_DIR_LOCKED', {
    message: `Cannot use ${path.dirname(file)} as process ${holder.pid} holds it`,
    hint: `Stop that node first: raftctl node stop, or kill ${holder.pid}`,
  });
}
