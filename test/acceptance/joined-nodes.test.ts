/** Members that joined are nodes like the founders for every command; who was removed is none. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { MemberStatus } from '../../src/wire/status.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { once } from '../doubles/kv-connection.ts';
import { Launched } from '../doubles/launched.ts';
import { launchRaftctl } from '../doubles/program.ts';

const PORT_BASE = 21_500;

let rig: ClusterRig;
const folders: string[] = [];

afterEach(async () => {
  await rig?.dispose();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function elsewhere(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'raftctl-elsewhere-'));
  folders.push(folder);
  return folder;
}

/** `node start --join` in the foreground. @param at of its ports above those of the founders. */
async function joinedNode(
  name: string,
  wish: { readonly at: number; readonly dataDir: string; readonly dir?: string },
): Promise<Launched> {
  const ports = [0, 1000, 2000].map((above) => PORT_BASE + wish.at + above).join(':');
  const words = [
    ...['node', 'start', '--join', rig.adminAddress('n1'), '--data-dir', wish.dataDir],
    ...['--secret-file', join(rig.directory, 'demo', 'secret')],
    ...['--member', `${name}=127.0.0.1:${ports}`, '--dir', wish.dir ?? rig.directory],
  ];
  const node = new Launched(launchRaftctl(words));
  await node.seen(/serving clients/);
  await expect.poll(voters, { timeout: 20_000 }).toContain(name);
  return node;
}

async function voters(): Promise<readonly string[]> {
  const { data } = await rig.json<{ members: readonly MemberStatus[] }>(['member', 'list']);
  return data.members.filter((m) => m.voter).map((m) => m.id);
}

async function ids(): Promise<readonly string[]> {
  const { nodes } = await rig.healthy();
  return nodes.map((row) => row.id);
}

test('node start --join: the node is one of the cluster for status, stop, start, down and up', async () => {
  rig = await ClusterRig.start({ portBase: PORT_BASE, upFlags: ['--leases'] });
  const node = await joinedNode('n9', { at: 5, dataDir: rig.dataDir('n9') });
  expect(await ids()).toEqual(['n1', 'n2', 'n3', 'n9']);
  expect((await rig.row('n9')).pid).toBe(await rig.pid('n9'));
  expect(await once(rig.clientAddress('n1'), 'SET', 'key', 'value')).toBe('OK');

  await rig.ok(['node', 'stop', 'n9']);
  expect((await node.ended()).code).toBe(0);
  const down = await rig.status();
  expect(down.data.nodes.find((row) => row.id === 'n9')?.state).toBe('down');
  await rig.ok(['node', 'start', 'n9']);
  expect(await ids()).toContain('n9');

  const stopped = await rig.ok(['cluster', 'down', 'demo']);
  expect(stopped.stdout).toContain('n9 stopped');
  expect(rig.pids()).toEqual([]);
  await rig.ok(['cluster', 'up', 'demo', '--detach']);
  expect(await ids()).toEqual(['n1', 'n2', 'n3', 'n9']);
  expect(await voters()).toContain('n9');
  expect(await once(`127.0.0.1:${PORT_BASE + 5}`, 'GET', 'key')).toBe('value');

  await rig.ok(['member', 'remove', 'n9', '--wait']);
  expect(await ids()).toEqual(['n1', 'n2', 'n3']);
  expect(existsSync(rig.dataDir('n9'))).toBe(false);
  await rig.ok(['cluster', 'down', 'demo']);
  await rig.up();
  expect(await ids()).toEqual(['n1', 'n2', 'n3']);
});

test('node start --join: a chosen directory and a member from elsewhere are known as well', async () => {
  rig = await ClusterRig.start({ portBase: PORT_BASE + 20 });
  const [chosen, other] = [await elsewhere(), await elsewhere()];
  const blue = await joinedNode('blue', { at: 25, dataDir: join(chosen, 'blue') });
  const green = await joinedNode('green', {
    ...{ at: 26, dataDir: join(other, 'green'), dir: other },
  });
  try {
    expect(await ids()).toEqual(['n1', 'n2', 'n3', 'blue', 'green']);
    expect((await rig.status()).data).toMatchObject({ quorum: 3, tolerance: 2 });
    // The name is of this folder, the other one is not: nobody here could start it again.
    await rig.ok(['node', 'restart', 'blue']);
    expect((await rig.run(['node', 'stop', 'green'])).stderr).toContain('it has n1, n2, n3, blue');
    await rig.ok(['member', 'remove', 'blue', 'green', '--wait']);
    expect((await green.ended()).code).toBe(0);
    expect((await blue.ended()).code).toBe(0);
    expect(existsSync(join(chosen, 'blue', 'node.json'))).toBe(true);
    expect(await ids()).toEqual(['n1', 'n2', 'n3']);
    await rig.ok(['cluster', 'scale', '--to', '4']);
    expect(await ids()).toEqual(['n1', 'n2', 'n3', 'n4']);
  } finally {
    green.signal('SIGKILL');
  }
});

test('cluster up: a node that was removed while it was down is not started again', async () => {
  rig = await ClusterRig.start({ portBase: PORT_BASE + 40, nodes: 4 });
  await rig.ok(['node', 'kill', 'n4']);
  await rig.serving();
  await rig.ok(['member', 'remove', 'n4']);
  await rig.ok(['cluster', 'up', 'demo', '--detach']);
  expect(await ids()).toEqual(['n1', 'n2', 'n3']);
  await rig.ok(['cluster', 'scale', '--to', '4']);
  expect((await rig.row('n4')).member).toBe(5);
});
