/** `raftctl node ...` and `raftctl kv ...` on a running cluster. */
import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { ClusterNodeRow } from '../../src/wire/status.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { once } from '../doubles/kv-connection.ts';

interface NodesData {
  readonly cluster: string;
  readonly nodes: readonly { readonly id: string; readonly outcome: string }[];
}

interface NodeStatusData {
  readonly cluster: string;
  readonly leader: string | null;
  readonly nodes: readonly ClusterNodeRow[];
}

let rig: ClusterRig;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 14010 });
});

afterEach(async () => {
  const { nodes, healthy } = await rig.glance();
  if (nodes.some((row) => row.state === 'down')) await rig.up();
  else if (!healthy) await rig.healthy();
});

afterAll(() => rig?.dispose());

test('node stop and start: the others go on, and it comes back with what it missed', async () => {
  const id = await rig.leader();
  const other = rig.ids().find((candidate) => candidate !== id) ?? '';
  expect((await rig.ok(['node', 'stop', id])).stdout).toBe(`${id} stopped\n`);
  expect((await rig.row(id)).state).toBe('down');
  await rig.serving();
  expect(await once(rig.clientAddress(other), 'SET', 'missed', 'this')).toBe('OK');

  const again = await rig.json<NodesData>(['node', 'stop', id]);
  expect(again).toMatchObject({ code: 0, schema: 'raftctl/node.stop/v1' });
  expect(again.data.nodes).toEqual([{ id, outcome: 'idle' }]);

  expect((await rig.ok(['node', 'start', id])).stdout).toBe(`${id} started\n`);
  await rig.healthy();
  expect(await once(rig.clientAddress(id), 'GET', 'missed')).toBe('this');
  const started = await rig.json<NodesData>(['node', 'start', id]);
  expect(started.data.nodes).toMatchObject([{ id, outcome: 'running' }]);
});

test('node kill ends a node at once, node restart brings it back caught up', async () => {
  const id = await rig.follower();
  const pid = await rig.pid(id);
  const killed = await rig.json<NodesData>(['node', 'kill', id]);
  expect(killed).toMatchObject({ code: 0, schema: 'raftctl/node.kill/v1' });
  expect(killed.data.nodes).toMatchObject([{ id, outcome: 'killed' }]);
  expect((await rig.row(id)).state).toBe('down');

  const restarted = await rig.json<NodesData>(['node', 'restart', id]);
  expect(restarted).toMatchObject({ code: 0, schema: 'raftctl/node.restart/v1' });
  expect(restarted.data.nodes).toMatchObject([{ id, outcome: 'restarted' }]);
  expect(await rig.pid(id)).not.toBe(pid);
  expect((await rig.row(id)).lag).toBe(0);
});

test('node restart of all nodes, one after the other, never stops the writers', async () => {
  const before = await Promise.all(rig.ids().map((id) => rig.pid(id)));
  let isOver = false;
  let written = 0;
  const writing = (async () => {
    while (!isOver) {
      const set = await rig.run(['kv', 'set', `rolling:${written}`, 'x', '--timeout', '5s']);
      // Exit code 4: the connection broke before the answer. It may be there or not.
      if (set.code !== 4) expect(set.code, set.stderr).toBe(0);
      written += 1;
    }
  })();
  const { stdout } = await rig.ok(['node', 'restart', ...rig.ids()]);
  isOver = true;
  await writing;
  expect(stdout.match(/restarted, caught up/g)).toHaveLength(3);
  expect(written).toBeGreaterThan(2);
  const after = await Promise.all(rig.ids().map((id) => rig.pid(id)));
  after.forEach((pid, i) => {
    expect(pid).not.toBe(before[i]);
  });
});

test('node status gives every fact of a node, and exit code 5 for one that is down', async () => {
  const well = await rig.json<NodeStatusData>(['node', 'status', 'n1']);
  expect(well).toMatchObject({ code: 0, schema: 'raftctl/node.status/v1' });
  const [row] = well.data.nodes;
  expect(row).toMatchObject({
    id: 'n1',
    member: 1,
    state: 'up',
    voter: true,
    lag: 0,
    clientAddress: rig.clientAddress('n1'),
    peerAddress: rig.peerAddress('n1'),
    adminAddress: rig.adminAddress('n1'),
    pid: await rig.pid('n1'),
    lastSeenMs: 0,
    fsync: 'always',
    error: null,
  });
  for (const field of ['term', 'commitIndex', 'appliedIndex', 'lastIndex', 'uptimeMs', 'logBytes'])
    expect(row?.[field as keyof ClusterNodeRow], field).toBeGreaterThan(0);

  await rig.kill9('n1');
  const down = await rig.json<NodeStatusData>(['node', 'status', 'n1']);
  expect(down.code).toBe(5);
  expect(down.data.nodes).toMatchObject([{ id: 'n1', state: 'down', pid: null, term: null }]);
  expect((await rig.run(['node', 'status', 'n2'])).code).toBe(0);
  const unknown = await rig.json(['node', 'status', 'n7']);
  expect({ code: unknown.code, error: unknown.error?.code }).toEqual({
    code: 2,
    error: 'NODE_NOT_FOUND',
  });
});

test('cluster status shows a node that is stopped by a signal as paused, until it goes on', async () => {
  const id = await rig.follower();
  await rig.signal(id, 'SIGSTOP');
  const { data, code } = await rig.status();
  expect(code).toBe(5);
  expect(data.nodes.find((row) => row.id === id)).toMatchObject({
    state: 'paused',
    role: null,
    pid: await rig.pid(id),
    error: expect.stringContaining('SIGSTOP'),
  });
  expect((await rig.run(['cluster', 'status'])).stdout).toMatch(new RegExp(`${id} +paused`));
  await rig.signal(id, 'SIGCONT');
  await rig.healthy();
});

test('node stop ends a paused node in good order', async () => {
  const id = await rig.follower();
  await rig.signal(id, 'SIGSTOP');
  const { data } = await rig.json<NodesData>(['node', 'stop', id]);
  expect(data.nodes).toEqual([{ id, outcome: 'stopped' }]);
});

test('node logs shows the lines of all nodes with their names, also of dead ones', async () => {
  await rig.kill9('n2');
  const { stdout } = await rig.ok(['node', 'logs']);
  for (const id of rig.ids()) expect(stdout).toMatch(new RegExp(`^${id} │ `, 'm'));
  const two = await rig.ok(['node', 'logs', 'n2', '--lines', '2']);
  expect(two.stdout.trimEnd().split('\n')).toHaveLength(2);
  const json = await rig.json<{ lines: { id: string; line: string }[] }>(['node', 'logs', 'n2']);
  expect(json.data.lines.every(({ id }) => id === 'n2')).toBe(true);
});

test('node logs --follow shows what comes, until Ctrl-C', async () => {
  const child = rig.launch(['node', 'logs', 'n3', '--follow', '--lines', '0']);
  await rig.ok(['node', 'restart', 'n3']);
  await child.seen(/^n3 │ .*INFO/m);
  child.signal('SIGINT');
  expect((await child.ended()).signal).toBeNull();
});

test('node start refuses a member whose data directory has vanished', async () => {
  const fresh = await ClusterRig.start({ portBase: 10530 });
  try {
    await fresh.kill9('n3');
    await rm(fresh.dataDir('n3'), { recursive: true });
    for (const command of ['start', 'restart']) {
      const { code, error } = await fresh.json(['node', command, 'n3']);
      expect({ code, error: error?.code }).toEqual({ code: 12, error: 'NODE_WIPED' });
      expect(error?.message).toContain(fresh.dataDir('n3'));
    }
    expect((await fresh.run(['cluster', 'up', 'demo', '--detach'])).code).toBe(12);
    const { data, code } = await fresh.status();
    expect({ code, serving: data.serving }).toEqual({ code: 5, serving: true });
    expect(data.nodes[2]).toMatchObject({ id: 'n3', state: 'down' });
    expect(await once(fresh.clientAddress('n1'), 'SET', 'still', 'writing')).toBe('OK');
  } finally {
    await fresh.dispose();
  }
});

test('kv set, get and del: values on stdout, exit code 1 for a key that is not there', async () => {
  expect((await rig.ok(['kv', 'set', 'greeting', 'hello world'])).stdout).toBe('OK\n');
  expect((await rig.ok(['kv', 'get', 'greeting'])).stdout).toBe('hello world\n');
  expect(await once(rig.clientAddress('n2'), 'GET', 'greeting')).toBe('hello world');
  expect((await rig.ok(['kv', 'del', 'greeting', 'nothing'])).stdout).toBe('Deleted 1 key\n');
  const missing = await rig.json(['kv', 'get', 'greeting']);
  expect({ code: missing.code, error: missing.error?.code }).toEqual({
    code: 1,
    error: 'KEY_NOT_FOUND',
  });
  const plain = await rig.run(['kv', 'get', 'greeting']);
  expect({ code: plain.code, stdout: plain.stdout }).toEqual({ code: 1, stdout: '' });
  expect((await rig.run(['kv', 'get'])).code).toBe(2);
});

test('kv set - writes stdin byte for byte, kv get --raw gives it back', async () => {
  const value = 'two\r\nlines \u00e9\n\n';
  await rig.ok(['kv', 'set', 'raw', '-'], { stdin: value });
  expect((await rig.ok(['kv', 'get', 'raw', '--raw'])).stdout).toBe(value);
});

test('kv get and set work with any two nodes', async () => {
  for (const id of rig.ids()) {
    await rig.kill9(id);
    await rig.serving();
    await rig.ok(['kv', 'set', `without:${id}`, 'x']);
    expect((await rig.ok(['kv', 'get', `without:${id}`])).stdout).toBe('x\n');
    await rig.ok(['node', 'restart', id]);
  }
});
