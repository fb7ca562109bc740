/** hraftd's fork with Redis commands; the numbers are those of docs/older-systems.md. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { curl } from '../doubles/curl.ts';
import { OldPrograms } from '../doubles/old-programs.ts';
import { runProgram, scaled } from '../doubles/program.ts';
import { RedisServer } from '../doubles/redis-server.ts';

const REDIS_PORT = '25302';
const BENCHMARK_REQUESTS = scaled(10_000, 100_000);

let programs: OldPrograms;

beforeAll(async () => {
  programs = await OldPrograms.prepare();
  const flags = ['-haddr', ':25300', '-raddr', ':25301', '-redisPort', REDIS_PORT];
  const node = await programs.start('fork', 'hraftd-redis', ...flags, 'node0');
  await node.seen(/hraftd started successfully/);
});
afterAll(() => programs.dispose());

async function redisCli(...words: string[]): Promise<string> {
  const { stdout } = await runProgram('redis-cli', ['-p', REDIS_PORT, ...words]);
  return stdout.trimEnd();
}

test('72: strings, PING, LEADER', async () => {
  expect(await redisCli('set', 'key1', 'value1')).toBe('OK');
  expect(await redisCli('get', 'key1')).toBe('value1');
  expect(await redisCli('--no-raw', 'get', 'none')).toBe('(nil)');
  expect(await redisCli('del', 'key1')).toBe('OK');
  expect(await redisCli('ping')).toBe('PONG');
  expect(await redisCli('leader')).toBe('127.0.0.1:25301');
});

test('73: sets and sorted sets', async () => {
  expect(await redisCli('sadd', 's', 'a')).toBe('1');
  expect(await redisCli('smembers', 's')).toBe('a');
  await redisCli('srem', 's', 'a');
  expect(await redisCli('smembers', 's')).toBe('');
  await redisCli('zadd', 'z', '5', 'm');
  expect(await redisCli('zscore', 'z', 'm')).toBe('5');
  expect(await redisCli('zrange', 'z', '0', '-1', 'withscores')).toBe('m\n5');
  expect(await redisCli('zrangebyscore', 'z', '(4', '+inf', 'limit', '0', '1')).toBe('m');
  expect(await redisCli('zcount', 'z', '-inf', '+inf')).toBe('1');
});

test('75: what a real Redis dumps is restored; SELECT', async () => {
  const redis = await RedisServer.start();
  try {
    const source = ['-p', String(redis.port)];
    await runProgram('redis-cli', [...source, 'zadd', 'z', '7', 'lucky']);
    const pipe = `redis-cli -p ${redis.port} --raw dump z | head -c -1 | redis-cli -p ${REDIS_PORT} -x restore dumped 0`;
    expect((await runProgram('sh', ['-c', pipe])).stdout.trim()).toBe('OK');
  } finally {
    redis.stop();
  }
  expect(await redisCli('zscore', 'dumped', 'lucky')).toBe('7');
  expect(await redisCli('restore', 'bad', '0', 'nonsense')).toContain('ERROR DUMP payload');
  expect(await redisCli('select', '16')).toContain('ERROR invalid db index');
});

test('71: the log by its indexes, and many keys by one', async () => {
  const key = 'http://localhost:25300/key';
  expect((await curl('-XPOST', key, '-d', '{"user1":"batman"}')).body).toBe('OK');
  const first = await curl('http://localhost:25300/xdr/log/3');
  expect(first.body).toMatch(/^i 3 t \d+ t 0 d \{"op":"set","key":"key1","value":"value1"\}$/);
  expect((await curl('http://localhost:25300/xdr/log/2')).body).toMatch(/^i 2 t \d+ t 1 d $/);
  expect((await curl('http://localhost:25300/xdr/log/1')).body).toMatch(/^i 1 t 1 t 2 d \{/);
  expect((await curl('http://localhost:25300/xdr/log/99999')).status).toBe(500);
  expect((await curl('-XPOST', key, '-d', '{"_test_":""}')).body).toBe('OK');
  expect((await curl(`${key}/_test_99999`)).body).toBe('{"_test_99999":"_value_99999"}');
});

test('76: redis-benchmark completes in pipelines without an error', async () => {
  const requests = ['-n', String(BENCHMARK_REQUESTS), '-c', '50', '-P', '16', '-q'];
  const args = ['-p', REDIS_PORT, '-t', 'set,get,sadd,zadd', ...requests];
  const { code, stdout, stderr } = await runProgram('redis-benchmark', args);
  expect(code).toBe(0);
  for (const name of ['SET', 'GET', 'SADD', 'ZADD']) {
    expect(stdout).toMatch(new RegExp(`${name}: [0-9.]+ requests per second`));
  }
  expect(stdout + stderr).not.toMatch(/error from server/i);
});

test('77: members of any bytes come back', async () => {
  const script = `printf 'a,b c\\r\\nd\\000e' | redis-cli -p ${REDIS_PORT} -x sadd odd && redis-cli -p ${REDIS_PORT} smembers odd | od -c`;
  const { stdout } = await runProgram('sh', ['-c', script]);
  expect(stdout).toContain(String.raw`a   ,   b       c  \r  \n   d  \0   e`);
});
