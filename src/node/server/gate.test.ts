import { request } from 'node:https';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PortUnderTest } from '../../../test/doubles/client-port.ts';
import { EXPIRED_DAYS, Keys } from '../../../test/doubles/keys.ts';
import { RawClient } from '../../../test/doubles/raw-client.ts';
import type { Scope } from '../../wire/security.ts';
import { Chatroom } from '../apps/chatroom.ts';

let keys: Keys;
let strangers: Keys;
const ports: PortUnderTest[] = [];
const clients: RawClient[] = [];

beforeAll(async () => {
  [keys, strangers] = await Promise.all([Keys.make(['n1']), Keys.make(['n1'])]);
});
afterAll(() => Promise.all([keys, strangers].map((made) => made?.remove())));
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const port of ports.splice(0)) await port.close();
});

async function openPort(
  init: Parameters<typeof PortUnderTest.open>[0] = {},
): Promise<PortUnderTest> {
  const port = await PortUnderTest.open({ ...init, security: await keys.shown('n1') });
  ports.push(port);
  return port;
}

/** A port that knows the tokens too. */
async function openWithTokens(): Promise<PortUnderTest> {
  const security = keys.security('n1');
  const port = await PortUnderTest.open({ security });
  ports.push(port);
  security.close();
  return port;
}

/** @param identity PEM of the client's certificate and key; left out: none. */
async function tlsClient(port: PortUnderTest, identity?: string): Promise<RawClient> {
  const { hostname, port: number } = new URL(`tcp://${port.server.address}`);
  const socket = connect({
    ...{ host: hostname, port: Number(number), ca: await keys.ca() },
    ...(identity === undefined ? {} : { cert: identity, key: identity }),
  });
  const client = await RawClient.over(socket, 'secureConnect');
  clients.push(client);
  return client;
}

function http(
  port: PortUnderTest,
  init: { method?: string; path?: string; token?: string; body?: string; identity?: string },
): Promise<number> {
  const { hostname, port: number } = new URL(`tcp://${port.server.address}`);
  const { method = 'GET', path = '/key/a', token, body, identity } = init;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const shown = identity === undefined ? {} : { cert: identity, key: identity };
  return keys.ca().then(
    (ca) =>
      new Promise((resolve, reject) => {
        const where = { host: hostname, port: number, ca, agent: false as const, ...shown };
        const call = request({ ...where, method, path, headers }, (response) => {
          response.resume();
          response.on('end', () => resolve(response.statusCode ?? 0));
        });
        call.on('error', reject);
        call.end(body);
      }),
  );
}

describe('Gate over RESP', () => {
  it('runs nothing before a token, and refuses a wrong one', async () => {
    const port = await openWithTokens();
    const client = await tlsClient(port);
    client.send('GET a\r\nPING\r\nMULTI\r\nnonsense\r\n');
    await client.expect('-NOAUTH Authentication required.\r\n'.repeat(4));
    client.send('AUTH not-a-token\r\n');
    await client.expect('-WRONGPASS invalid username-password pair');
    await client.take((text) => text.endsWith('\r\n'));
    client.send('HELLO 3\r\n');
    await client.expect('-NOAUTH Authentication required.\r\n');
  });

  it.each<[Scope, string, string]>([
    ['client', '+OK\r\n', '$1\r\n1\r\n'],
    ['client-read', '-NOPERM', '$-1\r\n'],
    ['admin', '-NOPERM', '-NOPERM'],
    ['admin-read', '-NOPERM', '-NOPERM'],
  ])('lets a token for %s do what it is for', async (scope, write, read) => {
    const client = await tlsClient(await openWithTokens());
    client.send(`AUTH ${await keys.token(scope)}\r\n`);
    await client.expect('+OK\r\n');
    for (const [command, answer] of [
      ['SET a 1\r\n', write],
      ['GET a\r\n', read],
    ] as const) {
      client.send(command);
      const reply = await client.take((text) => text.endsWith('\r\n') && text.length > 3);
      expect(reply.startsWith(answer), reply).toBe(true);
    }
  });

  it('takes the token in HELLO, beside a name', async () => {
    const client = await tlsClient(await openWithTokens());
    client.send(`HELLO 3 AUTH default ${await keys.token('client')} SETNAME me\r\n`);
    expect(await client.take((text) => text.includes('modules'))).toMatch(/^%7\r\n/);
    client.send('CLIENT GETNAME\r\n');
    await client.expect('$2\r\nme\r\n');
  });

  it('queues nothing that a token may not do', async () => {
    const client = await tlsClient(await openWithTokens());
    client.send(`AUTH ${await keys.token('client-read')}\r\nMULTI\r\nSET a 1\r\nEXEC\r\n`);
    const said = await client.take((text) => text.includes('EXECABORT'));
    expect(said).toMatch(/^\+OK\r\n\+OK\r\n-NOPERM .*\r\n-EXECABORT/);
  });

  it('asks no token of who shows a certificate of the authority', async () => {
    const port = await openPort();
    const client = await tlsClient(port, await keys.identity('operator'));
    client.send('SET a 1\r\nGET a\r\n');
    await client.expect('+OK\r\n$1\r\n1\r\n');
  });

  it('takes a certificate of another authority, or an expired one, for none', async () => {
    const port = await openPort();
    const expired = await Keys.make(['n1']);
    await expired.folder.renew(EXPIRED_DAYS);
    for (const made of [strangers, expired]) {
      const client = await tlsClient(port, await made.identity('operator'));
      client.send('GET a\r\n');
      await client.expect('-NOAUTH Authentication required.\r\n');
    }
    await expired.remove();
  });

  it('closes a connection that sends what is too large, as a plain port does', async () => {
    const client = await tlsClient(await openWithTokens());
    client.send(`*1\r\n$${1024 * 1024 * 1024}\r\n`);
    expect(await client.takeUntilClosed()).toMatch(/^-ERR Protocol error/);
  });
});

describe('Gate over HTTP', () => {
  it('answers 401 without a token or with a wrong one, 403 with one for less', async () => {
    const port = await openWithTokens();
    const [client, read, admin] = await Promise.all([
      keys.token('client'),
      keys.token('client-read'),
      keys.token('admin'),
    ]);
    const write = { method: 'POST', path: '/key', body: '{"a":"1"}' };
    expect(await http(port, {})).toBe(401);
    expect(await http(port, { token: 'wrong' })).toBe(401);
    expect(await http(port, { ...write })).toBe(401);
    expect(await http(port, { token: read })).toBe(200);
    expect(await http(port, { ...write, token: read })).toBe(403);
    expect(await http(port, { token: admin })).toBe(403);
    expect(await http(port, { ...write, token: client })).toBe(200);
    expect(await http(port, { token: client })).toBe(200);
    const identity = await keys.identity('operator');
    expect(await http(port, { ...write, identity })).toBe(200);
  });
});

describe('createDoor', () => {
  it('closes who speaks plainly on a TLS port, and says so once', async () => {
    const said: unknown[] = [];
    const warn = (fields: object, message: string): void => void said.push([fields, message]);
    const silent = { debug: () => {}, info: () => {}, error: () => {} };
    const port = await openPort({ log: { ...silent, warn } });
    const plain = await port.client();
    plain.send('PING\r\n');
    expect(await plain.takeUntilClosed()).not.toContain('PONG');
    expect(said).toEqual([[expect.objectContaining({ count: 1 }), expect.any(String)]]);
  });

  it('closes who does not end the TLS handshake', async () => {
    const port = await openPort({ limits: { headerMs: 200 } });
    const silent = await port.client();
    expect(await silent.takeUntilClosed()).toBe('');
  });

  it('closes who shows neither token nor certificate for too long, and nobody else', async () => {
    const security = keys.security('n1');
    const port = await PortUnderTest.open({ security, limits: { headerMs: 1500 } });
    ports.push(port);
    const known = await tlsClient(port);
    known.send(`AUTH ${await keys.token('client')}\r\n`);
    await known.expect('+OK\r\n');
    const operator = await tlsClient(port, await keys.identity('operator'));
    const nobody = await tlsClient(port);
    expect(await nobody.takeUntilClosed()).toBe('');
    for (const client of [known, operator]) {
      client.send('PING\r\n');
      await client.expect('+PONG\r\n');
    }
    security.close();
  });

  it('closes dialects without a word for tokens, unless a certificate is shown', async () => {
    const pinned = { dialect: 'chat', onFollower: 'forward' } as const;
    const port = await openPort({ machine: new Chatroom(), pinned });
    const nobody = await tlsClient(port);
    expect(await nobody.takeUntilClosed()).toBe('');
    const operator = await tlsClient(port, await keys.identity('operator'));
    expect(await operator.take((text) => text.includes('\n'))).toMatch(/^\* /);
  });
});
