/** The Redis port and the HTTP port of hraftd's fork, byte by byte. */
import { afterEach, expect, test } from 'vitest';
import { PortUnderTest } from '../../../test/doubles/client-port.ts';
import { resp } from '../../../test/doubles/raw-client.ts';
import type { ClientPortConfig } from '../../wire/client-port.ts';

let port: PortUnderTest;

afterEach(() => port.close());

/** Sends all at once, as a pipeline, and expects all replies. */
async function dialogue(
  pairs: readonly (readonly [string, string])[],
  pinned: Partial<ClientPortConfig> = {},
): Promise<void> {
  port = await PortUnderTest.open({ pinned: { dialect: 'fork-redis', ...pinned } });
  await talk(pairs);
}

async function talk(pairs: readonly (readonly [string, string])[]): Promise<void> {
  const client = await port.client();
  client.send(pairs.map(([line]) => resp(...line.split(' '))).join(''));
  for (const [, reply] of pairs) await client.expect(`${reply}\r\n`);
}

const NOT_INTEGER = '-ERROR value is not an integer or out of range';

test('strings: an empty value is nil, DEL says OK, PONG is a bulk', async () => {
  await dialogue([
    ['set key1 value1', '+OK'],
    ['GET key1', '$6\r\nvalue1'],
    ['get none', '$-1'],
    ['set empty ', '+OK'],
    ['get empty', '$-1'],
    ['del key1 ignored', '+OK'],
    ['del key1', '+OK'],
    ['get key1', '$-1'],
    ['ping', '$4\r\nPONG'],
    ['leader', '$15\r\n127.0.0.1:12001'],
    ['select 15', '+OK'],
    ['select 16', '-ERROR invalid db index 16'],
    ['select x', '-ERROR invalid db index x'],
    ['get', '-ERROR Not enough arguments for the command'],
    ['flushall', '-ERROR Method is not supported'],
  ]);
});

test('sets: counts are always 1, members are sorted', async () => {
  await dialogue([
    ['sadd s b', ':1'],
    ['sadd s b', ':1'],
    ['sadd s a,c', ':1'],
    ['smembers s', '*2\r\n$3\r\na,c\r\n$1\r\nb'],
    ['srem s b', ':1'],
    ['srem s b', ':1'],
    ['srem s a,c', ':1'],
    ['smembers s', '*0'],
    [`sadd s ${'m'.repeat(1025)}`, '-ERROR key and member are 1 to 1024 bytes'],
    ['sadd  m', '-ERROR key and member are 1 to 1024 bytes'],
  ]);
});

test('sorted sets: scores are whole numbers', async () => {
  await dialogue([
    ['zadd z 5 m', ':1'],
    ['zadd z 5 m', ':1'],
    ['zadd z 3 n', ':1'],
    ['zadd z 1.5 n', NOT_INTEGER],
    ['zscore z m', ':5'],
    ['zscore z none', '-ERROR zset score miss'],
    ['zcard z', ':2'],
    ['zrange z 0 -1', '*2\r\n$1\r\nn\r\n$1\r\nm'],
    ['zrange z 0 -1 withscores', '*4\r\n$1\r\nn\r\n$1\r\n3\r\n$1\r\nm\r\n$1\r\n5'],
    ['zrange z 1 0', '*0'],
    ['zrangebyscore z (4 +inf limit 0 1', '*1\r\n$1\r\nm'],
    ['zrangebyscore z -inf 4 withscores', '*2\r\n$1\r\nn\r\n$1\r\n3'],
    ['zrangebyscore z +inf 4', NOT_INTEGER],
    ['zrangebyscore z 0 9 limit -1 2', '-ERROR invalid command param'],
    ['zcount z -inf +inf', ':2'],
    ['zcount z (3 5', ':1'],
    ['zcount z 5 3', '-ERROR invalid command param'],
    ['zcount z a 3', NOT_INTEGER],
  ]);
});

test('strict: true counts', async () => {
  const strict = { strict: true };
  const pairs = [
    ['sadd s a', ':1'],
    ['sadd s a', ':0'],
    ['srem s a', ':1'],
    ['srem s a', ':0'],
    ['zadd z 1 a', ':1'],
    ['zadd z 2 a', ':0'],
  ] as const;
  await dialogue(pairs, strict);
});

test('a follower refuses writes with the address of the leader, and reads', async () => {
  await dialogue([['set a 1', '+OK']]);
  port.replica.isFollower = true;
  await talk([
    ['set a 2', '-ERROR not leader 127.0.0.1:12001'],
    ['sadd s a', '-ERROR not leader 127.0.0.1:12001'],
    ['del a', '-ERROR not leader'],
    ['get a', '$1\r\n1'],
  ]);
});

test('RESTORE replaces, and refuses what is no dump', async () => {
  const payload = Buffer.from('00c00a0600f8723fc5fbfb5f28', 'hex').toString('latin1');
  port = await PortUnderTest.open({ pinned: { dialect: 'fork-redis' } });
  const client = await port.client();
  client.send(resp('set', 'k', 'old') + resp('restore', 'k', '0', payload) + resp('get', 'k'));
  await client.expect('+OK\r\n+OK\r\n$2\r\n10\r\n');
  client.send(resp('restore', 'k', '0', `x${payload}`) + resp('restore', 'k', '-1', payload));
  await client.expect(`-ERROR DUMP payload version or checksum are wrong\r\n${NOT_INTEGER}\r\n`);
});

test('members of any bytes survive', async () => {
  port = await PortUnderTest.open({ pinned: { dialect: 'fork-redis' } });
  const client = await port.client();
  const member = 'a,b c\r\n\0\xff';
  client.send(resp('sadd', 't,s', member) + resp('smembers', 't,s'));
  await client.expect(`:1\r\n*1\r\n$${member.length}\r\n${member}\r\n`);
  client.send(resp('set', 't,s,x', '0') + resp('set', 'z,q', '1') + resp('smembers', 't,s'));
  await client.expect(`+OK\r\n+OK\r\n*1\r\n$${member.length}\r\n${member}\r\n`);
});

test('HTTP says OK after a POST, and writes 100,000 keys for one', async () => {
  port = await PortUnderTest.open({ pinned: { dialect: 'hraftd-fork' } });
  const url = `http://${port.server.address}`;
  const post = (body: string) => fetch(`${url}/key`, { method: 'POST', body });
  expect(await (await post('{"a":"1"}')).text()).toBe('OK');
  expect(await (await post('{"_test_":"x"}')).text()).toBe('OK');
  expect(port.replica.query('_test_0')).toBe('_value_0');
  expect(port.replica.query('_test_99999')).toBe('_value_99999');
  expect(port.replica.query('_test_100000')).toBeNull();
  expect((await fetch(`${url}/xdr/log/x`)).status).toBe(400);
  expect((await fetch(`${url}/xdr/log/3`)).status).toBe(500);
  const deleted = await fetch(`${url}/key/a`, { method: 'DELETE' });
  expect([deleted.status, await deleted.text()]).toEqual([200, '']);
});
