/** Runs that `raftctl bench` keeps, and what is done with them, as a user does it. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Knee } from '../../src/bench/knee.ts';
import type { BenchResult } from '../../src/bench/result.ts';
import type { RunComparison } from '../../src/bench/run-comparison.ts';
import type { RunRow } from '../../src/bench/run-list.ts';
import type { StoredRun } from '../../src/bench/run-store.ts';
import { raftctl } from '../doubles/program.ts';
import { RespStore } from '../doubles/resp-store.ts';
import { RespTarget } from '../doubles/resp-target.ts';

/** What a slow server takes longer: far beyond the noise of a busy machine. */
const SLOW_MS = 40;

let folder = '';
let fast: RespTarget;
let slow: RespTarget;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-bench-runs-'));
  fast = await RespTarget.open();
  slow = await RespTarget.open({
    answer: (_request, socket) => {
      setTimeout(() => socket.write('+OK\r\n'), SLOW_MS);
      return null;
    },
  });
});
afterAll(async () => {
  await Promise.all([fast, slow].map((target) => target?.close()));
  await rm(folder, { recursive: true, force: true });
});

async function run(...args: string[]) {
  const result = await raftctl(['bench', ...args, '--runs-dir', join(folder, 'runs')]);
  return { ...result, said: result.stdout + result.stderr };
}

async function measure(target: RespTarget, ...more: string[]) {
  const load = ['--warmup', '0s', '-n', '40', '-c', '2', ...more];
  return run('--target', `resp://${target.address}`, ...load);
}

async function listed(...args: string[]): Promise<RunRow[]> {
  const { stdout } = await run('list', '--json', ...args);
  return (JSON.parse(stdout) as { data: { runs: RunRow[] } }).data.runs;
}

test('bench --repeat keeps every run, and shows the one in the middle', async () => {
  const first = await measure(fast, '--repeat', '3', '--tag', 'quick', '--json');
  expect(first.code, first.said).toBe(0);
  const { data } = JSON.parse(first.stdout) as {
    data: { run: string; repeats: { run: string; throughputPerSecond: number }[] };
  };
  const rates = data.repeats.map((row) => row.throughputPerSecond).toSorted((a, b) => a - b);
  const middle = data.repeats.find((row) => row.run === data.run);
  expect(middle?.throughputPerSecond).toBe(rates[1]);
  const rows = await listed('--tag', 'quick');
  expect(rows.map(({ id }) => id).reverse()).toEqual(data.repeats.map((row) => row.run));
  expect(new Set(rows.map(({ group }) => group)).size).toBe(1);
  expect(rows[0]?.command.slice(0, 2)).toEqual(['bench', '--target']);
  const shown = await run('show', 'quick');
  expect(shown.stdout).toContain(`raftctl bench --target resp://${fast.address}`);
  expect(shown.stdout).toContain('latency.hlog');
});

test('bench --no-store keeps nothing', async () => {
  const before = await listed();
  expect((await measure(fast, '--no-store')).code).toBe(0);
  expect(await listed()).toEqual(before);
});

test('bench compare of two targets ends with 8 when the second is worse, and with 0 when not', async () => {
  const targets = [fast, slow].map((target) => `resp://${target.address}`) as [string, string];
  const load = ['--repeat', '4', '--warmup', '0s', '-n', '40', '-c', '2'];
  const worse = await run('compare', ...targets, ...load);
  expect(worse.code, worse.said).toBe(8);
  expect(worse.stdout).toMatch(/^rate \* .* -9\d\.\d % .* 0\.029 +WORSE$/m);
  expect(worse.stderr).toContain('[REGRESSION_FOUND]');
  const rows = await listed();
  // Each side was as often early as late.
  const order = rows.slice(0, 8).map(({ target }) => (target === fast.address ? 'A' : 'B'));
  expect(order.reverse().join('')).toBe('ABBAABBA');
  const [ofB, ofA] = [rows[1], rows[0]].map((row) => row?.group ?? '');
  const again = await run('compare', ofA ?? '', ofB ?? '', '--json');
  expect(again.code, again.said).toBe(8);
  expect(again.stdout).toContain('"REGRESSION_FOUND: ');
  const stored = await run('compare', ofB ?? '', ofA ?? '', '--json');
  expect(stored.code, stored.said).toBe(0);
  const { data } = JSON.parse(stored.stdout) as { data: RunComparison };
  expect(data).toMatchObject({ repeats: { before: 4, after: 4 }, verdict: 'better' });
});

test('bench compare refuses runs of unlike machines and loads, unless forced', async () => {
  await measure(fast, '--tag', 'here');
  await measure(fast, '--tag', 'larger', '--data-size', '100');
  const unlike = await run('compare', 'here', 'larger');
  expect(unlike.code).toBe(7);
  expect(unlike.stderr).toMatch(/dataBytes: 64, not 100 \[RUNS_DIFFER\]/);
  expect((await run('compare', 'here', 'larger', '--force')).stdout).toContain(
    'Undecided: chance can be ruled out from 4 repeats of each on.',
  );
  await measure(fast, '--tag', 'elsewhere');
  const [row] = await listed('--tag', 'elsewhere');
  const path = join(folder, 'runs', row?.id ?? '', 'run.json');
  const record = JSON.parse(await readFile(path, 'utf8')) as StoredRun;
  const environment = { ...record.result.environment, cores: 1000 };
  const moved = { ...record, result: { ...record.result, environment } };
  await writeFile(path, JSON.stringify(moved));
  const elsewhere = await run('compare', 'here', 'elsewhere', '--json');
  expect(elsewhere.code).toBe(7);
  expect(elsewhere.stdout).toMatch(/cores: \d+, not 1000/);
});

test('bench export and rerun: the same load again, from the file', async () => {
  await measure(slow, '--tag', 'origin', '--seed', '9');
  const capsule = join(folder, 'origin.tar.gz');
  expect((await run('export', 'origin', '-o', capsule)).code).toBe(0);
  expect((await run('export', 'origin', '--csv', '-o', join(folder, 'origin'))).code).toBe(0);
  const table = await readFile(join(folder, 'origin.percentiles.csv'), 'utf8');
  expect(table).toMatch(/^raw,write,50,\d+[.\d]*,\d+$/m);
  const target = ['--target', `resp://${fast.address}`];
  const again = await run('rerun', capsule, ...target);
  expect(again.code, again.said).toBe(0);
  expect(again.stdout).toMatch(/^p50 +-9\d\.\d % against/m);
  const [row] = await listed();
  expect(row?.tags).toEqual([expect.stringMatching(/^rerun=/)]);
  const { data } = JSON.parse((await run('show', '--json')).stdout) as {
    data: { result: { workload: { seed: number; requests: number } } };
  };
  expect(data.result.workload).toMatchObject({ seed: 9, requests: 40 });
});

test('bench matrix measures what is missing, and only that', async () => {
  const file = join(folder, 'matrix.toml');
  const targets = `targets = ["resp://${fast.address}", "resp://${slow.address}"]`;
  const load = '[bench]\nrequests = 10\nwarmup = "0s"\n[vary]\nclients = [1, 2]\n';
  await writeFile(file, `repeat = 1\n${targets}\n${load}`);
  const first = await run('matrix', file, '--json');
  expect(first.code, first.said).toBe(0);
  const rowsOf = (stdout: string) => {
    const { data } = JSON.parse(stdout) as {
      data: { rows: { target: string; varied: object; runs: string[]; p50Us: number }[] };
    };
    return data.rows;
  };
  const rows = rowsOf(first.stdout);
  expect(rows.map(({ varied, runs }) => [varied, runs.length])).toEqual([
    ...[1, 1, 2, 2].map((clients) => [{ clients: String(clients) }, 1]),
  ]);
  expect(rows[1]?.p50Us).toBeGreaterThan(rows[0]?.p50Us ?? 0);
  await writeFile(file, `repeat = 2\n${targets}\n${load}`);
  const page = join(folder, 'matrix.html');
  const second = await run('matrix', file, '--html', page);
  expect(second.stdout).toMatch(/^p99 by (clients|target) and (clients|target)$/m);
  expect(await readFile(page, 'utf8')).toContain('class="n cell level8"');
  expect(second.stderr).toContain('4 of 8 runs are there');
  expect(second.stdout).toMatch(/^TARGET +SERVER +CLIENTS +RUNS +RATE/);
  const before = await listed();
  const third = rowsOf((await run('matrix', file, '--json')).stdout);
  expect(third.map(({ runs }) => runs.length)).toEqual([2, 2, 2, 2]);
  expect(third.map(({ runs }) => runs[0])).toEqual(rows.map(({ runs }) => runs[0]));
  expect(await listed()).toEqual(before);
});

test('bench knee keeps its steps and their curve, and ends with 6 when not even the lowest holds', async () => {
  const short = ['--rate', '100', '--warmup', '0s', '-c', '2', '--step-duration', '300ms'];
  const target = ['--target', `resp://${fast.address}`];
  const climbed = await run('knee', ...target, ...short, '--steps', '3', '--slo', 'p99<10s');
  expect(climbed.code, climbed.said).toBe(0);
  expect(climbed.stdout).toMatch(/^At least \d+\/s hold p99<10s; there were no steps left$/m);
  const steps = await listed();
  expect(new Set(steps.slice(0, 3).map(({ group }) => group)).size).toBe(1);
  const page = join(folder, 'knee.html');
  expect((await run('report', 'knee', '--html', page)).code).toBe(0);
  expect(await readFile(page, 'utf8')).toContain('Latency by rate');
  const refusing = await RespTarget.open({ answer: () => '-ERR no\r\n' });
  const failing = ['--target', `resp://${refusing.address}`, '--slo', 'err<1%'];
  const none = await run('knee', ...failing, ...short, '--json');
  await refusing.close();
  expect(none.code, none.said).toBe(6);
  const { data } = JSON.parse(none.stdout) as { data: Knee };
  expect(data).toMatchObject({ kneePerSecond: null, missesPerSecond: 10, limit: 'objective' });
  expect(data.points).toHaveLength(2);
});

test('bench --verify ends with 9 when what was acknowledged is not there', async () => {
  const load = ['--verify', '--ratio', '1:0', '--key-maximum', '10'];
  const wrong = await measure(fast, ...load, '--json');
  expect(wrong.code, wrong.said).toBe(9);
  const { data, warnings } = JSON.parse(wrong.stdout) as {
    data: BenchResult;
    warnings: readonly string[];
  };
  expect(data.verification).toMatchObject({ sound: 0, foreign: data.verification?.keys });
  expect(warnings.join()).toContain('WRITE_LOST: ');
  const store = await RespStore.open();
  const right = await run('--target', `resp://${store.address}`, '-n', '200', '-c', '4', ...load);
  await store.close();
  expect(right.code, right.said).toBe(0);
  expect(right.stdout).toMatch(/^verified +10 of 10 keys as written;/m);
  expect((await run('show')).stdout).toMatch(/^verified +10 of 10 keys/m);
});

test('bench list names runs that cannot be read', async () => {
  await measure(fast);
  const broken = '7ZZZZZZZZZZZZZZZZZZZZZZZZZ';
  await mkdir(join(folder, 'runs', broken), { recursive: true });
  await writeFile(join(folder, 'runs', broken, 'run.json'), '{');
  const plain = await run('list');
  expect(plain.code).toBe(0);
  expect(plain.stderr).toMatch(/^Left out 7Z+: Cannot read .*run\.json as a stored run$/m);
  const json = JSON.parse((await run('list', '--json')).stdout) as { data: object };
  expect(json.data).toMatchObject({ unreadable: [{ id: broken, why: expect.any(String) }] });
  await rm(join(folder, 'runs', broken), { recursive: true });
});
