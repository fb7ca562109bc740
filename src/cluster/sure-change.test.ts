/** A change of the members outlives the leader that was asked, and the answer that was lost. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakeStatus } from '../../test/doubles/node-status.ts';
import type { NamedChange } from '../wire/member-change.ts';
import type { MemberStatus } from '../wire/status.ts';
import type { MembersInit } from './members.ts';
import { ClusterStore } from './store.ts';
import { changeSurely, leaderSoon } from './sure-change.ts';
import { type ClusterSpec, NO_WISH, planCluster } from './topology.ts';

let directory: string;
let server: Server;
let init: Omit<MembersInit, 'changes'>;
let members: MemberStatus[];
/** What was asked for, in order. */
let asked: string[];
let highestNumber: number;
/** How often somebody asks for the status before there is a leader. */
let looksWithoutLeader: number;
/** What becomes of the next requests for a change; then they are taken and answered. */
let fates: ('lost before' | 'lost after')[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'raftctl-test-'));
  const store = new ClusterStore(join(directory, 'clusters'));
  const spec = planCluster({
    ...{ name: 'demo', clusterId: 'a'.repeat(32), createdAt: '2026-01-01T00:00:00.000Z' },
    ...{ ephemeral: false, wish: { ...NO_WISH, nodeCount: 3 } },
    dataDirOf: (id) => store.dataDirOf('demo', id),
  });
  await store.create(spec);
  [asked, looksWithoutLeader, fates, highestNumber] = [[], 0, [], 3];
  members = [...fakeStatus().members];
  server = await cluster(spec);
  const adminAddress = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const nodes = spec.nodes.slice(0, 1).map((node) => ({ ...node, adminAddress }));
  const { signal } = new AbortController();
  init = {
    store,
    spec: { ...spec, nodes },
    signal,
    force: true,
    dryRun: false,
    wait: true,
    timeoutMs: 5000,
  };
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true, force: true });
});

/** The leader, whoever that is, as its admin port shows it. */
async function cluster({ clusterId }: ClusterSpec): Promise<Server> {
  const fake = createServer((request, response) => {
    if (request.method === 'GET') {
      const role = looksWithoutLeader > 0 ? 'follower' : 'leader';
      looksWithoutLeader -= 1;
      const leaderMember = role === 'leader' ? 1 : 0;
      const data = {
        ...fakeStatus(),
        clusterId,
        role,
        leaderMember,
        members,
        changing: false,
        adminAddress: String(request.headers.host),
      };
      response.end(JSON.stringify({ schema: 'raftctl/admin.status/v1', data }));
      return;
    }
    const { searchParams } = new URL(request.url ?? '', 'http://node');
    asked.push(searchParams.toString());
    const fate = fates.shift();
    const removed = searchParams.get('remove')?.split(',') ?? [];
    if (fate !== 'lost before') members = members.filter(({ id }) => !removed.includes(id));
    const added = searchParams.get('add')?.split('=')[0];
    if (added !== undefined && fate !== 'lost before') {
      highestNumber += 1;
      const [like] = fakeStatus().members;
      members.push({ ...like, id: added, member: highestNumber, voter: false } as MemberStatus);
    }
    if (fate === undefined) response.end(JSON.stringify({ data: { index: 7 } }));
    else response.destroy();
  });
  fake.listen(0, '127.0.0.1');
  await once(fake, 'listening');
  return fake;
}

const REMOVED: readonly NamedChange[] = [
  { type: 'remove', id: 'n2' },
  { type: 'remove', id: 'n3' },
];

test('changeSurely() asks the next leader when there is none for a moment', async () => {
  looksWithoutLeader = 3;
  const { before, after, reply } = await changeSurely({ ...init, changes: REMOVED });
  expect(asked).toEqual(['remove=n2%2Cn3']);
  expect([before.voters, after.voters]).toEqual([3, 1]);
  expect(reply).toMatchObject({ index: 7 });
});

test('changeSurely() asks again for what was lost on the way', async () => {
  fates = ['lost before'];
  const { reply, members: left } = await changeSurely({ ...init, changes: REMOVED });
  expect(asked).toHaveLength(2);
  expect(reply).toMatchObject({ index: 7 });
  expect(left.map(({ id }) => id)).toEqual(['n1']);
});

test('changeSurely() does not ask again for what was done, though nobody said so', async () => {
  fates = ['lost after'];
  const { before, after, reply, members: left } = await changeSurely({ ...init, changes: REMOVED });
  expect(asked).toHaveLength(1);
  expect([before.voters, after.voters]).toEqual([3, 1]);
  expect(reply).toBeNull();
  expect(left.map(({ id }) => id)).toEqual(['n1']);
});

test('changeSurely() adds a member anew whose number was lost with the answer', async () => {
  fates = ['lost after'];
  const member = {
    id: 'n4',
    clientAddress: '127.0.0.1:11004',
    peerAddress: '127.0.0.1:12004',
    adminAddress: '127.0.0.1:13004',
  };
  const changes: NamedChange[] = [{ type: 'add', member, joins: false }];
  const { members: now } = await changeSurely({ ...init, changes });
  const add = 'add=n4%3D127.0.0.1%3A11004%3A12004%3A13004';
  expect(asked).toEqual([add, 'remove=n4', add]);
  expect(now.map((m) => `${m.id}:${m.member}`)).toEqual(['n1:1', 'n2:2', 'n3:3', 'n4:5']);
});

test('changeSurely() only tells what would be, if that is asked', async () => {
  const { after } = await changeSurely({ ...init, changes: REMOVED, dryRun: true });
  expect(after.voters).toBe(1);
  expect(asked).toEqual([]);
});

test('changeSurely() hands on a refusal at once', async () => {
  const change = changeSurely({ ...init, changes: REMOVED, force: false });
  await expect(change).rejects.toMatchObject({ code: 'MEMBERS_REFUSED' });
});

test('leaderSoon() gives up on a cluster that has none', async () => {
  looksWithoutLeader = 1_000_000;
  const leader = leaderSoon({ ...init, timeoutMs: 200 });
  await expect(leader).rejects.toMatchObject({ code: 'NO_LEADER' });
});
