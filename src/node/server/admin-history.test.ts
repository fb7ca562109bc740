import { afterEach, expect, test } from 'vitest';
import { FakeAdminReplica, openAdmin, SECRET_HEX } from '../../../test/doubles/admin-replica.ts';
import type { AdminServer } from './admin.ts';

let server: AdminServer;
afterEach(() => server.close());

async function ask(replica: FakeAdminReplica, query: string, secret = SECRET_HEX) {
  server = await openAdmin([replica]);
  const headers = { 'x-raftctl-secret': secret };
  return fetch(`http://${server.address}/v1/log/entries${query}`, { headers });
}

test('/v1/log/entries sends the batches one after the other, and says where they end', async () => {
  const replica = new FakeAdminReplica();
  const batches = (async function* () {
    for (const text of ['one', 'two', 'three']) yield { bytes: Buffer.from(text) };
  })();
  replica.history = async (from) => (from === 7 ? { through: 90, batches } : null);
  const answer = await ask(replica, '?from=7');
  expect(answer.headers.get('x-raftctl-through')).toBe('90');
  expect(await answer.text()).toBe('onetwothree');
});

test.each([
  ['?from=7', '0'.repeat(64), 401],
  ['?from=7', SECRET_HEX, 404],
  ['?from=0', SECRET_HEX, 400],
  ['', SECRET_HEX, 400],
])('/v1/log/entries%s with the secret %s is refused: %d', async (query, secret, status) => {
  expect((await ask(new FakeAdminReplica(), query, secret)).status).toBe(status);
});
