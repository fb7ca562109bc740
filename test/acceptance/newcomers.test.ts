/** Members that come late: back from a wiped disk, and into a cluster that keeps all of its log. */
import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { ClusterNodeRow } from '../../src/wire/status.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { raftctl } from '../doubles/program.ts';
import { findLosses, WriteLoad } from '../doubles/write-load.ts';

/** Small, so that the log forgets its beginning soon. */
const OPTIONS = {
  segmentBytes: 256 * 1024,
  snapshotLogBytes: 512 * 1024,
  trailingLogBytes: 64 * 1024,
  trailingLogEntries: 200,
};

let rig: ClusterRig;

afterEach(() => rig?.dispose());

async function write(tag: string, count: number): Promise<WriteLoad> {
  const addresses = rig.ids().map((id) => rig.clientAddress(id));
  const load = new WriteLoad({ addresses, writers: 3, depth: 32, tag, valueBytes: 400 });
  await load.more(count);
  await load.stop();
  return load;
}

async function rowOf(id: string): Promise<ClusterNodeRow | undefined> {
  return (await rig.healthy()).nodes.find((row) => row.id === id);
}

test('a wiped member is refused under its old number, and renewed under a new one', async () => {
  rig = await ClusterRig.start({ portBase: 21_560 });
  const load = await write('before', 300);
  const victim = await rig.follower();
  await rig.kill9(victim);
  await rm(rig.dataDir(victim), { recursive: true });

  const refused = await rig.run(['node', 'start', victim]);
  expect([refused.code, refused.stderr]).toEqual([12, expect.stringContaining('has vanished')]);
  const secret = join(rig.directory, 'demo', 'secret');
  const alone = await rig.run(['node', 'start', '--data-dir', rig.dataDir(victim)]);
  expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('holds no node.json')]);
  const [old] = (await rig.glance()).nodes.filter(({ id }) => id === victim);

  // Its name is taken as long as the old one is a member; then a new member bears it.
  const other = rig.ids().find((id) => id !== victim) ?? '';
  const port = rig.clientPort(victim);
  const words = [
    ...['node', 'start', '--join', rig.adminAddress(other), '--data-dir', rig.dataDir(victim)],
    ...[
      '--secret-file',
      secret,
      '--member',
      `${victim}=127.0.0.1:${port}:${port + 1000}:${port + 2000}`,
    ],
  ];
  const taken = await rig.run(words);
  expect([taken.code, taken.stderr]).toEqual([7, expect.stringContaining('has that name already')]);
  await rig.ok(['member', 'remove', victim, '--force', '--wait']);
  const node = rig.launch(words);
  await node.seen(/serving clients/);
  await rig.ok(['node', 'wait', victim, '--for', 'voter']);
  expect((await rowOf(victim))?.member).toBe(Math.max(4, (old?.member ?? 0) + 1));
  expect(await findLosses(rig.clientAddress(victim), [load])).toEqual([]);

  // It counts: with it and without one of the others writes go on.
  await rig.kill9(other);
  await rig.serving();
  expect((await write('after', 50)).acknowledged.size).toBeGreaterThanOrEqual(50);
});

test('retain all: a newcomer has the whole state, and a log without a gap behind its snapshot', async () => {
  rig = await ClusterRig.start({ portBase: 21_570, upFlags: ['--retain', 'all'] });
  await rig.ok(['cluster', 'down', rig.name]);
  for (const id of rig.ids()) {
    const path = join(rig.dataDir(id), 'node.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...config, ...OPTIONS }));
  }
  await rig.up();
  await rig.healthy();
  const first = await write('first', 4000);
  const { firstIndex } = await rig.nodeStatus(await rig.leader());
  expect(firstIndex).toBeGreaterThan(2);

  await rig.ok(['cluster', 'scale', '--to', '4']);
  const second = await write('second', 500);
  await rig.ok(['cluster', 'wait', 'demo', '--for', 'converged']);
  for (const id of [...rig.ids(), 'n4']) {
    expect(await findLosses(rig.clientAddress(id), [first, second]), id).toEqual([]);
  }
  await rig.ok(['cluster', 'down', rig.name]);
  // What the leader had forgotten came as a snapshot; from there on nothing is missing.
  const newcomer = await logOf('n4');
  expect(newcomer.first).toBeGreaterThan(2);
  expect(readdirSync(join(rig.dataDir('n4'), 'snapshots'))).not.toEqual([]);
  for (const id of rig.ids()) {
    const founder = await logOf(id);
    expect([founder.first, founder.last], id).toEqual([1, newcomer.last]);
    expect(existsSync(join(rig.dataDir(id), 'archive', '0000000000000001.seg'))).toBe(true);
  }
});

/** The contiguous entries of a stopped node's log and archive up to its end: first and last. */
async function logOf(id: string): Promise<{ readonly first: number; readonly last: number }> {
  const dump = await raftctl(['log', 'dump', rig.dataDir(id), '--json']);
  const { data } = JSON.parse(dump.stdout) as {
    data: { rows: { kind: string; first: number | null; last: number | null }[] };
  };
  let first = 0;
  let last = 0;
  for (const row of data.rows) {
    // Behind a reset the log begins anew.
    if (row.kind === 'reset') first = 0;
    if (row.first === null || row.last === null) continue;
    if (first === 0) first = row.first;
    else expect(row.first, `${id} behind ${last}`).toBeLessThanOrEqual(last + 1);
    last = row.last;
  }
  return { first, last };
}
