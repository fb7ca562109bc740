import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ClusterStore } from '../cluster/store.ts';
import { NO_WISH, planCluster } from '../cluster/topology.ts';
import { noteProgram, tidyPrograms } from './tidy.ts';

const OLD = 'raftctl-1.0.0-000000000001';
const NOTED = 'raftctl-1.0.0-000000000002';
const OWN = 'raftctl-1.0.0-000000000003';

let root: string;
let store: ClusterStore;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'raftctl-tidy-'));
  store = new ClusterStore(join(root, 'clusters'));
  for (const name of [OLD, NOTED, OWN]) {
    mkdirSync(join(root, 'programs', name), { recursive: true });
    const hoursAgo = Date.now() / 1000 - 9000;
    utimesSync(join(root, 'programs', name), hoursAgo, hoursAgo);
  }
  const spec = planCluster({
    ...{ name: 'wide', clusterId: 'c'.repeat(32), createdAt: '2026-03-01T12:00:00.000Z' },
    ...{ ephemeral: false, wish: { ...NO_WISH, nodeCount: 1 } },
    dataDirOf: (id) => store.dataDirOf('wide', id),
  });
  await store.create(spec);
  await noteProgram(store, 'wide', { ids: ['n1'], entry: entryOf(NOTED) });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function entryOf(program: string): string {
  return join(root, 'programs', program, 'bin/run.js');
}

function tidy(): Promise<string[]> {
  return tidyPrograms(store.directory, entryOf(OWN));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

test('tidyPrograms() removes what no cluster was started with', async () => {
  write(store.lockFileOf('other'), 'pid 1\n');
  expect(await tidy()).toEqual([OLD]);
  expect([OLD, NOTED, OWN].map((name) => existsSync(join(root, 'programs', name)))).toEqual([
    ...[false, true, true],
  ]);
});

test('tidyPrograms() lets each node keep the program that it was started with last', async () => {
  const spec = await store.load('wide');
  const [n1] = spec?.nodes ?? [];
  if (spec === null || n1 === undefined) throw new Error('there is no node');
  const n2 = { ...n1, id: 'n2', member: 2, dataDir: store.dataDirOf('wide', 'n2') };
  await store.save({ ...spec, nodes: [n1, n2] });
  expect(await tidy()).toEqual([]);
  await noteProgram(store, 'wide', { ids: ['n2'], entry: entryOf(OLD) });
  expect(await tidy()).toEqual([]);
  // One that has left needs none any more.
  await store.save({ ...spec, nodes: [n1] });
  expect(await tidy()).toEqual([OLD]);
});

test('tidyPrograms() takes the note of an older raftctl for all nodes', async () => {
  write(join(store.folderOf('wide'), 'program'), `${OLD}\n`);
  expect(await tidy()).toEqual([NOTED]);
  await noteProgram(store, 'wide', { ids: ['n1'], entry: entryOf(OWN) });
  expect(await tidy()).toEqual([OLD]);
});

test('tidyPrograms() removes all but its own where there is no cluster', async () => {
  await store.remove('wide');
  expect(await tidy()).toEqual([OLD, NOTED]);
  rmSync(store.directory, { recursive: true });
  expect(await tidy()).toEqual([]);
});

const pidFile = (): string => join(store.dataDirOf('wide', 'n1'), 'node.pid');
/** Each leaves something that cannot be judged, in ways that hold for root, too. */
const UNREADABLE: Readonly<Record<string, () => void>> = {
  'a description': () => {
    rmSync(join(store.folderOf('wide'), 'cluster.json'));
    mkdirSync(join(store.folderOf('wide'), 'cluster.json'));
  },
  'a description that is no JSON': () =>
    write(join(store.folderOf('wide'), 'cluster.json'), '{"formatVersion":'),
  'the disk of a cluster': () => symlinkSync(join(root, 'not-mounted'), store.folderOf('away')),
  'the disk of all clusters': () => {
    rmSync(store.directory, { recursive: true });
    symlinkSync(join(root, 'not-mounted'), store.directory);
  },
  'a folder without a description': () => write(join(store.folderOf('half'), 'secret'), 'x'),
  'a note': () => {
    rmSync(join(store.folderOf('wide'), 'program'));
    mkdirSync(join(store.folderOf('wide'), 'program'));
  },
  'a note that is not there': () => rmSync(join(store.folderOf('wide'), 'program')),
  'a file of a process': () => mkdirSync(pidFile(), { recursive: true }),
  'half a file of a process': () => write(pidFile(), '{"pid":'),
  'a process that does not tell its program': () =>
    write(pidFile(), JSON.stringify({ pid: process.pid, startedAtMs: startedAtMs() })),
};

function startedAtMs(): number {
  return Date.now() - process.uptime() * 1000;
}

test.each(Object.keys(UNREADABLE))(
  'tidyPrograms() lets all stay: %s cannot be read',
  async (which) => {
    UNREADABLE[which]?.();
    expect(await tidy()).toEqual([]);
    expect([OLD, NOTED, OWN].every((name) => existsSync(join(root, 'programs', name)))).toBe(true);
  },
);

test('tidyPrograms() does not take a process for a node because it has its number', async () => {
  write(pidFile(), JSON.stringify({ pid: process.pid, startedAtMs: 1000 }));
  expect(await tidy()).toEqual([OLD]);
});
