/** Profiles of a node's whole life: what `node start` writes when it is told to stop. */
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NodeWatcher } from '../../src/client/node-watcher.ts';
import type { NodeEvent } from '../../src/wire/events.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { once } from '../doubles/kv-connection.ts';
import { Launched } from '../doubles/launched.ts';
import { launchRaftctl, raftctl } from '../doubles/program.ts';

const NODE = 'n1';
/** Long enough to be told as a standstill. */
const PAUSE_MS = 500;

let rig: ClusterRig;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 14360, nodes: 1 });
  await rig.ok(['node', 'stop', NODE]);
});

afterAll(() => rig?.dispose());

/** A node in the foreground that serves a little, until SIGTERM. @returns what it printed. */
async function lifeWith(flags: readonly string[]): Promise<string> {
  const args = ['node', 'start', '--data-dir', rig.dataDir(NODE), ...flags];
  const node = new Launched(launchRaftctl(args));
  await node.seen(/serving clients/);
  await rig.serving();
  for (let at = 0; at < 50; at += 1) await once(rig.clientAddress(NODE), 'SET', `k${at}`, 'v');
  node.signal('SIGTERM');
  expect(await node.ended()).toEqual({ code: 0, signal: null });
  return node.output;
}

async function content(path: string): Promise<Record<string, unknown>> {
  expect((await stat(path)).mode & 0o777, path).toBe(0o600);
  return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
}

test('node start --cpuprofile, --heapprofile and --heapsnapshot write their files on SIGTERM', async () => {
  const file = (name: string): string => join(rig.directory, name);
  const output = await lifeWith([
    ...['--cpuprofile', file('a.cpuprofile'), '--heapprofile', file('a.heapprofile')],
    ...['--heapsnapshot', file('a.heapsnapshot')],
  ]);
  expect(output.match(/profile written/g)).toHaveLength(3);
  const cpu = await content(file('a.cpuprofile'));
  expect(cpu['samples']).toEqual(expect.arrayContaining([expect.any(Number)]));
  const names = (cpu['nodes'] as { callFrame: { functionName: string } }[]).map(
    ({ callFrame }) => callFrame.functionName,
  );
  expect(names).toContain('(program)');
  const heap = await content(file('a.heapprofile'));
  expect(heap['head']).toMatchObject({ callFrame: { functionName: '(root)' } });
  const snapshot = await content(file('a.heapsnapshot'));
  expect(snapshot['snapshot']).toMatchObject({ meta: { node_fields: expect.any(Array) } });
  // What one file says can be looked at with the program itself.
  const top = await raftctl(['profile', 'top', file('a.cpuprofile')]);
  expect(top.code, top.stderr).toBe(0);
});

test('node start gives profiles in a folder the names that Node would give them', async () => {
  const folder = join(rig.directory, 'profiles');
  await mkdir(folder);
  await lifeWith(['--cpuprofile', folder, '--heapprofile', folder, '--heapsnapshot', folder]);
  const names = (await readdir(folder)).sort();
  expect(names).toEqual([
    expect.stringMatching(/^CPU\.\d{8}\.\d{6}\.\d+\.0\.001\.cpuprofile$/),
    expect.stringMatching(/^Heap\.\d{8}\.\d{6}\.\d+\.0\.001\.heapprofile$/),
    expect.stringMatching(/^Heap\.\d{8}\.\d{6}\.\d+\.0\.001\.heapsnapshot$/),
  ]);
  for (const name of names) await content(join(folder, name));
});

test('node start refuses a profile that could not be written at the end', async () => {
  const path = join(rig.directory, 'nowhere', 'a.cpuprofile');
  const args = ['node', 'start', '--data-dir', rig.dataDir(NODE), '--cpuprofile', path];
  const refused = await raftctl(args);
  expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 2, stdout: '' });
  expect(refused.stderr).toContain(path);
});

test('node start --profile-on-anomaly keeps a profile when the node stood still, and says so', async () => {
  const args = ['node', 'start', '--data-dir', rig.dataDir(NODE), '--profile-on-anomaly'];
  const node = new Launched(launchRaftctl(args));
  await node.seen(/serving clients/);
  await rig.serving();
  const watcher = new NodeWatcher(rig.adminAddress(NODE), () => {});
  // What happens soon after a beginning is not kept: it stands still until one was.
  const keptAfterPause = async (): Promise<NodeEvent | undefined> => {
    node.signal('SIGSTOP');
    await sleep(PAUSE_MS);
    node.signal('SIGCONT');
    const events = await watcher.events(5000);
    return events.find(({ type }) => type === 'profile.kept');
  };
  await expect.poll(keptAfterPause, { timeout: 60_000, interval: 500 }).toBeDefined();
  const events = await watcher.events(5000);
  watcher.close();
  const kept = events.find(({ type }) => type === 'profile.kept') as NodeEvent<'profile.kept'>;
  const { file, cause, causeSeq } = kept.data;
  expect(file.startsWith(join(rig.dataDir(NODE), 'profiles', 'CPU.'))).toBe(true);
  expect(events.find(({ seq }) => seq === causeSeq)?.type).toBe(cause);
  const { startTime, endTime } = (await content(file)) as { startTime: number; endTime: number };
  expect(endTime - startTime).toBeLessThanOrEqual(10_000_000);
  node.signal('SIGTERM');
  expect(await node.ended()).toEqual({ code: 0, signal: null });
});
