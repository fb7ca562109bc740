/** `raftctl bench` as a user runs it: exit codes in both modes, files, signals, a real cluster. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { BenchResult } from '../../src/bench/result.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { launchRaftctl, raftctl } from '../doubles/program.ts';
import { RespTarget, type RespTargetInit } from '../doubles/resp-target.ts';

const targets: RespTarget[] = [];
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-bench-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  await Promise.all(targets.splice(0).map((target) => target.close()));
});

async function open(init: RespTargetInit = {}): Promise<RespTarget> {
  const target = await RespTarget.open(init);
  targets.push(target);
  return target;
}

interface Envelope {
  readonly schema: string;
  readonly data: BenchResult;
  readonly warnings: readonly string[];
  readonly error?: { readonly code: string; readonly exit: number };
}

async function bench(target: string, ...args: string[]) {
  const run = await raftctl(['bench', '--target', target, '--warmup', '0s', ...args]);
  const json = args.includes('--json') ? (JSON.parse(run.stdout) as Envelope) : null;
  return { ...run, json };
}

const MODES = [['plain', []] as const, ['--json', ['--json']] as const];

describe.each(MODES)('raftctl bench, %s,', (_name, mode) => {
  test('ends with 0 when the objectives are met', async () => {
    const target = await open();
    const slo = ['--slo', 'p99<10s', '--slo', 'err<=0%'];
    const run = await bench(`resp://${target.address}`, '-n', '500', '-c', '4', ...slo, ...mode);
    expect([run.code, run.stderr]).toEqual([0, '']);
    if (run.json === null) expect(run.stdout).toMatch(/500 sent, 500 answered, 0 failed/);
    else expect(run.json).toMatchObject({ schema: 'raftctl/bench/v1', warnings: [] });
  });

  test('ends with 6 when an objective is missed', async () => {
    const target = await open();
    const run = await bench(`resp://${target.address}`, '-n', '50', '--slo', 'p50<1us', ...mode);
    expect(run.code).toBe(6);
    const said = run.json === null ? run.stderr : run.json.warnings.join();
    expect(said).toContain('SLO_MISSED');
    if (run.json !== null) expect(run.json.data.slos).toMatchObject([{ isMet: false }]);
  });

  test('ends with 10 when the target is lost', async () => {
    let left = 100;
    const target = await open({
      answer: (_request, socket) => {
        left -= 1;
        if (left > 0) return '+OK\r\n';
        socket.destroy();
        if (left === 0) void targets.splice(0)[0]?.close();
        return null;
      },
    });
    const flags = ['-n', '1000000', '-c', '2', '--timeout', '300ms'];
    const run = await bench(`resp://${target.address}`, ...flags, ...mode);
    expect(run.code).toBe(10);
    const said = run.json === null ? run.stderr : run.json.warnings.join();
    expect(said).toMatch(
      /MEASUREMENT_INVALID.*target was lost|target was lost.*MEASUREMENT_INVALID/,
    );
  });

  test('ends with 3 when nobody is there', async () => {
    const run = await bench('resp://127.0.0.1:22999', '-d', '1s', ...mode);
    expect(run.code).toBe(3);
    expect(run.json?.error?.code ?? run.stderr).toContain('UNREACHABLE');
  });

  test('ends with 2 when a value cannot be read', async () => {
    const run = await bench('resp://127.0.0.1:22999', '--ratio', 'half', ...mode);
    expect(run.code).toBe(2);
    expect(run.json?.error?.code ?? run.stderr).toContain('USAGE');
  });

  test('ends with 130 and a marked report after Ctrl-C', async () => {
    const target = await open();
    const flags = [
      '--target',
      `resp://${target.address}`,
      '-c',
      '2',
      '-d',
      '60s',
      '--warmup',
      '0s',
    ];
    const child = launchRaftctl(['bench', ...flags, ...mode]);
    let stdout = '';
    child.stdout?.on('data', (text: Buffer) => {
      stdout += text.toString('utf8');
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await expect.poll(() => target.requests, { timeout: 20_000 }).toBeGreaterThan(1000);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    if (mode.length === 0) expect(stdout).toMatch(/PARTIAL +cut short/);
    else expect(JSON.parse(stdout)).toMatchObject({ data: { isPartial: true, isValid: true } });
  });
});

describe('raftctl bench', () => {
  test('takes flags from the environment', async () => {
    const target = await open();
    const env = { RAFTCTL_REQUESTS: '77', RAFTCTL_TARGET: `resp://${target.address}` };
    const run = await raftctl(['bench', '--json'], { env });
    expect(JSON.parse(run.stdout)).toMatchObject({ data: { requests: { answered: 77 } } });
  });

  test('writes .hgrm files that hold every request', async () => {
    const target = await open();
    const files = ['--hdr-file', join(folder, 'all.hgrm'), '--hdr-file-prefix', join(folder, 'p')];
    const run = await bench(`resp://${target.address}`, '-R', '500', '-d', '1s', ...files, '-q');
    expect([0, 10]).toContain(run.code); // The figures are there, whether or not this machine is quiet.
    expect((await readdir(folder)).sort()).toEqual([
      ...['all.hgrm', 'p.corrected.hgrm', 'p.lateness.hgrm', 'p.raw.hgrm', 'p.read.hgrm'],
      'p.write.hgrm',
    ]);
    const table = await readFile(join(folder, 'all.hgrm'), 'utf8');
    expect(table).toMatch(/^ +Value +Percentile +TotalCount 1\/\(1-Percentile\)/);
    expect(table).toMatch(/#\[Max .* Total count +=\s+500\]/);
    expect(await readFile(join(folder, 'p.corrected.hgrm'), 'utf8')).toBe(table);
  });

  test('several workers share clients, requests and keys without loss', async () => {
    const seen: string[] = [];
    const onBytes = (bytes: Buffer): void => {
      for (const match of bytes.toString('latin1').matchAll(/key:(\d{12})/g))
        seen.push(match[1] ?? '');
    };
    const target = await open({ onBytes });
    const flags = ['-n', '1000', '-c', '7', '-t', '3', '--ratio', '1:0', '--key-pattern', 'seq'];
    const run = await bench(
      `resp://${target.address}`,
      ...flags,
      '--key-maximum',
      '1000',
      '--json',
    );
    expect(run.json?.data.requests).toMatchObject({ sent: 1000, answered: 1000 });
    expect(run.json?.data.latency.raw.count).toBe(1000);
    expect(new Set(seen).size).toBe(1000);
  });
});

describe('raftctl bench on a cluster', () => {
  let rig: ClusterRig;
  const onCluster = async (...args: string[]) => {
    const where = ['--cluster', rig.name, '--dir', rig.directory];
    const run = await raftctl(['bench', ...where, '--json', ...args], { timeoutMs: 90_000 });
    return { code: run.code, envelope: JSON.parse(run.stdout) as Envelope };
  };

  beforeAll(async () => {
    rig = await ClusterRig.start({ portBase: 10430 });
  });
  afterAll(() => rig.dispose());

  test('goes to all nodes, the leader or a named one, over both protocols', async () => {
    const any = await onCluster('-n', '600', '-c', '6', '--pipeline', '4');
    expect(any.code).toBe(0);
    expect(any.envelope.data).toMatchObject({
      ...{ fsync: 'always', isValid: true, errors: {} },
      requests: { answered: 600, failed: 0 },
      targets: [{ node: 'n1' }, { node: 'n2' }, { node: 'n3' }],
    });
    const leader = await onCluster('-n', '100', '--target', 'leader');
    expect(leader.envelope.data.targets).toMatchObject([{ role: 'leader' }]);
    const http = await onCluster('-n', '200', '-c', '4', '--target', 'n2', '--driver', 'http');
    expect(http.envelope.data).toMatchObject({
      requests: { answered: 200, failed: 0 },
      targets: [{ node: 'n2' }],
    });
  });

  test('writes a history while a leader is killed, which is linearizable', async () => {
    const file = join(folder, 'history.jsonl');
    const running = onCluster('-R', '200', '-d', '5s', '--history', file);
    await expect
      .poll(async () => (await rig.glance()).nodes[0]?.commitIndex, { timeout: 20_000 })
      .toBeGreaterThan(((await rig.glance()).nodes[0]?.commitIndex ?? 0) + 300);
    const leader = await rig.leader();
    await rig.kill9(leader);
    await running;
    await rig.restart(leader);
    const judged = await raftctl(['check', 'linearizability', file, '--json']);
    expect(judged.code, judged.stderr).toBe(0);
    const { data } = JSON.parse(judged.stdout) as { data: Record<string, unknown> };
    expect(data).toMatchObject({ verdict: 'ok', model: 'kv' });
    expect((await readFile(file, 'utf8')).split('\n').length).toBeGreaterThan(500);
    const http = await onCluster('-n', '10', '--driver', 'http', '--history', file);
    expect([http.code, http.envelope.error?.code]).toEqual([2, 'USAGE']);
  });

  test('shows a pause of all nodes in the corrected p99 and not in the raw p50', async () => {
    const running = onCluster('-R', '300', '-d', '5s', '--ratio', '1:0', '--key-maximum', '100');
    const pids = (await rig.status()).data.nodes.flatMap(({ pid }) => pid ?? []);
    const committed = async (): Promise<number> =>
      (await rig.status()).data.nodes[0]?.commitIndex ?? 0;
    const before = await committed();
    await expect.poll(committed, { timeout: 20_000 }).toBeGreaterThan(before + 500);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    const { envelope } = await running;
    const { latency, requests, errors } = envelope.data;
    expect(requests.planned).toBe(1500);
    expect(requests.answered + requests.failed).toBe(1500);
    // 300 of 1500 were due in the pause: p99 is what the fifteenth longest of them waited.
    expect(latency.corrected?.p99Us).toBeGreaterThan(850_000);
    expect(latency.raw.p50Us).toBeLessThan(200_000);
    expect(errors['unsent'] ?? 0).toBe(0);
  });
});
