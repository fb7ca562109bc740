/**
 * What lies on other machines: snapshots, data that is damaged, and members that come and go, of a
 * cluster that `cluster up --hosts` has made.
 */
import { existsSync } from 'node:fs';
import { open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Launched } from '../doubles/launched.ts';
import { MachinesRig } from '../doubles/machines-rig.ts';
import { launchRaftctl } from '../doubles/program.ts';

const PORT_BASE = 15_800;
const RESTORED_PORT_BASE = 15_820;
const HOSTS = ['alpha', 'beta', 'gamma', 'delta'];
const SEGMENT_HEADER_BYTES = 4096;

interface Row {
  readonly id: string;
  readonly index: number | null;
  readonly file: string | null;
}

let rig: MachinesRig;
let file: string;

beforeAll(async () => {
  rig = await MachinesRig.start('wide', HOSTS);
  file = await rig.hostsFile('hosts', HOSTS);
  await rig.data(
    ...['cluster', 'up', 'wide', '--hosts', file, '--tls'],
    ...['--port-base', String(PORT_BASE), '--timeout', '120s'],
  );
  await rig.data('bench', '-n', '400', '-c', '4', '--warmup', '0s', '--no-store');
  await rig.data('kv', 'set', 'kept', 'yes');
});
afterAll(() => rig?.dispose());

function healthy() {
  return rig.data('cluster', 'wait', 'wide', '--for', 'healthy', '--timeout', '60s');
}

test('snapshots of nodes on other machines are taken, listed and saved', async () => {
  const taken = await rig.data<{ snapshots: Row[] }>('snapshot', 'take');
  expect(taken.snapshots.map(({ id }) => id)).toEqual(['n1', 'n2', 'n3', 'n4']);
  await rig.data('node', 'stop', 'n4');
  const some = await rig.run('snapshot', 'take');
  expect([some.code, some.stderr]).toEqual([0, expect.stringContaining('Not running: n4')]);
  const { snapshots } = await rig.data<{ snapshots: Row[] }>('snapshot', 'list');
  expect(snapshots.map(({ id, file: path }) => [id, path !== null])).toEqual(
    expect.arrayContaining([
      ['n1', false],
      ['n4', true],
    ]),
  );
  // One that does not run is read there, where its machine has it.
  const own = snapshots.find(({ id }) => id === 'n4');
  expect(own?.file).toContain(rig.folderOn('delta', 'n4', 'snapshots'));
  const saved = join(rig.dir, 'wide.snap');
  await rig.data('snapshot', 'save', saved);
  const inspected = await rig.data<{ damage: unknown; members: unknown[] }>(
    ...['snapshot', 'inspect', saved],
  );
  expect(inspected).toMatchObject({ damage: null, members: [{ id: 'n1' }, {}, {}, { id: 'n4' }] });
  await rig.data('node', 'start', 'n4');
  await healthy();
});

test('snapshot restore --hosts begins a cluster on other machines with a saved state', async () => {
  const saved = join(rig.dir, 'wide.snap');
  const three = await rig.hostsFile('three', HOSTS.slice(0, 3));
  const flags = ['--hosts', three, '--tls', '--port-base', String(RESTORED_PORT_BASE)];
  const taken = await rig.run('snapshot', 'restore', saved, 'wide', ...flags);
  expect([taken.code, taken.stderr]).toEqual([7, expect.stringContaining('CLUSTER_EXISTS')]);
  const made = await rig.data<{ nodes: string[]; from: { cluster: string } }>(
    ...['snapshot', 'restore', saved, 'second', ...flags],
  );
  expect(made).toMatchObject({ nodes: ['n1', 'n2', 'n3'], from: { cluster: 'wide' } });
  // The file went away again when the nodes had its state.
  expect(await readdir(join(rig.dir, 'beta'))).not.toContainEqual(expect.stringMatching(/snap$/));
  expect(await rig.clustersOf('beta')).toEqual(expect.arrayContaining(['second', 'wide']));
  await rig.data('cluster', 'up', 'second', '--timeout', '120s');
  const got = await rig.run('kv', 'get', 'kept', '--cluster', 'second');
  expect([got.code, got.stdout.trim()]).toEqual([0, 'yes']);
  await rig.data('cluster', 'destroy', 'second', '--confirm', 'second');
  expect(await rig.clustersOf('beta')).not.toContain('second');
});

test('snapshot restore --hosts leaves nothing when Ctrl-C comes while nodes are made', async () => {
  const begun = join(rig.dir, 'begun');
  const slow = join(rig.dir, 'slow-node');
  const pause = `case "$1" in *hand-main.js) touch ${begun}; sleep 2;; esac`;
  const script = `#!/bin/sh\n${pause}\nexec ${process.execPath} "$@"\n`;
  await writeFile(slow, script, { mode: 0o755 });
  const two = await rig.hostsFile('slow', HOSTS.slice(0, 2), { node: slow });
  const flags = ['--hosts', two, '--tls', '--port-base', String(RESTORED_PORT_BASE)];
  const child = launchRaftctl(
    ['snapshot', 'restore', join(rig.dir, 'wide.snap'), 'third', ...flags],
    {
      ...{ env: rig.env, isTerminal: true },
    },
  );
  const restoring = new Launched(child);
  await expect.poll(() => existsSync(begun), { timeout: 60_000 }).toBe(true);
  // A terminal tells everybody who runs in it, ssh too.
  process.kill(-(child.pid as number), 'SIGINT');
  const { code } = await restoring.ended();
  expect([code, restoring.output]).toEqual([130, expect.stringContaining('INTERRUPTED')]);
  expect(restoring.output).toContain('Giving up: nothing of it will be left');
  for (const host of ['alpha', 'beta']) {
    expect(await rig.clustersOf(host)).toEqual(['wide']);
    expect(await readdir(join(rig.dir, host))).not.toContainEqual(expect.stringMatching(/snap$/));
  }
  expect(await readdir(join(rig.dir, 'here'))).not.toContain('third');
});

/** In the first half of what it holds: what comes behind says that it was durable. */
async function damageLog(dataDir: string): Promise<void> {
  const folder = join(dataDir, 'log');
  const [first = ''] = (await readdir(folder)).filter((name) => name.endsWith('.seg'));
  const path = join(folder, first);
  const used = (await readFile(path)).findLastIndex((byte) => byte !== 0);
  const offset = Math.floor(SEGMENT_HEADER_BYTES + (used - SEGMENT_HEADER_BYTES) / 3);
  const handle = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, offset);
  byte[0] = (byte[0] as number) ^ 16;
  await handle.write(byte, 0, 1, offset);
  await handle.close();
}

test('node repair puts a node on another machine right with what the others hold', async () => {
  const running = await rig.run('node', 'repair', 'n2');
  expect([running.code, running.stderr]).toEqual([7, expect.stringContaining('NODE_RUNNING')]);
  expect(running.stderr).toMatch(/beta: Cannot repair n2 as it runs \(pid \d+\)/);
  await rig.data('node', 'stop', 'n2');
  const sound = await rig.data<object>('node', 'repair', 'n2');
  expect(sound).toMatchObject({ outcome: 'sound', damage: null, kept: null });
  await damageLog(rig.folderOn('beta', 'n2'));
  const refused = await rig.run('node', 'start', 'n2');
  expect([refused.code, refused.stderr]).toEqual([12, expect.stringContaining('WAL_CORRUPT')]);
  const repaired = await rig.data<{ kept: string }>('node', 'repair', 'n2');
  expect(repaired).toMatchObject({ outcome: 'repaired', damage: { code: 'WAL_CORRUPT' } });
  expect(await readdir(repaired.kept)).toContain('log');
  expect(repaired.kept).toContain(rig.folderOn('beta', 'n2', 'damaged-'));
  for (const folder of [rig.folderOn('beta', 'n2'), join(rig.dir, 'here', 'wide')]) {
    expect((await readdir(folder)).filter((name) => name.endsWith('.snap'))).toEqual([]);
  }
  await rig.data('node', 'start', 'n2');
  await healthy();
});

test('members on other machines are changed, and end there when they are removed', async () => {
  expect((await rig.run('member', 'demote', 'n3', '--wait')).code).toBe(0);
  expect((await rig.run('member', 'promote', 'n3', '--wait')).code).toBe(0);
  const more = `n9=${rig.addressOf('delta')}:15830:16830:17830`;
  const added = await rig.data<{ members: { id: string }[] }>('member', 'add', more);
  expect(added.members.map(({ id }) => id)).toContain('n9');
  const changed = await rig.data<{ members: { id: string }[] }>(
    ...['member', 'change', '--remove', 'n9', '--demote', 'n4', '--wait'],
  );
  expect(changed.members.map(({ id }) => id)).toEqual(['n1', 'n2', 'n3', 'n4']);
  expect(await rig.clustersOf('delta')).toContain('wide');
  const removed = await rig.run('member', 'remove', 'n4', '--wait');
  expect([removed.code, removed.stdout], removed.stderr).toEqual([
    0,
    expect.stringContaining('voters 3 -> 3'),
  ]);
  expect(await rig.clustersOf('delta')).not.toContain('wide');
  expect((await rig.status()).nodes.map(({ id }) => id)).toEqual(['n1', 'n2', 'n3']);
});

test('a member whose machine was wiped is removed as any other', async () => {
  await rig.data('cluster', 'scale', '--to', '4', '--hosts', file, '--timeout', '60s');
  const { nodes } = await rig.status();
  const { id } = nodes.at(-1) ?? { id: '' };
  await rig.data('node', 'kill', id);
  await rm(rig.folderOn('delta'), { recursive: true });
  const stopped = await rig.run('node', 'stop', id);
  expect([stopped.code, stopped.stderr]).toEqual([2, expect.stringContaining('CLUSTER_NOT_FOUND')]);
  const description = join(rig.dir, 'here', 'wide', 'cluster.json');
  const before = await readFile(description, 'utf8');
  const removed = await rig.run('member', 'remove', id, '--wait');
  expect([removed.code, removed.stderr]).toEqual([0, '']);
  expect((await rig.status()).nodes.map((node) => node.id)).toEqual(['n1', 'n2', 'n3']);
  // As when the command that removed it had ended half-way.
  await writeFile(description, before);
  const again = await rig.run('member', 'remove', id);
  expect([again.code, again.stderr]).toEqual([0, '']);
  expect(again.stdout).toContain(`${id} was no member any more`);
  expect((await rig.status()).nodes.map((node) => node.id)).toEqual(['n1', 'n2', 'n3']);
});

test('a member whose machine is out of reach is removed all the same, and that is told', async () => {
  await rig.data('node', 'kill', 'n3');
  await rig.cutOff('gamma');
  const listed = await rig.run('snapshot', 'list', '--json');
  const { data } = JSON.parse(listed.stdout) as { data: { snapshots: Row[]; damage: unknown } };
  expect([listed.code, data.damage]).toMatchObject([3, { code: 'UNREACHABLE' }]);
  expect(new Set(data.snapshots.map(({ id }) => id))).toEqual(new Set(['n1', 'n2']));
  const careful = await rig.run('member', 'remove', 'n3');
  expect([careful.code, careful.stderr]).toEqual([7, expect.stringContaining('MEMBERS_REFUSED')]);
  const removed = await rig.run('member', 'remove', 'n3', '--force', '--wait');
  expect(removed.code, removed.stderr).toBe(0);
  expect(removed.stderr).toContain('n3 is no member any more, but its machine gamma was not told');
  expect(removed.stderr).toContain(`remove ${rig.folderOn('gamma')}, where the secret`);
  expect((await rig.status()).nodes.map(({ id }) => id)).toEqual(['n1', 'n2']);
  expect((await rig.run('kv', 'get', 'kept')).stdout.trim()).toBe('yes');
});
