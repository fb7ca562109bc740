/**
 * `cluster up --hosts`: three machines, which are three addresses and three folders of this one,
 * reached by ssh through an sshd of the test's own. What is there is looked at as a user would.
 */
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unpackTar } from '../../src/bench/tar-archive.ts';
import { processesWith } from '../doubles/cluster-rig.ts';
import { FakeSystemd } from '../doubles/fake-systemd.ts';
import { Launched } from '../doubles/launched.ts';
import { type HostsWish, MachinesRig } from '../doubles/machines-rig.ts';
import { launchRaftctl } from '../doubles/program.ts';

const PORT_BASE = 14_400;
const UNIT_PORT_BASE = 27_800;
const HOSTS = ['alpha', 'beta', 'gamma'];
/** The last one comes later. */
const ALL_HOSTS = [...HOSTS, 'delta'];

let systemd: FakeSystemd;
let rig: MachinesRig;

beforeAll(async () => {
  systemd = await FakeSystemd.make();
  rig = await MachinesRig.start('wide', ALL_HOSTS, systemd.environment());
});
afterAll(async () => {
  await rig?.dispose();
  await systemd.dispose();
});

function run(...args: string[]) {
  return rig.run(...args);
}

function hostsFile(name: string, more: HostsWish = {}, hosts = HOSTS): Promise<string> {
  return rig.hostsFile(name, hosts, more);
}

function up(file: string, ...more: string[]) {
  const flags = ['--port-base', String(PORT_BASE), '--timeout', '120s'];
  return run('cluster', 'up', 'wide', '--hosts', file, ...flags, ...more);
}

const status = () => rig.status();
const clustersOf = (host: string) => rig.clustersOf(host);

test('cluster up --hosts says what is wrong with a machine, and puts nothing anywhere', async () => {
  const stranger = await up(await hostsFile('a', { sshConfig: rig.server.strangerConfig }));
  expect([stranger.code, stranger.stderr]).toEqual([7, expect.stringContaining('UNAUTHORIZED')]);
  expect(stranger.stderr).toMatch(/Cannot trust alpha: its host key is not known here/);
  expect(stranger.stderr).toContain('compare its fingerprint: ssh alpha');
  const without = await up(await hostsFile('b', { node: '/nowhere/node' }));
  expect([without.code, without.stderr]).toEqual([7, expect.stringContaining('HOST_UNFIT')]);
  expect(without.stderr).toContain('Cannot run a node on alpha: there is no program /nowhere/node');
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(PORT_BASE + 1000, '127.0.0.2', resolve));
  const unfit = await up(await hostsFile('c', { lastAddress: '198.51.100.7' }), '--tls');
  await new Promise((resolve) => taken.close(resolve));
  expect(unfit.code).toBe(7);
  expect(unfit.stderr).toContain(`alpha: 127.0.0.2:${PORT_BASE + 1000} is in use there`);
  expect(unfit.stderr).toContain(`gamma: 198.51.100.7:${PORT_BASE} is no address of it`);
  const open = await up(await hostsFile('d', { lastAddress: '198.51.100.7' }));
  expect([open.code, open.stderr]).toEqual([7, expect.stringContaining('EXPOSED_BIND')]);
  expect((await run('cluster', 'ls')).stdout).toContain('No cluster');
  for (const host of HOSTS) expect(await clustersOf(host)).toEqual([]);
});

test('cluster up --hosts --tls makes a node on each machine, and does nothing a second time', async () => {
  const file = await hostsFile('hosts');
  const made = await up(file, '--tls', '--json');
  expect(made.code, made.stdout + made.stderr).toBe(0);
  expect(JSON.parse(made.stdout)).toMatchObject({
    data: { isNew: true, started: ['n1', 'n2', 'n3'], status: { healthy: true } },
  });
  // Each machine has its own node, its own key and nothing of the authority.
  expect(await readdir(join(rig.dir, 'beta', 'clusters', 'wide'))).toEqual(
    expect.arrayContaining(['n2', 'n2.log', 'secret', 'tls']),
  );
  expect((await readdir(join(rig.dir, 'beta', 'clusters', 'wide', 'tls'))).sort()).toEqual([
    ...['ca.pem', 'member-n2.pem', 'tokens'],
  ]);
  const again = await up(file, '--json');
  expect(JSON.parse(again.stdout)).toMatchObject({ data: { isNew: false, started: [] } });
});

test('a cluster over machines is loaded, its leader killed there and started again', async () => {
  expect((await run('kv', 'set', 'a', '1')).code).toBe(0);
  const bench = await run(
    'bench',
    '-n',
    '200',
    '-c',
    '3',
    '--warmup',
    '0s',
    '--json',
    '--no-store',
  );
  expect(bench.code, bench.stdout).toBe(0);
  expect(JSON.parse(bench.stdout)).toMatchObject({ data: { requests: { answered: 200 } } });

  const { leader } = await status();
  expect((await run('node', 'kill', leader ?? '')).stdout).toContain(`${leader} killed`);
  await expect
    .poll(async () => (await status()).serving, { timeout: 60_000, interval: 300 })
    .toBe(true);
  const after = await status();
  expect(after.leader).not.toBe(leader);
  expect(after.nodes.find(({ id }) => id === leader)).toMatchObject({ state: 'down' });
  expect((await run('kv', 'get', 'a')).stdout.trim()).toBe('1');
  expect((await run('node', 'start', leader ?? '')).stdout).toContain(`${leader} started`);
  const healthy = await run('cluster', 'wait', '--for', 'healthy', '--timeout', '60s');
  expect(healthy.code, healthy.stderr).toBe(0);
});

test('a cluster over machines tells its logs, gets new keys, is bundled, grows and shrinks', async () => {
  const logs = await run('node', 'logs', 'n1', 'n2', '--lines', '2', '--json');
  const { lines } = (JSON.parse(logs.stdout) as { data: { lines: { id: string }[] } }).data;
  expect(lines.map(({ id }) => id).sort()).toEqual(['n1', 'n1', 'n2', 'n2']);
  const child = launchRaftctl(['node', 'logs', 'n1', '--follow', '--lines', '1'], { env: rig.env });
  const following = new Launched(child);
  await following.seen(/n1 │/);
  child.kill('SIGINT');
  expect((await following.ended()).code).toBe(0);
  await expect.poll(() => processesWith('hand-main.js'), { timeout: 5000 }).toEqual([]);
  const file = join(rig.dir, 'beta/clusters/wide/tls/member-n2.pem');
  const before = await readFile(file, 'utf8');
  const rotated = await run('tls', 'rotate', '--tokens', '--authority', '--json');
  expect(rotated.code, rotated.stdout + rotated.stderr).toBe(0);
  expect(JSON.parse(rotated.stdout)).toMatchObject({ data: { told: ['n1', 'n2', 'n3'] } });
  expect(await readFile(file, 'utf8')).not.toBe(before);
  expect((await run('tls', 'show')).stdout.match(/yes/g)).toHaveLength(3);
  const bundle = await run('cluster', 'bundle', '-o', join(rig.dir, 'wide.tar.gz'), '--json');
  expect(bundle.code, bundle.stderr).toBe(0);
  const packed = gunzipSync(await readFile(join(rig.dir, 'wide.tar.gz')));
  const files = (await unpackTar(packed)) ?? [];
  const bundled = (name: string): string =>
    String(files.find((one) => one.name.endsWith(name))?.content);
  expect(bundled('nodes/n3/log.txt')).toContain('"msg"');
  expect(bundled('nodes/n3/directory.json')).toContain('node.json');

  const hosts = await hostsFile('more', {}, ALL_HOSTS);
  const grown = await run('cluster', 'scale', '--to', '4', '--hosts', hosts);
  expect([grown.code, grown.stdout], grown.stderr).toEqual([0, expect.stringMatching(/n4 joined/)]);
  expect(await clustersOf('delta')).toContain('wide');
  const shrunk = await run('cluster', 'scale', '--to', '3', '--json');
  expect(shrunk.code, shrunk.stderr).toBe(0);
  const { removed } = (JSON.parse(shrunk.stdout) as { data: { removed: string[] } }).data;
  expect(removed).toHaveLength(1);
  const left = ALL_HOSTS.filter((_, i) => removed[0] === `n${i + 1}`);
  expect(await clustersOf(left[0] ?? '')).not.toContain('wide');
  expect((await status()).nodes).toHaveLength(3);
});

test('a cluster over machines is ended, started again, and removed there too', async () => {
  const refused = await run('tls', 'init');
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('other machines')]);
  const down = await run('cluster', 'down');
  expect([down.code, down.stdout.match(/stopped/g)]).toEqual([
    0,
    ['stopped', 'stopped', 'stopped'],
  ]);
  expect((await run('cluster', 'up', 'wide', '--timeout', '120s')).code).toBe(0);
  expect((await run('kv', 'get', 'a')).stdout.trim()).toBe('1');
  const gone = await run('cluster', 'destroy', 'wide', '--confirm', 'wide');
  expect(gone.code, gone.stderr).toBe(0);
  expect(processesWith(join(rig.dir, 'alpha', 'clusters'))).toEqual([]);
  for (const host of HOSTS) expect(await clustersOf(host)).toEqual([]);
});

test('cluster up --hosts --systemd has systemd look after the node, as long as it is to run', async () => {
  const unit = (...args: string[]) => run(...args, '--cluster', 'unit');
  const file = await hostsFile('unit', {}, ['delta']);
  const start = ['cluster', 'up', 'unit', '--hosts', file, '--systemd', 'user'];
  const up = () => run(...start, '--port-base', String(UNIT_PORT_BASE), '--timeout', '60s');
  await systemd.setDown(true);
  const refused = await up();
  await systemd.setDown(false);
  expect([refused.code, refused.stderr]).toEqual([7, expect.stringContaining('HOST_UNFIT')]);
  expect(refused.stderr).toMatch(/systemd does not answer .*No medium found.*leave --systemd out/);
  const made = await up();
  expect(made.code, made.stdout + made.stderr).toBe(0);
  expect(await systemd.units()).toEqual(['raftctl-unit-n1.service']);
  expect((await systemd.takeAsked()).slice(-2)).toEqual([
    '--user --quiet daemon-reload',
    '--user --quiet enable --now raftctl-unit-n1.service',
  ]);
  expect((await unit('node', 'kill', 'n1')).stdout).toContain('n1 killed');
  expect(await systemd.takeAsked()).toEqual(['--user --quiet stop raftctl-unit-n1.service']);
  expect((await unit('node', 'start', 'n1')).stdout).toContain('n1 started');
  const down = await run('cluster', 'down', 'unit');
  expect([down.stdout, await systemd.units()]).toEqual([expect.stringContaining('n1 stopped'), []]);
  expect((await unit('node', 'kill', 'n1')).stdout).toContain('n1 was down');
  const gone = await run('cluster', 'destroy', 'unit', '--confirm', 'unit');
  expect([gone.code, await clustersOf('delta')], gone.stderr).toEqual([0, []]);
});
