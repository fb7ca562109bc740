/** The HTTP ports of older systems, byte by byte as far as the older systems promise them. */
import { afterEach, describe, expect, it } from 'vitest';
import { PortUnderTest } from '../../../test/doubles/client-port.ts';
import { until } from '../../../test/doubles/raw-client.ts';
import type { ClientPortConfig } from '../../wire/client-port.ts';

let port: PortUnderTest;

afterEach(() => port.close());

async function open(pinned: Partial<ClientPortConfig>, byHand = false): Promise<void> {
  port = await PortUnderTest.open({ pinned, byHand });
}

/** The response to a request, without the headers that every HTTP server adds. */
async function ask(line: string, body = ''): Promise<string> {
  const client = await port.client();
  const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
  client.send(`${line} HTTP/1.1\r\nHost: localhost\r\n${length}Connection: close\r\n\r\n${body}`);
  const all = await client.takeUntilClosed();
  return all.replace(/^(Date|Connection): .*\r\n/gm, '');
}

const PLAIN = 'Content-Type: text/plain; charset=utf-8\r\n';

/** An answer as Go's `http.Error` writes it. */
function goError(status: string, text: string, extra = ''): string {
  const length = `Content-Length: ${text.length + 1}\r\n`;
  return `HTTP/1.1 ${status}\r\n${extra}X-Content-Type-Options: nosniff\r\n${PLAIN}${length}\r\n${text}\n`;
}

function ok(body: string): string {
  const type = body === '' ? '' : PLAIN;
  return `HTTP/1.1 200 OK\r\n${type}Content-Length: ${body.length}\r\n\r\n${body}`;
}

const NOT_LEADER = 'X-Raftctl-Reason: not leader, the leader is 127.0.0.1:12001\r\n';
const NO_KEY = 'X-Raftctl-Reason: there is no such key\r\n';

describe('KvapiRoutes', () => {
  it('sets and gets by the query, whatever the method', async () => {
    await open({ dialect: 'kvapi' });
    expect(await ask('GET /set?key=y&value=hello')).toBe(ok(''));
    expect(await ask('POST /get?key=y')).toBe(ok('hello'));
    expect(await ask('GET /set?value=a+b%20c%C3%A9&key=%2Fk&key=x')).toBe(ok(''));
    expect(await ask('GET /get?key=/k')).toBe(ok('a b c\u00c3\u00a9'));
    expect(await ask('GET /set')).toBe(ok(''));
    expect(await ask('GET /get')).toBe(ok(''));
    expect(await ask('GET /set?key=y')).toBe(ok(''));
    expect(await ask('GET /get?key=y')).toBe(ok(''));
  });

  it('has 500 for a key that is not there and 404 for other paths', async () => {
    await open({ dialect: 'kvapi' });
    const missing = goError('500 Internal Server Error', 'Internal Server Error', NO_KEY);
    expect(await ask('GET /get?key=none')).toBe(missing);
    expect(await ask('GET /get?key=none&relaxed=true')).toBe(missing);
    expect(await ask('GET /sets?key=y')).toBe(goError('404 Not Found', '404 page not found'));
    expect(await ask('GET /key/a')).toBe(goError('404 Not Found', '404 page not found'));
  });

  it('refuses on a follower, but for relaxed reads', async () => {
    await open({ dialect: 'kvapi' });
    await ask('GET /set?key=y&value=hello');
    port.replica.isFollower = true;
    expect(await ask('GET /set?key=y&value=2')).toBe(
      goError('400 Bad Request', 'Bad Request', NOT_LEADER),
    );
    expect(await ask('GET /get?key=y')).toBe(
      goError('500 Internal Server Error', 'Internal Server Error', NOT_LEADER),
    );
    expect(await ask('GET /get?key=y&relaxed=true')).toBe(ok('hello'));
    expect(port.replica.proposals).toBe(1);
  });

  it('forwards from a follower when it is told to', async () => {
    await open({ dialect: 'kvapi', onFollower: 'forward' });
    port.replica.isFollower = true;
    expect(await ask('GET /set?key=y&value=1')).toBe(ok(''));
    expect(await ask('GET /get?key=y')).toBe(ok('1'));
  });

  it('takes a value of 64 KiB and refuses one over the cap', async () => {
    await open({ dialect: 'kvapi' });
    const value = 'v'.repeat(64 * 1024);
    expect(await ask(`GET /set?key=big&value=${value}`)).toBe(ok(''));
    expect(await ask('GET /get?key=big')).toBe(ok(value));
    const long = await ask(`GET /set?key=big&value=${'v'.repeat(1024 * 1024 + 1)}`);
    expect(long).toContain('400 Bad Request');
    expect(long).toContain('X-Raftctl-Reason: the value is longer than 1048576 bytes');
  });

  it.each(['unknown', 'noLeader', 'busy'] as const)(
    'answers 400 to a set that ends %s',
    async (outcome) => {
      await open({ dialect: 'kvapi' }, true);
      const set = ask('GET /set?key=y&value=1');
      await until(() => port.replica.openProposals === 1, 'it is proposed');
      port.replica.settle(1, outcome);
      port.replica.endTurn();
      expect(await set).toMatch(
        /^HTTP\/1.1 400 Bad Request\r\nX-Raftctl-Reason: .*\r\n\r\nBad Request\n$/s,
      );
    },
  );
});

describe('HraftdRoutes', () => {
  it('answers as hraftd on the leader', async () => {
    await open({ dialect: 'hraftd' });
    expect(await ask('POST /key', '{"user1":"batman"}')).toBe(ok(''));
    expect(await ask('GET /key/user1')).toBe(ok('{"user1":"batman"}'));
    expect(await ask('GET /key/nope')).toBe(ok('{"nope":""}'));
    expect(await ask('DELETE /key/user1')).toBe(ok(''));
    expect(await ask('GET /key/user1')).toBe(ok('{"user1":""}'));
    expect(await ask('POST /key', 'x')).toBe(
      'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n',
    );
    expect(await ask('GET /x')).toBe('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    expect(await ask('PUT /key/a', 'v')).toMatch(/^HTTP\/1.1 405 /);
  });

  it('answers 500 and nothing to writes on a follower, and reads there', async () => {
    await open({ dialect: 'hraftd' });
    await ask('POST /key', '{"a":"1"}');
    port.replica.isFollower = true;
    const refused = `HTTP/1.1 500 Internal Server Error\r\n${NOT_LEADER}Content-Length: 0\r\n\r\n`;
    expect(await ask('POST /key', '{"a":"2"}')).toBe(refused);
    expect(await ask('DELETE /key/a')).toBe(refused);
    expect(await ask('GET /key/a')).toBe(ok('{"a":"1"}'));
  });

  it('asks nobody for a read that may be stale', async () => {
    await open({ dialect: 'hraftd', reads: 'local' });
    expect(await ask('GET /key/a')).toBe(ok('{"a":""}'));
    expect(port.replica.reads).toBe(0);
  });
});

describe('RaftexampleRoutes', () => {
  it('takes any target for a key, with slash, escapes and query', async () => {
    await open({ dialect: 'raftexample', commit: 'later' });
    const done = 'HTTP/1.1 204 No Content\r\n\r\n';
    for (const target of ['/my-key', '/', '/a%20b?c=d', '/key/a', '/status']) {
      expect(await ask(`PUT ${target}`, `to ${target}`)).toBe(done);
      expect(await ask(`GET ${target}`)).toBe(ok(`to ${target}`));
    }
    expect(await ask('GET /a b'.replace(' b', '%20b'))).toBe(
      goError('404 Not Found', 'Failed to GET'),
    );
  });

  it('keeps every byte of a value', async () => {
    await open({ dialect: 'raftexample', commit: 'wait' });
    const value = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
    const client = await port.client();
    client.socket.write(
      Buffer.concat([
        Buffer.from('PUT /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 256\r\n\r\n'),
        Buffer.from(value, 'latin1'),
      ]),
    );
    await client.take((text) => text.includes('204 No Content'));
    expect(await ask('GET /b')).toBe(ok(value));
  });

  it('refuses other methods and names those it has', async () => {
    await open({ dialect: 'raftexample' });
    const allow = 'Allow: PUT\r\nAllow: GET\r\nAllow: POST\r\nAllow: DELETE\r\n';
    for (const method of ['PATCH', 'OPTIONS']) {
      expect(await ask(`${method} /k`)).toBe(
        goError('405 Method Not Allowed', 'Method not allowed', allow),
      );
    }
    expect(await ask('HEAD /k')).toMatch(/^HTTP\/1.1 405 Method Not Allowed\r\n/);
  });

  it('answers a PUT before its commit, or after it', async () => {
    await open({ dialect: 'raftexample', commit: 'later' }, true);
    expect(await ask('PUT /k', 'v')).toMatch(/^HTTP\/1.1 204 /);
    expect(port.replica.openProposals).toBe(1);
    await port.close();
    await open({ dialect: 'raftexample', commit: 'wait' }, true);
    const put = ask('PUT /k', 'v');
    await until(() => port.replica.openProposals === 1, 'it is proposed');
    port.replica.settle(1, 'noLeader');
    port.replica.endTurn();
    expect(await put).toMatch(/^HTTP\/1.1 503 /);
  });
});
