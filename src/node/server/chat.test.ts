import { afterEach, describe, expect, it } from 'vitest';
import { PortUnderTest } from '../../../test/doubles/client-port.ts';
import { type RawClient, until } from '../../../test/doubles/raw-client.ts';
import { LINE_BYTES_MAX } from '../../wire/apps/chat.ts';
import type { ClientPortConfig } from '../../wire/client-port.ts';
import { Chatroom } from '../apps/chatroom.ts';

const open: PortUnderTest[] = [];

async function chat(
  pinned: Partial<ClientPortConfig> = { dialect: 'chat', onFollower: 'forward' },
  byHand = false,
): Promise<PortUnderTest> {
  const port = await PortUnderTest.open({ machine: new Chatroom(), pinned, byHand });
  open.push(port);
  return port;
}

/** A client that has been greeted. */
async function guest(port: PortUnderTest): Promise<RawClient> {
  const client = await port.client();
  await client.expect('* you are in main; /help tells more\n');
  return client;
}

const PLAIN = { dialect: 'chat-plain', onFollower: 'forward' } as const;

afterEach(async () => {
  for (const port of open.splice(0)) await port.close();
});

describe('ChatDialect', () => {
  it('ChatDialect tells each line to everybody in the room, its sender too', async () => {
    const port = await chat();
    const [ann, bob] = [await guest(port), await guest(port)];
    ann.send('hi\nthere\r\n');
    for (const client of [ann, bob]) await client.expect('1-hi\n2-there\n');
    bob.send('/room den\n');
    await bob.expect('* you are in den\n');
    ann.send('a\n//b\n\n');
    await ann.expect('3-a\n4-/b\n');
    bob.send('c\n');
    await bob.expect('5-c\n');
  });

  it('ChatDialect takes a line that arrives byte by byte, and several in one piece', async () => {
    const port = await chat();
    const client = await guest(port);
    for (const byte of 'byte\n') {
      client.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.expect('1-byte\n');
    client.send(Array.from({ length: 5000 }, (_, i) => `line ${i}\n`).join(''));
    const all = await client.take((text) => text.endsWith('-line 4999\n'));
    expect(all).toBe(Array.from({ length: 5000 }, (_, i) => `${i + 2}-line ${i}\n`).join(''));
  });

  it('ChatDialect tells what was said before to who asks for it', async () => {
    const port = await chat();
    const ann = await guest(port);
    ann.send('one\ntwo\nthree\n');
    await ann.expect('1-one\n2-two\n3-three\n');
    const bob = await guest(port);
    bob.send('/history 2\n');
    await bob.expect('2-two\n3-three\n');
    bob.send('/since 0\n/here\n/since 1\n');
    await bob.expect('1-one\n2-two\n3-three\n* here 3\n2-two\n3-three\n');
    bob.send('/rooms\n');
    await bob.expect('* main (3 lines, newest 3)\n');
  });

  it('ChatDialect answers what it cannot do with a reason', async () => {
    const port = await chat();
    const client = await guest(port);
    client.send('/nothing\n/room a b\n/since x\n/once 5\n');
    await client.expect('! ERR no such command; /help lists them\n');
    await client.expect('! ERR a room is named by 1 to 64 of A-Z a-z 0-9 . _ -\n');
    await client.expect('! ERR not an index: x\n! ERR it is /once SESSION-NUMBER TEXT\n');
    client.send('/help\n');
    expect(await client.take((text) => text.includes('//TEXT'))).toContain('/since INDEX');
    client.send(`${'x'.repeat(LINE_BYTES_MAX + 1)}\n`);
    expect(await client.takeUntilClosed()).toContain('! ERR a line has at most 65536 bytes');
  });

  it('ChatDialect says what became of a line that has no leader', async () => {
    const port = await chat({ dialect: 'chat', onFollower: 'forward' }, true);
    const client = await port.client();
    await until(() => port.replica.openRounds === 1, 'that is so');
    port.replica.readReady(1, 'noLeader');
    port.replica.endTurn();
    await client.expect('* you are in main; /help tells more\n');
    client.send('hi\n/once 9-4 ho\n');
    await until(() => port.replica.openProposals === 2, 'that is so');
    port.replica.settle(1, 'noLeader');
    port.replica.settle(1, 'unknown');
    port.replica.endTurn();
    await client.expect('! NOLEADER no leader is known, the command was not executed\n');
    await client.expect('! 4 UNKNOWN the outcome is not known: it may or may not be applied\n');
  });

  it('ChatDialect lets a client that only sends go when its lines are said', async () => {
    const port = await chat();
    const client = await guest(port);
    client.socket.end('last words\n');
    expect(await client.takeUntilClosed()).toBe('1-last words\n');
  });

  it('ChatDialect is not held up by a client that does not read, which hears what it missed', async () => {
    const port = await chat();
    const [ann, deaf] = [await guest(port), await guest(port)];
    deaf.socket.pause();
    const text = 'x'.repeat(10_000);
    for (let i = 1; i <= 1500; i += 1) {
      ann.send(`${text}\n`);
      await ann.expect(`${i}-${text}\n`);
    }
    expect(port.server.connections).toBe(2);
    deaf.socket.resume();
    // 15 MB were said: more than is kept. It hears that, and the newest.
    const heard = await deaf.take((got) => got.endsWith(`1500-${text}\n`));
    expect(heard).toContain('! GAP lines behind ');
    const indexes = [...heard.matchAll(/^(\d+)-/gm)].map(([, index]) => Number(index));
    expect(indexes).toEqual([...indexes].sort((a, b) => a - b));
    expect(new Set(indexes).size).toBe(indexes.length);
  });

  it('ChatDialect without words of its own says every line and nothing else', async () => {
    const port = await chat(PLAIN);
    const [ann, bob] = [await port.client(), await port.client()];
    await until(() => port.server.connections === 2, 'that is so');
    ann.send('hello\n\n/room x\r\n');
    for (const client of [ann, bob]) await client.expect('1-hello\n2-/room x\r\n');
  });

  it('ChatDialect without words of its own drops lines where another node leads', async () => {
    const port = await chat({ dialect: 'chat-plain', onFollower: 'refuse' });
    port.replica.isLeader = false;
    const client = await port.client();
    client.send('hello\n');
    await until(() => port.server.counters.commands === 1, 'that is so');
    expect(port.replica.proposals).toBe(0);
  });
});
