/**
 * `ioredis` and `redis`, the client libraries that most people use from Node: the same calls
 * against a real Redis, the leader and a follower must give the same.
 */
import { Redis } from 'ioredis';
import { createClient, RESP_TYPES } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { RedisServer } from '../doubles/redis-server.ts';

const MIB = 1024 * 1024;
const BINARY_KEY = Buffer.from([0, 255, 13, 10, 128, 36, 42]);
const BIG = Buffer.alloc(MIB, 'raft');
const FAR_SECONDS = '4102444800';

let rig: ClusterRig;
let redis: RedisServer;
/** Of the leader and of a follower. */
let ports: number[];

beforeAll(async () => {
  redis = await RedisServer.start();
  rig = await ClusterRig.start({ portBase: 14150 });
  const leader = await rig.leader();
  const follower = rig.ids().find((id) => id !== leader) ?? '';
  ports = [rig.clientPort(leader), rig.clientPort(follower)];
});

afterAll(async () => {
  redis?.stop();
  await rig?.dispose();
});

type Argument = string | Buffer;

/** Each a command with its arguments; they run in this order on one connection. */
const CASES: readonly (readonly Argument[])[] = [
  ...lines(`
    PING|ECHO hello|SET a 1|GET a|GET nosuch|SET a 2 NX|SET b 2 NX|SET c 3 XX|SET a 3 XX|SET a 4 GET
    SETNX d 1|SETNX d 2|GETSET d 3|GETDEL d|GETDEL d|SET n 10|INCR n|INCRBY n 5|DECR n|DECRBY n 3
    INCRBYFLOAT n 0.5|INCR n|SET n x|INCR n|INCRBYFLOAT n 1|SET f 3.0e3|INCRBYFLOAT f 200|GET f
    APPEND s Hello|APPEND s ,world|STRLEN s|STRLEN nosuch|GETRANGE s 0 4|GETRANGE s -5 -1|SUBSTR s 1 2
    SETRANGE s 5 _|GET s|SETRANGE pad 3 x|GET pad|SETRANGE s -1 x|MSET m1 1 m2 2|MGET m1 nosuch m2
    MSETNX m2 3 m3 3|MSETNX m3 3 m4 4|MGET m3 m4|EXISTS m1 m2 nosuch|DEL m1 nosuch|UNLINK m2 m3 m4
    TYPE s|TYPE nosuch|RENAME s t|GET t|RENAME nosuch u|RENAMENX t f|RENAMENX t v|GET v|COPY v w
    COPY v w|COPY v w REPLACE|GET w|COPY v v|TOUCH v w nosuch|SET e 1 EX 1000|TTL e|PERSIST e|TTL e
    SET e 2 PX 1000000|TTL e|SET e 3 KEEPTTL|TTL e|SET e 4|TTL e|SET e 5 EXAT ${FAR_SECONDS}
    EXPIRETIME e|PEXPIRETIME e|SETEX e 500 6|TTL e|PSETEX e 400000 7|TTL e|EXPIRE e 300|TTL e
    EXPIRE e 200 GT|EXPIRE e 200 LT|EXPIRE e 100 NX|EXPIRE e 100 XX|TTL e|PEXPIRE e 90000|TTL e
    EXPIREAT e ${FAR_SECONDS}|EXPIRETIME e|PEXPIREAT e ${FAR_SECONDS}000|PEXPIRETIME e|GETEX e EX 50|TTL e
    GETEX e PERSIST|TTL e|GETEX e|EXPIRE e -1|EXISTS e|TTL e|PTTL nosuch|EXPIRE nosuch 10
    SET g 1 EX 0|SET g 1 FOO|SET g|GET|NOSUCHCOMMAND a b|EXPIRE g x|SETEX g 0 v|GETEX v EX x
    KEYS v|KEYS [w]|DBSIZE|SCAN 0 MATCH nosuch* COUNT 1000000|SCAN x|FLUSHDB|DBSIZE|RANDOMKEY
    SET only 1|RANDOMKEY|KEYS *|SCAN 0|SCAN 0 TYPE string|SCAN 0 TYPE list|FLUSHALL|DBSIZE
    MULTI|SET x 1|INCR x|GET x|EXEC|WATCH x|MULTI|SET x 5|EXEC|GET x|MULTI|SET x 6|DISCARD|GET x
    MULTI|NOSUCHCOMMAND|EXEC|EXEC|DISCARD|WATCH x|SET x 7|MULTI|GET x|EXEC|WATCH x|UNWATCH
    MULTI|INCR x|SET x abc|INCR x|EXEC|SELECT 0|SELECT 1
  `),
  ['SET', BINARY_KEY, BIG],
  ['GET', BINARY_KEY],
  ['STRLEN', BINARY_KEY],
  ['GETRANGE', BINARY_KEY, '1048570', '-1'],
  ['SETRANGE', BINARY_KEY, '7', Buffer.from([0, 1, 2, 254, 255])],
  ['GETRANGE', BINARY_KEY, '0', '15'],
  ['APPEND', Buffer.from('€'), Buffer.from('ü')],
  ['GET', Buffer.from('€')],
  ['COPY', BINARY_KEY, Buffer.from([1, 0, 2])],
  ['MGET', BINARY_KEY, Buffer.from([1, 0, 2]), 'nosuch'],
  ['GETDEL', Buffer.from([1, 0, 2])],
];

function lines(text: string): string[][] {
  return text
    .trim()
    .split(/[|\n]/)
    .map((line) => line.trim().split(' '));
}

/** What a call gave, or how it was refused, so that it can be compared. */
async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return comparable(await call);
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}

/** Bytes as text: two buffers are compared one number after the other, a MiB takes seconds. */
function comparable(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return `bytes: ${value.toString('latin1')}`;
  return Array.isArray(value) ? value.map(comparable) : value;
}

function called(outcomes: readonly unknown[]): unknown[] {
  return outcomes.map((outcome, i) => [CASES[i]?.slice(0, 2).join(' '), outcome]);
}

/** All cases at once: the library joins them to pipelines. */
async function byIoredis(port: number): Promise<unknown[]> {
  const client = new Redis({ port, host: '127.0.0.1' });
  try {
    await client.flushall();
    return await Promise.all(
      CASES.map(([name, ...args]) => outcomeOf(client.callBuffer(String(name), args))),
    );
  } finally {
    client.disconnect();
  }
}

async function byRedis(port: number, RESP: 2 | 3): Promise<unknown[]> {
  const client = createClient({ url: `redis://127.0.0.1:${port}`, RESP });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.flushAll();
    const typed = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    return await Promise.all(CASES.map((args) => outcomeOf(typed.sendCommand([...args]))));
  } finally {
    client.destroy();
  }
}

/** What an application does with the library's own methods. */
async function ioredisMethods(port: number): Promise<unknown[]> {
  const client = new Redis({ port, host: '127.0.0.1', enableAutoPipelining: true });
  const seen: unknown[] = [];
  try {
    await client.flushall();
    const numbers = Array.from({ length: 500 }, (_, i) => i);
    seen.push(await Promise.all(numbers.map((i) => client.set(`k${i}`, `v${i}`))));
    seen.push(await Promise.all(numbers.map((i) => client.get(`k${i}`))));
    seen.push(await client.multi().set('a', 1).incr('a').get('a').exec());
    seen.push(await client.pipeline().set('b', 1, 'EX', 100).ttl('b').del('b').exec());
    const keys: string[] = [];
    for await (const page of client.scanStream({ match: 'k*', count: 50 })) {
      keys.push(...(page as string[]));
    }
    seen.push([...new Set(keys)].sort());
    seen.push(await client.mget('k1', 'k2', 'nosuch'), await client.dbsize());
    return seen;
  } finally {
    client.disconnect();
  }
}

async function redisMethods(port: number): Promise<unknown[]> {
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  client.on('error', () => {});
  await client.connect();
  const seen: unknown[] = [];
  try {
    await client.flushAll();
    const numbers = Array.from({ length: 500 }, (_, i) => i);
    seen.push(await Promise.all(numbers.map((i) => client.set(`k${i}`, `v${i}`))));
    seen.push(await Promise.all(numbers.map((i) => client.get(`k${i}`))));
    seen.push(await client.multi().set('a', '1').incr('a').get('a').exec());
    seen.push(await client.set('b', '1', { expiration: { type: 'EX', value: 100 } }));
    seen.push(await client.ttl('b'), await client.persist('b'), await client.exists('b'));
    const keys: string[] = [];
    for await (const page of client.scanIterator({ MATCH: 'k*', COUNT: 50 })) keys.push(...page);
    seen.push([...new Set(keys)].sort());
    await client.watch('a');
    await client.set('a', 'other');
    seen.push(await outcomeOf(client.multi().set('a', 'mine').exec()), await client.get('a'));
    return seen;
  } finally {
    client.destroy();
  }
}

test('the list has at least 100 cases', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(150);
});

describe.each(['leader', 'follower'] as const)('the %s', (role) => {
  const port = (): number => ports[role === 'leader' ? 0 : 1] ?? 0;

  test('answers ioredis as Redis does', async () => {
    expect(called(await byIoredis(port()))).toEqual(called(await byIoredis(redis.port)));
  });

  test.each([2, 3] as const)('answers redis in RESP%d as Redis does', async (version) => {
    const ours = called(await byRedis(port(), version));
    expect(ours).toEqual(called(await byRedis(redis.port, version)));
  });

  test('is used through the methods of ioredis as Redis is', async () => {
    expect(await ioredisMethods(port())).toEqual(await ioredisMethods(redis.port));
  });

  test('is used through the methods of redis as Redis is', async () => {
    expect(await redisMethods(port())).toEqual(await redisMethods(redis.port));
  });
});
