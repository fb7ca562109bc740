import { expect, test } from 'vitest';
import type { ReplyKind } from './driver.ts';
import { HttpScanner } from './http-scanner.ts';

const RESPONSES: readonly (readonly [string, string])[] = [
  ['HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"k":"abc"}', 'ok'],
  ['HTTP/1.1 200 OK\r\nDate: x\r\ncontent-length: 0\r\n\r\n', 'ok'],
  ['HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"k":""}', 'missing'],
  [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n',
    'ok',
  ],
  [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"k":\r\n3\r\n""}\r\n0\r\nT: t\r\n\r\n',
    'missing',
  ],
  ['HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'error HTTP-500'],
  ['HTTP/1.1 204 No Content\r\n\r\n', 'ok'],
  ['HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}', 'missing'],
  ['HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nHTTP', 'error HTTP-503'],
];
const STREAM = Buffer.from(RESPONSES.map(([bytes]) => bytes).join(''), 'latin1');
const EXPECTED = RESPONSES.map(([, outcome]) => outcome);

function scan(chunks: readonly Buffer[]): string[] | null {
  const scanner = new HttpScanner();
  const seen: string[] = [];
  const sink = {
    onReply: (kind: ReplyKind, word: string) => seen.push(word === '' ? kind : `${kind} ${word}`),
  };
  return chunks.every((chunk) => scanner.push(chunk, chunk.length, sink)) ? seen : null;
}

test('HttpScanner finds every response of a stream that is cut at any byte', () => {
  for (let cut = 0; cut <= STREAM.length; cut += 1) {
    expect(scan([STREAM.subarray(0, cut), STREAM.subarray(cut)]), `cut at ${cut}`).toEqual(
      EXPECTED,
    );
  }
});

test.each([
  '+OK\r\n',
  'HTTP/1.1 200 OK\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n',
  `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(17_000)}`,
])('HttpScanner refuses what it cannot find the end of (%#)', (text) => {
  expect(scan([Buffer.from(text)])).toBeNull();
});
