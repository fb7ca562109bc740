import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { packCapsule, readCapsule } from './capsule.ts';
import { isRunId, newRunId } from './run-id.ts';
import { RunStore, type StoredRun } from './run-store.ts';

const folders: string[] = [];
let store: RunStore;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'raftctl-runs-'));
  folders.push(folder);
  store = new RunStore(join(folder, 'runs'));
});
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

function runOf(id: string, more: Partial<StoredRun> = {}): StoredRun {
  const result = { startedAt: '2026-03-01T12:00:00.000Z' } as StoredRun['result'];
  return {
    ...{ formatVersion: 1, id, name: null, tags: [], group: id, command: ['bench', '-n', '5'] },
    ...{ input: { requests: 5 }, cluster: null, result },
    ...more,
  };
}

const FILES = new Map([
  ['latency.hlog', 'log\n'],
  ['raw.hgrm', 'table\n'],
]);

test('newRunId() makes ULIDs that sort by time', () => {
  const ids = [1, 2, 1_772_366_600_000, 1_772_366_600_001].map(newRunId);
  expect(ids.toSorted()).toEqual(ids);
  expect(ids.every(isRunId)).toBe(true);
  expect(newRunId(5)).not.toBe(newRunId(5));
  expect(newRunId(1_469_918_176_385).slice(0, 10)).toBe('01ARYZ6S41');
});

test('RunStore.find() knows ids, their beginnings, tags, names and the last', async () => {
  const [a, b, c] = ['1', '2', '3'].map((digit) => `0${digit}`.padEnd(26, digit)) as [
    string,
    string,
    string,
  ];
  await store.save(runOf(a, { name: 'mine', tags: ['base'] }), FILES);
  await store.save(runOf(b, { tags: ['base'], group: a }), FILES);
  await store.save(runOf(c), FILES);
  const find = async (text: string): Promise<string> => (await store.find(text)).id;
  expect(await Promise.all(['last', b, '01', 'mine', 'base'].map(find))).toEqual([c, b, a, a, b]);
  expect((await store.groupOf(await store.find(b))).map(({ id }) => id)).toEqual([a, b]);
  await expect(find('0')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  await expect(find('other')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  expect(await store.files(await store.find(a))).toEqual(FILES);
});

test('RunStore.retag() changes tags and nothing else', async () => {
  const id = newRunId();
  await store.save(runOf(id, { name: 'x' }), FILES);
  await store.retag(await store.find(id), ['new']);
  expect(await store.find('new')).toEqual(runOf(id, { name: 'x', tags: ['new'] }));
  expect(await readdir(join(store.directory, id))).not.toContainEqual(
    expect.stringContaining('tmp'),
  );
});

test('RunStore.list() leaves out what is half there, and find() says which it is', async () => {
  const [sound, broken] = [newRunId(1), newRunId(2)];
  await store.save(runOf(sound), FILES);
  await mkdir(join(store.directory, broken));
  await mkdir(join(store.directory, `.${newRunId(3)}.1.tmp`));
  expect((await store.list()).map(({ id }) => id)).toEqual([sound]);
  expect((await store.survey()).unreadable).toMatchObject([{ id: broken }]);
  await writeFile(join(store.directory, broken, 'run.json'), '{"formatVersion":1}');
  await expect(store.find(broken)).rejects.toMatchObject({ code: 'RUN_INVALID' });
  await writeFile(join(store.directory, broken, 'run.json'), '{"formatVersion":2}');
  await expect(store.find('last')).rejects.toThrow('a newer raftctl wrote it');
  const { runs, unreadable } = await store.survey();
  expect(runs.map(({ id }) => id)).toEqual([sound]);
  expect(unreadable).toEqual([{ id: broken, why: expect.stringContaining('a newer raftctl') }]);
});

test('RunStore.save() in a folder that cannot be made leaves nothing behind', async () => {
  await writeFile(store.directory, 'a file');
  await expect(store.save(runOf(newRunId()), FILES)).rejects.toMatchObject({
    code: 'DISK_FAILED',
  });
});

test('packCapsule() and readCapsule() are inverse, and damage is noticed', async () => {
  const capsule = { run: runOf(newRunId()), files: FILES };
  const bytes = await packCapsule(capsule);
  expect(await readCapsule(bytes, 'x')).toEqual(capsule);
  await expect(readCapsule(bytes.subarray(0, 90), 'x')).rejects.toMatchObject({
    code: 'RUN_INVALID',
  });
  await expect(readCapsule(Buffer.from('{}'), 'x')).rejects.toThrow(
    'Cannot read x as a stored run',
  );
});
