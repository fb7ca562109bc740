import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { RaftctlError } from '../std/errors.ts';
import { askAdmin } from './admin-request.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Something that listens in a node's place. @returns its address. */
function listen(onSocket: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    closing.push(() => socket.destroy());
    onSocket(socket);
  });
  closing.push(() => server.close());
  return new Promise((resolve) => {
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const bound = server.address();
      resolve(`127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}`);
    });
  });
}

const ask = {
  method: 'POST',
  path: '/x',
  what: 'x',
  timeoutMs: 60_000,
  answerBytesMax: 100,
} as const;
const lost = (reason: string): RaftctlError =>
  new RaftctlError('OUTCOME_UNKNOWN', { message: reason });

describe('askAdmin()', () => {
  test('askAdmin() gives up at once when the connection breaks in the middle of an answer', async () => {
    const address = await listen((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\nhalf', () => socket.destroy());
      });
    });
    await expect(askAdmin({ ...ask, address })).rejects.toMatchObject({ code: 'UNREACHABLE' });
    const asked = askAdmin({ ...ask, address, lost });
    await expect(asked).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  });

  test('askAdmin() says that nothing happened when nobody listens', async () => {
    const address = await listen(() => {});
    for (const close of closing.splice(0)) close();
    const asked = askAdmin({ ...ask, address, lost });
    await expect(asked).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  test('askAdmin() takes no answer that is too long, and waits no longer than it is told', async () => {
    const address = await listen((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n${'x'.repeat(200)}`);
    });
    await expect(askAdmin({ ...ask, address })).rejects.toThrow('the answer is too long');
    const silent = await listen(() => {});
    const asked = askAdmin({ ...ask, address: silent, timeoutMs: 20 });
    await expect(asked).rejects.toThrow('no answer within 20 ms');
  });
});
