/** Which nodes `cluster.json` names as members come and go. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakeStatus } from '../../test/doubles/node-status.ts';
import type { NodeConfig } from '../wire/node-config.ts';
import { changeLines } from './members-view.ts';
import { changeRoster, enterRoster, leaveRoster } from './roster.ts';
import { ClusterStore } from './store.ts';
import { type ClusterSpec, NO_WISH, nodeConfigOf, planCluster } from './topology.ts';

const TIMEOUT_MS = 1000;

let directory: string;
let store: ClusterStore;
let spec: ClusterSpec;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'raftctl-test-'));
  store = new ClusterStore(join(directory, 'clusters'));
  spec = planCluster({
    ...{ name: 'demo', clusterId: 'a'.repeat(32), createdAt: '2026-01-01T00:00:00.000Z' },
    ...{ ephemeral: false, wish: { ...NO_WISH, nodeCount: 3 } },
    dataDirOf: (id) => store.dataDirOf('demo', id),
  });
  await store.create(spec);
});

afterEach(() => rm(directory, { recursive: true, force: true }));

/** `node.json` of one that has just joined. */
function joined(id: string, member: number, more: Partial<NodeConfig> = {}): NodeConfig {
  const [first] = spec.nodes;
  const addresses = [0, 1000, 2000].map((above) => `127.0.0.1:${11_100 + member + above}`);
  const [clientAddress = '', peerAddress = '', adminAddress = ''] = addresses;
  const own = { member, id, clientAddress, peerAddress, adminAddress };
  const base = nodeConfigOf(spec, first as ClusterSpec['nodes'][number], '/secret');
  return { ...base, id, member, members: [...base.members, own], ...more };
}

async function nodes(): Promise<readonly string[]> {
  return ((await store.load('demo'))?.nodes ?? []).map(({ id, member }) => `${id}:${member}`);
}

test('enterRoster() adds a node once, with what makes it differ from its cluster', async () => {
  const one = { config: joined('n9', 4, { fsync: 'none' }), directory: '/data/n9' };
  expect(await enterRoster(store, one, TIMEOUT_MS)).toBe('demo');
  expect(await enterRoster(store, one, TIMEOUT_MS)).toBe('demo');
  expect(await nodes()).toEqual(['n1:1', 'n2:2', 'n3:3', 'n9:4']);
  const added = (await store.load('demo'))?.nodes.at(-1);
  expect(added).toMatchObject({
    dataDir: '/data/n9',
    fsync: 'none',
    clientAddress: '127.0.0.1:11104',
  });
});

test('enterRoster() gives the name of a removed member to the one that bears it now', async () => {
  await enterRoster(store, { config: joined('n2', 4), directory: '/data/new' }, TIMEOUT_MS);
  expect(await nodes()).toEqual(['n1:1', 'n3:3', 'n2:4']);
});

test('enterRoster() leaves clusters of another id alone', async () => {
  const config = joined('n9', 4, { clusterId: 'b'.repeat(32) });
  expect(await enterRoster(store, { config, directory: '/data/n9' }, TIMEOUT_MS)).toBeNull();
  expect(await nodes()).toEqual(['n1:1', 'n2:2', 'n3:3']);
});

test('leaveRoster() forgets nodes with their data here, and leaves directories elsewhere', async () => {
  const elsewhere = join(directory, 'elsewhere');
  for (const path of [elsewhere, store.dataDirOf('demo', 'n3')]) await mkdir(path);
  await enterRoster(store, { config: joined('n9', 4), directory: elsewhere }, TIMEOUT_MS);
  const now = (await store.load('demo')) as ClusterSpec;
  const leaving = now.nodes.filter(({ id }) => id === 'n3' || id === 'n9');
  const init = { store, signal: new AbortController().signal };
  const left = await leaveRoster(init, now, leaving);
  expect(left.nodes.map(({ id }) => id)).toEqual(['n1', 'n2']);
  expect(await nodes()).toEqual(['n1:1', 'n2:2']);
  expect(existsSync(store.dataDirOf('demo', 'n3'))).toBe(false);
  expect(existsSync(elsewhere)).toBe(true);
});

test('changeRoster() drops who had been removed before, and asks for nothing', async () => {
  const asked: string[] = [];
  const members = fakeStatus().members.slice(0, 2);
  const server = createServer(({ method, url }, response) => {
    if (method !== 'GET') asked.push(url ?? '');
    const data = { ...fakeStatus({ members }), clusterId: spec.clusterId };
    response.end(JSON.stringify({ data }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const adminAddress = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const now = { ...spec, nodes: spec.nodes.map((node) => ({ ...node, adminAddress })) };
  await store.save(now);
  const wish = { store, spec: now, force: false, wait: true, timeoutMs: TIMEOUT_MS };
  const remove = (dryRun: boolean) => {
    const { signal } = new AbortController();
    return changeRoster({ ...wish, dryRun, signal, changes: [{ type: 'remove', id: 'n3' }] });
  };
  expect(await remove(true)).toMatchObject({ reply: null, after: { voters: 2 } });
  expect(await nodes()).toEqual(['n1:1', 'n2:2', 'n3:3']);
  const result = await remove(false);
  expect(result).toMatchObject({ reply: null, dropped: ['n3'] });
  expect(changeLines(result)).toEqual(['n3 was no member any more, and is no node now, either']);
  expect([await nodes(), asked]).toEqual([['n1:1', 'n2:2'], []]);
  server.closeAllConnections();
  server.close();
});
