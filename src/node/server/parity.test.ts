/** The same bytes go to a real Redis and to our port: the same bytes must come back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PortUnderTest } from '../../../test/doubles/client-port.ts';
import { RawClient } from '../../../test/doubles/raw-client.ts';
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

const LINES = `
PING|PING hello|ping "a b"|PING a b|ECHO hi|ECHO|ECHO a b|ECHO ""
SELECT 0|SELECT 1|SELECT -1|SELECT a|SELECT 1.5|SELECT 99999999999|SELECT 99999999999999999999|SELECT|SELECT 00
DBSIZE|GET a|SET a 1|GET a|get a|GeT a|GET|GET a b|DBSIZE|DBSIZE x
SET a|SET|SET a 2 NX|SET b 2 NX|SET c 3 XX|SET a 3 XX|SET a 4 GET|SET nope 5 GET|SET a 5 XX GET|SET a 6 NX GET
SET z 1 NX GET|SET a b NX XX|SET a b XX NX|SET a b FOO|SET a b nx foo|SET a b GET GET|GET a
EXISTS a|EXISTS a a a b nosuch|EXISTS|DEL nosuch|DEL a a b|DEL|EXISTS a b
INCR n|INCR n|INCRBY n 10|INCRBY n -20|INCRBY n 0|INCR|INCR n m|INCRBY n|INCRBY n abc|INCRBY n 1.5|INCRBY n +1
INCRBY n 01|INCRBY n -0|INCRBY n ""|INCRBY n " 1"|INCRBY n 9223372036854775807|INCRBY n 9223372036854775808|GET n
SET n 9223372036854775806|INCR n|INCR n|INCRBY n 1|INCRBY n -1|GET n|SET n -9223372036854775808|INCRBY n -1|GET n
INCRBY n -9223372036854775808|INCRBY n 9223372036854775807|SET n 9007199254740993|INCR n|SET n " 1"|INCR n
SET n 01|INCR n|SET n ""|INCR n|SET n 1.0|INCR n|SET n 99999999999999999999|INCR n|SET n -0|INCR n|SET n abc|INCRBY n x
MSET k1 v1 k2 v2|MGET k1 k2 k3|MGET|MSET|MSET a|MSET a b c|MSET k1 x k1 y|GET k1|MGET k1 k1|MSET "" empty|GET ""
SET bin "\\x00\\xff\\r\\n"|GET bin|SET "\\x00" zero|GET "\\x00"|SET q 'it\\'s'|GET q|SET e ""|GET e|MGET e nosuch
FOO|FOO a|FOO a b c|foo "a b" ""|"" a|"a b"|"FOO\\r\\nBAR" "x\\r\\ny"|"FOO\\x00BAR" "x\\x00y" z
CLIENT|CLIENT FOO|CLIENT ID x|CLIENT SETNAME|CLIENT SETNAME "a b"|CLIENT GETNAME|CLIENT SETNAME me|CLIENT GETNAME
CLIENT SETNAME ""|CLIENT GETNAME|CLIENT GETNAME x|CONFIG|CONFIG FOO|CONFIG GET|CONFIG GET save|CONFIG GET nosuch
CONFIG GET databases|CONFIG GET maxmemory|CONFIG GET maxmemory-pol?cy|COMMAND FOO|COMMAND COUNT x|COMMAND DOCS nosuch
HELLO 4|HELLO 1|HELLO x|HELLO 2 FOO|HELLO 2 SETNAME|HELLO 2 SETNAME "a b"|CLIENT GETNAME|RESET|RESET x|INFO nosuch
HELLO 3 FOO|GET nosuch|MGET nosuch a
`;

const COMMANDS = LINES.trim().split(/[|\n]/);

/** What ends in a refusal and a closed connection. */
const BROKEN = [
  '*2147483648\r\n',
  '*-2147483649x\r\n',
  '*abc\r\n',
  '*\r\n',
  '*01\r\n',
  '*1\r\nPING\r\n',
  '*1\r\n:1\r\n',
  '*1\r\n$-1\r\n',
  '*1\r\n$2147483648\r\n',
  '*1\r\n$abc\r\n',
  '*1\r\n$\r\n',
  'SET "a\r\n',
  "SET 'a\r\n",
  'SET "a"b c\r\n',
  'PING\r\nPING\r\n*1\r\n$x\r\nPING\r\n',
  'QUIT\r\nPING\r\n',
  'QUIT a b\r\n',
];

describe('RESP replies', () => {
  it('are those of Redis for inline commands', async () => {
    expect(COMMANDS.length).toBeGreaterThanOrEqual(150);
    const requests = COMMANDS.map((line) => `${line}\r\n`);
    const ours = await converse(port.server.address, requests);
    const theirs = await converse(redis.address, requests);
    const pairs = (replies: readonly string[]) => COMMANDS.map((line, i) => [line, replies[i]]);
    expect(pairs(ours)).toEqual(pairs(theirs));
  });

  it('are those of Redis after HELLO 3', async () => {
    const lines = [
      'GET nosuch|MGET nosuch k1|SET nosuch 1 XX|SET nosuch2 1 GET|CLIENT GETNAME|CONFIG GET save',
      'CONFIG GET nosuch|COMMAND DOCS nosuch|DBSIZE|INCR three|COMMAND INFO nosuch|HELLO 2 FOO',
      'INFO nosuch|RESET|GET nosuch',
    ];
    const requests = lines.join('|').split('|');
    const all = ['MSET k1 v k2 v', 'HELLO 3', ...requests].map((line) => `${line}\r\n`);
    const fresh = await PortUnderTest.open();
    const ours = await converse(fresh.server.address, all);
    const flush = await converse(redis.address, ['FLUSHALL\r\n']);
    expect(flush).toEqual(['+OK\r\n']);
    const theirs = await converse(redis.address, all);
    const id = /\$2\r\nid\r\n:\d+/;
    expect(ours[1]?.replace(id, '')).toBe(theirs[1]?.replace(id, ''));
    expect(ours.slice(2)).toEqual(theirs.slice(2));
    await fresh.close();
  });

  it.each(BROKEN)('are those of Redis for %j, and then the connection is closed', async (bytes) => {
    const answers: string[] = [];
    for (const address of [port.server.address, redis.address]) {
      const client = await RawClient.connect(address);
      client.send(bytes);
      answers.push(await client.takeUntilClosed());
    }
    expect(answers[0]).toBe(answers[1]);
  });

  it('name what Redis has and we do not', async () => {
    const requests = ['lpush l 1', 'ACL WHOAMI', 'SETBIT a 1 1', 'subscribe c', 'OBJECT freq a'];
    const replies = await converse(
      port.server.address,
      requests.map((line) => `${line}\r\n`),
    );
    const names = ['LPUSH', 'ACL WHOAMI', 'SETBIT', 'SUBSCRIBE', 'OBJECT freq'];
    expect(replies).toEqual(
      names.map((name) => `-ERR '${name}' is not supported by raftctl yet\r\n`),
    );
  });

  it('tell what clients ask about the node', async () => {
    const client = await RawClient.connect(port.server.address);
    client.send('INFO raft\r\n');
    const info = await client.take((text) => text.endsWith('raft_voters:3\r\n\r\n'));
    expect(info).toContain('raft_role:leader\r\nraft_term:2\r\nraft_leader:n1\r\n');
    client.send('CLIENT LIST\r\nCLIENT ID\r\n');
    const list = await client.take((text) => /\r\n:\d+\r\n$/.test(text));
    expect(list).toMatch(/id=\d+ addr=127\.0\.0\.1:\d+ laddr=127\.0\.0\.1:\d+ name= age=0/);
    client.send('COMMAND COUNT\r\nCOMMAND INFO get\r\n');
    const command = await client.take((text) => text.endsWith('*0\r\n*0\r\n*0\r\n*0\r\n'));
    expect(command).toMatch(
      /^:\d+\r\n\*1\r\n\*10\r\n\$3\r\nget\r\n:2\r\n\*2\r\n\+readonly\r\n\+fast/,
    );
    client.close();
  });
});
