/** Snapshots over the admin port, as the operator's client asks for them. */
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { FakeAdminReplica, openAdmin, SECRET_HEX } from '../../../test/doubles/admin-replica.ts';
import { RaftctlError } from '../../std/errors.ts';
import type { AdminServer } from './admin.ts';
import { answerWithFile } from './admin-snapshots.ts';

const open: AdminServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function admin(replica: FakeAdminReplica): Promise<string> {
  const server = await openAdmin([replica]);
  open.push(server);
  return `http://${server.address}`;
}

const secret = { 'x-raftctl-secret': SECRET_HEX };
const file = Buffer.alloc(1_000_000, 'snapshot ');

describe('/v1/snapshots', () => {
  test('lists what is kept, and how the last ones ended', async () => {
    const replica = new FakeAdminReplica({ id: 'n7' });
    replica.snapshotFiles.set(30, file);
    replica.snapshotFailures = 2;
    const answer = await fetch(`${await admin(replica)}/v1/snapshots`);
    const { schema, data } = (await answer.json()) as { schema: string; data: object };
    expect(schema).toBe('raftctl/admin.snapshots/v1');
    const row = { index: 30, term: 2, bytes: file.length, asOf: null };
    expect(data).toMatchObject({ id: 'n7', snapshots: [row], taking: null, failures: 2 });
  });

  test('tells of a disk that cannot be read, and serves on', async () => {
    const replica = new FakeAdminReplica();
    replica.snapshots.list = () =>
      Promise.reject(new RaftctlError('DISK_FAILED', { message: 'Cannot list /data' }));
    const base = await admin(replica);
    const answer = await fetch(`${base}/v1/snapshots`);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ error: { code: 'DISK_FAILED' } });
    expect((await fetch(`${base}/v1/status`)).status).toBe(200);
  });
});

describe('/v1/snapshots/take', () => {
  test('begins one for who knows the secret, and says what it will hold', async () => {
    const replica = new FakeAdminReplica({ appliedIndex: 41 });
    const base = await admin(replica);
    const path = `${base}/v1/snapshots/take`;
    expect((await fetch(path, { method: 'POST' })).status).toBe(401);
    expect((await fetch(path, { headers: secret })).status).toBe(405);
    const answer = await fetch(path, { method: 'POST', headers: secret });
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ data: { index: 41, failures: 0 } });
  });
});

describe('/v1/snapshots/file', () => {
  test('sends every byte to who knows the secret', async () => {
    const replica = new FakeAdminReplica();
    replica.snapshotFiles.set(30, file);
    const base = await admin(replica);
    expect((await fetch(`${base}/v1/snapshots/file?index=30`)).status).toBe(401);
    const answer = await fetch(`${base}/v1/snapshots/file?index=30`, { headers: secret });
    expect(answer.headers.get('content-length')).toBe(String(file.length));
    expect(Buffer.from(await answer.arrayBuffer()).equals(file)).toBe(true);
    const gone = await fetch(`${base}/v1/snapshots/file?index=31`, { headers: secret });
    expect(gone.status).toBe(404);
    expect(await gone.json()).toMatchObject({ error: { code: 'SNAPSHOT_NOT_FOUND' } });
    for (const query of ['', '?index=', '?index=-1', '?index=x']) {
      const wrong = await fetch(`${base}/v1/snapshots/file${query}`, { headers: secret });
      expect(wrong.status, query).toBe(400);
    }
  });

  test('breaks off when the disk fails in the middle, and serves on', async () => {
    const replica = new FakeAdminReplica();
    replica.snapshots.open = async () => ({
      bytes: 1e6,
      read: async (offset, length) => {
        if (offset === 0) return Buffer.alloc(length);
        throw new RaftctlError('DISK_FAILED', { message: 'Cannot read' });
      },
      close: async () => {},
    });
    const base = await admin(replica);
    const answer = await fetch(`${base}/v1/snapshots/file?index=1`, { headers: secret });
    await expect(answer.arrayBuffer()).rejects.toThrow();
    expect((await fetch(`${base}/v1/status`)).status).toBe(200);
  });

  test('lets go of the file when the reader goes away', async () => {
    const replica = new FakeAdminReplica();
    let closed: () => void = () => {};
    const isClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    replica.snapshots.open = async () => ({
      bytes: 1e12,
      read: async (_offset, length) => Buffer.alloc(length),
      close: async () => closed(),
    });
    const leaving = new AbortController();
    const answer = await fetch(`${await admin(replica)}/v1/snapshots/file?index=1`, {
      headers: secret,
      signal: leaving.signal,
    });
    await answer.body?.getReader().read();
    leaving.abort();
    await isClosed;
  });

  test('lets go of the file when the reader went away before it was open', async () => {
    const replica = new FakeAdminReplica();
    let isOpen = false;
    replica.snapshots.open = async () => {
      isOpen = true;
      return {
        bytes: 1e12,
        read: async (_offset, length) => Buffer.alloc(length),
        close: async () => {
          isOpen = false;
        },
      };
    };
    const answered = new Promise<void>((resolve, reject) => {
      const server = createServer((_request, response) => {
        response.once('close', () => {
          server.close();
          answerWithFile(response, replica, '1').then(resolve, reject);
        });
        socket.destroy();
      });
      let socket: Socket;
      server.listen({ host: '127.0.0.1', port: 0 }, () => {
        const { port } = server.address() as AddressInfo;
        socket = connect({ host: '127.0.0.1', port });
        socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      });
    });
    await answered;
    expect(isOpen).toBe(false);
  });
});
