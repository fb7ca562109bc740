import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeStatus } from '../../test/doubles/node-status.ts';
import { joinRunning } from './joining.ts';

const SELF = {
  id: 'n3',
  clientAddress: '127.0.0.1:11003',
  peerAddress: '127.0.0.1:24790',
  adminAddress: '127.0.0.1:13003',
};

/** A leader of three, n3 among them, that does what it is told; one address for all it is asked. */
class Leader {
  readonly changes: string[] = [];
  /** So many questions for its status find nobody who leads. */
  leaderless = 0;
  /** So many of its next answers to an addition are lost. */
  lost = 0;
  readonly #server: Server;
  #names = ['n1', 'n2', 'n3'];

  constructor() {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://node');
      if (request.method === 'POST') this.#change(url.searchParams, response);
      else response.end(JSON.stringify({ data: this.#status() }));
    });
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  open(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  close(): Promise<unknown> {
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #status() {
    const { members } = fakeStatus();
    const known = members
      .filter(({ id }) => this.#names.includes(id))
      .map((member) => ({ ...member, adminAddress: this.address }));
    const isLeaderless = this.leaderless > 0;
    this.leaderless -= 1;
    const leaderMember = isLeaderless ? null : 1;
    return fakeStatus({ members: known, leaderMember, adminAddress: this.address });
  }

  #change(params: URLSearchParams, response: ServerResponse): void {
    const [added, removed] = [params.get('add')?.replace(/=.*/, ''), params.get('remove')];
    this.changes.push(removed === null ? `add ${added}` : `remove ${removed}`);
    if (added !== undefined && this.#names.includes(added)) {
      const error = { code: 'MEMBERS_REFUSED', message: 'a member has that name already' };
      response.end(JSON.stringify({ error }));
      return;
    }
    this.#names = this.#names.filter((name) => name !== removed);
    if (added !== undefined) this.#names.push(added);
    if (added !== undefined && this.lost-- > 0) {
      response.destroy();
      return;
    }
    const { members, cluster, clusterId, app } = this.#status();
    const data = { cluster, clusterId, app, index: 9, members, founding: members };
    response.end(JSON.stringify({ data: { ...data, retain: null, leasePromiseMs: null } }));
  }
}

describe('joinRunning', () => {
  const leader = new Leader();
  let folder: string;
  let secretFile: string;
  beforeEach(async () => {
    await leader.open();
    folder = await mkdtemp(join(tmpdir(), 'raftctl-joining-'));
    secretFile = join(folder, 'secret');
    await writeFile(secretFile, randomBytes(32).toString('hex'));
    leader.changes.length = 0;
  });
  afterEach(async () => {
    await leader.close();
    await rm(folder, { recursive: true, force: true });
  });
  const joined = () =>
    joinRunning({
      ...{ self: SELF, fsync: 'always', secretFile, clusterId: null },
      contacts: async () => [leader.address],
    });

  test('takes the place of the member of its name, whenever a leader turns up', async () => {
    // The first question finds none, the next one does: both times n3 is still a member.
    leader.leaderless = 1;
    expect(await joined()).toMatchObject({ id: 'n3', app: 'kvstore' });
    expect(leader.changes).toEqual(['remove n3', 'add n3']);
  });

  test('undoes an addition whose answer was lost, and asks again', async () => {
    leader.lost = 1;
    await joined();
    expect(leader.changes.slice(-2)).toEqual(['remove n3', 'add n3']);
    expect(leader.changes.filter((change) => change === 'add n3')).toHaveLength(2);
  });
});
