import { expect, test } from 'vitest';
import { KEY_NUMBER_MAX, putRequest } from './driver.ts';
import { HTTP_DRIVER } from './http.ts';
import { RESP_DRIVER } from './resp.ts';

const SHAPE = { host: '127.0.0.1:1', keyPrefix: 'kä:', value: 'v'.repeat(10) };

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
