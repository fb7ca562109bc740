/** Profiles of all nodes of a cluster under load, from one instant, and merged into one file. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CpuProfile } from '../../src/profiling/profile-tree.ts';
import type { SpeedscopeFile } from '../../src/profiling/speedscope.ts';
import type { ProfileResult } from '../../src/scenarios/profile.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { KvConnection } from '../doubles/kv-connection.ts';

/** Of the instants at which the nodes began. */
const APART_MS_MAX = 5;

let rig: ClusterRig;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 10410 });
});

afterAll(() => rig?.dispose());

async function content<T>(path: string): Promise<T> {
  expect((await stat(path)).mode & 0o777, path).toBe(0o600);
  return JSON.parse(await readFile(path, 'utf8')) as T;
}

/** Writes until it is told to stop, through a node that does not lead. */
function load(connection: KvConnection): { stop(): Promise<void> } {
  let isDone = false;
  const writing = (async () => {
    for (let at = 0; !isDone; at += 1) await connection.send('SET', `k${at % 100}`, 'v');
  })();
  return {
    stop: async () => {
      isDone = true;
      await writing;
      connection.close();
    },
  };
}

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

test('profile cpu --all begins on all nodes at one instant, and merges them with what Raft told', async () => {
  const folder = join(rig.directory, 'profiles');
  const writing = load(await KvConnection.open(rig.clientAddress(await rig.follower())));
  const args = ['profile', 'cpu', '--all', '-d', '3s', '-o', folder, '--cluster', rig.name];
  const taking = rig.json<ProfileResult>(args);
  // A node sends nothing before it has begun.
  const begun = async () => (await readdir(folder)).filter((name) => name.endsWith('.partial'));
  await expect.poll(begun, { timeout: 20_000 }).toHaveLength(3);
  await rig.ok(['leader', 'step-down', '--cluster', rig.name]);
  const { data } = await taking;
  await writing.stop();

  expect(data.profiles.map(({ id }) => id)).toEqual(['n1', 'n2', 'n3']);
  expect(spread(data.profiles.map(({ startedMonoMs }) => startedMonoMs))).toBeLessThan(
    APART_MS_MAX,
  );
  const files = await Promise.all(data.profiles.map(({ file }) => content<CpuProfile>(file)));
  expect(spread(files.map(({ startTime }) => startTime / 1000))).toBeLessThan(APART_MS_MAX);
  for (const { nodes, samples, timeDeltas, startTime, endTime } of files) {
    expect(samples.length).toBeGreaterThan(100);
    expect(timeDeltas).toHaveLength(samples.length);
    const ids = new Set(nodes.map(({ id }) => id));
    expect(samples.every((id) => ids.has(id))).toBe(true);
    expect(timeDeltas.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(endTime - startTime);
  }

  const merged = await content<SpeedscopeFile>(data.merged?.file ?? '');
  expect(merged.profiles.map(({ name }) => name.slice(0, 2))).toEqual(['n1', 'n2', 'n3']);
  for (const { samples, weights, startValue, endValue } of merged.profiles) {
    expect(samples).toHaveLength(weights.length);
    expect(startValue).toBe(0);
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(endValue, 0);
  }
  const names = merged.shared.frames.map(({ name }) => name);
  expect(names).toContainEqual(expect.stringMatching(/^\[leader\.elected T\d+: elected by /));
  expect(names).toContainEqual(expect.stringMatching(/^\[transfer\.started T\d+: /));
  expect(data.merged?.silent).toEqual([]);
});
