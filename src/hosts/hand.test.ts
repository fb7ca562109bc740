import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ClusterStore } from '../cluster/store.ts';
import { NO_WISH, planCluster } from '../cluster/topology.ts';
import { placed } from './far-create.ts';
import { act } from './hand.ts';
import {
  type ActRequest,
  HAND_VERSION,
  type LogsRequest,
  type MakeRequest,
} from './hand-request.ts';

const HOSTS = ['a', 'b'].map((ssh) => {
  return { ssh, address: '127.0.0.1', sshConfig: null, directory: '/x', node: 'node' };
});
const ENTRY = '/nowhere/run.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'raftctl-hand-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function makeRequest(id: string, clusterId = 'c'.repeat(32)): MakeRequest {
  const spec = planCluster({
    ...{ name: 'wide', clusterId, createdAt: '2026-03-01T12:00:00.000Z', ephemeral: false },
    wish: placed(NO_WISH, HOSTS),
    dataDirOf: (node) => join(directory, 'wide', node),
  });
  const where = {
    version: HAND_VERSION,
    directory,
    cluster: 'wide',
    clusterId,
    ids: [id],
  } as const;
  return { ...where, verb: 'make', spec, secret: `${'5'.repeat(64)}\n`, tls: { 'ca.pem': 'x' } };
}

function actRequest(verb: ActRequest['verb'], clusterId = 'c'.repeat(32)): ActRequest {
  const where = {
    version: HAND_VERSION,
    directory,
    cluster: 'wide',
    clusterId,
    ids: ['n1'],
  } as const;
  return { ...where, verb, timeoutMs: 0 };
}

const read = (...names: string[]): string =>
  readFileSync(join(directory, 'wide', ...names), 'utf8');

test('act() makes the nodes that are of this machine, with the secret of the cluster', async () => {
  expect(await act(makeRequest('n1'), ENTRY)).toMatchObject([{ id: 'n1', outcome: 'idle' }]);
  expect(readdirSync(join(directory, 'wide')).sort()).toEqual([
    'cluster.json',
    'n1',
    'program',
    'secret',
    'tls',
  ]);
  expect(read('secret')).toBe(`${'5'.repeat(64)}\n`);
  expect(statSync(join(directory, 'wide', 'tls', 'ca.pem')).mode & 0o777).toBe(0o600);
  const config = JSON.parse(read('n1', 'node.json'));
  expect(config).toMatchObject({ id: 'n1', member: 1, members: [{ id: 'n1' }, { id: 'n2' }] });
  expect(JSON.parse(read('cluster.json')).nodes).toMatchObject([{ id: 'n1', member: 1 }]);
  // A second one that turns out to be on the same machine comes beside.
  await act(makeRequest('n2'), ENTRY);
  expect(JSON.parse(read('cluster.json')).nodes).toMatchObject([{ id: 'n1' }, { id: 'n2' }]);
});

test('act() leaves another cluster of the same name alone, whatever it is asked', async () => {
  await act(makeRequest('n1'), ENTRY);
  const other = 'd'.repeat(32);
  await expect(act(makeRequest('n1', other), ENTRY)).rejects.toMatchObject({
    code: 'CLUSTER_EXISTS',
  });
  await expect(act(actRequest('kill', other), ENTRY)).rejects.toMatchObject({
    code: 'CLUSTER_NOT_FOUND',
  });
  expect(await act(actRequest('destroy', other), ENTRY)).toEqual([]);
  expect(JSON.parse(read('cluster.json'))).toMatchObject({ clusterId: 'c'.repeat(32) });
  expect(await act(actRequest('destroy'), ENTRY)).toEqual([{ id: 'n1', outcome: 'idle' }]);
  expect(readdirSync(directory)).toEqual([]);
});

test('act() refuses what a program of another version asks', async () => {
  const request = { ...actRequest('stop'), version: 1 as typeof HAND_VERSION };
  await expect(act(request, ENTRY)).rejects.toMatchObject({
    ...{ code: 'FORMAT_UNSUPPORTED', hint: expect.stringContaining('cluster up wide') },
  });
});

test('act() of start leaves the note of programs alone while another command is at it', async () => {
  await act(makeRequest('n1'), ENTRY);
  const lock = new ClusterStore(directory).lockFileOf('wide');
  writeFileSync(lock, `pid ${process.pid}\n`);
  await expect(act(actRequest('start'), '/a/other/bin/run.js')).rejects.toMatchObject({
    code: 'WAIT_TIMEOUT',
  });
  expect(read('program')).not.toContain('other');
});

const about = (id: string) => {
  const clusterId = 'c'.repeat(32);
  return { version: HAND_VERSION, directory, cluster: 'wide', clusterId, ids: [id] } as const;
};

test('act() tells what lies on the disk of its nodes, and nothing that is secret', async () => {
  await act(makeRequest('n1'), ENTRY);
  writeFileSync(join(directory, 'wide', 'n1.log'), '{"time":1,"msg":"a"}\n{"time":2,"msg":"b"}\n');
  const [disk] = await act({ ...about('n1'), verb: 'disks' }, ENTRY);
  expect(disk).toMatchObject({ id: 'n1', config: { id: 'n1', cluster: 'wide' } });
  expect(disk?.files).toContainEqual(expect.objectContaining({ name: 'node.json' }));
  expect(disk?.logTail).toContain('"msg":"b"');
  expect(disk?.disk?.freeBytes).toBeGreaterThan(0);
  expect(JSON.stringify(disk)).not.toMatch(/5{64}|secretFile/);
  const logs: LogsRequest = { ...about('n1'), verb: 'logs', lines: 1 };
  expect(await act(logs, ENTRY)).toEqual([{ id: 'n1', line: '{"time":2,"msg":"b"}' }]);
  const seen: string[] = [];
  const stop = new AbortController();
  const print = ({ line }: { readonly line: string }): void => {
    seen.push(line);
    if (seen.length === 1) writeFileSync(join(directory, 'wide', 'n1.log'), 'c\n', { flag: 'a' });
    else stop.abort();
  };
  await act({ ...logs, verb: 'follow' }, ENTRY, { print, signal: stop.signal });
  expect(seen).toEqual(['{"time":2,"msg":"b"}', 'c']);
});

test('act() replaces keys, and says which nodes run', async () => {
  await act(makeRequest('n1'), ENTRY);
  const rows = await act({ ...about('n1'), verb: 'keys', tls: { 'ca.pem': 'new' } }, ENTRY);
  expect([rows, read('tls', 'ca.pem')]).toMatchObject([[{ id: 'n1', outcome: 'idle' }], 'new']);
  expect(statSync(join(directory, 'wide', 'tls', 'ca.pem')).mode & 0o777).toBe(0o600);
});

test('act() forgets a node that left, and the cluster with the last of them', async () => {
  await act(makeRequest('n1'), ENTRY);
  await act(makeRequest('n2'), ENTRY);
  await act(actRequest('forget'), ENTRY);
  expect(readdirSync(join(directory, 'wide')).sort()).toEqual([
    ...['cluster.json', 'n2', 'program', 'secret', 'tls'],
  ]);
  expect(await act(actRequest('ended'), ENTRY)).toEqual([]);
  const last = { ...actRequest('forget'), ids: ['n2'] };
  expect(await act(last, ENTRY)).toEqual([{ id: 'n2', outcome: 'idle' }]);
  expect(readdirSync(directory)).toEqual([]);
  expect(await act(last, ENTRY)).toEqual([]);
  // Who left and was wiped has ended.
  expect(await act(actRequest('ended'), ENTRY)).toEqual([]);
  await expect(act(actRequest('stop'), ENTRY)).rejects.toMatchObject({ code: 'CLUSTER_NOT_FOUND' });
});

test('act() removes programs that nobody uses: not its own, noted ones or new ones', async () => {
  const clusters = join(directory, 'clusters');
  const program = (name: string, ageS: number): string => {
    const path = join(directory, 'programs', name);
    mkdirSync(join(path, 'bin'), { recursive: true });
    utimesSync(path, Date.now() / 1000 - ageS, Date.now() / 1000 - ageS);
    return path;
  };
  const [own, noted, old, fresh, other] = [
    ...[program('raftctl-1.0.0-000000000001', 9000), program('raftctl-1.0.0-000000000002', 9000)],
    ...[program('raftctl-1.0.0-000000000003', 9000), program('raftctl-1.0.0-000000000004', 60)],
    program('somebody', 9000),
  ];
  await act({ ...makeRequest('n1'), directory: clusters }, ENTRY);
  // It starts nothing: its data directory is gone.
  rmSync(join(directory, 'wide', 'n1'), { recursive: true });
  const start = { ...actRequest('start'), directory: clusters };
  await expect(act(start, join(noted ?? '', 'bin/run.js'))).rejects.toMatchObject({
    code: 'NODE_WIPED',
  });
  const tidy = { ...about('n1'), directory: clusters, verb: 'tidy' } as const;
  expect(await act(tidy, join(own ?? '', 'bin/run.js'))).toEqual(['raftctl-1.0.0-000000000003']);
  expect([own, noted, old, fresh, other].map((path) => existsSync(path ?? ''))).toEqual([
    ...[true, true, false, true, true],
  ]);
});
