/** Who has the entries that a late logger lacks, and who cannot be asked. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { THROUGH_HEADER } from '../wire/log-view.ts';
import { askMembers } from './logger-history.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A member whose archive has them, or has not, or whose port is nobody's any more. */
async function memberThat(does: 'has' | 'lacks' | 'is gone', member: number, voter = true) {
  const server = createServer((_, response) => {
    response.statusCode = does === 'has' ? 200 : 404;
    if (does === 'has') response.setHeader(THROUGH_HEADER, '9');
    const error = { code: 'REQUEST_REFUSED', message: 'not all of them' };
    response.end(does === 'has' ? 'batches' : JSON.stringify({ error }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const adminAddress = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  if (does === 'is gone') server.close();
  else servers.push(server);
  return { id: `n${member}`, member, voter, adminAddress };
}

const ASK = { own: 4, secretHex: 'ab', from: 2 };

test('askMembers() takes them from the first that has them', async () => {
  const members = [await memberThat('is gone', 1), await memberThat('has', 2)];
  expect((await askMembers(members, ASK))?.through).toBe(9);
});

test('askMembers() says that nobody has them when all have said so', async () => {
  const gone = [await memberThat('is gone', 4), await memberThat('is gone', 3, false)];
  expect(await askMembers([...gone, await memberThat('lacks', 1)], ASK)).toBeNull();
});

test('askMembers() does not take the silence of a voter for a no', async () => {
  const members = [await memberThat('is gone', 1), await memberThat('lacks', 2)];
  await expect(askMembers(members, ASK)).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('n1'),
  });
});
