/** Commands on values, keys, deadlines and transactions: a real Redis and our port answer alike. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PortUnderTest } from '../../../test/doubles/client-port.ts';
import { RawClient, resp } from '../../../test/doubles/raw-client.ts';
import { converse, RedisServer } from '../../../test/doubles/redis-server.ts';

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

const VALUES = `
SETNX a 1|SETNX a 2|GET a|SETNX a|SETNX a b c|GETSET a 3|GETSET nosuch 4|GET nosuch|GETSET a|GETSET a b c
GETDEL a|GETDEL a|GETDEL|GETDEL a b|SET a 5|GETEX a|GETEX nosuch|GETEX a EX|GETEX a EX 0|GETEX a EX x|GETEX a PERSIST
GETEX a EX 10 PERSIST|GETEX a PERSIST EX 10|GETEX a EX 10 PX 10|GETEX a FOO|GETEX a KEEPTTL|GETEX|GETEX a EX -1|GETEX a PXAT 0
GETEX a ex 9223372036854775807|GETEX a px 9223372036854775807|GETEX a EX 100|TTL a|GETEX a PERSIST|TTL a|GETEX a EX 1 EX 200|TTL a
GETEX a EXAT 1|GET a|EXISTS a|GETEX nosuch2 EX 10|GETEX nosuch2 PX 10
DECR n|DECR n|DECRBY n 10|DECRBY n -20|DECRBY n x|DECRBY n 9223372036854775807|DECRBY n -9223372036854775808|DECR|DECRBY n
DECRBY n 9223372036854775808|SET n -9223372036854775808|DECR n|SET n 9223372036854775807|DECRBY n -1|SET n abc|DECR n|DECRBY n 1
INCRBYFLOAT f 1.5|INCRBYFLOAT f 0.1|INCRBYFLOAT f -1.6|INCRBYFLOAT f 5.0e3|INCRBYFLOAT f 2.0e2|INCRBYFLOAT f|INCRBYFLOAT f x
INCRBYFLOAT f ""|INCRBYFLOAT f " 1"|INCRBYFLOAT f "1 "|INCRBYFLOAT f 1e|INCRBYFLOAT f .5|INCRBYFLOAT f 5.|INCRBYFLOAT f +1|INCRBYFLOAT f .
INCRBYFLOAT f inf|INCRBYFLOAT f -inf|INCRBYFLOAT f nan|INCRBYFLOAT f INFINITY|INCRBYFLOAT f 1e4000|INCRBYFLOAT f -1e4000
INCRBYFLOAT f 1e5000
INCRBYFLOAT f 1e-5000|INCRBYFLOAT f 1e-4940|GET f|SET f 3.0e3|INCRBYFLOAT f 200|SET f abc|INCRBYFLOAT f 1|SET f 1.1|INCRBYFLOAT f 100.2
SET f 100.1|INCRBYFLOAT f 0.1|SET f 5000.1|INCRBYFLOAT f 0.2|SET f 123456789.123456789|INCRBYFLOAT f 0.000000001|SET f 1e17
INCRBYFLOAT f 1.23
SET f 1e19|INCRBYFLOAT f 0.5|SET f 0|INCRBYFLOAT f -0.0|INCRBYFLOAT f 1e-17|INCRBYFLOAT f 1e-18|SET f -0.1|INCRBYFLOAT f 0.1|SET f 3
INCRBYFLOAT f 1.1
SET f 99999999999999999999|INCRBYFLOAT f 1|SET f 0.30000000000000004|INCRBYFLOAT f 0|SET f 12.|INCRBYFLOAT f 0|SET f 0.1|INCRBYFLOAT f 0.2
APPEND s abc|APPEND s def|APPEND s ""|APPEND|APPEND s|APPEND s a b|GET s|STRLEN s|STRLEN nosuch3|STRLEN|STRLEN s t
APPEND bin "\\x00\\xff"|STRLEN bin
GETRANGE s 0 2|GETRANGE s -3 -1|GETRANGE s 0 -1|GETRANGE s 10 20|GETRANGE s 3 1|GETRANGE s -100 100|GETRANGE s 5 5|GETRANGE s 6 6
GETRANGE s -1 -5
GETRANGE s -100 -90|GETRANGE nosuch3 0 -1|GETRANGE s a 1|GETRANGE s 1 b|GETRANGE s 1|GETRANGE s 1 2 3|GETRANGE s 0 9223372036854775807
SUBSTR s 1 3
GETRANGE s -9223372036854775808 2|GETRANGE s 99999999999999999999 1|SUBSTR s 1|SUBSTR s x 1|GETRANGE bin 0 0|GETRANGE bin 1 -1
SETRANGE s 2 XY|GET s|SETRANGE s 10 end|GET s|SETRANGE nosuch4 0 ""|EXISTS nosuch4|SETRANGE nosuch4 3 x|GET nosuch4|SETRANGE s -1 x
SETRANGE s a x
SETRANGE s 0|SETRANGE s 0 a b|SETRANGE s 0 ""|SETRANGE s 1 "\\x00"|GET s|SETRANGE s 9223372036854775808 x|SETRANGE s 1 ""
MSETNX m1 1 m2 2|MSETNX m2 3 m3 4|MGET m1 m2 m3|MSETNX|MSETNX a|MSETNX a b c|MSETNX m4 1 m4 2|GET m4
`;

const KEYS = `
FLUSHALL|FLUSHALL ASYNC|FLUSHALL sync|FLUSHALL FOO|FLUSHALL ASYNC SYNC|FLUSHDB|FLUSHDB ASYNC|FLUSHDB foo|DBSIZE|KEYS *|RANDOMKEY|SCAN 0
TYPE a|SET a 1|TYPE a|TYPE|TYPE a b|RANDOMKEY|RANDOMKEY x|KEYS *|KEYS a|KEYS b|KEYS|KEYS a b|KEYS ?|KEYS [a-c]|KEYS [^a]|KEYS [^b]
KEYS \\\\a|KEYS ""
KEYS [a|KEYS [|KEYS a*|KEYS *a*|KEYS **|KEYS a?|KEYS [b-|KEYS [c-a]|KEYS "[\\\\a]"|KEYS []a]|KEYS "a\\\\"|KEYS [^]|KEYS *[a]|KEYS [a-]
SCAN 0|SCAN 0 MATCH a|SCAN 0 MATCH b|SCAN 0 COUNT 100|SCAN 0 COUNT 0|SCAN 0 COUNT x|SCAN 0 COUNT|SCAN 0 MATCH|SCAN 0 FOO|SCAN 0 FOO 1
SCAN x
SCAN 0 TYPE string|SCAN 0 TYPE STRING|SCAN 0 TYPE list|SCAN 0 TYPE|SCAN 0 match * count 5 type string|SCAN|SCAN 0 COUNT -1|SCAN ""
SCAN 1.5
RENAME a b|RENAME a b|RENAME b b|RENAME nosuch nosuch|RENAME a|RENAME a b c|GET b|RENAMENX b b|SET c 2|RENAMENX b c|RENAMENX b d
RENAMENX nosuch d
RENAMENX b|RENAME d c|GET c|DBSIZE|COPY c d|COPY c d|COPY c d REPLACE|COPY c c|COPY c e DB 0|COPY c e DB 1|COPY c e DB x|COPY c e DB
COPY c e FOO
COPY c|COPY nosuch e|COPY nosuch nosuch|COPY c f replace db 0|GET f|COPY c g DB -1|TOUCH c d nosuch|TOUCH|UNLINK c d nosuch|UNLINK
UNLINK c|DBSIZE
`;

const EXPIRY = `
SET a 1 EX 1000|TTL a|SET a 1|TTL a|TTL nosuch|PTTL nosuch|PTTL a|TTL|TTL a b|SET a 1 PX 1000000|TTL a|SET a 2 KEEPTTL|TTL a|GET a
PERSIST a|TTL a
PERSIST a|PERSIST nosuch|PERSIST|SET a b EX|SET a b PX|SET a b EX 0|SET a b EX -1|SET a b EX x|SET a b EX 1.5
SET a b EX 9223372036854775807
SET a b EX 9223372036854775|SET a b PX 9223372036854775807|SET a b PX 9223372036854775808|SET a b EXAT 0|SET a b EXAT|SET a b PXAT -1
SET a b EX 10 PX 10
SET a b EX 10 KEEPTTL|SET a b KEEPTTL EX 10|SET a b EX 10 EX 20|TTL a|SET a b EXAT 4102444800|EXPIRETIME a|PEXPIRETIME a
SET a b PXAT 4102444800123
EXPIRETIME a|PEXPIRETIME a|SET a b EXAT 1|GET a|EXISTS a|TTL a|DBSIZE|SET a b NX EX 1000|TTL a|SET a c XX EX 2000|TTL a|SET a d NX EX 5
TTL a
SET a e GET EX 3000|TTL a|SET a b PERSIST|SET a b EX 10 PERSIST|SETEX b 1000 v|TTL b|SETEX b 0 v|SETEX b -1 v|SETEX b x v|SETEX b 1
PSETEX b 5000000 w
TTL b|PSETEX b 0 v|PSETEX b x v|SETEX b 9223372036854775807 v|PSETEX b 9223372036854775807 v|GET b|GETSET b z|TTL b|EXPIRE b 100|TTL b
EXPIRE nosuch 100
EXPIRE b x|EXPIRE b|EXPIRE b 1 FOO|EXPIRE b 1 NX XX|EXPIRE b 1 GT LT|EXPIRE b 1 NX GT|EXPIRE b 1 NX LT|EXPIRE b 500 NX|EXPIRE b 500 XX
TTL b|EXPIRE b 400 GT
EXPIRE b 600 GT|TTL b|EXPIRE b 700 LT|EXPIRE b 300 LT|TTL b|EXPIRE b 800 xx gt|TTL b|PERSIST b|EXPIRE b 100 GT|EXPIRE b 100 XX
EXPIRE b 100 LT|TTL b
EXPIRE b 9223372036854775807|EXPIRE b -9223372036854775808|PEXPIRE b 9223372036854775807|PEXPIRE b 1000000|TTL b|EXPIREAT b 4102444800
EXPIRETIME b
PEXPIREAT b 4102444800123|PEXPIRETIME b|EXPIREAT b x|PEXPIREAT b 1 FOO|EXPIREAT b 9223372036854775807|PEXPIREAT b 9223372036854775807 LT
EXPIRE b -1|EXISTS b
SET c 1|PEXPIRE c 0|EXISTS c|SET c 1|EXPIREAT c 1|EXISTS c|SET c 1|PEXPIREAT c -5|EXISTS c|EXPIRETIME c|PEXPIRETIME c|SET c 1
EXPIRETIME c|EXPIRETIME
SET d 1 EX 1000|RENAME d e|TTL e|COPY e f|TTL f|APPEND e x|TTL e|INCR g|EXPIRE g 100|INCR g|TTL g|INCRBYFLOAT g 1|TTL g|SETRANGE g 0 9
TTL g|MSET g 1|TTL g
SET h 1 EX 100|SET i 2|RENAME i h|TTL h|SET j 1 EX 100|COPY h j REPLACE|TTL j|GETEX h PX 1000000|TTL h|MGET a h nosuch|EXPIRE h 1 lt extra
`;

/** Each line is a conversation of its own. */
const TRANSACTIONS = `
MULTI|SET a 1|GET a|INCR a|EXEC|GET a
MULTI|EXEC|EXEC|DISCARD
MULTI|MULTI|SET a 2|EXEC
MULTI|SET a 3|DISCARD|GET a|EXEC
MULTI|FOO|SET a 4|EXEC|GET a
MULTI|SET a|SET a 4|EXEC|GET a
MULTI|SET a x|INCR a|GET a|SET a b FOO|EXEC|GET a
MULTI|WATCH a|SET a 5|EXEC|GET a
WATCH a b|MULTI|SET a 6|EXEC
WATCH a|SET a 7|MULTI|SET a 8|EXEC|GET a
WATCH a|SET a 7|UNWATCH|MULTI|SET a 8|EXEC|GET a
WATCH a|MULTI|UNWATCH|EXEC
WATCH nosuch|SET nosuch 1|MULTI|EXEC|MULTI|GET nosuch|EXEC
WATCH nosuch|DEL nosuch|MULTI|PING|EXEC
WATCH a|EXPIRE a 1000|MULTI|PING|EXEC|PERSIST a
WATCH a|EXPIRE a -1|MULTI|PING|EXEC
WATCH a|DISCARD|MULTI|DISCARD|DISCARD
SET a 1|WATCH a|SET a 1|MULTI|PING|EXEC
SET a 1|WATCH a|SET b 1|MULTI|PING|EXEC
SET a 1|WATCH a|SET a 2 NX|MULTI|PING|EXEC
SET a 1|WATCH a|DEL a|SET a 1|MULTI|PING|EXEC
SET a 1|WATCH a|GETEX a|PERSIST a|MULTI|GET a|EXEC
SET a 1|WATCH a|MULTI|DISCARD|SET a 2|MULTI|GET a|EXEC
SET a 1|WATCH a|FLUSHALL|MULTI|GET a|EXEC
WATCH|WATCH a b c|UNWATCH x|UNWATCH|EXEC x|MULTI x|DISCARD x
MULTI|PING|ECHO hi|PING a b|SELECT 0|SELECT 1|CLIENT GETNAME|CLIENT SETNAME me|CLIENT GETNAME|EXEC|CLIENT SETNAME ""
MULTI|SET k v EX 100|TTL k|PERSIST k|TTL k|GETDEL k|EXISTS k|EXEC
MULTI|MSET x 1 y 2|MGET x y z|MSETNX x 1 w 1|STRLEN x|TYPE x|TYPE z|GETRANGE x 0 -1|KEYS x|DBSIZE|EXEC
MULTI|DECRBY n 5|INCRBYFLOAT n 0.5|INCR n|APPEND n x|SETRANGE n 0 y|GET n|RENAME n m|RENAME n m|COPY m n|UNLINK m n|EXEC
MULTI|FLUSHALL|DBSIZE|RANDOMKEY|SCAN 0|KEYS *|EXEC
MULTI|QUIT x
MULTI|SET a 1|RESET|GET a|EXEC
MULTI|EXEC|MULTI|GET|EXEC|MULTI|SET a 1|EXEC
MULTI|SETNX a 2|GETSET a 3|DECR a|GETEX a|EXPIRE a 100 XX|EXPIRE a 100|TTL a|EXEC
`;

function split(table: string): string[] {
  return table.trim().split(/[|\n]/);
}

function countOf(...tables: readonly string[]): number {
  return tables.reduce((count, table) => count + split(table).length, 0);
}

async function expectParity(lines: readonly string[]): Promise<void> {
  const requests = lines.map((line) => `${line}\r\n`);
  const replies: string[][] = [];
  for (const address of [port.server.address, redis.address]) {
    await converse(address, ['FLUSHALL\r\n']);
    replies.push(await converse(address, requests));
  }
  const pairs = (each: readonly string[] | undefined) => lines.map((line, i) => [line, each?.[i]]);
  expect(pairs(replies[0])).toEqual(pairs(replies[1]));
}

describe('RESP replies', () => {
  it('are compared on at least 250 lines', () => {
    expect(countOf(VALUES, KEYS, EXPIRY, TRANSACTIONS)).toBeGreaterThanOrEqual(450);
  });

  it('are those of Redis for commands on values', () => expectParity(split(VALUES)));

  it('are those of Redis for commands on keys', () => expectParity(split(KEYS)));

  it('are those of Redis for deadlines', () => expectParity(split(EXPIRY)));

  it.each(TRANSACTIONS.trim().split('\n'))('are those of Redis for %s', async (line) => {
    for (const hello of ['', 'HELLO 3\r\n']) {
      const received: string[] = [];
      for (const address of [port.server.address, redis.address]) {
        await converse(address, ['FLUSHALL\r\n']);
        const client = await RawClient.connect(address);
        client.send(`${line.replaceAll('|', '\r\n')}\r\n`);
        client.send(resp('QUIT'));
        received.push((await client.takeUntilClosed()).replace(/\$2\r\nid\r\n:\d+/, ''));
      }
      expect(received[0], hello).toBe(received[1]);
    }
  });
});
