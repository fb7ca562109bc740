import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LiveBench } from '../wire/live-bench.ts';
import { LiveBenchFile, liveBenches } from './live-benches.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-benches-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const NO_LATENCY = { corrected: null, raw: null };
const BENCH: Omit<LiveBench, 'v' | 'pid' | 'updatedAtMs'> = {
  ...{ plan: 'open loop, 500/s', label: '', elapsedMs: 1000, durationMs: 10_000, doneShare: 0.1 },
  ...{
    askedPerS: 500,
    answeredPerS: 499,
    sent: 500,
    answered: 499,
    failed: 1,
    errors: { busy: 1 },
  },
  ...{ latency: NO_LATENCY, recent: NO_LATENCY, latenessP99Us: 10, slos: [] },
};

test('LiveBenchFile shows how a run goes to whoever asks for those of the cluster', async () => {
  const file = new LiveBenchFile(folder);
  expect(await liveBenches(folder)).toEqual([]);
  file.show(BENCH);
  await expect.poll(() => liveBenches(folder)).toMatchObject([{ ...BENCH, pid: process.pid }]);
  expect((await stat(join(folder, 'benches', `${process.pid}.json`))).mode & 0o777).toBe(0o600);
  await file.remove();
  expect(await liveBenches(folder)).toEqual([]);
  file.show(BENCH);
  expect(await readdir(join(folder, 'benches'))).toEqual([]);
});

test('LiveBenchFile does not bring back the folder of a cluster that was removed', async () => {
  const gone = join(folder, 'gone');
  const file = new LiveBenchFile(gone);
  file.show(BENCH);
  await file.remove();
  expect(await readdir(folder)).toEqual([]);
});

test('liveBenches removes what a dead process left, and reads on where a file is no bench', async () => {
  const file = new LiveBenchFile(folder);
  file.show(BENCH);
  await expect.poll(() => liveBenches(folder)).toHaveLength(1);
  const dead = spawn('true');
  await once(dead, 'exit');
  const own = join(folder, 'benches', `${process.pid}.json`);
  const left = join(folder, 'benches', `${dead.pid}.json`);
  await writeFile(left, await readFile(own, 'utf8'));
  await writeFile(join(folder, 'benches', 'notes.txt'), 'hello');
  await writeFile(join(folder, 'benches', `${process.ppid}.json`), '{"v":1');
  expect(await liveBenches(folder)).toHaveLength(1);
  expect((await readdir(join(folder, 'benches'))).sort()).not.toContain(`${dead.pid}.json`);
  await file.remove();
});
