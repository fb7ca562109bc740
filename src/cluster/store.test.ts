/** What `cluster up` and `cluster destroy` may touch of the folders they find. */
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ClusterStore } from './store.ts';
import { type ClusterSpec, NO_WISH, planCluster } from './topology.ts';

let directory: string;
let store: ClusterStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'raftctl-test-'));
  store = new ClusterStore(join(directory, 'clusters'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function spec(): ClusterSpec {
  return planCluster({
    name: 'demo',
    clusterId: 'a'.repeat(32),
    createdAt: '2026-01-01T00:00:00.000Z',
    ephemeral: false,
    wish: { ...NO_WISH, nodeCount: 3 },
    dataDirOf: (id) => store.dataDirOf('demo', id),
  });
}

test('ClusterStore.create() takes data directories that somebody prepared', async () => {
  const disk = join(directory, 'disk');
  await mkdir(disk);
  await mkdir(store.dataDirOf('demo', 'n1'), { recursive: true });
  await symlink(disk, store.dataDirOf('demo', 'n2'));
  await store.create(spec());
  expect((await store.load('demo'))?.nodes.length).toBe(3);
});

test('ClusterStore.load() says of every cluster whether it is ephemeral', async () => {
  const { ephemeral: _, ...older } = spec();
  await store.create(older as ClusterSpec);
  expect((await store.load('demo'))?.ephemeral).toBe(false);
});

test('ClusterStore.create() refuses a folder that is in use and leaves it as it was', async () => {
  await mkdir(store.dataDirOf('demo', 'n1'), { recursive: true });
  await writeFile(join(store.dataDirOf('demo', 'n1'), 'thesis.txt'), 'precious');
  await expect(store.create(spec())).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('it holds n1'),
  });
  expect(await readdir(store.dataDirOf('demo', 'n1'))).toEqual(['thesis.txt']);
});

test('ClusterStore.create() goes on where a cluster was only half made', async () => {
  await mkdir(store.folderOf('demo'), { recursive: true });
  await writeFile(store.secretFileOf('demo'), 'half');
  await store.create(spec());
  expect((await store.load('demo'))?.name).toBe('demo');
});

test('ClusterStore.remove() empties data directories that are links', async () => {
  const disk = join(directory, 'disk');
  await mkdir(disk);
  await mkdir(store.folderOf('demo'), { recursive: true });
  await symlink(disk, store.dataDirOf('demo', 'n2'));
  await store.create(spec());
  await writeFile(join(disk, 'node.json'), '{}');
  await store.remove('demo');
  expect(await readdir(disk)).toEqual([]);
  expect(await readdir(store.directory)).toEqual([]);
});
