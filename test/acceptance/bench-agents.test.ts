/** `bench --agents`: load from other processes, as from other machines, and what becomes of it. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BenchResult } from '../../src/bench/result.ts';
import { Launched } from '../doubles/launched.ts';
import { launchRaftctl, type RunResult, raftctl } from '../doubles/program.ts';
import { RespTarget } from '../doubles/resp-target.ts';

let folder: string;
let target: RespTarget;
const running: Launched[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-agents-'));
  await writeFile(join(folder, 'token'), `${'5a'.repeat(16)}\n`);
  target = await RespTarget.open();
});
afterEach(async () => {
  for (const agent of running.splice(0)) agent.signal('SIGKILL');
  await target.close();
  await rm(folder, { recursive: true, force: true });
});

/** @returns where it listens. */
async function agent(): Promise<{ address: string; launched: Launched }> {
  const words = [
    'bench',
    'agent',
    '--listen',
    '127.0.0.1:0',
    '--token-file',
    join(folder, 'token'),
  ];
  const launched = new Launched(launchRaftctl(words));
  running.push(launched);
  await launched.seen(/Listening on \S+:\d+/);
  return { launched, address: /Listening on (\S+)/.exec(launched.output)?.[1] ?? '' };
}

function words(agents: readonly string[], ...more: string[]): string[] {
  return [
    ...['bench', '--agents', agents.join(','), '--agents-token-file', join(folder, 'token')],
    ...['--target', target.address, '--clients', '4', '--workers', '1', '--warmup', '200ms'],
    ...['--runs-dir', join(folder, 'runs'), '--json', ...more],
  ];
}

function resultIn({ stdout }: RunResult): BenchResult {
  return (JSON.parse(stdout) as { data: BenchResult }).data;
}

test('bench --agents: two make half of the load each, and their histograms are one', async () => {
  const [one, other] = [await agent(), await agent()];
  const addresses = [one.address, other.address];
  const run = await raftctl(words(addresses, '--rate', '200', '-d', '2s'));
  expect([0, 10], run.stdout + run.stderr).toContain(run.code);
  const result = resultIn(run);
  expect(result.requests).toMatchObject({ planned: 400, answered: 400 });
  expect(result.agents?.map(({ address, answered }) => [address, answered])).toEqual([
    ...[
      [one.address, 200],
      [other.address, 200],
    ],
  ]);
  expect(result.workload.workers).toBe(2);
  const [id = ''] = await readdir(join(folder, 'runs'));
  const merged = await raftctl([
    'bench',
    'hist',
    'merge',
    join(folder, 'runs', id, 'latency.hlog'),
  ]);
  expect(merged.stdout).toMatch(/corrected\.write +\S+ \S+ +2\d\d/);
  expect(await readFile(join(folder, 'runs', id, 'run.json'), 'utf8')).toContain('"agents"');
});

test('bench --agents: one that is lost is named, and the run is invalid', async () => {
  const [one, other] = [await agent(), await agent()];
  const child = launchRaftctl(words([one.address, other.address], '-d', '30s', '--no-store'));
  const bench = new Launched(child);
  await one.launched.seen(/measures/);
  await expect.poll(() => target.connected, { timeout: 10_000 }).toBe(4);
  other.launched.signal('SIGKILL');
  expect((await bench.ended()).code).toBe(10);
  expect(bench.output).toContain(`agent ${other.address} was lost`);
});

test('bench --agents: Ctrl-C and a bench that is gone end the load there', async () => {
  const { address, launched } = await agent();
  for (const name of ['SIGINT', 'SIGKILL'] as const) {
    const child = launchRaftctl(words([address], '-d', '60s', '--no-store'));
    await expect.poll(() => target.connected, { timeout: 10_000 }).toBe(4);
    child.kill(name);
    await expect.poll(() => target.connected, { timeout: 10_000 }).toBe(0);
  }
  launched.signal('SIGINT');
  expect((await launched.ended()).code).toBe(130);
  expect(launched.output).toContain('Made load for 2 runs');
});
