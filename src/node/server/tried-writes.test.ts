/** Writes that change nothing and are answered as reads: see slot.ts. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PortUnderTest } from '../../../test/doubles/client-port.ts';
import type { FakeReplica } from '../../../test/doubles/fake-replica.ts';
import { type RawClient, resp, until } from '../../../test/doubles/raw-client.ts';
import { converse, RedisServer } from '../../../test/doubles/redis-server.ts';
import { Prng } from '../../std/prng.ts';
import type { ClientPortConfig } from '../../wire/client-port.ts';

/** As many as make the next such write one that is tried. */
const IDLE = 16;
const IDLE_WRITES = resp('SREM', 'none', 'x').repeat(IDLE);
const NOTHING = ':0\r\n'.repeat(IDLE);

let port: PortUnderTest;
let replica: FakeReplica;

afterEach(() => port.close());

async function open(pinned?: Partial<ClientPortConfig>): Promise<RawClient> {
  const limits = { drainMs: 10 };
  port = await PortUnderTest.open({ byHand: true, limits, ...(pinned && { pinned }) });
  replica = port.replica;
  return port.client();
}

/** Its writes have changed nothing for a while; in the store is the set s with the member a. */
async function idleClient(pinned?: Partial<ClientPortConfig>): Promise<RawClient> {
  const client = await open(pinned);
  client.send(resp('SADD', 's', 'a') + IDLE_WRITES);
  await proposed(1 + IDLE);
  replica.turn();
  await client.expect(`:1\r\n${pinned?.strict === false ? ':1\r\n'.repeat(IDLE) : NOTHING}`);
  return client;
}

function proposed(count: number): Promise<void> {
  return until(() => replica.openProposals === count, `${count} writes are proposed`);
}

function commandsCame(count: number): Promise<void> {
  return until(() => port.server.counters.commands === 1 + IDLE + count, `${count} commands came`);
}

async function settleAll(client: RawClient, replies: string): Promise<void> {
  for (let i = 0; i < 10 && client.received.length < replies.length; i += 1) {
    replica.turn();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await client.expect(replies);
}

describe('a write that may change nothing', () => {
  it('is proposed until many in a row have changed nothing', async () => {
    const client = await open();
    const idle = resp('SREM', 'none', 'x').repeat(IDLE - 1);
    client.send(idle + resp('SADD', 's', 'a') + idle);
    await proposed(2 * IDLE - 1);
    replica.turn();
    client.send(resp('SADD', 's', 'a'));
    await proposed(1);
    expect(replica.reads).toBe(0);
  });

  it('is answered from the state of a round then, and is no entry of the log', async () => {
    const client = await idleClient();
    const before = replica.proposals;
    client.send(
      resp('SADD', 's', 'a') + resp('ZADD', 's', '1', 'a') + resp('SREM', 's', 'b') + IDLE_WRITES,
    );
    await commandsCame(3 + IDLE);
    expect(replica.reads).toBe(1);
    replica.turn();
    const wrongType = '-WRONGTYPE Operation against a key holding the wrong kind of value\r\n';
    await client.expect(`:0\r\n${wrongType}:0\r\n${NOTHING}`);
    expect(replica.proposals).toBe(before);
  });

  it('is not answered before its round, whatever this node knows', async () => {
    const client = await idleClient();
    client.send(resp('SADD', 's', 'a'));
    await until(() => replica.openRounds === 1, 'it has asked for a round');
    replica.endTurn();
    expect(client.received).toBe('');
    replica.readReady(1, 'noLeader');
    replica.endTurn();
    await client.expect('-NOLEADER no leader is known, the command was not executed\r\n');
  });

  it('is proposed when somebody else has made it one that changes something', async () => {
    const client = await idleClient();
    const other = await port.client();
    client.send(resp('SADD', 's', 'a'));
    await until(() => replica.openRounds === 1, 'it has asked for a round');
    other.send(resp('SREM', 's', 'a'));
    await proposed(1);
    replica.settle(1);
    replica.readReady(1);
    // Not from within the replica's callback, but at the end of its turn.
    expect(replica.openProposals).toBe(0);
    replica.endTurn();
    expect(replica.openProposals).toBe(1);
    expect(client.received).toBe('');
    replica.turn();
    await client.expect(':1\r\n');
    // It is not tried again before many have changed nothing.
    client.send(resp('SADD', 's', 'a'));
    await proposed(1);
  });

  it('is tried anew when the state is another one, though it is the same again', async () => {
    const client = await idleClient();
    const other = await port.client();
    client.send(resp('SADD', 's', 'a').repeat(2));
    await commandsCame(2);
    replica.turn();
    await client.expect(':0\r\n:0\r\n');
    other.send(resp('SREM', 's', 'a'));
    await proposed(1);
    replica.turn();
    await other.expect(':1\r\n');
    client.send(resp('SADD', 's', 'a'));
    await settleAll(client, ':1\r\n');
  });

  it('is proposed behind a write of its connection that is still open', async () => {
    const client = await idleClient();
    client.send(resp('SREM', 's', 'a') + resp('SADD', 's', 'a') + resp('SISMEMBER', 's', 'a'));
    await settleAll(client, ':1\r\n:1\r\n:1\r\n');
    client.send(IDLE_WRITES);
    await proposed(IDLE);
    replica.turn();
    await client.expect(NOTHING);
    client.send(resp('SET', 'other', '1') + resp('SADD', 's', 'a'));
    await proposed(2);
  });

  it('keeps what comes after it in its place when it is proposed in the end', async () => {
    const client = await idleClient();
    client.send(
      resp('SADD', 's', 'b') +
        resp('SADD', 's', 'b') +
        resp('SREM', 's', 'b') +
        resp('SMEMBERS', 's') +
        resp('SET', 'k', 'v') +
        resp('SADD', 's', 'b') +
        resp('SCARD', 's') +
        resp('GET', 'k'),
    );
    await settleAll(client, ':1\r\n:0\r\n:1\r\n*1\r\n$1\r\na\r\n+OK\r\n:1\r\n:2\r\n$1\r\nv\r\n');
  });

  it('holds a write that is not tried until it is answered', async () => {
    const client = await idleClient();
    const before = replica.proposals;
    client.send(resp('SADD', 's', 'a') + resp('SET', 'k', 'v'));
    await until(() => replica.openRounds === 1, 'it has asked for a round');
    replica.endTurn();
    expect(replica.proposals).toBe(before);
    replica.readReady(1);
    replica.endTurn();
    expect(replica.proposals).toBe(before + 1);
  });

  it('is proposed when it bears a number of a session, and in a transaction', async () => {
    const client = await idleClient();
    client.send(resp('ONCE', '7', '1', 'SADD', 's', 'a'));
    await proposed(1);
    replica.turn();
    await client.expect(':0\r\n');
    client.send(resp('MULTI') + resp('SADD', 's', 'a') + resp('EXEC'));
    await proposed(1);
    replica.turn();
    await client.expect('+OK\r\n+QUEUED\r\n*1\r\n:0\r\n');
    expect(replica.reads).toBe(0);
  });

  it('says 1 on the port of the fork, also when it is tried', async () => {
    const client = await idleClient({ dialect: 'fork-redis', strict: false });
    client.send(resp('SADD', 's', 'a') + resp('ZADD', 's', '1', 'm') + resp('SADD', 's', 'b'));
    await until(() => replica.reads === 1, 'they have asked for a round');
    await settleAll(
      client,
      ':1\r\n-ERROR WRONGTYPE Operation against a key holding the wrong kind of value\r\n:1\r\n',
    );
    expect(replica.store.query({ op: 'scard', keys: ['s'] })).toBe(2);
  });

  it('is forgotten with its connection', async () => {
    const client = await idleClient();
    const before = replica.proposals;
    client.send(resp('SADD', 's', 'b'));
    await until(() => replica.openRounds === 1, 'it has asked for a round');
    client.socket.resetAndDestroy();
    await until(() => port.server.connections === 0, 'the server has noticed');
    replica.turn();
    expect(replica.proposals).toBe(before);
  });
});

describe('pipelines of writes that often change nothing', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis?.stop());

  it('are answered as Redis does', async () => {
    port = await PortUnderTest.open();
    const random = new Prng(20_26);
    const command = (): string => {
      const member = random.pick(['a', 'a', 'a', 'b']);
      const kind = random.between(0, 99);
      if (kind < 50) return resp('SADD', 's', member);
      if (kind < 75) return resp('ZADD', 'z', random.pick(['1', '1', '1', '2']), member);
      if (kind < 80) return resp(random.pick(['SREM', 'ZREM']), random.pick(['s', 'z']), 'b');
      if (kind < 85) return resp('SISMEMBER', 's', member);
      if (kind < 90) return resp('ZSCORE', 'z', member);
      if (kind < 94) return resp('SET', 'k', member);
      if (kind < 98) return resp('GET', 'k');
      return resp('DEL', random.pick(['s', 'z']));
    };
    const pipelines = Array.from({ length: 200 }, () =>
      Array.from({ length: random.between(1, 40) }, command).join(''),
    );
    const idle = pipelines.flatMap((pipeline) => [IDLE_WRITES, pipeline]);
    const ours = await converse(port.server.address, idle);
    expect(ours).toEqual(await converse(redis.address, idle));
    expect(port.replica.reads).toBeGreaterThan(200);
  });
});
