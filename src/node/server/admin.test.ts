import { request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { FakeAdminReplica, openAdmin, SECRET_HEX } from '../../../test/doubles/admin-replica.ts';
import { RawClient, until } from '../../../test/doubles/raw-client.ts';
import { Histogram } from '../../std/histogram.ts';
import { SILENT_LOG } from '../../std/log.ts';
import { Profiler } from '../profiler/profiler.ts';
import { type AdminServer, createAdminServer } from './admin.ts';
import type { AdminReplica } from './admin-contract.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any form.
  readonly json: any;
}

const open: AdminServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function admin(replicas: readonly AdminReplica[], hosts?: string[]): Promise<AdminServer> {
  const server = await openAdmin(replicas, hosts);
  open.push(server);
  return server;
}

function ask(
  server: AdminServer,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = options;
  const [host, port] = server.address.split(':');
  return new Promise((resolve, reject) => {
    const call = request({ host, port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => {
        const isJson = String(response.headers['content-type']).includes('json');
        const json: unknown =
          isJson && text.trim().split('\n').length === 1 ? JSON.parse(text) : null;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

async function loopDelays(server: AdminServer): Promise<number> {
  const { json } = await ask(server, '/v1/vitals');
  return Histogram.fromJSON(json.data.process.loopDelay)?.count ?? 0;
}

const other = { cluster: 'other', clusterId: 'ff'.repeat(16), id: 'm1' };

describe('createAdminServer', () => {
  test('createAdminServer gives the status in an envelope that names its schema', async () => {
    const replica = new FakeAdminReplica({ term: 9 });
    const server = await admin([replica]);
    const answer = await ask(server, '/v1/status');
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ schema: 'raftctl/admin.status/v1', data: replica.status() });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });

  test('createAdminServer asks which cluster is meant when it serves several', async () => {
    const server = await admin([new FakeAdminReplica(), new FakeAdminReplica(other)]);
    const unclear = await ask(server, '/v1/status');
    expect(unclear.status).toBe(400);
    expect(unclear.json.error.code).toBe('CLUSTER_AMBIGUOUS');
    expect(unclear.json.error.hint).toContain('?cluster=');
    for (const name of ['other', other.clusterId]) {
      expect((await ask(server, `/v1/status?cluster=${name}`)).json.data.id).toBe('m1');
    }
    const unknown = await ask(server, '/v1/status?cluster=nobody');
    expect([unknown.status, unknown.json.error.code]).toEqual([404, 'CLUSTER_NOT_FOUND']);
  });

  test('createAdminServer is healthy while every replica knows a leader', async () => {
    const replica = new FakeAdminReplica();
    const server = await admin([replica, new FakeAdminReplica(other)]);
    const healthy = await ask(server, '/healthz');
    expect([healthy.status, healthy.json.data.replicas.length]).toEqual([200, 2]);
    replica.currentStatus = { ...replica.currentStatus, leader: null };
    const lost = await ask(server, '/healthz');
    expect([lost.status, lost.json.error.code]).toEqual([503, 'NO_LEADER']);
    expect(lost.json.error.message).toContain('demo');
  });

  test('createAdminServer gives phases as percentiles and as histograms to merge', async () => {
    const replica = new FakeAdminReplica();
    replica.record('sync', [100, 200, 300, 40_000]);
    replica.record('apply', []);
    const server = await admin([replica]);
    const { json } = await ask(server, '/v1/phases');
    expect(json.schema).toBe('raftctl/admin.phases/v1');
    expect(json.data).toMatchObject({ cluster: 'demo', id: 'n1' });
    const { histogram, ...stats } = json.data.phases.sync;
    expect(stats).toEqual({
      ...{ count: 4, meanUs: 10_150, p50Us: 200, p90Us: 40_000 },
      ...{ p99Us: 40_000, p999Us: 40_000, maxUs: 40_000 },
    });
    expect(Histogram.fromJSON(histogram)?.toJSON()).toEqual(
      replica.histograms.get('sync')?.toJSON(),
    );
    expect(json.data.phases.apply).toMatchObject({ count: 0, p99Us: 0, maxUs: 0 });
  });

  test('createAdminServer gives vitals that are never reset, whoever asks', async () => {
    const replica = new FakeAdminReplica({ term: 9 });
    replica.record('sync', [100, 200]);
    replica.syncTimes.record(150);
    replica.counts = {
      proposals: { help: 'Taken.', value: 7 },
      replies: { help: 'Given.', label: 'outcome', values: { ok: 3 } },
    };
    const server = await admin([replica]);
    // The probe of the loop looks 20 times a second.
    await expect.poll(() => loopDelays(server)).toBeGreaterThan(0);
    const { json } = await ask(server, '/v1/vitals');
    expect(json.schema).toBe('raftctl/admin.vitals/v1');
    expect(json.data.status).toEqual(replica.status());
    expect(json.data.counters).toEqual({ proposals: 7 });
    expect(Histogram.fromJSON(json.data.phases.sync)?.count).toBe(2);
    expect(Histogram.fromJSON(json.data.syncs)?.maxUs).toBe(150);
    const { process: vitals } = json.data;
    for (const name of ['monoMs', 'cpuUs', 'rssBytes', 'heapUsedBytes', 'loopActiveMs']) {
      expect(vitals[name], name).toBeGreaterThan(0);
    }
    expect(Histogram.fromJSON(vitals.gcPauses)).not.toBeNull();
    const before = await loopDelays(server);
    await ask(server, '/metrics');
    expect(await loopDelays(server)).toBeGreaterThanOrEqual(before);
  });

  test('createAdminServer tells of a standstill and what the process did meanwhile', async () => {
    const replica = new FakeAdminReplica();
    await admin([replica]);
    const end = performance.now() + 300;
    while (performance.now() < end) Math.sqrt(end);
    await expect.poll(() => replica.stalls.length).toBeGreaterThan(0);
    const { delayMs, cpuMs, gcMs } = replica.stalls[0] ?? { delayMs: 0, cpuMs: 0, gcMs: -1 };
    expect(delayMs).toBeGreaterThanOrEqual(200);
    expect(cpuMs).toBeGreaterThan(0);
    expect(gcMs).toBeGreaterThanOrEqual(0);
  });

  test('createAdminServer stops a node only for who knows the secret', async () => {
    const replica = new FakeAdminReplica();
    const server = await admin([replica]);
    const wrong = [{}, { 'x-raftctl-secret': '' }, { 'x-raftctl-secret': SECRET_HEX.slice(1) }];
    for (const headers of [...wrong, { 'x-raftctl-secret': 'f'.repeat(64) }]) {
      const answer = await ask(server, '/v1/stop', { method: 'POST', headers });
      expect([answer.status, answer.json.error.code]).toEqual([401, 'REQUEST_REFUSED']);
      expect(answer.text).not.toContain(SECRET_HEX.slice(0, 16));
    }
    expect(replica.stopped).toEqual([]);
    const headers = { 'x-raftctl-secret': SECRET_HEX };
    const answer = await ask(server, '/v1/stop?reason=test', { method: 'POST', headers });
    expect(answer.status).toBe(202);
    expect(answer.json).toEqual({
      schema: 'raftctl/admin.stop/v1',
      data: { id: 'n1', stopping: true },
    });
    await until(() => replica.stopped.length === 1, 'the node was told to stop');
    expect(replica.stopped).toEqual([{ reason: 'test', handOver: true }]);
    await ask(server, '/v1/stop?reason=again&transfer=no', { method: 'POST', headers });
    await until(() => replica.stopped.length === 2, 'the node was told to stop');
    expect(replica.stopped[1]).toEqual({ reason: 'again', handOver: false });
    const wrongWord = await ask(server, '/v1/stop?transfer=maybe', { method: 'POST', headers });
    expect([wrongWord.status, wrongWord.json.error.code]).toEqual([400, 'USAGE']);
  });

  test.each([
    ['/nothing', 'GET', 404, undefined],
    ['/v1/status/', 'GET', 404, undefined],
    ['/__proto__', 'GET', 404, undefined],
    ['/v1/status', 'POST', 405, 'GET'],
    ['/v1/status', 'OPTIONS', 405, 'GET'],
    ['/v1/stop', 'GET', 405, 'POST'],
    ['/v1/status?wait=1', 'GET', 400, undefined],
    ['/v1/status?cluster=demo&cluster=other', 'GET', 400, undefined],
    ['/v1/events?since=7', 'GET', 400, undefined],
    ['/v1/events?since=ab12:-1', 'GET', 400, undefined],
    ['/v1/events?follow=yes', 'GET', 400, undefined],
    ['/v1/events?types=role.changed,nonsense', 'GET', 400, undefined],
  ])('createAdminServer refuses %s by %s with %d', async (path, method, status, allow) => {
    const server = await admin([new FakeAdminReplica()]);
    const answer = await ask(server, path, { method });
    expect([answer.status, answer.headers['allow']]).toEqual([status, allow]);
    expect(answer.json.error).toMatchObject({ code: 'USAGE', message: expect.any(String) });
  });

  test.each([
    // host, origin, status
    ['localhost:13000', undefined, 200],
    ['127.0.0.1', undefined, 200],
    ['[::1]:80', undefined, 200],
    ['LOCALHOST', undefined, 200],
    ['node.example', undefined, 200],
    ['evil.example', undefined, 421],
    ['127.0.0.1.evil.example', undefined, 421],
    ['localhost@evil.example', undefined, 421],
    ['localhost:80:80', undefined, 421],
    ['localhost:13000', 'http://localhost:13000', 200],
    ['localhost:13000', 'http://localhost:3000', 403],
    ['localhost:13000', 'https://localhost:13000', 403],
    ['localhost:13000', 'http://evil.example', 403],
    ['localhost:13000', 'null', 403],
    ['evil.example', 'http://evil.example', 421],
  ])('createAdminServer for Host %j and Origin %j answers %d', async (host, origin, status) => {
    const server = await admin([new FakeAdminReplica()], ['Node.example']);
    const headers = origin === undefined ? { host } : { host, origin };
    const answer = await ask(server, '/v1/status', { headers });
    expect(answer.status).toBe(status);
    if (status !== 200) expect(answer.json.error.code).toBe('REQUEST_REFUSED');
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('createAdminServer refuses what a browser marks as cross-site', async () => {
    const server = await admin([new FakeAdminReplica()]);
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect((await ask(server, '/metrics', { headers })).status).toBe(403);
  });

  test('createAdminServer wants exactly one Host, in every version of HTTP', async () => {
    const server = await admin([new FakeAdminReplica()]);
    for (const head of ['HTTP/1.0', 'HTTP/1.1', 'HTTP/1.1\r\nHost: localhost\r\nHost: evil']) {
      const client = await RawClient.connect(server.address);
      client.send(`GET /v1/status ${head}\r\nConnection: close\r\n\r\n`);
      expect(await client.takeUntilClosed()).toMatch(/^HTTP\/1.1 400 /);
    }
    const client = await RawClient.connect(server.address);
    client.send('GET /v1/status HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n');
    expect(await client.takeUntilClosed()).toMatch(/^HTTP\/1.1 421 /);
  });

  test('createAdminServer reads past small bodies and goes on with the connection', async () => {
    const server = await admin([new FakeAdminReplica()]);
    const client = await RawClient.connect(server.address);
    const body = 'b'.repeat(1000);
    const host = 'Host: localhost\r\n';
    client.send(`GET /healthz HTTP/1.1\r\n${host}Content-Length: 1000\r\n\r\n${body}`);
    client.send(`GET /v1/status HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
    const text = await client.takeUntilClosed();
    expect(text.match(/HTTP\/1\.1 200 OK/g)?.length).toBe(2);
  });

  test.each([
    ['a body of 99 GB', 'Content-Length: 99000000000\r\n\r\nabc', /^HTTP\/1.1 413 /],
    [
      'a body of 99 GB, asked for first',
      'Expect: 100-continue\r\nContent-Length: 99000000000\r\n\r\n',
      /^HTTP\/1.1 413 /,
    ],
    ['a length that is no number', 'Content-Length: 9e9\r\n\r\n', /^HTTP\/1.1 400 /],
    [
      'a length and a chunked body',
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      /^HTTP\/1.1 400 /,
    ],
    ['headers over their cap', `X: ${'h'.repeat(17_000)}\r\n\r\n`, /^HTTP\/1.1 431 /],
  ])('createAdminServer refuses %s', async (_, rest, expected) => {
    const server = await admin([new FakeAdminReplica()]);
    const client = await RawClient.connect(server.address);
    client.send(`GET /v1/status HTTP/1.1\r\nHost: localhost\r\n${rest}`);
    const text = await client.takeUntilClosed();
    expect(text).toMatch(expected);
    expect(text).not.toContain('100 Continue');
    expect(text).toContain('REQUEST_REFUSED');
    expect((await ask(server, '/v1/status')).status).toBe(200);
  });

  test('createAdminServer ends a chunked body that does not end', async () => {
    const server = await admin([new FakeAdminReplica()]);
    const client = await RawClient.connect(server.address);
    client.send('POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = `4000\r\n${'c'.repeat(0x4000)}\r\n`;
    for (let sent = 0; sent < 64 && !client.closed; sent += 1) {
      client.send(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await client.takeUntilClosed()).toMatch(/^HTTP\/1.1 405 /);
  });

  test('createAdminServer survives garbage, and says how much there was', async () => {
    const server = await admin([new FakeAdminReplica()]);
    for (let round = 0; round < 20; round += 1) {
      const client = await RawClient.connect(server.address);
      const bytes = Array.from({ length: 5000 }, (_, i) =>
        String.fromCharCode((i * 7919 + round * 104_729) % 256),
      );
      client.send(bytes.join(''));
      expect(await client.takeUntilClosed()).toMatch(/^HTTP\/1.1 400 /);
    }
    const { text } = await ask(server, '/metrics');
    expect(text).toContain('raftctl_admin_refused_total{reason="http400"} 20');
  });

  test('createAdminServer serves 128 connections and closes what comes on top', async () => {
    const server = await admin([new FakeAdminReplica()]);
    const clients: RawClient[] = [];
    for (let i = 0; i < 128; i += 1) clients.push(await RawClient.connect(server.address));
    const request = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const last = clients.at(-1) as RawClient;
    last.send(request);
    await last.take((received) => received.includes('200 OK'));
    const extra = await RawClient.connect(server.address);
    extra.send(request);
    expect(await extra.takeUntilClosed()).toBe('');
    for (const client of clients) client.close();
    await until(() => clients.every((client) => client.closed), 'the clients have gone');
    const answer = await ask(server, '/metrics');
    expect(answer.text).toContain('raftctl_admin_refused_total{reason="connectionCap"} 1');
  });

  test('createAdminServer lets a bug end the process, after writing it down', async () => {
    const replica = new FakeAdminReplica();
    replica.status = () => {
      throw new Error('planted');
    };
    const written: unknown[] = [];
    const server = await createAdminServer({
      ...{
        listenAddress: '127.0.0.1:0',
        secretHex: SECRET_HEX,
        profiler: new Profiler(),
        replicas: [replica],
      },
      log: { ...SILENT_LOG, error: (fields) => written.push(fields['error']) },
    });
    open.push(server);
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const caught = new Promise<unknown>((resolve) => process.once('uncaughtException', resolve));
    const client = await RawClient.connect(server.address);
    client.send('GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(await caught).toMatchObject({ message: 'planted' });
    for (const listener of listeners) process.on('uncaughtException', listener);
    expect(written).toMatchObject([{ message: 'planted' }]);
    client.close();
  });

  test('createAdminServer names an address that is in use, or is none', async () => {
    const server = await admin([new FakeAdminReplica()]);
    const init = { secretHex: SECRET_HEX, profiler: new Profiler(), log: SILENT_LOG, replicas: [] };
    await expect(
      createAdminServer({ ...init, listenAddress: server.address }),
    ).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: expect.stringContaining(server.address),
    });
    for (const listenAddress of ['nonsense', '192.0.2.1:0', '127.0.0.1:70000']) {
      await expect(createAdminServer({ ...init, listenAddress })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(listenAddress),
      });
    }
  });

  test('createAdminServer closes twice without harm, idle connections and streams included', async () => {
    const server = await openAdmin([new FakeAdminReplica()]);
    const idle = await RawClient.connect(server.address);
    const follower = await RawClient.connect(server.address);
    follower.send('GET /v1/events?follow=1 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await follower.take((received) => received.includes('200 OK'));
    await server.close();
    await server.close();
    await until(() => idle.closed && follower.closed, 'both were closed');
    await expect(RawClient.connect(server.address)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('createAdminServer does not take a secret that could be guessed', async () => {
    for (const secretHex of ['', 'abcd', 'x'.repeat(64)]) {
      await expect(
        createAdminServer({
          ...{
            listenAddress: '127.0.0.1:0',
            secretHex,
            log: SILENT_LOG,
            replicas: [],
            profiler: new Profiler(),
          },
        }),
      ).rejects.toThrow('secret');
    }
  });
});
