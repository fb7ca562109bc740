import { expect, test } from 'vitest';
import { KEY_NUMBER_MAX, putRequest, type ReplyKind } from './driver.ts';
import { ETCD_DRIVER } from './etcd.ts';
import { HTTP_DRIVER } from './http.ts';
import { HttpScanner } from './http-scanner.ts';
import { KVAPI_DRIVER } from './kvapi.ts';
import { RAFTEXAMPLE_DRIVER } from './raftexample.ts';
import { RESP_DRIVER } from './resp.ts';

const SHAPE = {
  ...{ host: '127.0.0.1:1', keyPrefix: 'kä:', value: 'v'.repeat(10) },
  ...{ scanLength: 1, modify: false, stale: false },
};

function text(template: ReturnType<typeof RESP_DRIVER.write>, key: number): string {
  const out = Buffer.alloc(1000, 'x');
  const end = putRequest(out, 3, template, key);
  expect(out.toString('utf8', 0, 3)).toBe('xxx');
  expect(out[end]).toBe(120);
  return out.toString('utf8', 3, end);
}

test('putRequest() makes RESP commands, every key as long as every other', () => {
  const write = RESP_DRIVER.write(SHAPE);
  expect(text(write, 0)).toBe('*3\r\n$3\r\nSET\r\n$16\r\nkä:000000000000\r\n$10\r\nvvvvvvvvvv\r\n');
  expect(text(write, KEY_NUMBER_MAX)).toContain('kä:999999999999\r\n');
  expect(text(write, 4_294_967_301)).toContain('kä:004294967301\r\n');
  expect(text(RESP_DRIVER.read(SHAPE), 120)).toBe('*2\r\n$3\r\nGET\r\n$16\r\nkä:000000000120\r\n');
});

test('putRequest() makes HTTP requests that say their length', () => {
  const [head = '', body = ''] = text(HTTP_DRIVER.write(SHAPE), 7).split('\r\n\r\n');
  expect(head).toMatch(/^POST \/key HTTP\/1\.1\r\nHost: 127\.0\.0\.1:1\r\n/);
  expect(JSON.parse(body)).toEqual({ 'kä:000000000007': 'vvvvvvvvvv' });
  expect(head).toContain(`Content-Length: ${Buffer.byteLength(body)}`);
  expect(text(HTTP_DRIVER.read(SHAPE), 7)).toMatch(/^GET \/key\/k%C3%A4%3A000000000007 HTTP\/1\.1/);
});

test('putRequest() makes scans of following keys, and writes that return what was there', () => {
  const scan = text(RESP_DRIVER.read({ ...SHAPE, scanLength: 3 }), 99);
  const keys = ['099', '100', '101'].map((end) => `$16\r\nkä:000000000${end}\r\n`);
  expect(scan).toBe(`*4\r\n$4\r\nMGET\r\n${keys.join('')}`);
  const swap = text(RESP_DRIVER.write({ ...SHAPE, modify: true }), 1);
  expect(swap).toBe(
    '*4\r\n$3\r\nSET\r\n$16\r\nkä:000000000001\r\n$10\r\nvvvvvvvvvv\r\n$3\r\nGET\r\n',
  );
});

test.each([0, 7, 999, 1000, 123_456_789_012])(
  'putRequest() makes requests of etcd for key %d',
  (key) => {
    const body = (bytes: string): unknown => {
      const [head = '', json = ''] = bytes.split('\r\n\r\n');
      expect(head).toContain(`Content-Length: ${json.length}`);
      return JSON.parse(json);
    };
    const base64 = (plain: string): string => Buffer.from(plain).toString('base64');
    const name = `kä:..${String(key).padStart(12, '0')}`;
    const write = text(ETCD_DRIVER.write(SHAPE), key);
    expect(write).toMatch(/^POST \/v3\/kv\/put HTTP\/1\.1\r\n/);
    expect(body(write)).toEqual({ key: base64(name), value: base64('vvvvvvvvvv') });
    expect(body(text(ETCD_DRIVER.read({ ...SHAPE, stale: true }), key))).toEqual({
      ...{ key: base64(name), serializable: true },
    });
  },
);

test('putRequest() makes requests of raftexample: the key is the path, the body the value', () => {
  expect(text(RAFTEXAMPLE_DRIVER.write(SHAPE), 7)).toBe(
    'PUT /k%C3%A4%3A000000000007 HTTP/1.1\r\nHost: 127.0.0.1:1\r\nContent-Length: 10\r\n\r\nvvvvvvvvvv',
  );
  expect(text(RAFTEXAMPLE_DRIVER.read(SHAPE), 7)).toMatch(/^GET \/k%C3%A4%3A000000000007 HTTP/);
});

test('putRequest() makes requests of kvapi: key and value are parameters', () => {
  const path = (bytes: string): string => bytes.split(' ')[1] ?? '';
  const key = 'k%C3%A4%3A000000000007';
  expect(path(text(KVAPI_DRIVER.write(SHAPE), 7))).toBe(`/set?key=${key}&value=vvvvvvvvvv`);
  expect(path(text(KVAPI_DRIVER.read(SHAPE), 7))).toBe(`/get?key=${key}`);
  const relaxed = KVAPI_DRIVER.read({ ...SHAPE, stale: true });
  expect(path(text(relaxed, 7))).toBe(`/get?key=${key}&relaxed=true`);
});

const OLDER = 'HTTP/1.1 ';

test.each<readonly [string, string, ReplyKind]>([
  ['raftexample takes a write', '204 No Content\r\nDate: x\r\n\r\n', 'ok'],
  ['raftexample has a value', '200 OK\r\nContent-Length: 5\r\n\r\nhello', 'ok'],
  ['raftexample has none', '404 Not Found\r\nContent-Length: 4\r\n\r\nGET\n', 'missing'],
  ['kvapi has done a write', '200 OK\r\nContent-Length: 0\r\n\r\n', 'ok'],
  ['kvapi does not lead', '400 Bad Request\r\nContent-Length: 4\r\n\r\nBad\n', 'error'],
])('the scanner of older servers sees that %s', (_, answer, expected) => {
  const kinds: string[] = [];
  const bytes = Buffer.from(OLDER + answer);
  const scanner = new HttpScanner();
  for (const byte of bytes) {
    expect(scanner.push(Buffer.of(byte), 1, { onReply: (kind) => kinds.push(kind) })).toBe(true);
  }
  expect(kinds).toEqual([expected]);
});
