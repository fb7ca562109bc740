/**
 * Snapshots of older systems. The numbers are those of the checks in docs/older-systems.md. Ports:
 * 24860 to 24899, for administration 5000 higher.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchNodeStatus } from '../../src/client/admin-client.ts';
import { createApp } from '../../src/node/apps/apps.ts';
import { FsDisk } from '../../src/node/io/fs-disk.ts';
import { readSnapshot, SnapshotFault } from '../../src/node/wal/snapshot-reader.ts';
import type { NodeStatus } from '../../src/wire/status.ts';
import { burst } from '../doubles/http-burst.ts';
import { eventually, OldPrograms } from '../doubles/old-programs.ts';

let programs: OldPrograms;

beforeAll(async () => {
  programs = await OldPrograms.prepare();
});
afterAll(() => programs.dispose());

/** What raftexample keeps of the log behind a snapshot. */
const TRAILING_ENTRIES = 10_000;
/** Entries of a cluster before the first of its clients': founding, and who leads. */
const ENTRIES_BEFORE = 2;

const put = (number: number) => ({ method: 'PUT', path: `/k${number}`, body: `value-${number}` });
const get = (number: number) => ({ method: 'GET', path: `/k${number}` });
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

async function snapshotsIn(...folder: string[]): Promise<string[]> {
  const directory = join(programs.folder, ...folder, 'snapshots');
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => name.endsWith('.snap')).map((name) => join(directory, name));
}

describe('raftexample', () => {
  const PUTS = 25_000;
  const peers = [24_861, 24_862, 24_863].map((port) => `http://127.0.0.1:${port}`);
  const start = async (id: number) => {
    const flags = ['--id', String(id), '--cluster', peers.join(','), '-commit', 'wait'];
    return programs.start(`example${id}`, 'raftexample', ...flags, '--port', String(24_865 + id));
  };
  const status = (id: number): Promise<NodeStatus> =>
    fetchNodeStatus(`127.0.0.1:${29_860 + id}`, 5000);
  const caughtUp = (id: number, goal: number) =>
    eventually(
      () => status(id).catch(() => null),
      (one) => one !== null && one.appliedIndex >= goal,
    );

  test('83: 25,000 puts make two snapshots, and a wiped node comes back by one', async () => {
    const nodes = await Promise.all([1, 2, 3].map(start));
    for (const node of nodes) await node.seen(/answers on/);
    await eventually(
      () => burst(24_866, [put(0)]),
      ([answer]) => answer === '204 ',
    );
    for (let from = 0; from < PUTS; from += 5000) {
      const answers = await burst(24_866, numbers(from, from + 5000).map(put));
      expect(new Set(answers)).toEqual(new Set(['204 ']));
    }
    const { commitIndex } = await status(1);
    for (const id of [1, 2, 3]) {
      await caughtUp(id, commitIndex);
      await eventually(
        () => status(id),
        (one) => one !== null && one.firstIndex > 1,
      );
      expect(await snapshotsIn(`example${id}`, `raftexample-${id}`)).toHaveLength(2);
      const { firstIndex, snapshotIndex } = await status(id);
      expect(snapshotIndex).toBeGreaterThan(2 * TRAILING_ENTRIES);
      expect(firstIndex).toBeGreaterThan(snapshotIndex - TRAILING_ENTRIES - 2000);
    }

    await programs.signal('example3', 'SIGKILL');
    const directory = join(programs.folder, 'example3', 'raftexample-3');
    await rm(directory, { recursive: true });
    await (await start(3)).seen(/answers on/);
    await caughtUp(3, commitIndex);
    const back = await status(3);
    expect(back.firstIndex).toBeGreaterThan(1);
    expect(back.snapshotIndex).toBeGreaterThan(0);
    const found = await burst(24_868, numbers(0, PUTS).map(get));
    expect(found.filter((answer, i) => answer !== `200 value-${i}`)).toEqual([]);
  });

  test('84: a snapshot holds every entry up to its index, and no other', async () => {
    const flags = ['--id', '1', '--cluster', 'http://127.0.0.1:24871', '--port', '24872'];
    const own = ['-commit', 'wait', '-snap-count', '4'];
    await (await programs.start('often', 'raftexample', ...flags, ...own)).seen(/answers on/);
    const admin = '127.0.0.1:29871';
    await eventually(
      () => fetchNodeStatus(admin, 5000),
      ({ serving }) => serving,
    );
    const looked: number[] = [];
    for (let round = 0; round < 12; round += 1) {
      // One after the other: the entry of each is known.
      for (const number of numbers(10 * round, 10 * round + 10)) {
        expect(await burst(24_872, [put(number)])).toEqual(['204 ']);
      }
      await eventually(
        () => fetchNodeStatus(admin, 5000),
        (one) => one.appliedIndex - one.snapshotIndex <= 4,
      );
      for (const path of await snapshotsIn('often', 'raftexample-1')) {
        looked.push(await checkSnapshot(path));
      }
    }
    expect(new Set(looked).size).toBeGreaterThanOrEqual(12);
  });
});

/** The n-th put is entry n + 2. @returns the index at which the snapshot stands. */
async function checkSnapshot(path: string): Promise<number> {
  const app = createApp('kvstore');
  const state = app.restore({ index: 0, term: 0, leaderTimeMs: 0 });
  const read = await readSnapshot(new FsDisk({ readOnly: true }), path, {
    owner: null,
    onData: (data) => state.take(data),
  });
  if (read instanceof SnapshotFault) throw new Error(`${path}: ${read.what}`);
  expect(state.finish()).toBe(true);
  const { index } = read.meta;
  const held = numbers(0, 200).filter((n) => app.query(`/k${n}`) === `value-${n}`);
  expect(held).toEqual(numbers(0, index - ENTRIES_BEFORE));
  return index;
}

describe('hraftd', () => {
  const start = () =>
    programs.start('hraftd', 'hraftd', '-haddr', ':24880', '-raddr', ':24881', 'node0');

  test('69: more than 8,192 writes make a snapshot; kill -9 loses nothing', async () => {
    await (await start()).seen(/started successfully/);
    const posts = numbers(0, 17_000).map((number) => {
      return { method: 'POST', path: '/key', body: `{"k${number}":"value-${number}"}` };
    });
    expect(new Set(await burst(24_880, posts))).toEqual(new Set(['200 ']));
    await eventually(
      () => fetchNodeStatus('127.0.0.1:29881', 5000),
      ({ snapshotIndex }) => snapshotIndex > 2 * 8192,
    );
    expect(await snapshotsIn('hraftd', 'node0')).toHaveLength(2);
    await programs.signal('hraftd', 'SIGKILL');
    await (await start()).seen(/started successfully/);
    const gets = numbers(0, 17_000).map((n) => ({ method: 'GET', path: `/key/k${n}` }));
    const found = await burst(24_880, gets);
    expect(found.filter((answer, i) => answer !== `200 {"k${i}":"value-${i}"}`)).toEqual([]);
  });
});
