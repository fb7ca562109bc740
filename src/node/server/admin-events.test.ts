import { afterEach, describe, expect, test } from 'vitest';
import { FakeAdminReplica, openAdmin } from '../../../test/doubles/admin-replica.ts';
import { RawClient, until } from '../../../test/doubles/raw-client.ts';
import type { AdminServer } from './admin.ts';

interface Line {
  readonly type: string;
  readonly seq: number;
  readonly nextSeq?: number;
}

const open: AdminServer[] = [];
const clients: RawClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const server of open.splice(0)) await server.close();
});

/** HTTP/1.0: the body comes as it is, not in chunks. */
async function stream(replica: FakeAdminReplica, query: string): Promise<RawClient> {
  const server = await openAdmin([replica]);
  open.push(server);
  const client = await RawClient.connect(server.address);
  clients.push(client);
  client.send(`GET /v1/events${query} HTTP/1.0\r\nHost: localhost\r\n\r\n`);
  return client;
}

function linesOf(received: string): Line[] {
  const body = received.slice(received.indexOf('\r\n\r\n') + 4);
  return body
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

async function allOf(replica: FakeAdminReplica, query: string): Promise<Line[]> {
  return linesOf(await (await stream(replica, query)).takeUntilClosed());
}

const seqsOf = (lines: readonly Line[]): number[] => lines.map((line) => line.seq);
const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('EventStream', () => {
  test('EventStream gives the events of the ring as lines of JSON and ends', async () => {
    const replica = new FakeAdminReplica();
    replica.appendPeers(3);
    const client = await stream(replica, '');
    const text = await client.takeUntilClosed();
    expect(text).toMatch(/content-type: application\/x-ndjson/i);
    expect(linesOf(text)).toEqual(replica.events.since(null).events);
  });

  test('EventStream of an empty ring ends at once', async () => {
    expect(await allOf(new FakeAdminReplica(), '')).toEqual([]);
  });

  test('EventStream gives a whole ring, many writes long, in order', async () => {
    const replica = new FakeAdminReplica();
    replica.appendPeers(4096, 300);
    expect(seqsOf(await allOf(replica, ''))).toEqual(numbers(1, 4096));
  });

  test('EventStream goes on where the reader left', async () => {
    const replica = new FakeAdminReplica();
    replica.appendPeers(10);
    expect(seqsOf(await allOf(replica, '?since=ab12:7'))).toEqual([8, 9, 10]);
    expect(await allOf(replica, '?since=ab12:10')).toEqual([]);
    expect(await allOf(replica, '?since=ab12:99')).toEqual([]);
  });

  test('EventStream tells of a gap when the ring has lost some, or the node a life', async () => {
    const replica = new FakeAdminReplica({}, 4);
    replica.appendPeers(10);
    for (const query of ['', '?since=ab12:3', '?since=old0:9']) {
      const [gap, ...events] = await allOf(replica, query);
      expect(gap).toEqual({
        ...{ v: 1, type: 'gap', cluster: 'demo', node: 'n1', incarnation: 'ab12' },
        nextSeq: 7,
      });
      expect(seqsOf(events)).toEqual([7, 8, 9, 10]);
    }
    expect(seqsOf(await allOf(replica, '?since=ab12:6'))).toEqual([7, 8, 9, 10]);
  });

  test('EventStream gives only the types asked for', async () => {
    const replica = new FakeAdminReplica();
    replica.appendPeers(2);
    replica.events.append('role.changed', 1, { from: 'follower', to: 'leader' });
    replica.events.append('leader.known', 1, { leader: 'n1' });
    const lines = await allOf(replica, '?types=role.changed,leader.known');
    expect(lines.map((line) => line.type)).toEqual(['role.changed', 'leader.known']);
  });

  test('EventStream follows: what is there, then what comes, without end', async () => {
    const replica = new FakeAdminReplica();
    replica.appendPeers(2);
    const client = await stream(replica, '?follow=1&since=ab12:1');
    await client.take((received) => received.endsWith('}\n'));
    for (let round = 0; round < 3; round += 1) {
      replica.appendPeers(5);
      const from = 3 + round * 5;
      const text = await client.take((received) => received.split('\n').length === 6);
      const lines = text.split('\n').slice(0, 5);
      expect(lines.map((line) => (JSON.parse(line) as Line).seq)).toEqual(numbers(from, from + 4));
    }
    expect(client.closed).toBe(false);
  });

  test('EventStream of a follower that leaves costs nothing any more', async () => {
    const replica = new FakeAdminReplica();
    let followers = 0;
    const subscribe = replica.events.subscribe.bind(replica.events);
    replica.events.subscribe = (listener) => {
      followers += 1;
      const leave = subscribe(listener);
      return () => {
        followers -= 1;
        leave();
      };
    };
    const client = await stream(replica, '?follow=1');
    await until(() => followers === 1, 'the follower has come');
    client.close();
    await until(() => followers === 0, 'the follower has gone');
  });

  test('EventStream closes a reader that the ring has lapped, in bounded memory', async () => {
    const replica = new FakeAdminReplica();
    const client = await stream(replica, '?follow=1');
    await client.take((received) => received.includes('200 OK'));
    client.socket.pause();
    const before = process.memoryUsage().external;
    for (let i = 0; i < 400; i += 1) {
      replica.appendPeers(100, 1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // 40 MB of events have passed.
    expect(process.memoryUsage().external - before).toBeLessThan(16 * 1024 * 1024);
    client.socket.resume();
    const text = await client.takeUntilClosed();
    expect(text.length).toBeLessThan(20 * 1024 * 1024);
    const [server] = open;
    const metrics = await (await fetch(`http://${server?.address}/metrics`)).text();
    expect(metrics).toContain('raftctl_admin_refused_total{reason="slowReader"} 1');
    // Nothing but the end is missing from what it got.
    const seqs = text
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as Line).seq);
    expect(seqs).toEqual(numbers(1, seqs.length));
  });

  test('EventStream keeps a reader that is slow but keeps up', async () => {
    const replica = new FakeAdminReplica();
    const client = await stream(replica, '?follow=1');
    await client.take((received) => received.includes('200 OK'));
    let text = '';
    for (let round = 1; round <= 20; round += 1) {
      client.socket.pause();
      replica.appendPeers(2000, 1000);
      await new Promise((resolve) => setImmediate(resolve));
      client.socket.resume();
      text += await client.take((received) => received.includes(`"seq":${round * 2000},`));
    }
    text += await client.take((received) => (text + received).endsWith('}\n'));
    const seqs = text
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as Line).seq);
    // A loop that stands still, as on a busy machine, is an event too.
    expect(seqs.length).toBeGreaterThanOrEqual(40_000);
    expect(seqs).toEqual(numbers(1, seqs.length));
  });
});
