/** Keys expire by cluster time: on every node at the same index, also when nobody writes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { RawClient, resp } from '../doubles/raw-client.ts';

const KEYS = 500;
const TTL_MS_MAX = 1500;
/** Granularity of 100 ms, and what the machine adds. */
const LATE_MS_MAX = 1000;

let rig: ClusterRig;
let clients: RawClient[];

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 14160 });
  clients = await Promise.all(rig.ids().map((id) => RawClient.connect(rig.clientAddress(id))));
});

afterAll(async () => {
  for (const client of clients ?? []) client.close();
  await rig?.dispose();
});

async function ask(client: RawClient, ...args: readonly string[]): Promise<string> {
  client.send(resp(...args));
  return client.take((text) => text.endsWith('\r\n'));
}

/** Applied index and number of keys, both of one moment of one node. */
async function glance(client: RawClient): Promise<{ index: number; keys: number }> {
  const info = await ask(client, 'INFO', 'raft', 'keyspace');
  const index = /raft_applied_index:(\d+)/.exec(info)?.[1];
  return { index: Number(index), keys: Number(/db0:keys=(\d+)/.exec(info)?.[1] ?? 0) };
}

/** What a node holds: its keys with values and deadlines. */
async function contentOf(client: RawClient): Promise<string[]> {
  const keys = (await ask(client, 'KEYS', '*')).match(/(?<=\r\n)(k\d+|stays|long|brief)/g) ?? [];
  const entries: string[] = [];
  for (const key of keys.sort()) {
    const deadline = await ask(client, 'PEXPIRETIME', key);
    entries.push(`${key}=${await ask(client, 'GET', key)}@${deadline}`);
  }
  return entries;
}

async function expectEqualContent(): Promise<void> {
  const [first, ...others] = await Promise.all(clients.map(contentOf));
  expect(first?.length).toBeGreaterThan(0);
  for (const other of others) expect(other).toEqual(first);
}

test('keys expire on all nodes alike while nobody writes', async () => {
  const [one] = clients;
  if (one === undefined) throw new Error('no client');
  const sets = Array.from({ length: KEYS }, (_, i) =>
    resp('SET', `k${i}`, 'v', 'PX', String(200 + ((i * 37) % (TTL_MS_MAX - 200)))),
  );
  one.send(resp('SET', 'stays', 'v') + sets.join(''));
  await one.take((text) => text.length === '+OK\r\n'.length * (KEYS + 1));
  const begunMs = performance.now();
  /** Numbers of keys by index, of all nodes. */
  const seen = new Map<number, number[]>();
  for (;;) {
    const glances = await Promise.all(clients.map(glance));
    for (const { index, keys } of glances) seen.set(index, [...(seen.get(index) ?? []), keys]);
    if (glances.every(({ keys }) => keys === 1)) break;
    expect(performance.now() - begunMs).toBeLessThan(TTL_MS_MAX + LATE_MS_MAX);
    await sleep(5);
  }
  // They went little by little, and at an index all nodes held as many.
  expect(seen.size).toBeGreaterThan(5);
  for (const [index, counts] of seen) {
    expect(new Set(counts).size, `at ${index}: ${counts}`).toBe(1);
  }
  await expectEqualContent();
});

test('a deadline outlives its leader and is kept by the next', async () => {
  const leader = await rig.leader();
  const at = rig.ids().findIndex((id) => id !== leader);
  const client = clients[at] as RawClient;
  expect(await ask(client, 'SET', 'brief', 'v', 'PX', '1500')).toBe('+OK\r\n');
  expect(await ask(client, 'SET', 'long', 'v', 'EX', '1000')).toBe('+OK\r\n');
  const setAtMs = performance.now();
  await rig.kill9(leader);
  await rig.serving();
  const left = await ask(client, 'PTTL', 'long');
  const elapsedMs = performance.now() - setAtMs;
  const leftMs = Number(left.slice(1));
  expect(Math.abs(1_000_000 - leftMs - elapsedMs)).toBeLessThan(300);
  while ((await ask(client, 'EXISTS', 'brief')) === ':1\r\n') {
    expect(performance.now() - setAtMs).toBeLessThan(1500 + 3 * LATE_MS_MAX);
    await sleep(20);
  }
  expect(performance.now() - setAtMs).toBeGreaterThan(1400);
  await rig.ok(['node', 'restart', leader]);
  await rig.healthy();
  clients[rig.ids().indexOf(leader)]?.close();
  clients[rig.ids().indexOf(leader)] = await RawClient.connect(rig.clientAddress(leader));
  await expectEqualContent();
});
