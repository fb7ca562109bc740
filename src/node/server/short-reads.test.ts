/** Accepted sockets whose reads go through one buffer. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Bytes } from '../../std/bytes.ts';
import { takeReads } from './short-reads.ts';

const open: { close(): void }[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

interface Pair {
  readonly client: Socket;
  readonly accepted: Socket;
}

async function connected(): Promise<Pair> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  open.push(server, { close: () => client.destroy() }, { close: () => accepted.destroy() });
  return { client, accepted };
}

/** What one side has taken so far, and a wait for so many bytes of it. */
function taker(): {
  chunks: Bytes[];
  take: (chunk: Bytes) => void;
  text(length: number): Promise<string>;
} {
  const chunks: Bytes[] = [];
  let heard = (): void => {};
  const text = async (length: number): Promise<string> => {
    for (;;) {
      const all = Buffer.concat(chunks);
      if (all.length >= length) return all.toString('latin1');
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  };
  const take = (chunk: Bytes): void => {
    chunks.push(chunk);
    heard();
  };
  return { chunks, take, text };
}

test('takeReads finds the fields of this version of Node', async () => {
  const { accepted } = await connected();
  expect(takeReads(accepted, () => {})).toBe(true);
});

test('takeReads gives every taker bytes of its own, whatever is read after them', async () => {
  const [a, b] = [await connected(), await connected()];
  const [fromA, fromB] = [taker(), taker()];
  takeReads(a.accepted, fromA.take);
  takeReads(b.accepted, fromB.take);
  a.client.write('first');
  await fromA.text(5);
  b.client.write('other');
  await fromB.text(5);
  a.client.write('third');
  expect(await fromA.text(10)).toBe('firstthird');
  expect(Buffer.concat(fromB.chunks).toString()).toBe('other');
});

test('takeReads hands on more than a buffer holds', async () => {
  const { client, accepted } = await connected();
  const { take, text } = taker();
  takeReads(accepted, take);
  const sent = 'abcdefghij'.repeat(100_000);
  client.write(sent);
  expect(await text(sent.length)).toBe(sent);
});

test('takeReads goes on where a listener that looked at the first bytes left off', async () => {
  const { client, accepted } = await connected();
  const { take, text } = taker();
  accepted.once('data', (first: Bytes) => {
    takeReads(accepted, take);
    take(first);
  });
  client.write('one');
  await text(3);
  client.write('two');
  expect(await text(6)).toBe('onetwo');
});

test('takeReads takes nothing while the socket is paused, and tells of its end', async () => {
  const { client, accepted } = await connected();
  const { chunks, take, text } = taker();
  takeReads(accepted, take);
  client.write('a');
  await text(1);
  accepted.pause();
  client.end('bc');
  await once(client, 'finish');
  // A round trip of another connection: what was sent before it has arrived.
  const other = await connected();
  const heard = taker();
  takeReads(other.accepted, heard.take);
  other.client.write('x');
  await heard.text(1);
  expect(chunks).toHaveLength(1);
  const ended = once(accepted, 'end');
  accepted.resume();
  expect(await text(3)).toBe('abc');
  await ended;
});
