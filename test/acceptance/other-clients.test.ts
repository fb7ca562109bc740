/** Clients that nobody here wrote: redis-cli, curl, redis-benchmark. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { type RunResult, runProgram, scaled } from '../doubles/program.ts';

const BENCHMARK_REQUESTS = scaled(10_000, 100_000);
const BENCHMARK_TIMEOUT_MS = 120_000;

let rig: ClusterRig;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 14050 });
});

afterAll(() => rig?.dispose());

test('redis-cli reads on n3 what it wrote on n1', async () => {
  const set = await redisCli('n1', 'set', 'a', '1');
  const get = await redisCli('n3', 'get', 'a');
  expect([set.stdout, get.stdout]).toEqual(['OK\n', '1\n']);
  expect([set.code, get.code]).toEqual([0, 0]);
});

test('redis-cli in RESP3 reads its own pipeline on every node', async () => {
  for (const id of rig.ids()) {
    const args = ['-3', '-p', String(rig.clientPort(id))];
    const stdin = `SET three:${id} x\nGET three:${id}\nINCR count:${id}\nDEL three:${id}\nGET three:${id}\n`;
    const { stdout } = await runProgram('redis-cli', args, { stdin });
    expect(stdout).toBe('OK\nx\n1\n1\n\n');
  }
});

test('curl reads on n3 what it posted on n2', async () => {
  const post = await curl('-X', 'POST', url('n2', '/key'), '-d', '{"foo":"bar"}');
  expect(post.status).toBe('200');
  const get = await curl(url('n3', '/key/foo'));
  expect(get).toEqual({ status: '200', body: '{"foo":"bar"}' });
});

test('curl deletes on n1 and finds nothing on n2, nor does redis-cli', async () => {
  await curl('-X', 'POST', url('n3', '/key'), '-d', '{"gone":"soon"}');
  expect((await curl('-X', 'DELETE', url('n1', '/key/gone'))).status).toBe('200');
  expect(await curl(url('n2', '/key/gone'))).toEqual({ status: '200', body: '{"gone":""}' });
  expect((await redisCli('n3', 'exists', 'gone')).stdout).toBe('0\n');
});

test('curl and redis-cli see the same keys', async () => {
  await redisCli('n2', 'set', 'shared', 'by redis');
  expect((await curl(url('n1', '/key/shared'))).body).toBe('{"shared":"by redis"}');
});

test('curl gets the status of every node', async () => {
  for (const id of rig.ids()) {
    const { status, body } = await curl(url(id, '/status'));
    expect(status).toBe('200');
    expect(() => JSON.parse(body)).not.toThrow();
  }
});

test.for(['n1', 'n2', 'n3'])(
  'redis-benchmark ends without errors on %s',
  { timeout: BENCHMARK_TIMEOUT_MS },
  async (id) => {
    expectFaultless(await benchmark(id));
  },
);

test.for(['leader', 'follower'] as const)(
  'redis-benchmark on the %s ends without errors while a follower is killed and restarted',
  { timeout: 2 * BENCHMARK_TIMEOUT_MS },
  async (role) => {
    const leader = await rig.leader();
    const [target = '', victim = ''] =
      role === 'leader'
        ? [leader, rig.ids().find((id) => id !== leader)]
        : rig.ids().filter((id) => id !== leader);
    let isOver = false;
    const faults = async (): Promise<void> => {
      for (let round = 0; round < scaled(1, 3); round += 1) {
        await rig.kill9(victim);
        await rig.ok(['node', 'restart', victim]);
      }
      isOver = true;
    };
    const results: RunResult[] = [];
    const load = async (): Promise<void> => {
      do results.push(await benchmark(target));
      while (!isOver);
    };
    await Promise.all([load(), faults()]);
    for (const result of results) expectFaultless(result);
    await rig.healthy();
  },
);

function redisCli(id: string, ...args: readonly string[]): Promise<RunResult> {
  return runProgram('redis-cli', ['-p', String(rig.clientPort(id)), ...args]);
}

function benchmark(id: string): Promise<RunResult> {
  const flags = `-t set,get,incr,mset -n ${BENCHMARK_REQUESTS} -c 50 -P 16 -q`;
  const args = ['-p', String(rig.clientPort(id)), ...flags.split(' ')];
  return runProgram('redis-benchmark', args, { timeoutMs: BENCHMARK_TIMEOUT_MS });
}

function expectFaultless(result: RunResult): void {
  expect(result.code, result.stdout + result.stderr).toBe(0);
  expect(result.stderr).toBe('');
  expect(result.stdout).not.toMatch(/error/i);
  for (const name of ['SET', 'GET', 'INCR', 'MSET (10 keys)']) {
    expect(result.stdout).toContain(`${name}: `);
  }
  expect(result.stdout.match(/requests per second/g)).toHaveLength(4);
}

function url(id: string, path: string): string {
  return `http://localhost:${rig.clientPort(id)}${path}`;
}

async function curl(...args: readonly string[]): Promise<{ status: string; body: string }> {
  const result = await runProgram('curl', ['-s', '-S', '-w', '\n%{http_code}', ...args]);
  expect(result.code, result.stderr).toBe(0);
  const cut = result.stdout.lastIndexOf('\n');
  return { status: result.stdout.slice(cut + 1), body: result.stdout.slice(0, cut).trimEnd() };
}
