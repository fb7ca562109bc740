/** Clusters whose nodes are etcd's: started, looked at, measured, killed like raftctl's own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ClusterStatus } from '../../src/wire/status.ts';
import { raftctl, runProgram } from '../doubles/program.ts';

const PORT_BASE = 28_400;
const ETCDCTL = 'etcdctl';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'raftctl-etcd-'));
  const engine = ['--engine', 'etcd', '--port-base', String(PORT_BASE), '--detach'];
  const up = await raftctl(['cluster', 'up', 'other', ...engine, '--dir', dir]);
  expect(up.code, up.stderr).toBe(0);
});
afterAll(async () => {
  const gone = await raftctl(['cluster', 'destroy', 'other', '--confirm', 'other', '--dir', dir]);
  expect(gone.code, gone.stderr).toBe(0);
  await rm(dir, { recursive: true, force: true });
});

function run(...args: string[]) {
  return raftctl(args, { env: { RAFTCTL_DIR: dir, RAFTCTL_CLUSTER: 'other' } });
}

async function status(): Promise<ClusterStatus> {
  const { stdout } = await run('cluster', 'status', 'other', '--json');
  return (JSON.parse(stdout) as { data: ClusterStatus }).data;
}

test('cluster up --engine etcd: a second time is nothing, as another engine is refused', async () => {
  expect(await status()).toMatchObject({ app: 'etcd', healthy: true, quorum: 2, tolerance: 1 });
  const again = await run('cluster', 'up', 'other', '--detach', '--json');
  expect(JSON.parse(again.stdout)).toMatchObject({ data: { started: [], isNew: false } });
  const raftctls = await run('cluster', 'up', 'other', '--engine', 'raftctl', '--detach');
  expect(raftctls.stderr).toContain('--engine is etcd, not raftctl');
  const kv = await run('kv', 'get', 'a');
  expect(kv.stderr).toContain('its nodes are of etcd [CLUSTER_DIFFERS]');
  const app = await run(
    'cluster',
    'up',
    'third',
    '--engine',
    'etcd',
    '--app',
    'kvstore',
    '--detach',
  );
  expect([app.code, app.stderr]).toEqual([2, expect.stringContaining('--app')]);
});

test('bench of an etcd writes what etcdctl reads, and tells found from missing', async () => {
  const load = ['bench', '-c', '4', '--warmup', '0s', '--key-pattern', 'seq'];
  const fifty = ['-n', '50', '--key-maximum', '50', '--ratio', '1:0', '--data-size', '3000'];
  const write = await run(...load, ...fifty, '--json');
  expect(write.code, write.stdout + write.stderr).toBe(0);
  expect(JSON.parse(write.stdout)).toMatchObject({
    data: {
      requests: { answered: 50, failed: 0 },
      targets: [{ server: 'etcd', node: 'n1' }, {}, {}],
    },
  });
  const endpoints = ['--endpoints', `127.0.0.1:${PORT_BASE}`];
  const keys = await runProgram(ETCDCTL, [...endpoints, 'get', '--prefix', 'key:', '--keys-only'], {
    env: { ETCDCTL_API: '3' },
  });
  const names = keys.stdout.split('\n').filter((line) => line !== '');
  expect(names).toHaveLength(50);
  expect(names[7]).toBe('key:..000000000007');
  for (const reads of ['linearizable', 'stale']) {
    // Of a hundred keys, half are there; values of this size come back in chunks.
    const wide = ['-n', '100', '--ratio', '0:1', '--key-maximum', '100', '--reads', reads];
    const read = await run(...load, ...wide, '--json');
    expect(read.code, read.stdout).toBe(0);
    const { data } = JSON.parse(read.stdout) as { data: { requests: { missing: number } } };
    expect(data.requests.missing).toBe(50);
  }
});

test('node kill of an etcd leader: another leads, and the node comes back', async () => {
  const { leader } = await status();
  expect((await run('node', 'kill', leader ?? '')).code).toBe(0);
  await expect
    .poll(async () => (await status()).leader, { timeout: 60_000, interval: 300 })
    .toMatch(/^n[123]$/);
  const after = await status();
  expect(after.leader).not.toBe(leader);
  expect(after.nodes.find(({ id }) => id === leader)).toMatchObject({ state: 'down' });
  expect((await run('node', 'start', leader ?? '')).code).toBe(0);
  const wait = await run('cluster', 'wait', 'other', '--for', 'healthy', '--timeout', '60s');
  expect(wait.code, wait.stderr).toBe(0);
});
