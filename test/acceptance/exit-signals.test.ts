/** Exit codes that need no cluster: broken promises, a disk that refuses, SIGTERM; both modes. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchRaftctl, raftctl } from '../doubles/program.ts';
import { RespTarget } from '../doubles/resp-target.ts';

let folder: string;
let target: RespTarget;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-exit-signals-'));
  target = await RespTarget.open();
});
afterAll(async () => {
  await target?.close();
  await rm(folder, { recursive: true, force: true });
});

const MODES = [['plain', []] as const, ['--json', ['--json']] as const];

describe.each(MODES)('%s', (_name, mode) => {
  test('9: a history that no order explains', async () => {
    const history = join(folder, 'history.jsonl');
    const put = { client: 'a', op: 'put', key: 'k', value: '1', startUs: 0, endUs: 10 };
    const get = { client: 'b', op: 'get', key: 'k', result: '2', startUs: 20, endUs: 30 };
    await writeFile(history, `${JSON.stringify(put)}\n${JSON.stringify(get)}\n`);
    const run = await raftctl(['check', 'linearizability', history, ...mode]);
    expect(run.code).toBe(9);
    expect(mode.length === 0 ? run.stderr : run.stdout).toContain('NOT_LINEARIZABLE');
  });

  test('11: a file that cannot be written', async () => {
    const place = join(folder, 'history.jsonl', 'below-a-file');
    const run = await raftctl(['deploy', 'k8s', '--output', place, ...mode]);
    expect(run.code).toBe(11);
    if (mode.length === 0) expect(run.stderr).toContain('[DISK_FAILED]');
    else expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'DISK_FAILED', exit: 11 } });
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s: %d, and what was measured until then', async (signal, exit) => {
    const before = target.requests;
    const load = ['bench', '--target', `resp://${target.address}`, '--warmup', '0s', '-d', '5m'];
    const child = launchRaftctl([...load, '--no-store', ...mode]);
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    await expect.poll(() => target.requests, { timeout: 60_000 }).toBeGreaterThan(before + 100);
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([exit, null]);
    if (mode.length === 0) expect(said).toMatch(/\d sent, /);
    else expect(JSON.parse(said)).toMatchObject({ schema: 'raftctl/bench/v1' });
  });
});
