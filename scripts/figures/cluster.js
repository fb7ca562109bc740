/** A cluster of the built program for measuring: three nodes in a temporary folder. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../tree.js';
import { statusOf } from './admin.js';

export const NODE_COUNT = 3;
const INTERRUPTED = 130;
const NAME = 'figures';
const ADMIN_OFFSET = 2000;
const HEALTHY_MS_MAX = 30_000;
/** Of `/proc/<pid>/stat`: fixed at 100 for user space on Linux. */
const TICKS_PER_SECOND = 100;

/** What has to be ended whatever happens: each has `dispose()`. */
export const alive = new Set();

/**
 * Runs a program to its end. @returns what it printed and how long it took.
 * @param codes exit codes that are no failure.
 */
export function run(file, args, codes = [0]) {
  const begun = performance.now();
  const child = spawn(file, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (codes.includes(code)) resolve({ stdout, stderr, durationMs: performance.now() - begun });
      else reject(new Error(`${file} ${args.join(' ')}: exit ${code}\n${stdout}${stderr}`));
    });
  });
}

export function raftctl(...args) {
  return run(process.execPath, [join(ROOT, 'bin/run.js'), ...args]);
}

export class Cluster {
  constructor(directory, portBase, count) {
    this.directory = directory;
    this.portBase = portBase;
    this.nodes = Array.from({ length: count }, (_, i) => ({
      id: `n${i + 1}`,
      port: portBase + i,
    }));
  }

  static async prepare(portBase, count = NODE_COUNT) {
    return new Cluster(await mkdtemp(join(tmpdir(), 'raftctl-figures-')), portBase, count);
  }

  adminPortOf(id) {
    return this.nodes.find((node) => node.id === id).port + ADMIN_OFFSET;
  }

  dataDirectoryOf(id) {
    return join(this.directory, NAME, id);
  }

  get ports() {
    return this.nodes.map((node) => node.port);
  }

  up() {
    const flags = [
      '-n',
      String(this.nodes.length),
      '--port-base',
      String(this.portBase),
      '--detach',
    ];
    return raftctl('cluster', 'up', NAME, ...flags, '--dir', this.directory);
  }

  restart(id) {
    return raftctl('node', 'restart', id, '--cluster', NAME, '--dir', this.directory);
  }

  /** What every node says of itself; null: nothing. */
  statuses() {
    return Promise.all(this.nodes.map((node) => statusOf(node.port + ADMIN_OFFSET)));
  }

  /** Waits until all nodes answer and agree on a leader that serves. @returns its node. */
  async leader() {
    const deadline = performance.now() + HEALTHY_MS_MAX;
    for (;;) {
      const statuses = await this.statuses();
      const leader = statuses.find((status) => status?.role === 'leader' && status.serving);
      const agree = statuses.every((status) => status !== null && status.leader === leader?.id);
      if (leader !== undefined && agree) return this.nodes.find(({ id }) => id === leader.id);
      if (performance.now() > deadline) throw new Error('The cluster does not become healthy');
      await sleep(20);
    }
  }

  pidOf(id) {
    return JSON.parse(readFileSync(join(this.dataDirectoryOf(id), 'node.pid'), 'utf8')).pid;
  }

  /** Ends all nodes at once and removes their data. */
  dispose() {
    endProcessesOf(this.directory);
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Kills all that have something below this folder in their command line. */
export function endProcessesOf(directory) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!commandLineOf(pid).includes(`${directory}/`)) continue;
    process.kill(Number(pid), 'SIGKILL');
  }
}

/** A cluster of its own, for as long as `task` runs. It is not started yet. */
export async function withCluster(portBase, task, count = NODE_COUNT) {
  const cluster = await Cluster.prepare(portBase, count);
  alive.add(cluster);
  try {
    return await task(cluster);
  } finally {
    alive.delete(cluster);
    cluster.dispose();
  }
}

/** Runs a script. Whoever cuts it short leaves no process and no folder behind. */
export async function runScript(name, main) {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      for (const one of alive) one.dispose();
      process.exit(INTERRUPTED);
    });
  }
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exitCode = 1;
  }
}

/** Seconds of processor time a process has used. */
export function cpuSecondsOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export function descriptorsOf(pid) {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function commandLineOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
