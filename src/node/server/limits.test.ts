/** Every cap of the client port, reached. */
import { afterEach, describe, expect, it } from 'vitest';
import { PortUnderTest } from '../../../test/doubles/client-port.ts';
import { RawClient, resp, until } from '../../../test/doubles/raw-client.ts';
import { Prng } from '../../std/prng.ts';

const MIB = 1024 * 1024;
let port: PortUnderTest;

afterEach(() => port.close());

describe('createServer', () => {
  it('refuses the connection after the last one, and takes one again when one has left', async () => {
    port = await PortUnderTest.open({ limits: { connections: 3 } });
    const clients = [await port.client(), await port.client(), await port.client()];
    for (const client of clients) client.send('PING\r\n');
    for (const client of clients) await client.expect('+PONG\r\n');
    const refused = await port.client();
    expect(await refused.takeUntilClosed()).toBe('-ERR max number of clients reached\r\n');
    clients[0]?.close();
    await until(() => port.server.connections === 2, 'one has left');
    const next = await port.client();
    next.send('PING\r\n');
    await next.expect('+PONG\r\n');
  });

  it('knows every client that came before another one spoke, and ends all when it closes', async () => {
    port = await PortUnderTest.open({ limits: { drainMs: 60_000 } });
    const clients = [await port.client(), await port.client(), await port.client()];
    await until(() => port.server.connections === 3, 'all have come');
    const ids = new Set<string>();
    for (const client of clients) {
      client.send('CLIENT ID\r\n');
      ids.add(await client.take((text) => /^:\d+\r\n$/.test(text)));
    }
    expect(ids.size).toBe(3);
    await port.server.close();
    await until(() => clients.every(({ closed }) => closed), 'all are closed');
  });

  it('answers a header that announces 2 GiB and closes, without taking memory for it', async () => {
    port = await PortUnderTest.open();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 50; i += 1) {
      for (const [text, error] of [
        ['*2147483648\r\n', 'invalid multibulk length'],
        ['*1\r\n$2147483648\r\n', 'invalid bulk length'],
      ] as const) {
        const client = await port.client();
        client.send(text);
        expect(await client.takeUntilClosed()).toBe(`-ERR Protocol error: ${error}\r\n`);
      }
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MIB);
  });

  it('lives through 100 kB of random bytes, 50 times', async () => {
    port = await PortUnderTest.open();
    const random = new Prng(5);
    for (let round = 0; round < 50; round += 1) {
      const garbage = Buffer.alloc(100_000);
      for (let i = 0; i < garbage.length; i += 4) garbage.writeUInt32LE(random.u32(), i);
      const client = await port.client();
      client.socket.end(garbage);
      await until(() => client.closed, 'the server has closed');
    }
    const good = await port.client();
    good.send('PING\r\n');
    await good.expect('+PONG\r\n');
    good.close();
    await until(() => port.server.connections === 0, 'all have left');
  });

  it('refuses keys over 1 KiB one by one and goes on', async () => {
    port = await PortUnderTest.open();
    const client = await port.client();
    const key = 'k'.repeat(1024);
    const tooLong = '-ERR key is longer than 1024 bytes\r\n';
    for (const command of [
      ['GET', `${key}k`],
      ['SET', `${key}k`, 'v'],
      ['DEL', key, `${key}k`],
      ['INCR', `${key}k`],
      ['INCRBY', `${key}k`, '1'],
      ['MSET', key, 'v', `${key}k`, 'v'],
      ['MGET', key, `${key}k`],
      ['EXISTS', `${key}k`],
      ['SETNX', `${key}k`, 'v'],
      ['GETSET', `${key}k`, 'v'],
      ['GETDEL', `${key}k`],
      ['GETEX', `${key}k`, 'EX', '1'],
      ['APPEND', `${key}k`, 'v'],
      ['SETRANGE', `${key}k`, '0', 'v'],
      ['GETRANGE', `${key}k`, '0', '1'],
      ['INCRBYFLOAT', `${key}k`, '1'],
      ['MSETNX', key, 'v', `${key}k`, 'v'],
      ['SETEX', `${key}k`, '1', 'v'],
      ['EXPIRE', `${key}k`, '1'],
      ['PERSIST', `${key}k`],
      ['TTL', `${key}k`],
      ['STRLEN', `${key}k`],
      ['TYPE', `${key}k`],
      ['TOUCH', key, `${key}k`],
      ['UNLINK', key, `${key}k`],
      ['RENAME', key, `${key}k`],
      ['COPY', key, `${key}k`],
      ['WATCH', key, `${key}k`],
    ]) {
      client.send(resp(...command));
      await client.expect(tooLong);
    }
    client.send(resp('SET', key, 'v') + resp('GET', key));
    await client.expect('+OK\r\n$1\r\nv\r\n');
    expect(port.replica.proposals).toBe(1);
  });

  it('serves values of 1 MiB in a deep pipeline to a client that reads', async () => {
    port = await PortUnderTest.open();
    const client = await port.client();
    const value = 'v'.repeat(MIB);
    client.send(resp('SET', 'big', value));
    await client.expect('+OK\r\n');
    client.send(resp('GET', 'big').repeat(32));
    let taken = 0;
    const replySize = `$${MIB}\r\n${value}\r\n`.length;
    while (taken < 32 * replySize) taken += (await client.take((text) => text.length > 0)).length;
    expect(taken).toBe(32 * replySize);
  });

  it('closes a client that lets more than 8 MiB of replies lie, and only that one', async () => {
    port = await PortUnderTest.open({ limits: { sweepMs: 20, outputStallMs: 100 } });
    const reader = await port.client();
    reader.send(resp('SET', 'big', 'v'.repeat(MIB)));
    await reader.expect('+OK\r\n');
    const sloth = await port.client();
    sloth.socket.pause();
    sloth.send(resp('GET', 'big').repeat(64));
    await until(() => port.server.connections === 1, 'the slow reader is gone');
    reader.send('PING\r\n');
    await reader.expect('+PONG\r\n');
  });

  it('starts no more commands for a client whose replies lie', async () => {
    port = await PortUnderTest.open();
    const client = await port.client();
    client.send(resp('SET', 'big', 'v'.repeat(MIB)));
    await client.expect('+OK\r\n');
    client.socket.pause();
    client.send(resp('GET', 'big').repeat(7));
    await until(() => port.server.counters.commands === 8, 'the reads have come');
    await new Promise((resolve) => setImmediate(resolve));
    client.send(resp('SET', 'late', '1'));
    const other = await port.client();
    for (let i = 0; i < 50; i += 1) {
      other.send('PING\r\n');
      await other.expect('+PONG\r\n');
    }
    expect(port.replica.proposals).toBe(1);
    client.socket.resume();
    await client.take((text) => text.endsWith('+OK\r\n'));
    expect(port.replica.proposals).toBe(2);
  });

  it('refuses a reply that no string could hold', async () => {
    port = await PortUnderTest.open({ limits: { replyBytesMax: 1000 } });
    const client = await port.client();
    client.send(resp('SET', 'a', 'v'.repeat(400)) + resp('MGET', 'a', 'a'));
    await client.take((text) => text.endsWith(`${'v'.repeat(400)}\r\n`) && text.includes('*2\r\n'));
    client.send(resp('MGET', 'a', 'a', 'a'));
    await client.expect('-ERR the reply is longer than 1000 bytes\r\n');
  });

  it('keeps at most so many commands of a connection open', async () => {
    port = await PortUnderTest.open({ byHand: true, limits: { slotsPerConnection: 10 } });
    const client = await port.client();
    client.send('INCR n\r\n'.repeat(25));
    await until(() => port.replica.openProposals === 10, 'the first ten are proposed');
    port.replica.turn();
    expect(port.replica.openProposals).toBe(10);
    port.replica.turn();
    expect(port.replica.openProposals).toBe(5);
    port.replica.turn();
    await client.take((text) => text.endsWith(':25\r\n'));
  });

  it('answers BUSY when the replica stays full for longer than the limit', async () => {
    port = await PortUnderTest.open({ limits: { sweepMs: 10, fullMs: 50 } });
    port.replica.full = true;
    const client = await port.client();
    client.send('SET a 1\r\nPING\r\n');
    await client.expect(
      '-BUSY the node has too much to do, the command was not executed\r\n+PONG\r\n',
    );
    expect(port.replica.proposals).toBe(0);
  });

  it('closes a request that does not end, not a client that is silent between requests', async () => {
    port = await PortUnderTest.open({ limits: { sweepMs: 10, headerMs: 60, requestMs: 60 } });
    const silent = await port.client();
    const idle = await port.client();
    idle.send('PING\r\n');
    await idle.expect('+PONG\r\n');
    const undecided = await port.client();
    undecided.send('GET /ke');
    const unfinished = await port.client();
    unfinished.send('*2\r\n$3\r\nGET\r\n$100\r\nabc');
    await undecided.takeUntilClosed();
    await unfinished.takeUntilClosed();
    for (const client of [silent, idle]) {
      client.send('PING\r\n');
      await client.expect('+PONG\r\n');
    }
  });

  it('bounds the unfinished requests of all connections together', async () => {
    port = await PortUnderTest.open({ limits: { unparsedBytesMax: 100_000 } });
    const unfinished = `*2\r\n$3\r\nGET\r\n$100000\r\n${'x'.repeat(60_000)}`;
    const first = await port.client();
    first.send(unfinished);
    const second = await port.client();
    second.send(unfinished);
    const [answer] = await Promise.all([
      Promise.race([first.takeUntilClosed(), second.takeUntilClosed()]),
    ]);
    expect(answer).toBe('-ERR too many unfinished requests on this node\r\n');
    const good = await port.client();
    good.send('PING\r\n');
    await good.expect('+PONG\r\n');
  });

  it('closes TLS clients and says so in the log', async () => {
    const warnings: string[] = [];
    const none = (): void => {};
    const warn = (_fields: unknown, message: string): void => void warnings.push(message);
    port = await PortUnderTest.open({ log: { debug: none, info: none, warn, error: none } });
    const client = await port.client();
    client.send('\x16\x03\x01\x02\x00\x01');
    expect(await client.takeUntilClosed()).toBe('');
    expect(warnings).toEqual(['Closed a TLS client: this port is plain TCP']);
  });

  it('answers what is at work before it closes, and takes nothing new', async () => {
    port = await PortUnderTest.open({ byHand: true });
    const client = await port.client();
    client.send('SET a 1\r\nGET a\r\n');
    await until(() => port.replica.openProposals === 1, 'the write is proposed');
    const closed = port.server.close();
    port.replica.turn();
    expect(await client.takeUntilClosed()).toBe('+OK\r\n$1\r\n1\r\n');
    await closed;
    await expect(RawClient.connect(port.server.address)).rejects.toThrow('ECONNREFUSED');
  });

  it('names the address that is in use', async () => {
    port = await PortUnderTest.open();
    const { createServer } = await import('./server.ts');
    const { fakeStatus } = await import('../../../test/doubles/node-status.ts');
    const { SILENT_LOG } = await import('../../std/log.ts');
    const components = {
      replica: port.replica,
      log: SILENT_LOG,
      status: () => fakeStatus(),
      isFollower: () => false,
      isLeader: () => true,
    };
    const attempt = createServer(components, { listenAddress: port.server.address });
    await expect(attempt).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
  });
});
