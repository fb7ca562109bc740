/** A cluster of the built program for measuring: three nodes in a temporary folder. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../tree.js';

export const NODE_COUNT = 3;
const NAME = 'figures';
const ADMIN_OFFSET = 2000;
const HEALTHY_MS_MAX = 30_000;
/** Of `/proc/<pid>/stat`: fixed at 100 for user space on Linux. */
const TICKS_PER_SECOND = 100;

/** Runs a program to its end. @returns what it printed and how long it took. */
export function run(file, args) {
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
      if (code === 0) resolve({ stdout, stderr, durationMs: performance.now() - begun });
      else reject(new Error(`${file} ${args.join(' ')}: exit ${code}\n${stdout}${stderr}`));
    });
  });
}

export function raftctl(...args) {
  return run(process.execPath, [join(ROOT, 'bin/run.js'), ...args]);
}

export class Cluster {
  constructor(directory, portBase) {
    this.directory = directory;
    this.portBase = portBase;
    this.nodes = Array.from({ length: NODE_COUNT }, (_, i) => ({
      id: `n${i + 1}`,
      port: portBase + i,
    }));
  }

  static async prepare(portBase) {
    return new Cluster(await mkdtemp(join(tmpdir(), 'raftctl-figures-')), portBase);
  }

  get ports() {
    return this.nodes.map((node) => node.port);
  }

  up() {
    const flags = ['-n', String(NODE_COUNT), '--port-base', String(this.portBase), '--detach'];
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
    return JSON.parse(readFileSync(join(this.directory, NAME, id, 'node.pid'), 'utf8')).pid;
  }

  /** Ends all nodes at once and removes their data. */
  dispose() {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (!commandLineOf(pid).includes(`${this.directory}/`)) continue;
      process.kill(Number(pid), 'SIGKILL');
    }
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
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

function statusOf(port) {
  return new Promise((resolve) => {
    const call = request(
      { port, host: '127.0.0.1', path: '/v1/status', agent: false },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.on('end', () => resolve(answer.statusCode === 200 ? JSON.parse(text).data : null));
      },
    );
    call.setTimeout(1000, () => call.destroy());
    call.on('error', () => resolve(null));
    call.end();
  });
}
