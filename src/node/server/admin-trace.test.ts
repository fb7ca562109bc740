import { afterEach, expect, test } from 'vitest';
import { FakeAdminReplica, openAdmin, SECRET_HEX } from '../../../test/doubles/admin-replica.ts';
import type { AdminServer } from './admin.ts';

const servers: AdminServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function askOn(
  replica: FakeAdminReplica,
  method: 'GET' | 'POST',
  path: string,
  secret = SECRET_HEX,
): Promise<{ status: number; json: Record<string, unknown> }> {
  const server = await openAdmin([replica]);
  servers.push(server);
  const headers = { 'x-raftctl-secret': secret };
  const response = await fetch(`http://${server.address}${path}`, { method, headers });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

const MARKER = 'trace-0123456789abcdef';

test('POST /v1/trace/arm looks out for a marker, for those who know the secret', async () => {
  const replica = new FakeAdminReplica();
  const path = `/v1/trace/arm?marker=${MARKER}&ms=500`;
  expect(await askOn(replica, 'POST', path)).toMatchObject({
    status: 200,
    json: { data: { monoMs: 5 } },
  });
  expect((await askOn(replica, 'POST', path, 'f'.repeat(64))).status).toBe(401);
  expect(replica.armed).toEqual([MARKER]);
});

test.each([
  'marker=a',
  `marker=${MARKER}&ms=0`,
  `marker=${MARKER}&ms=x`,
  `marker=${MARKER}&ms=1e9`,
])('POST /v1/trace/arm refuses %s', async (query) => {
  const replica = new FakeAdminReplica();
  const { status } = await askOn(replica, 'POST', `/v1/trace/arm?${query}`);
  expect([status, replica.armed]).toEqual([400, []]);
});

test('GET /v1/trace tells what was seen, by whom', async () => {
  const { json } = await askOn(new FakeAdminReplica({ term: 8 }), 'GET', '/v1/trace');
  expect(json).toMatchObject({
    schema: 'raftctl/admin.trace/v1',
    data: { id: 'n1', term: 8, marks: [], dropped: 0, batch: null },
  });
});
