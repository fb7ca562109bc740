/** Raft-demo's clients on the client port, with their bytes (docs/older-systems.md). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PortUnderTest } from '../../../test/doubles/client-port.ts';
import { resp, until } from '../../../test/doubles/raw-client.ts';
import { UdpInbox } from '../../../test/doubles/udp-inbox.ts';
import { type DemoCommand, demoRequest } from '../../wire/dialects/raft-demo-command.ts';
import { demoValues, plainValue } from './demo-values.ts';

let port: PortUnderTest;
let inbox: UdpInbox;

beforeEach(async () => {
  inbox = await UdpInbox.open();
});
afterEach(async () => {
  inbox.close();
  await port.close();
});

function request(command: Partial<DemoCommand> & Pick<DemoCommand, 'op'>): string {
  return demoRequest({ ip: String(inbox.port), ...command }).toString('latin1');
}

const open = async (pinned = {}, byHand = false): Promise<void> => {
  port = await PortUnderTest.open({ pinned: { dialect: 'raft-demo', ...pinned }, byHand });
};

describe('DemoDialect', () => {
  it('answers commands by UDP, and nothing on the connection', async () => {
    await open();
    const client = await port.client();
    client.send(request({ op: 'set', key: 'foo', value: 'bar' }));
    expect(await inbox.next()).toBe('OK: \n');
    client.send(request({ op: 'get', key: 'foo' }) + request({ op: 'delete', key: 'foo' }));
    client.send(request({ op: 'get', key: 'foo' }));
    expect([await inbox.next(), await inbox.next(), await inbox.next()]).toEqual([
      'OK: bar\n',
      'OK: \n',
      'OK: \n',
    ]);
    expect(client.received).toBe('');
    expect(port.server.counters.commands).toBe(4);
  });

  it('answers lines with a port by UDP, and nonsense on the connection', async () => {
    await open();
    const client = await port.client();
    client.send(`${inbox.port}-set-a-1-2\n${inbox.port}-GET-a\n15000-foo-a\n`);
    expect([await inbox.next(), await inbox.next()]).toEqual(['OK\n', '1-2\n']);
    await client.expect('404-cmd not found\n');
  });

  it('answers lines without a port on the connection, in their order', async () => {
    await open();
    const client = await port.client();
    client.send('set-a-1\nget-a\nhello\nget-none\ndelete-a\nget-a\n');
    await client.expect('OK\n1\n404-cmd not found\n\nOK\n\n');
    client.socket.end('get-a\n');
    expect(await client.takeUntilClosed()).toBe('\n');
  });

  it('is found on an ordinary port by its first bytes, beside RESP and HTTP', async () => {
    port = await PortUnderTest.open();
    const [text, binary, redis] = [await port.client(), await port.client(), await port.client()];
    text.send('set-a-1\n');
    await text.expect('OK\n');
    binary.send(request({ op: 'get', key: 'a' }));
    expect(await inbox.next()).toBe('OK: 1\n');
    redis.send(resp('GET', 'a'));
    await redis.expect('$1\r\n1\r\n');
    const plain = await port.client();
    plain.send('GET /key/a HTTP/1.0\r\n\r\n');
    expect(await plain.takeUntilClosed()).toContain('{"a":"1"}');
  });

  it('leaves RESP and HTTP on its own port', async () => {
    await open();
    const [redis, garbage] = [await port.client(), await port.client()];
    redis.send(resp('SET', 'a', '1'));
    await redis.expect('+OK\r\n');
    garbage.send('\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\nget-a\n');
    await garbage.expect('1\n');
  });

  it('is silent on a follower, but for reads of text', async () => {
    await open();
    port.replica.isFollower = true;
    port.replica.isLeader = false;
    const client = await port.client();
    client.send(`set-a-1\n${request({ op: 'set', key: 'a', value: '2' })}get-a\n`);
    await client.expect('\n');
    expect([inbox.waiting, port.replica.proposals]).toEqual([0, 1]);
    expect(port.server.counters.commands).toBe(3);
  });

  it('hands on what comes to a follower when it is told to', async () => {
    await open({ onFollower: 'forward' });
    port.replica.isFollower = true;
    port.replica.isLeader = false;
    const client = await port.client();
    client.send(request({ op: 'set', key: 'a', value: '2' }));
    expect(await inbox.next()).toBe('OK: \n');
  });

  it('keeps commands while nobody leads, and acts on them when it leads', async () => {
    await open({}, true);
    port.replica.isLeader = false;
    const client = await port.client();
    client.send(request({ op: 'set', key: 'a', value: '1' }));
    await until(() => port.server.counters.commands === 1, 'the command came');
    expect(port.replica.proposals).toBe(0);
    port.replica.isLeader = true;
    port.replica.turn();
    expect(port.replica.proposals).toBe(1);
    port.replica.turn();
    expect(await inbox.next()).toBe('OK: \n');
  });

  it('drops what it kept when another node leads', async () => {
    await open({}, true);
    port.replica.isLeader = false;
    const client = await port.client();
    client.send('set-a-1\n');
    await until(() => port.server.counters.commands === 1, 'the command came');
    port.replica.isFollower = true;
    port.replica.turn();
    client.socket.end();
    expect(await client.takeUntilClosed()).toBe('');
    expect(port.replica.proposals).toBe(0);
  });

  it('gives no answer by UDP when the outcome is not known', async () => {
    await open({}, true);
    const client = await port.client();
    client.send(request({ op: 'set', key: 'a', value: '1' }));
    client.send(request({ op: 'get', key: 'a' }));
    await until(() => port.replica.openProposals === 2, 'both are proposed');
    port.replica.settle(1, 'unknown');
    port.replica.turn();
    expect(await inbox.next()).toBe('OK: \n');
  });

  it('says so when a value does not fit into a datagram', async () => {
    await open();
    const client = await port.client();
    client.send(request({ op: 'set', key: 'a', value: 'v'.repeat(70_000) }));
    expect(await inbox.next()).toBe('OK: \n');
    client.send(request({ op: 'get', key: 'a' }));
    expect(await inbox.next()).toMatch(/^ERROR: .* too long/);
  });

  it('pauses a client while the replica is full', async () => {
    await open();
    port.replica.full = true;
    const client = await port.client();
    client.send('set-a-1\nget-a\n');
    await until(() => port.server.connections === 1, 'it is connected');
    client.send('get-a\n');
    port.replica.makeRoom();
    await client.expect('OK\n1\n1\n');
  });

  it('stores values compressed when it is told to, each its own', async () => {
    await open({ compress: true });
    const client = await port.client();
    client.send(`set-a-${'a'.repeat(1000)}\nset-b-b\nget-a\nget-b\n`);
    await client.expect(`OK\nOK\n${'a'.repeat(1000)}\nb\n`);
    expect(String(port.replica.query('a')).length).toBeLessThan(100);
  });
});

describe('demoValues', () => {
  it('tells what it has compressed from what a client has', () => {
    const [squeezed, asItIs] = [demoValues(true), demoValues(false)];
    const stored = squeezed.stored('value');
    expect(plainValue(stored)).toBe('value');
    // A client's own value that looks like one of ours.
    expect(asItIs.plain(asItIs.stored(stored))).toBe(stored);
    expect(asItIs.stored('\x1f\x8b\x08\x00...')).toBe('\x1f\x8b\x08\x00...');
  });
});
