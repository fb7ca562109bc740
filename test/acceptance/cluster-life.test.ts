/** The life of a cluster, with `test/fixtures/fake-node.js` as its nodes. */
import { mkdir, mkdtemp, readdir, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { downCluster, stopNodes } from '../../src/cluster/down.ts';
import { killNodes, restartNodes, selectNodes } from '../../src/cluster/nodes.ts';
import { clusterStatus, troubleOf } from '../../src/cluster/status.ts';
import { ClusterStore } from '../../src/cluster/store.ts';
import { type ClusterSpec, type ClusterWish, NO_WISH } from '../../src/cluster/topology.ts';
import { type UpInit, upCluster } from '../../src/cluster/up.ts';
import type { NodeConfig } from '../../src/wire/node-config.ts';

const FAKE_NODE = fileURLToPath(new URL('../fixtures/fake-node.js', import.meta.url));
const PORT_BASE = 10_300;
const THREE: ClusterWish = { ...NO_WISH, nodeCount: 3, portBase: PORT_BASE };

let directory: string;
let store: ClusterStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'raftctl-test-'));
  store = new ClusterStore(directory);
});

afterEach(async () => {
  delete process.env['FAKE_NODE_FAILS'];
  for (const spec of await store.list()) await stopNodes(spec.nodes, { graceMs: 0 });
  await rm(directory, { recursive: true, force: true });
});

async function formatNode(init: { directory: string; config: NodeConfig }): Promise<void> {
  await mkdir(init.directory);
  await writeFile(join(init.directory, 'node.json'), JSON.stringify(init.config));
}

function up(changes: Partial<UpInit> = {}): ReturnType<typeof upCluster> {
  return upCluster({
    store,
    name: 'demo',
    wish: THREE,
    ephemeral: false,
    waitFor: 'healthy',
    timeoutMs: 20_000,
    entry: FAKE_NODE,
    formatNode,
    signal: new AbortController().signal,
    ...changes,
  });
}

function nodesInit(spec: ClusterSpec, ids: readonly string[]) {
  return {
    store,
    spec,
    nodes: selectNodes(spec, ids),
    entry: FAKE_NODE,
    timeoutMs: 20_000,
    signal: new AbortController().signal,
  };
}

test('upCluster() makes a cluster, waits until it is healthy and finds it again', async () => {
  const first = await up();
  expect(first.isNew).toBe(true);
  expect(first.started.map((node) => node.id)).toEqual(['n1', 'n2', 'n3']);
  expect(first.status).toMatchObject({ leader: 'n1', serving: true, healthy: true });
  const secret = await stat(store.secretFileOf('demo'));
  expect(secret.mode & 0o777).toBe(0o600);
  const again = await up({ wish: NO_WISH });
  expect(again.started).toEqual([]);
  expect(again.isNew).toBe(false);
});

test('upCluster() refuses a cluster that is not what is wished for', async () => {
  await up({ wish: { ...THREE, nodeCount: 1 } });
  const wish = { ...THREE, nodeCount: 5, fsync: 'none' } as const;
  await expect(up({ wish })).rejects.toMatchObject({
    code: 'CLUSTER_DIFFERS',
    message: expect.stringContaining('--nodes is 1, not 5; --fsync is always, not none'),
  });
});

test('upCluster() starts only the nodes that are down', async () => {
  const { spec } = await up();
  await killNodes(selectNodes(spec, ['n2']));
  const again = await up();
  expect(again.started.map((node) => node.id)).toEqual(['n2']);
  expect(again.status?.healthy).toBe(true);
});

test('upCluster() makes one cluster when called twice at once', async () => {
  const results = await Promise.all([up(), up()]);
  expect(results.map((result) => result.started.length).sort()).toEqual([0, 3]);
});

test('upCluster() names a port in use with its holder and leaves nothing behind', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(PORT_BASE + 1001, '127.0.0.1', resolve));
  try {
    await expect(up()).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: expect.stringMatching(`port ${PORT_BASE + 1001}.*pid ${process.pid} `),
    });
    expect(await readdir(directory)).toEqual([]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test('upCluster() reports a node that dies at its start with its own words, at once', async () => {
  process.env['FAKE_NODE_FAILS'] = 'n2';
  await expect(up()).rejects.toMatchObject({
    code: 'WAL_CORRUPT',
    message: 'Node n2 ended while it started: segment 1 is damaged at offset 4096',
    hint: 'Look',
  });
  expect(await readdir(directory)).toEqual([]);
});

test('upCluster() leaves the healthy nodes of an old cluster running when one fails', async () => {
  const { spec } = await up();
  await killNodes(spec.nodes);
  process.env['FAKE_NODE_FAILS'] = 'n3';
  await expect(up()).rejects.toMatchObject({ code: 'WAL_CORRUPT', exitCode: 12 });
  await expect
    .poll(async () => (await clusterStatus(store, spec)).nodes.map((row) => row.state))
    .toEqual(['up', 'up', 'down']);
  const status = await clusterStatus(store, spec);
  expect(status.nodes[2]?.error).toContain('WAL_CORRUPT');
});

test('upCluster() refuses a node whose data has vanished', async () => {
  const { spec } = await up();
  await downCluster(store, spec, { graceMs: 5000 });
  await unlink(join(store.dataDirOf('demo', 'n1'), 'node.json'));
  await expect(up()).rejects.toMatchObject({ code: 'NODE_WIPED', exitCode: 12 });
});

test('upCluster() gives up when told to and takes its nodes with it', async () => {
  const abort = new AbortController();
  const starting = up({ signal: abort.signal });
  abort.abort();
  await expect(starting).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
  expect(await readdir(directory)).toEqual([]);
});

test('downCluster() stops all nodes and keeps the data, unless it was ephemeral', async () => {
  const { spec } = await up();
  const stopped = await downCluster(store, spec, { graceMs: 5000 });
  expect(stopped.map((node) => node.outcome)).toEqual(['stopped', 'stopped', 'stopped']);
  expect((await store.list()).map((found) => found.name)).toEqual(['demo']);
  const throwaway = await up({ name: 'throwaway', ephemeral: true });
  await downCluster(store, throwaway.spec, { graceMs: 5000 });
  expect((await store.list()).map((found) => found.name)).toEqual(['demo']);
});

test('clusterStatus() keeps a dead node as a row, and says who leads', async () => {
  const { spec } = await up();
  expect(troubleOf(await clusterStatus(store, spec))).toBeNull();
  await killNodes(selectNodes(spec, ['n1']));
  const degraded = await clusterStatus(store, spec);
  expect(degraded).toMatchObject({ leader: 'n2', healthy: false, tolerance: 0 });
  expect(degraded.nodes[0]).toMatchObject({ id: 'n1', state: 'down', pid: null, role: null });
  expect(degraded.nodes[0]?.lastSeenMs).toBeGreaterThanOrEqual(0);
  expect(troubleOf(degraded)).toMatchObject({
    code: 'CLUSTER_DEGRADED',
    exitCode: 5,
    hint: 'Bring back what is down: raftctl node start n1 --cluster demo',
  });
  await killNodes(spec.nodes);
  expect(troubleOf(await clusterStatus(store, spec))).toMatchObject({ exitCode: 3 });
});

test('clusterStatus() tells a paused node from a dead one', async () => {
  const { spec, started } = await up();
  const pid = started[2]?.pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  await expect.poll(async () => (await clusterStatus(store, spec)).nodes[2]?.state).toBe('paused');
  const stopped = await stopNodes(selectNodes(spec, ['n3']), { graceMs: 5000 });
  expect(stopped).toEqual([{ id: 'n3', outcome: 'stopped' }]);
});

test('restartNodes() brings a dead node back and waits until it has caught up', async () => {
  const { spec } = await up();
  await killNodes(selectNodes(spec, ['n1']));
  const [result] = await restartNodes(nodesInit(spec, ['n1']), true);
  expect(result).toMatchObject({ id: 'n1', outcome: 'restarted' });
  expect((await clusterStatus(store, spec)).healthy).toBe(true);
});
