/** `cluster up --retain all`: every entry stays, in an archive; without it the log is forgotten. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { raftctl } from '../doubles/program.ts';
import { WriteLoad } from '../doubles/write-load.ts';

const OPTIONS = {
  segmentBytes: 256 * 1024,
  snapshotLogBytes: 512 * 1024,
  trailingLogBytes: 64 * 1024,
  trailingLogEntries: 200,
};

let rig: ClusterRig;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 10_480, upFlags: ['--retain', 'all'] });
  await rig.ok(['cluster', 'down', rig.name]);
  for (const id of rig.ids()) {
    const path = join(rig.dataDir(id), 'node.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...config, ...OPTIONS }));
  }
  await rig.up();
});
afterAll(() => rig?.dispose());

test('retain all: the log shrinks, and the archive has the rest of it, also over a kill', async () => {
  await write(4000);
  await rig.kill9(...rig.ids());
  await rig.up();
  await rig.healthy();
  await write(4000);
  const ends = await Promise.all(rig.ids().map((id) => rig.nodeStatus(id)));
  for (const { firstIndex } of ends) expect(firstIndex).toBeGreaterThan(1);
  await rig.ok(['cluster', 'down', rig.name]);
  for (const id of rig.ids()) {
    const archived = await readdir(join(rig.dataDir(id), 'archive'));
    expect(archived).toContain('0000000000000001.seg');
    await expectWhole(id);
  }
});

async function write(count: number): Promise<void> {
  const addresses = rig.ids().map((id) => rig.clientAddress(id));
  const load = new WriteLoad({ addresses, writers: 3, depth: 32, tag: 'a', valueBytes: 400 });
  await load.more(count);
  await load.stop();
}

/** From the founding entry to the last one, none is missing. */
async function expectWhole(id: string): Promise<void> {
  const dump = await raftctl(['log', 'dump', rig.dataDir(id), '--json']);
  const { data } = JSON.parse(dump.stdout) as {
    data: { rows: { first: number | null; last: number | null }[]; lastIndex: number };
  };
  let next = 1;
  for (const { first, last } of data.rows) {
    if (first === null || last === null) continue;
    // A batch may supersede others; it leaves no gap.
    expect(first).toBeLessThanOrEqual(next);
    next = last + 1;
  }
  expect(next).toBe(data.lastIndex + 1);
}

test('retain: a property of the cluster from its founding on', async () => {
  const differs = await rig.run(['cluster', 'up', rig.name, '--retain', 'snapshot', '--detach']);
  expect([differs.code, differs.stderr]).toEqual([2, expect.stringContaining('--retain is all')]);
  await rig.up();
  expect((await rig.healthy()).healthy).toBe(true);
});
