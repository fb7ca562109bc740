import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { executeKv } from './kv-client.ts';

const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((end) => server.close(end))));
});

/** A server that does the same with every request, and counts them. */
async function serve(answer: (socket: Socket) => void) {
  const seen = { address: '', requests: 0 };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      seen.requests += 1;
      answer(socket);
    });
  });
  servers.push(server);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  seen.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return seen;
}

/** An address that nobody listens on. */
async function nobody(): Promise<string> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  await new Promise((end) => server.close(end));
  return `127.0.0.1:${port}`;
}

function set(endpoints: string[], timeoutMs = 2000) {
  return executeKv({ endpoints, timeoutMs }, { args: ['SET', 'k', 'v'], isWrite: true });
}

test('executeKv() goes past nodes that do not accept', async () => {
  const node = await serve((socket) => socket.write('+OK\r\n'));
  expect(await set([await nobody(), node.address])).toBe('OK');
});

test.each(['NOLEADER nobody leads', 'DISKFULL no room', 'STOPPING bye'])(
  'executeKv() goes past nodes that refuse with %s',
  async (refusal) => {
    const lonely = await serve((socket) => socket.write(`-${refusal}\r\n`));
    const node = await serve((socket) => socket.write('+OK\r\n'));
    expect(await set([lonely.address, node.address])).toBe('OK');
    expect([lonely.requests, node.requests]).toEqual([1, 1]);
  },
);

test('executeKv() never sends a write again when the connection breaks', async () => {
  const broken = await serve((socket) => socket.destroy());
  const node = await serve((socket) => socket.write('+OK\r\n'));
  await expect(set([broken.address, node.address])).rejects.toMatchObject({
    code: 'OUTCOME_UNKNOWN',
    exitCode: 4,
  });
  expect([broken.requests, node.requests]).toEqual([1, 0]);
});

test('executeKv() calls a write unknown when the node says so or stays silent', async () => {
  const unsure = await serve((socket) => socket.write('-UNKNOWN the leader was lost\r\n'));
  await expect(set([unsure.address])).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  const silent = await serve(() => {});
  await expect(set([silent.address], 100)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
});

test('executeKv() sends a read again when the connection breaks', async () => {
  const broken = await serve((socket) => socket.destroy());
  const node = await serve((socket) => socket.write('$1\r\nv\r\n'));
  const endpoints = [broken.address, node.address];
  const read = executeKv({ endpoints, timeoutMs: 2000 }, { args: ['GET', 'k'], isWrite: false });
  expect(await read).toEqual(Buffer.from('v'));
});

test('executeKv() tells who does not answer from who cannot serve', async () => {
  await expect(set([await nobody()])).rejects.toMatchObject({ code: 'UNREACHABLE', exitCode: 3 });
  const lonely = await serve((socket) => socket.write('-NOLEADER nobody leads\r\n'));
  await expect(set([lonely.address], 500)).rejects.toMatchObject({
    code: 'NO_LEADER',
    exitCode: 3,
  });
  expect(lonely.requests).toBeGreaterThan(1);
});

test('executeKv() passes other refusals on at once', async () => {
  const strict = await serve((socket) => socket.write('-ERR syntax error\r\n'));
  await expect(set([strict.address])).rejects.toMatchObject({
    code: 'REQUEST_REFUSED',
    message: 'The node refused: ERR syntax error',
  });
});
