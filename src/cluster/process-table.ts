/**
 * Which processes exist and who holds a port, read from `/proc`. Where there is none (macOS), a
 * process is known by its pid alone and a port's holder stays unknown.
 */
import { readdir, readFile, readlink } from 'node:fs/promises';

export interface ProcessFacts {
  readonly pid: number;
  /** State letter of the kernel: `T` stopped by a signal, `Z` dead but not yet waited for. */
  readonly state: string;
  /** Wall clock; null where the kernel does not tell. */
  readonly startedAtMs: number | null;
  readonly command: string;
}

/** Ticks a second of the times in `/proc/<pid>/stat`; fixed at 100 for user space on Linux. */
const USER_TICKS_PER_SECOND = 100;

/**
 * Facts of a process; null: there is none. A zombie is none either, but only when its last thread
 * has ended: until then its ports stay bound and its files locked.
 */
export async function inspectProcess(pid: number): Promise<ProcessFacts | null> {
  const stat = await readOrNull(`/proc/${pid}/stat`);
  if (stat === null) {
    if (process.platform === 'linux' || !answersSignals(pid)) return null;
    return { pid, state: 'R', startedAtMs: null, command: '' };
  }
  const parsed = parseStat(stat);
  if (parsed === null || parsed.state === 'X') return null;
  if (parsed.state === 'Z' && parsed.threadCount <= 1) return null;
  const commandLine = (await readOrNull(`/proc/${pid}/cmdline`)) ?? '';
  const uptimeText = (await readOrNull('/proc/uptime')) ?? '';
  const uptimeMs = Number.parseFloat(uptimeText) * 1000;
  const startedAtMs = Date.now() - uptimeMs + (parsed.startTicks * 1000) / USER_TICKS_PER_SECOND;
  const command = commandLine.replaceAll('\0', ' ').trim();
  const hasStart = Number.isFinite(startedAtMs);
  return { pid, state: parsed.state, startedAtMs: hasStart ? startedAtMs : null, command };
}

interface Stat {
  readonly state: string;
  readonly threadCount: number;
  readonly startTicks: number;
}

/** Reads a `/proc/<pid>/stat` line, whose second field, the name, may hold anything. */
export function parseStat(line: string): Stat | null {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const threadCount = Number(fields[17]);
  const startTicks = Number(fields[19]);
  if (state === undefined || !Number.isFinite(startTicks)) return null;
  return { state, threadCount, startTicks };
}

/** Who listens on a TCP port of this machine, as far as the kernel lets us see. */
export async function holderOfPort(port: number): Promise<ProcessFacts | null> {
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const inode of listeningInodes((await readOrNull(table)) ?? '', port)) inodes.add(inode);
  }
  if (inodes.size === 0) return null;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    if (await holdsSocket(pid, inodes)) return inspectProcess(Number(pid));
  }
  return null;
}

/** Inodes of the sockets that listen on a port, from the text of `/proc/net/tcp`. */
export function listeningInodes(table: string, port: number): string[] {
  const LISTEN = '0A';
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes: string[] = [];
  for (const line of table.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [, local, , state] = fields;
    const inode = fields[9];
    if (state === LISTEN && local?.endsWith(`:${wanted}`) && inode) inodes.push(inode);
  }
  return inodes;
}

async function holdsSocket(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  let descriptors: string[];
  try {
    descriptors = await readdir(`/proc/${pid}/fd`);
  } catch {
    return false;
  }
  for (const descriptor of descriptors) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined && inodes.has(inode)) return true;
  }
  return false;
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
}

/** Whether there is such a process, that one may signal. */
export function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
