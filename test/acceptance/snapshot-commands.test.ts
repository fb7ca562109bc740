/** `raftctl snapshot`: taken, saved, inspected, and a new cluster begun with one. */
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { KvConnection } from '../doubles/kv-connection.ts';
import { raftctl } from '../doubles/program.ts';
import { findLosses, WriteLoad } from '../doubles/write-load.ts';

interface Listed {
  readonly id: string | null;
  readonly index: number | null;
  readonly state: string;
  readonly file: string | null;
}

let rig: ClusterRig;
let saved: string;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 10_500 });
  saved = join(rig.directory, 'demo.snap');
});
afterAll(() => rig?.dispose());

async function listed(...args: string[]): Promise<readonly Listed[]> {
  const { data } = await rig.json<{ snapshots: Listed[] }>(['snapshot', 'list', ...args]);
  return data.snapshots;
}

/** It knows no clusters. */
async function inspect(
  file: string,
): Promise<{ code: number | null; data: { index: number; damage: unknown } }> {
  const { code, stdout } = await raftctl(['snapshot', 'inspect', file, '--json']);
  const { data } = JSON.parse(stdout) as { data: { index: number; damage: unknown } };
  return { code, data };
}

test('snapshot take: on every running node, on one, and again when nothing was written', async () => {
  expect((await rig.ok(['snapshot', 'list'])).stdout).toContain('No snapshot yet');
  await rig.ok(['kv', 'set', 'first', '1']);
  const all = await rig.json<{ snapshots: { id: string; index: number; isCurrent: boolean }[] }>([
    ...['snapshot', 'take'],
  ]);
  expect(all.data.snapshots.map(({ id }) => id)).toEqual(rig.ids());
  expect(all.data.snapshots.every(({ isCurrent }) => !isCurrent)).toBe(true);
  expect(await listed()).toHaveLength(3);
  for (const row of await listed()) expect(row).toMatchObject({ state: 'kept', file: null });
  expect((await rig.ok(['snapshot', 'take', 'n2'])).stdout).toContain('was there already');
  const status = await rig.nodeStatus('n2');
  expect(status.snapshotIndex).toBe(all.data.snapshots[1]?.index);
});

test('snapshot save: a file that holds every write acknowledged before, under load', async () => {
  const addresses = rig.ids().map((id) => rig.clientAddress(id));
  const before = new WriteLoad({ addresses, writers: 3, depth: 16, tag: 'before' });
  await before.more(2000);
  await before.stop();
  const during = new WriteLoad({ addresses, writers: 3, depth: 16, tag: 'during' });
  const { data } = await rig.json<{ index: number; digest: string }>(['snapshot', 'save', saved]);
  await during.more(200);
  await during.stop();
  const inspected = await inspect(saved);
  const { index, digest } = data;
  expect(inspected.data).toMatchObject({ index, digest, app: 'kvstore', damage: null });

  const again = await rig.run(['snapshot', 'save', saved]);
  expect([again.code, again.stderr]).toEqual([7, expect.stringContaining('--force')]);
  const late = await rig.run(['snapshot', 'save', `${saved}.2`, '--node', 'n1', '--index', '1']);
  expect([late.code, late.stderr]).toEqual([2, expect.stringContaining('SNAPSHOT_NOT_FOUND')]);
  const nowhere = await rig.run(['snapshot', 'save', join(rig.directory, 'no/such.snap')]);
  expect(nowhere.code).toBe(2);
  expect((await readdir(rig.directory)).filter((name) => /tmp|[.]2$/.test(name))).toEqual([]);

  await chmod(saved, 0o400);
  const two = ['snapshot', 'restore', saved, 'two', '-n', '1', '--port-base', '10510'];
  const made = await rig.json<{ clusterId: string; from: { clusterId: string; cluster: string } }>([
    ...[...two, '--expect-cluster', 'demo', '--expect-index', String(index)],
  ]);
  expect(made.data.from.cluster).toBe('demo');
  expect(made.data.clusterId).not.toBe(made.data.from.clusterId);
  await rig.ok(['cluster', 'up', 'two', '--detach']);
  expect(await findLosses('127.0.0.1:10510', [before])).toEqual([]);
});

test('a restored cluster takes writes, snapshots, a kill, and never meets the old one', async () => {
  const connection = await KvConnection.open('127.0.0.1:10510');
  expect(await connection.send('SET', 'later', 'x')).toBe('OK');
  connection.close();
  await rig.ok(['snapshot', 'take', '--cluster', 'two']);
  await rig.ok(['node', 'kill', 'n1', '--cluster', 'two']);
  expect((await listed('--cluster', 'two')).length).toBe(2);
  await rig.ok(['cluster', 'up', 'two', '--detach']);
  expect((await rig.ok(['kv', 'get', 'later', '--cluster', 'two'])).stdout).toBe('x\n');
  expect((await rig.run(['kv', 'get', 'later', '--cluster', 'demo'])).code).toBe(1);
  const dir = join(rig.directory, 'two/n1');
  await rig.ok(['cluster', 'down', 'two']);
  // Its log begins behind a snapshot: without one it is damage, and no empty member.
  await rm(join(dir, 'snapshots'), { recursive: true });
  const refused = await rig.run(['cluster', 'up', 'two', '--detach']);
  expect([refused.code, refused.stderr]).toEqual([12, expect.stringContaining('WAL_CORRUPT')]);
  await rig.ok(['cluster', 'destroy', 'two', '--confirm', 'two']);
});

test('snapshot restore: refuses what exists, what is older or of another cluster', async () => {
  const restore = ['snapshot', 'restore', saved];
  const codes: [string[], number, string][] = [
    [[...restore, 'demo'], 7, 'CLUSTER_EXISTS'],
    [[...restore, 'three', '--expect-index', '99999999'], 7, 'SNAPSHOT_REFUSED'],
    [[...restore, 'three', '--expect-cluster', 'f'.repeat(32)], 7, 'SNAPSHOT_REFUSED'],
    [[...restore, 'three'], 1, 'ADDRESS_IN_USE'],
    [['snapshot', 'restore', 'nothing.snap', 'three'], 2, 'SNAPSHOT_NOT_FOUND'],
  ];
  for (const [args, exit, code] of codes) {
    const base = code === 'ADDRESS_IN_USE' ? ['--port-base', '10500'] : ['--port-base', '10520'];
    const result = await rig.json([...args, ...base]);
    expect([result.code, result.error?.code], args.join(' ')).toEqual([exit, code]);
  }
  const bytes = await readFile(saved);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
  const damaged = join(rig.directory, 'damaged.snap');
  await writeFile(damaged, bytes);
  const result = await rig.json(['snapshot', 'restore', damaged, 'three', '--port-base', '10520']);
  expect([result.code, result.error?.code]).toEqual([12, 'SNAPSHOT_CORRUPT']);
  expect(result.error?.message).toMatch(/damaged[.]snap at offset \d+$/);
  const inspected = await inspect(damaged);
  expect([inspected.code, inspected.data.damage]).toEqual([12, expect.anything()]);
  expect(inspected.data.index).toBeGreaterThan(0);
  expect(await readdir(rig.directory)).not.toContain('three');
});

test('snapshot list and take: nodes that do not run', async () => {
  await rig.ok(['node', 'stop', 'n3']);
  const rows = await listed();
  expect(rows.filter(({ id }) => id === 'n3')[0]?.file).toContain(rig.dataDir('n3'));
  const folder = await listed('--data-dir', rig.dataDir('n3'));
  expect(folder.map(({ id, state }) => [id, state])).toContainEqual([null, 'kept']);
  await rig.ok(['kv', 'set', 'more', '1']);
  const some = await rig.run(['snapshot', 'take']);
  expect([some.code, some.stderr]).toEqual([0, expect.stringContaining('Not running: n3')]);
  const none = await rig.json(['snapshot', 'take', 'n3']);
  expect([none.code, none.error?.code]).toEqual([3, 'UNREACHABLE']);
  expect((await rig.run(['snapshot', 'take', 'n9'])).code).toBe(2);
});
