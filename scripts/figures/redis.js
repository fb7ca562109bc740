/** redis-benchmark against us and against Redis itself, in turns. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alive, run } from './cluster.js';
import { redisBenchmark } from './load.js';
import { firstWrite } from './writers.js';

const LOAD = { test: 'set', clients: 50, pipeline: 16, requests: 200_000 };

export async function hasRedis() {
  try {
    await run('redis-cli', ['--version']);
    await run('redis-server', ['--version']);
    await run('redis-benchmark', ['--version']);
    return true;
  } catch {
    return false;
  }
}

/** Sets a second. */
export async function setsPerSecond(port) {
  return (await redisBenchmark(port, LOAD)).rps;
}

/** A Redis that syncs every write before it answers, for as long as `task(pid)` runs. */
export async function withRedis(port, task) {
  const directory = mkdtempSync(join(tmpdir(), 'raftctl-figures-redis-'));
  const options = [
    ...['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''],
    // Its file is not rewritten in the middle of a measurement.
    ...['--auto-aof-rewrite-percentage', '0'],
  ];
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, ...options],
    { stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => server.on('close', resolve));
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  const disposable = {
    dispose: () => {
      server.kill('SIGKILL');
      remove();
    },
  };
  alive.add(disposable);
  try {
    await firstWrite([port], 10_000);
    return await task(server.pid);
  } finally {
    alive.delete(disposable);
    server.kill('SIGKILL');
    await ended;
    remove();
  }
}
