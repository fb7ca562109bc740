/**
 * `raftctl experiment`: the experiments of raft-demo's thesis, with short times. Ports: 26600 to
 * 26699 for clients and loggers, Raft's 1000 and those of administration 2000 above; 26800 and
 * 26900 up for transfers and for answers by UDP.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExperimentReport, PointRow } from '../../src/scenarios/experiment/report.ts';
import { Launched } from '../doubles/launched.ts';
import { launchRaftctl, type RunResult, raftctl } from '../doubles/program.ts';

const PATIENCE_MS = 90_000;
const RUN_MS_MAX = 150_000;
const POLL_MS = 20;
const CONFIGURATIONS = ['NotLog', 'AppLogger', 'DecoupLog'];
const PROFILE = `
[experiment]
title = "The thesis, shorter"
reference = "thesis.json"
replicas = 1
keys = 1000
samplePercent = 100
thinkingTime = "2ms"

[[experiment.sweep]]
app = "kvstore"
sizes = [128]
clients = [3]

[experiment.loggers]
clusters = [1]
rate = 200

[experiment.recovery]
minutes = [2]
commandsPerMinute = 60000
repeats = 1

[[experiment.floor]]
points = "kvstore/NotLog/*"
metric = "commandsPerSecond"
atLeast = 1

[[experiment.floor]]
points = "recovery/*"
metric = "loggerCommands"
atLeast = 100000000
`;
const REFERENCE = {
  name: 'thesis',
  source: 'a thesis',
  setting: 'machines of then',
  points: {
    'kvstore/NotLog/128/3': { commandsPerSecond: 470.5, p90Ms: 1.25 },
    'recovery/2': { loggerTransferSeconds: 2.5, loggerInstallSeconds: 1.5, loggerTotalSeconds: 4 },
  },
};

let folder: string;
let results: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-experiment-'));
  results = join(folder, 'results');
  await writeFile(join(folder, 'short.toml'), PROFILE);
  await writeFile(join(folder, 'thesis.json'), JSON.stringify(REFERENCE));
});
afterAll(async () => {
  // Only after a failure is there any.
  for (const pid of processes()) process.kill(Number(pid), 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function words(...more: string[]): string[] {
  const own = (flag: string, value: string) => (more.includes(flag) ? [] : [flag, value]);
  const shortly = [...own('--seconds', '2'), ...own('--output', results)];
  const fixed = ['experiment', 'run', join(folder, 'short.toml'), '--port-base', '26600'];
  return [...fixed, ...shortly, ...more];
}

/** Waits for a file, or a folder: a busy machine takes its time to start clusters. */
async function appears(path: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!existsSync(path)) {
    if (performance.now() > deadline) throw new Error(`There is no ${path}`);
    await sleep(POLL_MS);
  }
}

function run(...more: string[]): Promise<RunResult> {
  return raftctl(words(...more), { cwd: folder, timeoutMs: RUN_MS_MAX });
}

/** Processes whose command line names the folder. */
function processes(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
    } catch {
      return false;
    }
  });
}

function pointOf(path: string): string {
  return join(results, path, 'point.json');
}

function dataOf<T>({ stdout }: RunResult): T {
  return (JSON.parse(stdout) as { data: T }).data;
}

test('52: a sweep that is interrupted leaves nothing half, and goes on where it was', async () => {
  const sweep = new Launched(launchRaftctl(words('--only', 'sweep'), { cwd: folder }));
  await appears(pointOf('kvstore/NotLog/128/3'));
  await appears(join(results, '.work', 'clusters', 'app1', 'n1'));
  sweep.signal('SIGINT');
  expect((await sweep.ended()).code).toBe(130);
  expect(sweep.output).toContain('INTERRUPTED');
  expect(processes()).toEqual([]);
  expect(existsSync(join(results, '.work'))).toBe(false);
  expect(readdirSync(join(results, 'kvstore'))).not.toContain('DecoupLog');
  const first = await readFile(pointOf('kvstore/NotLog/128/3'), 'utf8');

  const again = await run('--only', 'sweep', '--json');
  expect([again.code, again.stderr]).toEqual([0, '']);
  const data = dataOf<ExperimentReport & { measured: number; kept: number }>(again);
  expect([data.measured, data.kept]).toEqual([2, 1]);
  expect(data.points.map(({ configuration }) => configuration)).toEqual(CONFIGURATIONS);
  expect(await readFile(pointOf('kvstore/NotLog/128/3'), 'utf8')).toBe(first);
  expect(processes()).toEqual([]);
  for (const name of CONFIGURATIONS) {
    const point = join(results, 'kvstore', name, '128', '3');
    const loggers = name === 'DecoupLog' ? ['log1-throughput.out', 'log2-throughput.out'] : [];
    const servers = ['n1-throughput.out'];
    expect(readdirSync(point).sort()).toEqual(
      ['3c-latency.out', 'client-config.toml', ...loggers, ...servers, 'point.json'].sort(),
    );
    for (const file of ['3c-latency.out', ...loggers, ...servers]) {
      const numbers = readFileSync(join(point, file), 'utf8').trimEnd().split('\n').map(Number);
      expect([file, numbers.every((number) => Number.isSafeInteger(number))]).toEqual([file, true]);
      expect([file, Math.max(...numbers) > 0]).toEqual([file, true]);
    }
  }
  for (const { metrics } of data.points) {
    expect(metrics['commandsPerSecond']).toBeGreaterThan(0);
    expect(metrics['p90Ms']).toBeGreaterThan(0);
  }
});

test('53, 86: loggers, recovery, floors; the report has their numbers beside ours', async () => {
  const rest = await run('--only', 'loggers,recovery');
  expect(rest.code, rest.stderr).toBe(6);
  expect(rest.stderr).toContain('loggerCommands of recovery/2 is ');
  expect(rest.stderr).toContain('[FLOOR_MISSED]');
  const told = await raftctl(['experiment', 'report', results, '--json']);
  const { points, floors } = dataOf<ExperimentReport>(told);
  expect(floors.map(({ isMet }) => isMet)).toEqual([true, false]);
  const metricsOf = (path: string) => points.find((point) => point.path === path)?.metrics ?? {};
  const { commandsPerSecond, loggerCommandsPerSecond } = metricsOf('loggers/1');
  expect(commandsPerSecond).toBeGreaterThan(100);
  expect(loggerCommandsPerSecond).toBeGreaterThan(100);
  const recovery = metricsOf('recovery/2');
  // Two minutes of two seconds each.
  expect(recovery['loggerCommands']).toBeGreaterThanOrEqual(4000);
  expect(recovery['loggerCommands']).toBe(recovery['applicationCommands']);
  expect(recovery['loggerMegabytes']).toBe(recovery['applicationMegabytes']);

  const csv = join(folder, 'tables');
  const figures = join(folder, 'figures');
  const files = ['--csv', csv, '--figures', figures];
  const { stdout } = await raftctl(['experiment', 'report', results, ...files]);
  const own = points.find(({ configuration }) => configuration === 'NotLog') as PointRow;
  const rate = Math.round(own.metrics['commandsPerSecond'] ?? 0);
  const p90 = own.metrics['p90Ms']?.toFixed(2);
  const shown = `^NotLog +3 +${rate} +${p90?.replace('.', '[.]')} +471 +1[.]25`;
  expect(stdout.replaceAll(/(\d),(?=\d{3})/g, '$1')).toMatch(new RegExp(shown, 'm'));
  expect(stdout).toMatch(
    /^minutes +from +of +transfer s +install s +total s +MB +commands +installed\/s +MB\/s$/m,
  );
  expect(stdout).toMatch(/^ +2 +logger +thesis +2[.]50 +1[.]50 +4[.]00 +- +-/m);
  const page = readFileSync(join(results, 'report.html'), 'utf8');
  expect(page.match(/<svg/g)).toHaveLength(6);
  expect(page).not.toMatch(/https?:|<script|<link|<img|src=/);
  expect(readdirSync(figures)).toHaveLength(6);
  expect(readdirSync(csv).sort()).toEqual([
    'floors.csv',
    'loggers.csv',
    'recovery.csv',
    'sweep-kvstore-128.csv',
  ]);
  expect(readFileSync(join(csv, 'sweep-kvstore-128.csv'), 'utf8')).toMatch(
    /^configuration,clients,cmd\/s,p90 ms,thesis cmd\/s,thesis p90 ms,.*\r\nNotLog,3,[\d.]+,[\d.]+,470[.]5,1[.]25,/,
  );
});

test('what does not belong together is not mixed', async () => {
  const longer = await run('--seconds', '3', '--only', 'sweep');
  expect([longer.code, longer.stderr]).toEqual([
    2,
    expect.stringContaining('kvstore/NotLog/128/3 was measured with another duration'),
  ]);
  const elsewhere = await run('--output', folder);
  expect(elsewhere.stderr).toContain('there is something else in it [EXPERIMENT_DIFFERS]');
  const nothing = await run('--points', 'kvstore/Nothing/*');
  expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining('no point of')]);
  const report = await raftctl(['experiment', 'report', folder]);
  expect([report.code, report.stderr]).toEqual([2, expect.stringContaining('EXPERIMENT_INVALID')]);
});

test('a wrong profile is told with line and key', async () => {
  const path = join(folder, 'wrong.toml');
  await writeFile(path, '[experiment]\nreplica = 3\n[[experiment.sweep]]\napp = "kvstor"\n');
  const { code, stderr } = await raftctl(['experiment', 'run', path]);
  expect(code).toBe(2);
  expect(stderr).toContain('line 2, key experiment.replica: there is no such key');
  expect(stderr).toContain('line 4, key experiment.sweep.0.app: ');
  expect(stderr).toContain('Did you mean: replicas?');
});
