/** Snapshots of a real cluster: the log stays small, and nothing is lost by forgetting it. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { findLosses, WriteLoad } from '../doubles/write-load.ts';

/** Small ones, so that a few thousand writes are a long run. */
const OPTIONS = {
  segmentBytes: 256 * 1024,
  snapshotLogBytes: 512 * 1024,
  trailingLogBytes: 64 * 1024,
  trailingLogEntries: 200,
};
const VALUE_BYTES = 400;
const FIRST = '0000000000000001.seg';

let rig: ClusterRig;
const loads: WriteLoad[] = [];

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 14060 });
  await rig.ok(['cluster', 'down', rig.name]);
  for (const id of rig.ids()) {
    const path = join(rig.dataDir(id), 'node.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...config, ...OPTIONS }));
  }
  await rig.up();
});

afterAll(() => rig?.dispose());

test('node forgets the log a snapshot holds, and is killed and back without a loss', async () => {
  const load = startLoad('a');
  await load.more(4000);
  for (const id of rig.ids()) await until(async () => !(await segments(id)).includes(FIRST));
  await load.stop();
  for (const id of rig.ids()) {
    const snapshots = await readdir(join(rig.dataDir(id), 'snapshots'));
    expect(snapshots.filter((name) => name.endsWith('.snap')).length).toBeLessThanOrEqual(2);
    const status = await rig.nodeStatus(id);
    expect(status.firstIndex).toBeGreaterThan(1);
    expect(status.firstIndex).toBeLessThanOrEqual(status.snapshotIndex + 1);
    expect(status.snapshotBytes).toBeGreaterThan(0);
  }
  await rig.kill9(...rig.ids());
  await rig.up();
  await rig.healthy();
  expect(await losses()).toEqual([]);
});

test('node that was away while the log was forgotten comes back by snapshot, under load', async () => {
  const away = await rig.follower();
  const behind = (await rig.nodeStatus(away)).lastIndex;
  await rig.kill9(away);
  const load = startLoad('b');
  await load.more(4000);
  const leader = await rig.leader();
  await until(async () => (await rig.nodeStatus(leader)).firstIndex > behind + 1);
  await rig.ok(['node', 'start', away]);
  await until(async () => (await rig.nodeStatus(away)).appliedIndex > behind);
  await load.more(500);
  await load.stop();
  await rig.healthy();
  const status = await rig.nodeStatus(away);
  expect(status.snapshotIndex).toBeGreaterThan(behind);
  expect(await losses()).toEqual([]);
  await rig.kill9(...rig.ids());
  await rig.up();
  await rig.healthy();
  expect(await losses()).toEqual([]);
});

test('node with a flipped byte in its snapshot says which file, and does not start', async () => {
  const id = await rig.follower();
  await rig.ok(['node', 'stop', id]);
  const folder = join(rig.dataDir(id), 'snapshots');
  const newest = (await readdir(folder)).filter((name) => name.endsWith('.snap')).at(-1) ?? '';
  const bytes = await readFile(join(folder, newest));
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] as number) ^ 1;
  await writeFile(join(folder, newest), bytes);
  const refused = await rig.run(['node', 'start', id]);
  expect(refused.code).toBe(12);
  expect(refused.stdout + refused.stderr).toContain(newest);
});

function startLoad(tag: string): WriteLoad {
  const addresses = rig.ids().map((id) => rig.clientAddress(id));
  const load = new WriteLoad({ addresses, writers: 3, depth: 32, tag, valueBytes: VALUE_BYTES });
  loads.push(load);
  return load;
}

/** On every node: what is missing of all that was acknowledged. */
async function losses(): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const id of rig.ids()) {
    for (const loss of await findLosses(rig.clientAddress(id), loads)) found.push(loss);
  }
  return found;
}

function segments(id: string): Promise<string[]> {
  return readdir(join(rig.dataDir(id), 'log'));
}

async function until(condition: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition().catch(() => false))) {
    if (performance.now() > deadline) throw new Error('Not so within 30 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
