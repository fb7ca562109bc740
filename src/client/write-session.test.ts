import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WriteSession } from './write-session.ts';

const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((end) => server.close(end))));
});

/** Opens session 7, then 8, ...; does with writes what it is told; null closes the connection. */
async function serve(answer: (words: string[]) => string | null) {
  const seen = { address: '', commands: [] as string[] };
  let opened = 6;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const words = chunk
        .toString('latin1')
        .split('\r\n')
        .filter((_, i) => i > 0 && i % 2 === 0);
      seen.commands.push(words.join(' '));
      if (words[0] === 'SESSION') opened += 1;
      const reply = words[0] === 'SESSION' ? `:${opened}\r\n` : answer(words);
      if (reply === null) socket.destroy();
      else socket.write(reply);
    });
  });
  servers.push(server);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  seen.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return seen;
}

function write(session: WriteSession, endpoints: string[], line = 'INCR k', timeoutMs = 3000) {
  const command = { args: line.split(' '), isWrite: true };
  return session.execute(() => ({ endpoints, timeoutMs }), command);
}

test('WriteSession sends a write again, as the same one, when its outcome is unknown', async () => {
  const broken = await serve(() => null);
  const unsure = await serve(() => '-UNKNOWN the leader was lost\r\n');
  const node = await serve(() => ':1\r\n');
  const all = [broken.address, unsure.address, node.address];
  expect(await write(new WriteSession(), all)).toBe(1);
  expect(broken.commands).toEqual(['SESSION OPEN', 'ONCE 7 1 INCR k']);
  expect([unsure.commands, node.commands]).toEqual([['ONCE 7 1 INCR k'], ['ONCE 7 1 INCR k']]);
});

test('WriteSession counts its writes, and leaves reads and foreign words alone', async () => {
  const node = await serve(() => '+OK\r\n');
  const session = new WriteSession();
  await write(session, [node.address], 'SET a 1');
  await write(session, [node.address], 'DEL a');
  await session.execute(() => ({ endpoints: [node.address], timeoutMs: 1000 }), {
    args: ['GET', 'a'],
    isWrite: false,
  });
  await write(session, [node.address], 'MULTI');
  expect(node.commands).toEqual([
    'SESSION OPEN',
    'ONCE 7 1 SET a 1',
    'ONCE 7 2 DEL a',
    'GET a',
    'MULTI',
  ]);
});

test('WriteSession takes a new session when the old one is over and nothing was under way', async () => {
  const node = await serve((words) =>
    words[1] === '8' ? ':1\r\n' : '-SESSIONEXPIRED it is over\r\n',
  );
  expect(await write(new WriteSession(), [node.address])).toBe(1);
  expect(node.commands).toEqual([
    'SESSION OPEN',
    'ONCE 7 1 INCR k',
    'SESSION OPEN',
    'ONCE 8 1 INCR k',
  ]);
});

test('WriteSession says so when the session ended while an outcome was unknown', async () => {
  let answers = 0;
  const node = await serve(() => {
    answers += 1;
    return answers === 1 ? null : '-SESSIONEXPIRED it is over\r\n';
  });
  await expect(write(new WriteSession(), [node.address])).rejects.toMatchObject({
    ...{ code: 'SESSION_EXPIRED', exitCode: 4 },
    message: expect.stringContaining('An attempt before was lost'),
  });
});

test('WriteSession gives up with an unknown outcome when no answer comes in time', async () => {
  const node = await serve(() => '-UNKNOWN the leader was lost\r\n');
  const failed = write(new WriteSession(), [node.address], 'INCR k', 300);
  await expect(failed).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', exitCode: 4 });
});
