/**
 * Nodes as processes: started detached, known again later by `node.pid` in their data directory,
 * signalled only after a check that the pid still belongs to them.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RaftctlError } from '../std/errors.ts';
import { fileSize } from './node-log.ts';
import { inspectProcess, type ProcessFacts } from './process-table.ts';

/** What a node writes when its ports are bound. */
export interface PidFile {
  readonly pid: number;
  readonly startedAtMs: number;
  readonly incarnation: string;
}

/** A running node's process. */
export interface NodeProcess {
  readonly pid: number;
  readonly startedAtMs: number;
  readonly isPaused: boolean;
}

export interface SpawnedNode {
  readonly id: string;
  readonly pid: number;
  readonly logFile: string;
  /** Where this life begins in the log. Bytes. */
  readonly logOffset: number;
  /** Settles when the process is gone; never rejects. */
  readonly exited: Promise<NodeExit>;
}

export interface NodeExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface SpawnInit {
  readonly id: string;
  readonly dataDir: string;
  readonly logFile: string;
  /** The script of this program: a node looks like raftctl to `ps`. */
  readonly entry: string;
  /** Another program instead. */
  readonly command: { readonly file: string; readonly args: readonly string[] } | null;
}

/** How far the start time in `node.pid` may be from the kernel's: node start-up, clock steps. */
const START_TOLERANCE_MS = 10_000;
const POLL_MS = 15;
/** From SIGKILL to the end of a process; only the kernel can hold it up for long. */
const KILLED_MS_MAX = 20_000;

/** Starts a node that outlives us and holds none of our pipes. */
export async function spawnNode(init: SpawnInit): Promise<SpawnedNode> {
  const { execa } = await import('execa');
  const { id, logFile } = init;
  const logOffset = await fileSize(logFile);
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  await once(log, 'open');
  const own = [init.entry, 'node', 'start', '--data-dir', init.dataDir];
  const { file, args } = init.command ?? { file: process.execPath, args: own };
  const child = execa(file, args, {
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    stdin: 'ignore',
    stdout: log,
    stderr: log,
    cwd: '/',
  });
  child.unref();
  log.close();
  const exited = child.then((result) => ({
    code: result.exitCode ?? null,
    signal: result.signal ?? null,
  }));
  return { id, pid: child.pid ?? 0, logFile, logOffset, exited };
}

export async function readPidFile(dataDir: string): Promise<PidFile | null> {
  try {
    const value: unknown = JSON.parse(await readFile(pidFileOf(dataDir), 'utf8'));
    return isPidFile(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * The last sign of life on disk, wall clock; null: none. A running node touches its pid file every
 * second; one that stopped in good order leaves only the last line of its log.
 */
export async function lastBeatMs(dataDir: string, logFile: string): Promise<number | null> {
  const facts = await stat(pidFileOf(dataDir)).catch(() => stat(logFile).catch(() => null));
  return facts === null ? null : facts.mtimeMs;
}

/** The process that runs this data directory now, or null. */
export async function findNodeProcess(dataDir: string): Promise<NodeProcess | null> {
  const file = await readPidFile(dataDir);
  if (file === null) return null;
  const facts = await inspectProcess(file.pid);
  if (facts === null || !isSameProcess(facts, file, dataDir)) return null;
  const isPaused = facts.state === 'T' || facts.state === 't';
  return { pid: file.pid, startedAtMs: file.startedAtMs, isPaused };
}

/** Whether a node runs and is not stopped; of other machines nothing is known, and all may. */
export async function mayAnswer(node: {
  readonly dataDir: string;
  readonly host?: unknown;
}): Promise<boolean> {
  if (node.host !== undefined) return true;
  const found = await findNodeProcess(node.dataDir);
  return found !== null && !found.isPaused;
}

/** Whether a process is the one that wrote the pid file, and not a later one with its number. */
export function isSameProcess(
  facts: ProcessFacts,
  file: { readonly startedAtMs: number },
  dataDir: string,
): boolean {
  if (facts.startedAtMs === null) return true;
  const isNear = Math.abs(facts.startedAtMs - file.startedAtMs) <= START_TOLERANCE_MS;
  // A step of the wall clock moves the kernel's answer, never the command line.
  return isNear || facts.command.includes(dataDir);
}

export interface StopWish {
  /** SIGKILL follows when the node is still there after this time. */
  readonly graceMs: number;
  /** Brings SIGKILL forward. */
  readonly hurry?: AbortSignal;
}

/**
 * Ends a node in good order; its process is gone afterwards. @returns whether it had to be killed.
 *
 * @throws {RaftctlError} WAIT_TIMEOUT when it is there even after SIGKILL.
 *
 * NB: a node that stops removes its pid file before it ends, so it is the process that is waited
 * for, not the file.
 */
export async function stopProcess(dataDir: string, wish: StopWish): Promise<boolean> {
  const found = await findNodeProcess(dataDir);
  if (found === null) return false;
  signal(found.pid, 'SIGTERM');
  // A stopped process gets no SIGTERM before it goes on.
  if (found.isPaused) signal(found.pid, 'SIGCONT');
  const deadline = performance.now() + wish.graceMs;
  while (performance.now() < deadline && !wish.hurry?.aborted) {
    if (!(await isRunning(found, dataDir))) return false;
    await sleep(POLL_MS);
  }
  await killAndWait(found, dataDir);
  return true;
}

/** Ends a node at once. @returns whether there was one; it is gone afterwards. */
export async function killProcess(dataDir: string): Promise<boolean> {
  const found = await findNodeProcess(dataDir);
  if (found === null) return false;
  await killAndWait(found, dataDir);
  return true;
}

/** Stops a node's clock. @returns whether there was one; it takes no step afterwards. */
export async function pauseProcess(dataDir: string): Promise<boolean> {
  return signalUntil(dataDir, 'SIGSTOP', (found) => found.isPaused);
}

/** Lets a node go on. @returns whether there was one. */
export async function resumeProcess(dataDir: string): Promise<boolean> {
  return signalUntil(dataDir, 'SIGCONT', (found) => !found.isPaused);
}

async function signalUntil(
  dataDir: string,
  name: NodeJS.Signals,
  isDone: (found: NodeProcess) => boolean,
): Promise<boolean> {
  let found = await findNodeProcess(dataDir);
  if (found === null) return false;
  signal(found.pid, name);
  // Only Linux tells whether a process is stopped.
  while (process.platform === 'linux' && !isDone(found)) {
    await sleep(POLL_MS);
    found = await findNodeProcess(dataDir);
    if (found === null) return false;
  }
  return true;
}

async function killAndWait(found: NodeProcess, dataDir: string): Promise<void> {
  if (await isRunning(found, dataDir)) signal(found.pid, 'SIGKILL');
  const deadline = performance.now() + KILLED_MS_MAX;
  while (await isRunning(found, dataDir)) {
    if (performance.now() > deadline) {
      throw new RaftctlError('WAIT_TIMEOUT', {
        message: `Waited ${KILLED_MS_MAX} ms for process ${found.pid} of ${dataDir} to end: it has SIGKILL, the kernel holds it`,
        hint: `It waits for a disk, or is frozen: cat /proc/${found.pid}/wchan`,
      });
    }
    await sleep(POLL_MS);
  }
}

async function isRunning(found: NodeProcess, dataDir: string): Promise<boolean> {
  const facts = await inspectProcess(found.pid);
  return facts !== null && isSameProcess(facts, found, dataDir);
}

/** Ends processes we started ourselves and that may not have said who they are yet. */
export async function killSpawned(nodes: readonly SpawnedNode[]): Promise<void> {
  for (const node of nodes) signal(node.pid, 'SIGKILL');
  let isOver = false;
  const all = Promise.all(nodes.map((node) => node.exited)).then(() => {
    isOver = true;
  });
  // Children that may outlive us do not keep the event loop alive; the pauses do.
  while (!isOver) await sleep(POLL_MS);
  await all;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself in between.
  }
}

/** Where a running node says that it runs. */
export function pidFileOf(dataDir: string): string {
  return join(dataDir, 'node.pid');
}

function isPidFile(value: unknown): value is PidFile {
  if (typeof value !== 'object' || value === null) return false;
  if (!('pid' in value) || !('startedAtMs' in value)) return false;
  return Number.isInteger(value.pid) && Number.isFinite(value.startedAtMs);
}
