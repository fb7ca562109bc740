import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { scanKeys } from './key-scan.ts';
import { KvSession } from './kv-session.ts';

const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((end) => server.close(end))));
});

interface Seen {
  address: string;
  connections: number;
  commands: string[];
}

/** Answers each command by its words; null closes the connection. */
async function serve(answer: (words: string[]) => string | null): Promise<Seen> {
  const seen: Seen = { address: '', connections: 0, commands: [] };
  const server = createServer((socket: Socket) => {
    seen.connections += 1;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const words = chunk
        .toString('latin1')
        .split('\r\n')
        .filter((_, i) => i > 0 && i % 2 === 0);
      // As a server that has no sessions: its clients write once.
      const isSession = words[0] === 'SESSION';
      if (!isSession) seen.commands.push(words.join(' '));
      const reply = isSession ? '-ERR unknown command\r\n' : answer(words);
      if (reply === null) socket.destroy();
      else socket.write(reply);
    });
  });
  servers.push(server);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  seen.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return seen;
}

function ask(session: KvSession, line: string, isWrite = true) {
  return session.execute({ args: line.split(' '), isWrite }, 2000);
}

test('KvSession keeps one connection', async () => {
  const node = await serve(() => '+OK\r\n');
  const session = new KvSession([node.address]);
  await ask(session, 'SET a 1');
  await ask(session, 'SET b 2');
  expect([node.connections, session.address]).toEqual([1, node.address]);
  session.close();
});

test('KvSession goes on with the next node when one refuses, and stays there', async () => {
  const lonely = await serve(() => '-NOLEADER nobody\r\n');
  const node = await serve(() => '+OK\r\n');
  const session = new KvSession([lonely.address, node.address]);
  await ask(session, 'SET a 1');
  await ask(session, 'SET b 2');
  expect([lonely.commands.length, node.commands.length]).toEqual([1, 2]);
  session.close();
});

test('KvSession does not carry a transaction to another node', async () => {
  const first = await serve(([name]) => (name === 'SET' ? null : '+OK\r\n'));
  const second = await serve(() => '+OK\r\n');
  const session = new KvSession([first.address, second.address]);
  await ask(session, 'MULTI');
  expect(session.isInTransaction).toBe(true);
  await expect(ask(session, 'SET a 1')).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  await expect(ask(session, 'EXEC')).rejects.toMatchObject({
    code: 'OUTCOME_UNKNOWN',
    message: expect.stringContaining('The transaction is lost'),
  });
  expect(session.isInTransaction).toBe(false);
  expect(second.commands).toEqual([]);
  session.close();
});

test('scanKeys() asks until the cursor is 0, drops repetitions and sorts', async () => {
  const pieces: Record<string, string> = {
    0: '*2\r\n$1\r\n7\r\n*2\r\n$2\r\nkb\r\n$2\r\nka\r\n',
    7: '*2\r\n$1\r\n0\r\n*2\r\n$2\r\nka\r\n$2\r\nkc\r\n',
  };
  const node = await serve(([, cursor]) => pieces[cursor ?? ''] ?? '-ERR no\r\n');
  const session = new KvSession([node.address]);
  const all = await scanKeys(session, 'k*', 10, 2000);
  expect({ keys: all.keys.map(String), isCut: all.isCut }).toEqual({
    keys: ['ka', 'kb', 'kc'],
    isCut: false,
  });
  expect(node.commands[0]).toBe('SCAN 0 MATCH k\\** COUNT 1000');
  const two = await scanKeys(session, '', 2, 2000);
  expect([two.keys.map(String), two.isCut]).toEqual([['ka', 'kb'], true]);
  session.close();
});

test('scanKeys() refuses an answer that is none', async () => {
  const node = await serve(() => '+OK\r\n');
  const session = new KvSession([node.address]);
  await expect(scanKeys(session, '', 1, 2000)).rejects.toMatchObject({ code: 'REQUEST_REFUSED' });
  session.close();
});
