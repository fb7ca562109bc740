/** redis-benchmark against us and against Redis itself, in turns. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './cluster.js';
import { firstWrite } from './writers.js';

const REQUESTS = 200_000;
const LOAD = ['-t', 'set', '-c', '50', '-P', '16', '-d', '64', '-r', '100000'];

export async function hasRedis() {
  try {
    await run('redis-server', ['--version']);
    await run('redis-benchmark', ['--version']);
    return true;
  } catch {
    return false;
  }
}

/** Sets a second. */
export async function setsPerSecond(port) {
  const { stdout } = await run('redis-benchmark', [
    ...['-h', '127.0.0.1', '-p', String(port), '-n', String(REQUESTS), '--csv'],
    ...LOAD,
  ]);
  const match = /^"SET","([\d.]+)"/m.exec(stdout);
  if (match === null) throw new Error(`redis-benchmark said: ${stdout}`);
  return Number(match[1]);
}

/** A Redis that syncs every write before it answers, for as long as `task` runs. */
export async function withRedis(port, task) {
  const directory = mkdtempSync(join(tmpdir(), 'raftctl-figures-redis-'));
  const options = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, ...options],
    { stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => server.on('close', resolve));
  try {
    await firstWrite([port], 10_000);
    return await task();
  } finally {
    server.kill('SIGKILL');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  }
}
