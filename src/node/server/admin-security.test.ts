import { request } from 'node:https';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FakeAdminReplica, openAdmin, SECRET_HEX } from '../../../test/doubles/admin-replica.ts';
import { Keys } from '../../../test/doubles/keys.ts';
import { RawClient } from '../../../test/doubles/raw-client.ts';
import type { Scope } from '../../wire/security.ts';
import type { NodeSecurity } from '../io/security-files.ts';
import type { AdminServer } from './admin.ts';

let keys: Keys;
let strangers: Keys;
let security: NodeSecurity;
let server: AdminServer;

beforeAll(async () => {
  [keys, strangers] = await Promise.all([Keys.make(['n1']), Keys.make(['n1'])]);
  security = keys.security('n1');
  server = await openAdmin([new FakeAdminReplica()], [], security);
});
afterAll(async () => {
  security.close();
  await server.close();
  await Promise.all([keys.remove(), strangers.remove()]);
});
afterEach(() => {
  security.reload(() => {});
});

interface Shown {
  readonly token?: string;
  readonly secret?: boolean;
  /** PEM of certificate and key. */
  readonly identity?: string;
  readonly origin?: string;
}

async function ask(path: string, shown: Shown = {}, method = 'GET') {
  const { token, secret, identity, origin } = shown;
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(secret === true ? { 'x-raftctl-secret': SECRET_HEX } : {}),
    ...(origin === undefined ? {} : { origin }),
  };
  const own = identity === undefined ? {} : { cert: identity, key: identity };
  const [host, port] = server.address.split(':');
  const ca = await keys.ca();
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const where = { host, port, ca, agent: false as const, ...own };
    const call = request({ ...where, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    call.on('error', reject);
    call.end();
  });
}

const READS = ['/v1/status', '/v1/phases', '/v1/vitals', '/v1/log', '/v1/events', '/metrics'];
const SECRET_READS = ['/v1/log/entries?from=1', '/v1/snapshots/file?index=1'];
const WRITES = [
  '/v1/members?remove=n2',
  '/v1/leader/transfer',
  '/v1/snapshots/take',
  '/v1/profile?kind=heap',
  '/v1/tls/reload',
];

describe('admin port with keys', () => {
  it.each(READS)('tells %s to a token for reading, not to others', async (path) => {
    const token = (scope: Scope): Promise<string> => keys.token(scope);
    expect((await ask(path)).status).toBe(401);
    expect((await ask(path, { token: 'wrong' })).status).toBe(401);
    expect((await ask(path, { token: await token('client') })).status).toBe(403);
    expect((await ask(path, { token: await token('admin-read') })).status).toBe(200);
    expect((await ask(path, { token: await token('admin') })).status).toBe(200);
  });

  it.each([
    ...SECRET_READS.map((path) => ['GET', path] as const),
    ...WRITES.map((path) => ['POST', path] as const),
  ])('does %s %s for a token of admin only', async (method, path) => {
    const read = await keys.token('admin-read');
    const admin = await keys.token('admin');
    expect((await ask(path, {}, method)).status).toBe(401);
    expect((await ask(path, { token: 'wrong' }, method)).status).toBe(401);
    const refused = await ask(path, { token: read }, method);
    expect(refused.status, refused.text).toBe(403);
    expect(JSON.parse(refused.text)).toMatchObject({
      error: { code: 'UNAUTHORIZED', hint: expect.stringContaining('--token-file') },
    });
    expect([401, 403]).not.toContain((await ask(path, { token: admin }, method)).status);
  });

  it('takes the secret, or a certificate of the authority, for a token', async () => {
    const operator = await keys.identity('operator');
    const stranger = await strangers.identity('operator');
    expect((await ask('/v1/status', { secret: true })).status).toBe(200);
    expect((await ask('/v1/tls/reload', { secret: true }, 'POST')).status).toBe(200);
    expect((await ask('/v1/tls/reload', { identity: operator }, 'POST')).status).toBe(200);
    expect((await ask('/v1/status', { identity: stranger })).status).toBe(401);
  });

  it('answers probes of health without any', async () => {
    expect((await ask('/healthz')).status).toBe(200);
  });

  it('refuses a foreign page even with a token, and its own page by another scheme', async () => {
    const token = await keys.token('admin');
    for (const origin of ['https://evil.example', `http://${server.address}`]) {
      expect((await ask('/v1/status', { token, origin })).status).toBe(403);
    }
    expect((await ask('/v1/status', { token, origin: `https://${server.address}` })).status).toBe(
      200,
    );
  });

  it('closes who speaks plainly, without an answer', async () => {
    const plain = await RawClient.connect(server.address);
    plain.send('GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(await plain.takeUntilClosed()).not.toContain('term');
  });

  it('tells what keys are in use, and keeps them when new ones are wrong', async () => {
    const token = await keys.token('admin');
    const before = await ask('/v1/tls', { token });
    expect(JSON.parse(before.text)).toMatchObject({ data: { name: 'n1', authorities: [{}] } });
    const good = await keys.identity('n1');
    await keys.replace('n1', await strangers.identity('operator'));
    const refused = await ask('/v1/tls/reload', { token }, 'POST');
    expect(refused.status).toBe(409);
    expect(refused.text).toContain('for the operator, not for n1');
    expect((await ask('/v1/tls', { token })).text).toBe(before.text);
    await keys.replace('n1', good);
  });

  it('takes the tokens before the last ones once more, and no older ones', async () => {
    const first = await keys.token('admin-read');
    await keys.folder.makeTokens();
    security.reload(() => {});
    const second = await keys.token('admin-read');
    expect((await ask('/v1/status', { token: first })).status).toBe(200);
    expect((await ask('/v1/status', { token: second })).status).toBe(200);
    await keys.folder.makeTokens();
    security.reload(() => {});
    expect((await ask('/v1/status', { token: first })).status).toBe(401);
    expect((await ask('/v1/status', { token: second })).status).toBe(200);
  });
});
