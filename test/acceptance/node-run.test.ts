/** `raftctl node run`: nodes that find their place by DNS, at the first start and after a loss. */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fetchNodeStatus } from '../../src/client/admin-client.ts';
import { entrust } from '../../src/client/credentials.ts';
import { TlsFolder } from '../../src/cluster/tls-folder.ts';
import type { NodeConfig } from '../../src/wire/node-config.ts';
import type { NodeStatus } from '../../src/wire/status.ts';
import { DnsServer } from '../doubles/dns-server.ts';
import { Launched } from '../doubles/launched.ts';
import { eventually } from '../doubles/old-programs.ts';
import { launchRaftctl, raftctl } from '../doubles/program.ts';

const BASE = 29_400;
const SERVICE = 'demo.default.svc.cluster.local';

let folder: string;
let dns: DnsServer;
const running = new Map<number, { child: ChildProcess; launched: Launched }>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-node-run-'));
  await writeFile(join(folder, 'secret'), `${'5a'.repeat(32)}\n`, { mode: 0o600 });
  dns = await DnsServer.start();
});
afterEach(async () => {
  entrust([0, 1, 2, 3].map(adminOf), null);
  for (const n of [...running.keys()]) await end(n, 'SIGKILL');
  dns.close();
  await rm(folder, { recursive: true, force: true });
});

const memberOf = (n: number) => `demo-${n}=localhost:${BASE + n}:${BASE + 10 + n}:${BASE + 20 + n}`;
const adminOf = (n: number) => `localhost:${BASE + 20 + n}`;
const listed = (...numbers: number[]) =>
  dns.records.set(
    `_admin._tcp.${SERVICE}`,
    numbers.map((n) => ({ target: 'localhost', port: BASE + 20 + n })),
  );

function words(n: number): string[] {
  return [
    ...['node', 'run', '--data-dir', join(folder, `demo-${n}`), '--member', memberOf(n)],
    ...['--secret-file', join(folder, 'secret'), '--cluster', 'demo'],
    ...['--discover', `dns:${SERVICE}`, '--dns', dns.address],
    ...['--initial-cluster', [0, 1, 2].map(memberOf).join(',')],
  ];
}

function start(n: number, ...more: string[]): Launched {
  const child = launchRaftctl([...words(n), ...more]);
  const launched = new Launched(child);
  running.set(n, { child, launched });
  return launched;
}

async function end(n: number, signal: NodeJS.Signals): Promise<number | null> {
  const found = running.get(n);
  running.delete(n);
  found?.child.kill(signal);
  return (await found?.launched.ended())?.code ?? null;
}

/** Null: it does not answer yet. */
const status = (n: number): Promise<NodeStatus | null> =>
  fetchNodeStatus(adminOf(n), 2000).catch(() => null);
const votersIn = (status: NodeStatus | null): number =>
  status?.leader == null ? 0 : status.members.filter(({ voter }) => voter).length;
const isLedBy3 = (status: NodeStatus | null): boolean => votersIn(status) === 3;

async function configOf(n: number): Promise<NodeConfig> {
  return JSON.parse(await readFile(join(folder, `demo-${n}`, 'node.json'), 'utf8')) as NodeConfig;
}

/** A command about the cluster that DNS knows. */
const found = (...more: string[]) =>
  raftctl([...more, '--discover', `srv:${SERVICE}`, '--dns', dns.address]);

interface Seen {
  readonly leader: string | null;
  readonly nodes: readonly { readonly id: string; readonly state: string }[];
}
const seenIn = (stdout: string): readonly [boolean, readonly string[]] => {
  const { leader, nodes } = JSON.parse(stdout).data as Seen;
  return [leader !== null, nodes.map(({ id, state }) => `${id} ${state}`).sort()];
};

test('node run: three found together, and one that lost its disk is a new member', async () => {
  listed(0, 1, 2);
  const first = start(0);
  await eventually(
    () =>
      fetch(`http://${adminOf(0)}/livez`).then(
        ({ status }) => status,
        () => 0,
      ),
    (code) => code === 200,
  );
  await first.seen(/waiting for a majority/);
  for (const n of [1, 2]) start(n);
  const founded = await eventually(() => status(0), isLedBy3);
  expect(founded?.cluster).toBe('demo');
  expect((await fetch(`http://${adminOf(0)}/livez`)).status).toBe(200);
  const endpoints = ['--endpoints', `localhost:${BASE}`];
  expect((await raftctl(['kv', 'set', 'a', '1', ...endpoints])).code).toBe(0);

  const up = ['demo-0 up', 'demo-1 up', 'demo-2 up'];
  for (const words of [
    ['cluster', 'status', '--json'],
    ['top', '--once', '--json', '--refresh', '250ms'],
  ]) {
    const { code, stdout, stderr } = await found(...words);
    expect([code, stderr]).toEqual([0, '']);
    expect(seenIn(stdout)).toEqual([true, up]);
  }

  expect(await end(1, 'SIGTERM')).toBe(0);
  const degraded = await found('cluster', 'status', '--json');
  expect(degraded.code).toBe(5);
  expect(seenIn(degraded.stdout)).toEqual([true, ['demo-0 up', 'demo-1 down', 'demo-2 up']]);
  const told = await found('cluster', 'status');
  expect([told.code, told.stderr]).toEqual([5, expect.stringContaining('kubectl')]);
  const screen = await found('top', '--once', '--refresh', '250ms');
  expect([screen.code, screen.stdout]).toEqual([0, expect.stringMatching(/demo-1 +\S?down/)]);
  expect(screen.stdout).not.toContain('Actions');
  start(1);
  await eventually(() => status(1), isLedBy3);
  expect((await configOf(1)).member).toBe(2);

  await end(2, 'SIGKILL');
  await rm(join(folder, 'demo-2'), { recursive: true });
  const back = start(2);
  await back.seen(/demo-2 has no data, and its cluster exists: it joins as a new member/);
  await eventually(() => status(2), isLedBy3);
  const { member, clusterId: same } = await configOf(2);
  expect([member, same]).toEqual([4, founded?.clusterId]);
  const read = await raftctl(['kv', 'get', 'a', '--endpoints', `localhost:${BASE + 2}`]);
  expect(read.stdout).toBe('1\n');

  // The fourth pod of the set, and a learner, find the others by what DNS knows by now.
  start(3);
  start(4, '--learner');
  const all = await eventually(
    () => status(0),
    (now) => votersIn(now) === 4 && now?.members.length === 5,
  );
  expect(all?.members.find(({ voter }) => !voter)?.id).toBe('demo-4');
});

test('node run: who finds nobody ends with the reason, and is asked to end at any time', async () => {
  const alone = await raftctl([...words(3), '--timeout', '1s']);
  expect([alone.code, alone.stderr]).toEqual([3, expect.stringContaining('No member answers')]);
  const waiting = start(0);
  await waiting.seen(/waiting for a majority/);
  expect(await end(0, 'SIGTERM')).toBe(130);
  const wrong = await raftctl(words(3).map((word) => word.replace(/^dns:.*/, 'dns:')));
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('dns:NAME')]);
});

test('node run --tls-dir: founders and newcomers know one another by certificates alone', async () => {
  const keys = join(folder, 'keys');
  const members = [0, 1, 2, 3].flatMap((n) => ['--member', `demo-${n}=localhost`]);
  expect((await raftctl(['tls', 'init', '--into', keys, ...members])).code).toBe(0);
  // A pod has neither the authority's key nor the operator's.
  for (const name of ['authority.pem', 'operator.pem']) await rm(join(keys, name));
  const credentials = await new TlsFolder(keys).credentials();
  entrust([0, 1, 2, 3].map(adminOf), credentials);
  listed(0, 1, 2);
  const first = start(0, '--tls-dir', keys);
  await first.seen(/waiting for a majority/);
  // A probe has no certificate.
  expect(await probe(adminOf(0), credentials.ca ?? '')).toBe(200);
  for (const n of [1, 2]) start(n, '--tls-dir', keys);
  await eventually(() => status(0), isLedBy3);
  start(3, '--tls-dir', keys);
  await eventually(
    () => status(0),
    (now) => votersIn(now) === 4,
  );
  const trust = ['--tls-ca', join(keys, 'ca.pem'), '--token-file', join(keys, 'client.token')];
  const set = ['kv', 'set', 'a', '1', '--endpoints', `localhost:${BASE}`, ...trust];
  expect((await raftctl(set)).code).toBe(0);
  const asked = ['cluster', 'status', '--json', '--tls-ca', join(keys, 'ca.pem'), '--token-file'];
  const told = await found(...asked, join(keys, 'admin-read.token'));
  expect([told.code, seenIn(told.stdout)[1].length]).toEqual([0, 4]);
  const refused = await found(...asked, join(keys, 'client-read.token'));
  expect([refused.code, refused.stdout]).toEqual([3, expect.stringContaining('admin token')]);
  const stranger = await raftctl([...words(4), '--tls-dir', keys]);
  expect([stranger.code, stranger.stderr]).toEqual([
    ...[2, expect.stringContaining('no certificate for it')],
  ]);
});

function probe(address: string, ca: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(`https://${address}/livez`, { ca, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.on('error', reject);
    call.end();
  });
}
