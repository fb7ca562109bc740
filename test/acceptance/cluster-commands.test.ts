/** `raftctl cluster ...` as an operator uses it. */
import { readdir, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { ClusterStatus } from '../../src/wire/status.ts';
import { ClusterRig, isAlive, untilGone } from '../doubles/cluster-rig.ts';
import { once } from '../doubles/kv-connection.ts';
import { ENTRY, runProgram } from '../doubles/program.ts';

const PORT_BASE = 14000;
/** A command that only asks and answers. */
const PROMPT_MS = 3000;

let rig: ClusterRig;

afterEach(() => rig?.dispose());

interface UpData {
  readonly name: string;
  readonly isNew: boolean;
  readonly started: readonly string[];
  readonly clientAddresses: readonly string[];
  readonly status: ClusterStatus | null;
}

test('cluster up: a second one says that it runs, and a wish for something else is refused', async () => {
  rig = await ClusterRig.start({ portBase: PORT_BASE });
  const pids = await Promise.all(rig.ids().map((id) => rig.pid(id)));

  const again = await rig.up();
  expect(again.code).toBe(0);
  expect(again.stdout).toContain('Cluster demo is running already');
  // In the foreground as well: it neither waits for nor stops nodes that it did not start.
  const foreground = await rig.ok(['cluster', 'up', 'demo']);
  expect(foreground.stdout).toContain('Cluster demo is running already');
  expect(await Promise.all(rig.ids().map((id) => rig.pid(id)))).toEqual(pids);

  const wishes: readonly (readonly [string[], string])[] = [
    [['-n', '5'], '--nodes is 3, not 5'],
    [['--fsync', 'none'], '--fsync is always, not none'],
    [['--port-base', '14070'], `--port-base is ${PORT_BASE}, not 14070`],
  ];
  for (const [flags, what] of wishes) {
    const plain = await rig.run(['cluster', 'up', 'demo', '--detach', ...flags]);
    expect(plain.code, plain.stderr).toBe(2);
    expect(plain.stderr).toContain(what);
    const { code, error } = await rig.json(['cluster', 'up', 'demo', '--detach', ...flags]);
    expect({ code, error: error?.code }).toEqual({ code: 2, error: 'CLUSTER_DIFFERS' });
    expect(error?.message).toContain(what);
  }
  expect((await rig.run(['cluster', 'up', 'demo', '-d', '--app', 'abacus'])).code).toBe(2);
  expect(await Promise.all(rig.ids().map((id) => rig.pid(id)))).toEqual(pids);
});

test('cluster up names a port in use with its holder, and makes nothing', async () => {
  rig = await ClusterRig.prepare({ portBase: PORT_BASE });
  for (const port of [PORT_BASE, PORT_BASE + 1001, PORT_BASE + 2002]) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    try {
      const { code, stderr } = await rig.run([
        ...['cluster', 'up', 'demo', '--detach', '--port-base', `${PORT_BASE}`],
      ]);
      expect(code).toBe(1);
      expect(stderr).toMatch(new RegExp(`port ${port}.*pid ${process.pid} `));
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  }
  expect(await readdir(rig.directory)).toEqual([]);
});

test('cluster up --detach: nodes hold none of the pipes of their caller and outlive it', async () => {
  rig = await ClusterRig.prepare({ portBase: PORT_BASE });
  const up = `"${process.execPath}" "${ENTRY}" cluster up demo -d --port-base ${PORT_BASE} --dir "${rig.directory}"`;
  const script = `(${up} 2>&1 | cat) <&3 && echo the reader has ended`;
  const result = await runProgram('sh', ['-c', `exec 3<&0; ${script}`], {
    stdin: '',
    timeoutMs: 20_000,
  });
  expect(result.stdout).toContain('the reader has ended');
  expect(rig.pids()).toHaveLength(3);
  for (const id of rig.ids()) expect(await once(rig.clientAddress(id), 'PING')).toBe('PONG');
  expect(await once(rig.clientAddress('n2'), 'SET', 'k', 'v')).toBe('OK');
});

test('cluster down, then up: the same ports, the same data', async () => {
  rig = await ClusterRig.start({ portBase: PORT_BASE });
  await once(rig.clientAddress('n1'), 'SET', 'kept', 'yes');
  const before = (await rig.status()).data;
  const down = await rig.json<{ nodes: { id: string; outcome: string }[]; removed: boolean }>([
    ...['cluster', 'down', 'demo'],
  ]);
  expect(down).toMatchObject({ code: 0, schema: 'raftctl/cluster.down/v1' });
  expect(down.data.nodes.map(({ outcome }) => outcome)).toEqual(Array(3).fill('stopped'));
  expect(rig.pids()).toEqual([]);
  expect((await rig.ok(['cluster', 'ls'])).stdout).toMatch(/demo +kvstore +3 +0 /);

  const up = await rig.json<UpData>(['cluster', 'up', 'demo', '--detach']);
  expect(up).toMatchObject({ code: 0, schema: 'raftctl/cluster.up/v1' });
  expect(up.data).toMatchObject({ isNew: false, started: ['n1', 'n2', 'n3'] });
  const addresses = (status: ClusterStatus) =>
    status.nodes.map((row) => [row.clientAddress, row.peerAddress, row.adminAddress]);
  expect(addresses((await rig.status()).data)).toEqual(addresses(before));
  for (const id of rig.ids()) expect(await once(rig.clientAddress(id), 'GET', 'kept')).toBe('yes');
});

test('cluster up starts only what is down', async () => {
  rig = await ClusterRig.start({ portBase: PORT_BASE });
  const pid = await rig.pid('n1');
  await rig.kill9('n2');
  const up = await rig.json<UpData>(['cluster', 'up', 'demo', '--detach']);
  expect(up.data).toMatchObject({ isNew: false, started: ['n2'] });
  expect(up.data.status?.healthy).toBe(true);
  expect(await rig.pid('n1')).toBe(pid);
});

test('cluster up --wait none returns before there is a leader', async () => {
  rig = await ClusterRig.prepare({ portBase: PORT_BASE });
  const up = await rig.json<UpData>([
    ...['cluster', 'up', 'demo', '--detach', '--wait', 'none', '--port-base', `${PORT_BASE}`],
  ]);
  expect(up).toMatchObject({ code: 0, data: { isNew: true, status: null } });
  await rig.healthy();
});

test('cluster status: no leader is exit code 3, and writes say so', async () => {
  rig = await ClusterRig.start({ portBase: PORT_BASE });
  await rig.kill9('n1', 'n2');
  const { data } = await rig.statusWhen((_, code) => code === 3, 5000, 'without a leader');
  expect(data).toMatchObject({ leader: null, serving: false, healthy: false, tolerance: 0 });
  expect(data.nodes.map((row) => row.state)).toEqual(['down', 'down', 'up']);
  const plain = await rig.run(['cluster', 'status']);
  expect(plain.code).toBe(3);
  expect(plain.stdout).toContain('no leader');
  const set = await rig.json(['kv', 'set', 'a', '1', '--timeout', '3s']);
  expect({ code: set.code, error: set.error?.code }).toEqual({ code: 3, error: 'NO_LEADER' });
  await rig.kill9('n3');
  const all = await rig.status();
  expect(all.code).toBe(3);
  expect(all.data.nodes.map((row) => row.state)).toEqual(['down', 'down', 'down']);
  expect((await rig.run(['kv', 'get', 'a'])).code).toBe(3);
});

test('cluster destroy wants the name again, and then leaves nothing', async () => {
  rig = await ClusterRig.start({ portBase: PORT_BASE });
  for (const confirm of [[], ['--confirm', 'other']]) {
    const { code, error } = await rig.json(['cluster', 'destroy', 'demo', ...confirm]);
    expect({ code, error: error?.code }).toEqual({ code: 7, error: 'CONFIRMATION_MISSING' });
  }
  await rig.healthy();
  await rig.ok(['cluster', 'destroy', 'demo', '--confirm', 'demo']);
  expect(rig.pids()).toEqual([]);
  expect(await readdir(rig.directory)).toEqual([]);
});

test.for([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'cluster up in the foreground shows prefixed logs and ends with its nodes on %s',
  async ([signal, exit]) => {
    rig = await ClusterRig.prepare({ portBase: PORT_BASE });
    const child = rig.launch(['cluster', 'up', 'demo', '--port-base', `${PORT_BASE}`]);
    await child.seen(/Made demo: 3 nodes/);
    await rig.healthy();
    const pids = await Promise.all(rig.ids().map((id) => rig.pid(id)));
    await rig.ok(['node', 'restart', 'n2']);
    await child.seen(/^n2 │ \d\d:\d\d:\d\d\.\d{3} INFO {2}/m);
    child.signal(signal);
    expect(await child.ended()).toMatchObject({ code: exit, signal: null });
    expect(child.output).toMatch(/^The data stays.* raftctl cluster up demo$/m);
    for (const pid of pids) expect(isAlive(pid)).toBe(false);
    expect(rig.pids()).toEqual([]);
    expect((await stat(rig.dataDir('n1'))).isDirectory()).toBe(true);
    const { data } = await rig.status();
    expect(data.nodes.map((row) => row.state)).toEqual(['down', 'down', 'down']);
  },
);

test('cluster up --ephemeral in the foreground leaves nothing behind', async () => {
  rig = await ClusterRig.prepare({ portBase: PORT_BASE });
  const child = rig.launch([
    ...['cluster', 'up', 'gone', '--ephemeral', '-n', '1', '--port-base', `${PORT_BASE}`],
  ]);
  await child.seen(/Made gone: 1 node .*data in/);
  const { stdout } = await rig.ok(['cluster', 'ls', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    data: { clusters: [{ name: 'gone', ephemeral: true }] },
  });
  const { nodes } = (await rig.json<ClusterStatus>(['cluster', 'status', 'gone'])).data;
  child.signal('SIGINT');
  expect((await child.ended()).code).toBe(130);
  expect(child.output).toContain('Removed gone, which was ephemeral');
  for (const { pid } of nodes) await untilGone(pid ?? 0);
  expect(await readdir(rig.directory)).toEqual([]);
});

test('cluster status, ls and kv answer in one JSON envelope, promptly', async () => {
  rig = await ClusterRig.start({ portBase: PORT_BASE });
  const commands: Record<string, string[]> = {
    'cluster.status': ['cluster', 'status'],
    'cluster.ls': ['cluster', 'ls'],
    'cluster.up': ['cluster', 'up', 'demo', '--detach'],
    'node.status': ['node', 'status', 'n1'],
    'node.logs': ['node', 'logs', 'n1'],
    'kv.set': ['kv', 'set', 'a', '1'],
    'kv.get': ['kv', 'get', 'a'],
    'kv.del': ['kv', 'del', 'a'],
  };
  for (const [name, args] of Object.entries(commands)) {
    const { code, stdout, stderr, durationMs } = await rig.run([...args, '--json']);
    expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: '' });
    const envelope = JSON.parse(stdout) as Record<string, unknown>;
    expect(envelope).toEqual({
      schema: `raftctl/${name}/v1`,
      data: expect.any(Object),
      warnings: [],
    });
    expect(durationMs, name).toBeLessThan(PROMPT_MS);
  }
});
