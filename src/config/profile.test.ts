import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadClusterProfile, loadProfile, loadWorkloadProfile } from './profile.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NAMES = readdirSync(join(ROOT, 'profiles')).filter((name) => name.endsWith('.toml'));
const KINDS = [
  ['bench', 'bench', / -f /],
  ['local', 'cluster', / -f /],
  ['thesis', 'experiment', / experiment run /],
] as const;
const RULES = {
  keys: ['clients', 'key-maximum'],
  check: (_key: string, value: unknown) => (value === 'bad' ? 'it is bad' : null),
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-profile-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(text: string): Promise<string> {
  const path = join(folder, 'x.toml');
  await writeFile(path, text);
  return path;
}

test('the profiles that come with raftctl are these', () => {
  expect(NAMES.sort()).toEqual([
    'bench-mixed.toml',
    'bench-write.toml',
    'local-3.toml',
    'local-5.toml',
    'thesis.toml',
  ]);
});

test.each(NAMES)(
  '%s can be loaded by its name and says in its head what it is for',
  async (file) => {
    const { profile } = await loadProfile(file.replace('.toml', ''), ROOT);
    const [, table, use] = KINDS.find(([name]) => file.startsWith(name)) ?? [];
    expect(Object.keys(profile)).toEqual([table]);
    const head = readFileSync(join(ROOT, 'profiles', file), 'utf8').split('\n\n')[0] ?? '';
    expect(head).toMatch(/^(#.*\n)+#.*raftctl /);
    expect(head).toMatch(use ?? /never/);
  },
);

test('loadClusterProfile() reads durations and what holds for single nodes', async () => {
  const path = await written(
    '[cluster]\nnodes = 3\nheartbeat = "50ms"\n[cluster.node.n2]\nfsync = "none"\nclientPort = 7000\n',
  );
  expect(await loadClusterProfile(path, ROOT)).toEqual({
    nodes: 3,
    heartbeat: 50,
    node: { n2: { fsync: 'none', clientPort: 7000 } },
  });
});

test.each([
  [
    '[cluster]\nnodes = 3\n[cluster.node.n4]\nfsync = "none"\n',
    'line 3, key cluster.node.n4: there is no such node',
  ],
  ['[cluster]\n\nnods = 3\n', 'line 3, key cluster.nods: there is no such key'],
  [
    '[cluster.node.n1]\nclientport = 1\n',
    'line 2, key cluster.node.n1.clientport: there is no such key',
  ],
  ['[cluster]\nheartbeat = "often"\n', 'line 2, key cluster.heartbeat: it is not a duration'],
  ['[bench]\nclients = 1\n', 'line 1, key cluster: the table [cluster] is missing'],
  ['[clutser]\nnodes = 1\n', 'line 1, key clutser: there is no such key'],
])('loadClusterProfile() names file, line and key: %j', async (text, expected) => {
  const path = await written(text);
  await expect(loadClusterProfile(path, ROOT)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(new RegExp(`${path}.*${expected.replace(/[[\]]/g, '\\$&')}`)),
  });
});

test('loadWorkloadProfile() gives names of flags, and finds what is wrong', async () => {
  const good = await written('[bench]\nclients = 5\nkeyMaximum = 9\n');
  expect(await loadWorkloadProfile(good, ROOT, RULES)).toEqual({ clients: 5, 'key-maximum': 9 });
  const unknown = await written('[bench]\nclients = 5\nkeyMaxmum = 9\n');
  await expect(loadWorkloadProfile(unknown, ROOT, RULES)).rejects.toMatchObject({
    message: expect.stringContaining('line 3, key bench.keyMaxmum: there is no such key'),
    hint: 'Did you mean: keyMaximum?',
  });
  const bad = await written('[bench]\nclients = "bad"\n');
  await expect(loadWorkloadProfile(bad, ROOT, RULES)).rejects.toMatchObject({
    message: expect.stringContaining('line 2, key bench.clients: it is bad'),
  });
});

test('loadProfile() says which profiles there are', async () => {
  await expect(loadProfile('local-4', ROOT)).rejects.toMatchObject({
    code: 'PROFILE_NOT_FOUND',
    exitCode: 2,
    hint: expect.stringContaining('Did you mean: local-3?'),
  });
  await expect(loadProfile('./nowhere.toml', ROOT)).rejects.toMatchObject({
    code: 'PROFILE_NOT_FOUND',
  });
});
