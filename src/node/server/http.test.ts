/** HTTP on the client port, as clients see it. */
import { afterEach, describe, expect, it } from 'vitest';
import { PortUnderTest } from '../../../test/doubles/client-port.ts';
import { resp, until } from '../../../test/doubles/raw-client.ts';

let port: PortUnderTest;

afterEach(() => port.close());

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type: string | null;
}

async function ask(method: string, path: string, body?: string | Uint8Array): Promise<Answer> {
  const response = await fetch(`http://${port.server.address}${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
  });
  return {
    status: response.status,
    body: await response.text(),
    type: response.headers.get('content-type'),
  };
}

const TEXT = 'text/plain; charset=utf-8';
const EMPTY = { body: '', type: null };

/** Sends raw bytes and gives everything until the server closes. */
async function raw(text: string): Promise<string> {
  const client = await port.client();
  client.send(text);
  return await client.takeUntilClosed();
}

function statusLine(answer: string): string {
  return answer.slice(0, answer.indexOf('\r\n'));
}

describe('HttpDialect', () => {
  it('sets, reads and deletes keys by the routes of hraftd', async () => {
    port = await PortUnderTest.open();
    expect(await ask('GET', '/key/a')).toEqual({ status: 200, body: '{"a":""}', type: TEXT });
    expect(await ask('POST', '/key', '{"a":"1","b":"2"}')).toEqual({ status: 200, ...EMPTY });
    expect(port.replica.proposals).toBe(1);
    expect(await ask('GET', '/key/a')).toEqual({ status: 200, body: '{"a":"1"}', type: TEXT });
    expect(await ask('POST', '/key/whatever', '{"b":"3"}')).toEqual({ status: 200, ...EMPTY });
    expect((await ask('GET', '/key/b')).body).toBe('{"b":"3"}');
    expect(await ask('DELETE', '/key/a')).toEqual({ status: 200, ...EMPTY });
    expect(await ask('DELETE', '/key/a')).toEqual({ status: 200, ...EMPTY });
    expect((await ask('GET', '/key/a')).body).toBe('{"a":""}');
  });

  it('refuses what makes no sense', async () => {
    port = await PortUnderTest.open();
    for (const path of ['/key', '/key/', '/key/a/b', '/key/%zz', `/key/${'k'.repeat(1025)}`]) {
      expect(await ask('GET', path)).toEqual({ status: 400, body: '{"":""}', type: TEXT });
      expect(await ask('DELETE', path)).toEqual({ status: 400, ...EMPTY });
    }
    for (const body of ['', '{', '[]', '"a"', 'null', '{"a":1}', '{"a":null}', '{"a":"1"} x']) {
      expect(await ask('POST', '/key', body)).toEqual({ status: 400, ...EMPTY });
    }
    expect(await ask('POST', '/key', `{"${'k'.repeat(1025)}":""}`)).toEqual({
      status: 400,
      ...EMPTY,
    });
    expect(await ask('PUT', '/key/a', 'x')).toEqual({ status: 405, ...EMPTY });
    expect(await ask('POST', '/status', 'x')).toEqual({ status: 405, ...EMPTY });
    for (const path of ['/', '/keys', '/x', '/keya']) {
      expect(await ask('GET', path)).toEqual({ status: 404, ...EMPTY });
    }
    expect(await ask('POST', '/key', '{}')).toEqual({ status: 200, ...EMPTY });
    expect(port.replica.proposals).toBe(0);
  });

  it('keeps UTF-8 as its bytes and writes JSON as Go does', async () => {
    port = await PortUnderTest.open();
    const value = '<a href="x">&é\u2028\n\u0001😀';
    await ask('POST', '/key', JSON.stringify({ 'schlüssel/1': value, ['__proto__']: 'p' }));
    const got = await ask('GET', '/key/schl%C3%BCssel%2F1');
    expect(got.body).toBe(
      '{"schlüssel/1":"\\u003ca href=\\"x\\"\\u003e\\u0026é\\u2028\\n\\u0001😀"}',
    );
    expect((await ask('GET', '/key/__proto__')).body).toBe('{"__proto__":"p"}');
    const client = await port.client();
    const key = Buffer.from('schlüssel/1').toString('latin1');
    client.send(resp('GET', key));
    const bytes = Buffer.from(value).toString('latin1');
    await client.expect(`$${bytes.length}\r\n${bytes}\r\n`);
  });

  it('shows the node, its leader and its followers', async () => {
    port = await PortUnderTest.open();
    expect(await ask('GET', '/status')).toEqual({
      status: 200,
      body:
        '{"me":{"id":"n1","address":"127.0.0.1:12001"},' +
        '"leader":{"id":"n1","address":"127.0.0.1:12001"},' +
        '"followers":[{"id":"n2","address":"127.0.0.1:12002"},{"id":"n3","address":"127.0.0.1:12003"}]}',
      type: 'application/json',
    });
  });

  it('answers 2xx only after the commit, and says how else a request ended', async () => {
    port = await PortUnderTest.open({ byHand: true });
    for (const [outcome, status, code] of [
      ['unknown', 504, 'OUTCOME_UNKNOWN'],
      ['noLeader', 503, 'NO_LEADER'],
      ['busy', 503, 'BUSY'],
      ['diskFull', 507, 'DISK_FULL'],
      ['stopping', 503, 'STOPPING'],
      ['ok', 200, null],
    ] as const) {
      let answered = false;
      const post = ask('POST', '/key', '{"a":"1"}').finally(() => {
        answered = true;
      });
      await until(() => port.replica.openProposals === 1, 'the write is proposed');
      expect(answered).toBe(false);
      port.replica.settle(1, outcome);
      port.replica.endTurn();
      const written = await post;
      expect(written.status).toBe(status);
      const get = ask('GET', '/key/a');
      await until(() => port.replica.openRounds === 1, 'the read asks for a round');
      port.replica.readReady(1, outcome);
      port.replica.endTurn();
      const read = await get;
      expect(read.status).toBe(status);
      if (code === null) expect(read.body).toBe('{"a":"1"}');
      else expect(JSON.parse(written.body)).toMatchObject({ error: { code } });
    }
  });

  it('waits for room in the replica, and answers 503 when there is none for too long', async () => {
    port = await PortUnderTest.open({ limits: { sweepMs: 10, fullMs: 50 } });
    port.replica.full = true;
    const busy = await ask('POST', '/key', '{"a":"1"}');
    expect(busy.status).toBe(503);
    expect(busy.body).toContain('"BUSY"');
    const waits = ask('POST', '/key', '{"a":"2"}');
    await ask('GET', '/status');
    port.replica.makeRoom();
    expect((await waits).status).toBe(200);
    expect(port.replica.query('a')).toBe('2');
  });

  it('serves several requests of one connection, in order', async () => {
    port = await PortUnderTest.open();
    const client = await port.client();
    const host = 'Host: localhost\r\n';
    client.send(
      `POST /key HTTP/1.1\r\n${host}Content-Length: 9\r\n\r\n{"a":"1"}` +
        `GET /key/a HTTP/1.1\r\n${host}\r\n` +
        `DELETE /key/a HTTP/1.1\r\n${host}\r\n` +
        `GET /key/a HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
    );
    const all = await client.takeUntilClosed();
    expect(all.split('HTTP/1.1 200 OK\r\n')).toHaveLength(5);
    expect(all.indexOf('{"a":"1"}')).toBeGreaterThan(0);
    expect(all.endsWith('{"a":""}')).toBe(true);
  });

  it('closes at once on a body that announces 99 GB or is too long', async () => {
    port = await PortUnderTest.open();
    const head = 'POST /key HTTP/1.1\r\nHost: localhost\r\n';
    for (const request of [
      `${head}Content-Length: 99000000000\r\n\r\n{`,
      `${head}Content-Length: 99000000000\r\nExpect: 100-continue\r\n\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\n110000\r\n${'x'.repeat(0x110000)}\r\n`,
    ]) {
      const answer = await raw(request);
      expect(statusLine(answer)).toBe('HTTP/1.1 413 Payload Too Large');
      expect(answer).toContain('Connection: close');
    }
    expect(port.replica.proposals).toBe(0);
  });

  it('takes a body right at the limit', async () => {
    port = await PortUnderTest.open();
    const body = `{"a":"${'v'.repeat(1024 * 1024 - 8)}"}`;
    expect(body.length).toBe(1024 * 1024);
    expect((await ask('POST', '/key', body)).status).toBe(200);
    expect((await ask('GET', '/key/a')).body).toBe(body);
  });

  it('refuses a length given twice, smuggled requests and slow headers', async () => {
    port = await PortUnderTest.open({ limits: { headerMs: 100, sweepMs: 20 } });
    const both =
      'POST /key HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}';
    expect(statusLine(await raw(both))).toBe('HTTP/1.1 400 Bad Request');
    expect(statusLine(await raw('GET /status HTTP/1.1\r\n\r\n'))).toBe('HTTP/1.1 400 Bad Request');
    const slow = await raw('GET /status HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    expect(statusLine(slow)).toBe('HTTP/1.1 408 Request Timeout');
  });

  it('refuses unknown hosts and the pages of foreign sites', async () => {
    port = await PortUnderTest.open();
    const get = (headers: string): Promise<string> =>
      raw(`GET /status HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`);
    for (const headers of [
      'Host: localhost:11000\r\n',
      'Host: 127.0.0.1\r\n',
      'Host: [::1]:5\r\n',
      'Host: NODE-1.example:11000\r\n',
      'Host: localhost\r\nOrigin: http://localhost:8080\r\n',
    ]) {
      expect(statusLine(await get(headers))).toBe('HTTP/1.1 200 OK');
    }
    for (const headers of [
      'Host: evil.example\r\n',
      'Host: localhost.evil.example\r\n',
      'Host: 127.0.0.1.evil.example\r\n',
      'Host: 10.0.0.1\r\n',
      'Host: localhost\r\nOrigin: http://evil.example\r\n',
      'Host: localhost\r\nOrigin: null\r\n',
    ]) {
      expect(statusLine(await get(headers))).toBe('HTTP/1.1 403 Forbidden');
    }
  });
});
