/** Sets, sorted sets and RESTORE: a real Redis and our port answer alike. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PortUnderTest } from '../../../test/doubles/client-port.ts';
import { RawClient, resp } from '../../../test/doubles/raw-client.ts';
import { converse, RedisServer, talk } from '../../../test/doubles/redis-server.ts';

let redis: RedisServer;
let port: PortUnderTest;

beforeAll(async () => {
  redis = await RedisServer.start();
  port = await PortUnderTest.open();
});

afterAll(async () => {
  redis?.stop();
  await port?.close();
});

// No set has two members when it is listed: their order is nobody's promise.
const SETS = `
SADD|SADD s|SADD s a|SADD s a|SADD s b b c|SCARD s|SISMEMBER s a|SISMEMBER s x|SREM s b c x|SMEMBERS s|SREM s a|EXISTS s|SMEMBERS s
SREM s a|SCARD s|SISMEMBER s a|SREM|SREM s|SMEMBERS|SCARD|SISMEMBER s|SET str x|SADD str a|SREM str a|SMEMBERS str|SCARD str
SADD t "a,b"|SMEMBERS t|SREM t "a,b"|SADD t "\\x00\\r\\n"|SMEMBERS t|GET t|APPEND t x|INCR t|INCRBYFLOAT t 1|STRLEN t|GETRANGE t 0 1
SETRANGE t 0 x|GETSET t x|GETDEL t|GETEX t|SET t x GET|MGET t str|TYPE t|TYPE str|SETNX t 1|MSETNX t 1 q 2|EXISTS t|TTL t|EXPIRE t 100
TTL t|PERSIST t|RENAME t u|TYPE u|EXISTS t|COPY u v|SREM u "\\x00\\r\\n"|EXISTS u|SCARD v|SADD v more|SCARD v|SET v x|TYPE v|GET v
SADD w a|DEL w|EXISTS w|SADD w b|SMEMBERS w|SCAN 0 TYPE set|SCAN 0 TYPE zset|SCAN 0 TYPE nothing|SADD w c|PEXPIREAT w 1|EXISTS w
`;

const ZSETS = `
ZADD|ZADD z|ZADD z 1|ZADD z 1 a|ZADD z 1 a|ZADD z 2 a|ZADD z 5 m 3 n|ZADD z x a|ZADD z nan a|ZADD z 1 a 2|ZCARD z|ZSCORE z m|ZSCORE z none
ZSCORE none m|ZRANGE z 0 -1|ZRANGE z 0 -1 WITHSCORES|ZRANGE z 0 0|ZRANGE z -2 -1|ZRANGE z 1 0|ZRANGE z 5 9|ZRANGE z -9 1|ZRANGE z 0 -1 REV
ZRANGE z 0 0 REV WITHSCORES|ZRANGE z 0 1 LIMIT 0 1|ZRANGE z a 1|ZRANGE z 0|ZRANGE z 0 1 FOO|ZRANGE none 0 -1|ZRANGEBYSCORE z -inf +inf
ZRANGEBYSCORE z (2 5|ZRANGEBYSCORE z (2 (5|ZRANGEBYSCORE z 2 3 WITHSCORES|ZRANGEBYSCORE z (4 +inf LIMIT 0 1|ZRANGEBYSCORE z 0 9 LIMIT 1 1
ZRANGEBYSCORE z 0 9 LIMIT 1 -1|ZRANGEBYSCORE z 0 9 LIMIT -1 2|ZRANGEBYSCORE z 9 0|ZRANGEBYSCORE z a b|ZRANGEBYSCORE z 0 9 LIMIT 1
ZRANGEBYSCORE z 0 9 LIMIT a 1|ZRANGEBYSCORE z 0|ZRANGEBYSCORE none 0 9|ZRANGEBYSCORE z 0 9 REV|ZRANGE z 2 5 BYSCORE
ZRANGE z 5 2 BYSCORE REV
ZRANGE z 5 2 BYSCORE REV LIMIT 1 1|ZRANGE z (2 +inf BYSCORE LIMIT 0 1 WITHSCORES|ZCOUNT z -inf +inf|ZCOUNT z (2 5|ZCOUNT z 5 2|ZCOUNT z a 1
ZCOUNT z 0|ZCOUNT none 0 1|ZADD z NX 9 m|ZSCORE z m|ZADD z XX 9 m|ZADD z XX 1 new|ZADD z CH 9 m 1 new|ZADD z GT 1 m
ZADD z LT 1 m|ZADD z GT CH 8 m
ZADD z NX XX 1 a|ZADD z GT LT 1 a|ZADD z NX GT 1 a|ZADD z INCR 1 m|ZADD z INCR 1 m 2 n|ZADD z NX INCR 1 m
ZADD z INCR inf i|ZADD z INCR -inf i
ZADD z 1e3 e|ZADD z 0.1 f 3.14159 g -0 h 1e300 j|ZRANGE z 0 -1 WITHSCORES|ZREM z h i|ZREM z none|ZREM z|ZSCORE z f
ZSCORE z j|ZADD z inf k -inf l
ZRANGE z 0 -1 WITHSCORES|ZADD same 1 b 1 a 1 c|ZRANGE same 0 -1|ZREM same a b c|EXISTS same|SET str x|ZADD str 1 a
ZRANGE str 0 -1|ZSCORE str a
ZCARD str|ZREM str a|SADD set a|ZADD set 1 a|SMEMBERS z|TYPE z
ZADD d 123456789012345680 a 0.000012345 b 1e17 c 1e21 e 1e-7 f|ZRANGE d 0 -1 WITHSCORES
ZADD p 1 a|ZADD p 1. b .5 c +3 d 1e d|ZCARD p|HGETALL none|HGET none f|HLEN none|LLEN none|LRANGE none 0 -1|HGETALL z
LRANGE z 0 -1|LRANGE none a 1
`;

describe('collections in RESP', () => {
  it.each([
    ['SETS', SETS],
    ['ZSETS', ZSETS],
  ])('%s are answered as Redis does', async (_name, lines) => {
    const commands = lines.trim().split(/[|\n]/);
    for (const resp3 of [false, true]) {
      const requests = ['FLUSHALL', ...(resp3 ? ['HELLO 3'] : []), ...commands];
      const sent = requests.map((line) => `${line}\r\n`);
      const ours = await converse(port.server.address, sent);
      const theirs = await converse(redis.address, sent);
      for (const [i, line] of requests.entries()) {
        if (line === 'HELLO 3') continue;
        expect(`${line}: ${ours[i]}`).toBe(`${line}: ${theirs[i]}`);
      }
    }
  });
});

it('collections in a transaction are answered as Redis does', async () => {
  const lines =
    'MULTI|SADD ms a|ZADD mz 1.5 a|ZRANGE mz 0 -1 WITHSCORES|SMEMBERS ms|SADD mz x|EXEC';
  const request = `FLUSHALL\r\n${lines.replaceAll('|', '\r\n')}\r\n`;
  const ours = await converse(port.server.address, [request]);
  expect(ours).toEqual(await converse(redis.address, [request]));
});

/** Commands that make a key `k`, and those that show it. */
const VALUES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['short string', ['SET k hello'], ['GET k']],
  ['integers', ['SET k 12'], ['GET k']],
  ['16 bits', ['SET k -12345'], ['GET k']],
  ['32 bits', ['SET k 1234567890'], ['GET k']],
  ['compressed string', [`SET k ${'abcabc'.repeat(2000)}`], ['GET k']],
  ['list', ['RPUSH k a 1 -5 300 70000 9999999999 x'], ['LRANGE k 0 -1', 'LLEN k']],
  ['long list', [`RPUSH k ${'item '.repeat(3000)}`], ['LLEN k', 'LRANGE k 2990 -1']],
  ['list of long items', [`RPUSH k ${'v'.repeat(20_000)} ${'w'.repeat(5000)}`], ['LRANGE k 0 -1']],
  ['hash', ['HSET k f v', `HSET k g ${'x'.repeat(60)}`], ['HGETALL k', 'HLEN k']],
  ['large hash', [`HSET k f ${'x'.repeat(100)}`], ['HGETALL k', 'HGET k f']],
  ['set of integers', ['SADD k 7'], ['SMEMBERS k']],
  ['set of large integers', ['SADD k 99999999999'], ['SMEMBERS k']],
  ['set', ['SADD k hello'], ['SMEMBERS k', 'SCARD k']],
  ['sorted set', ['ZADD k 1 a 2.5 b -inf c 3 13'], ['ZRANGE k 0 -1 WITHSCORES']],
  ['large sorted set', [`ZADD k 1.5 ${'m'.repeat(100)} inf b`], ['ZRANGE k 0 -1 WITHSCORES']],
];

describe('RESTORE', () => {
  it.each(VALUES)('takes what Redis dumps of a %s', async (_name, make, show) => {
    const theirs = await RawClient.connect(redis.address);
    const ours = await port.client();
    await talk(theirs, ['FLUSHALL\r\n', ...make.map((line) => `${line}\r\n`)]);
    await talk(ours, ['FLUSHALL\r\n']);
    const [dumped = ''] = await talk(theirs, ['DUMP k\r\n']);
    const payload = dumped.slice(dumped.indexOf('\r\n') + 2, -2);
    expect(await talk(ours, [resp('RESTORE', 'k', '0', payload)])).toEqual(['+OK\r\n']);
    const lines = ['TYPE k', ...show].map((line) => `${line}\r\n`);
    expect(await talk(ours, lines)).toEqual(await talk(theirs, lines));
    theirs.close();
  });

  /** Of version 6 and older, from the pages that describe DUMP and RESTORE, and by hand. */
  const OLD: readonly (readonly [string, string, string, string])[] = [
    ['a string', '00c00a0600f8723fc5fbfb5f28', 'GET k', '$2\r\n10\r\n'],
    [
      'a list',
      '0a17170000001200000003000 0c0010004c0020004c003 00ff04007523 3cc03b2ee9dd'.replaceAll(
        ' ',
        '',
      ),
      'LRANGE k 0 -1',
      '*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n',
    ],
  ];

  it.each(OLD)('takes %s of an old version', async (_name, hex, show, shown) => {
    const ours = await port.client();
    const payload = Buffer.from(hex, 'hex').toString('latin1');
    const restore = resp('RESTORE', 'k', '0', payload, 'REPLACE');
    expect(await talk(ours, [restore, `${show}\r\n`])).toEqual(['+OK\r\n', shown]);
  });

  it('refuses as Redis does', async () => {
    const payload = Buffer.from('00c00a0600f8723fc5fbfb5f28', 'hex').toString('latin1');
    const requests = [
      'FLUSHALL\r\n',
      resp('RESTORE', 'k', '0', payload),
      resp('RESTORE', 'k', '0', payload),
      resp('RESTORE', 'k', '0', payload, 'REPLACE'),
      resp('RESTORE', 'k', '-1', payload, 'REPLACE'),
      resp('RESTORE', 'k', 'x', payload, 'REPLACE'),
      resp('RESTORE', 'k', '0', payload, 'FOO'),
      resp('RESTORE', 'k', '0', `${payload.slice(0, -1)}x`, 'REPLACE'),
      resp('RESTORE', 'k', '0', `x${payload.slice(1)}`, 'REPLACE'),
      resp('RESTORE', 'k', '0', '', 'REPLACE'),
      resp('RESTORE', 'k', '0', 'short', 'REPLACE'),
      resp('RESTORE', 'k', '0'),
      resp('RESTORE', 'k', '100000', payload, 'REPLACE'),
      'TTL k\r\n',
      resp('RESTORE', 'k', '1', payload, 'REPLACE', 'ABSTTL'),
      'EXISTS k\r\n',
      resp('RESTORE', 'k', '0', payload, 'REPLACE', 'IDLETIME', '5', 'FREQ', '3'),
      resp('RESTORE', 'k', '0', payload, 'REPLACE', 'IDLETIME', '5'),
    ];
    expect(await converse(port.server.address, requests)).toEqual(
      await converse(redis.address, requests),
    );
  });
});
