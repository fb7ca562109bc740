import { expect, test } from 'vitest';
import type { ReplyKind } from './driver.ts';
import { RespScanner } from './resp-scanner.ts';

/** Every kind of reply, with what the scanner makes of it. */
const REPLIES: readonly (readonly [string, string])[] = [
  ['+OK\r\n', 'ok'],
  ['+QUEUED\r\n', 'ok'],
  [':-42\r\n', 'ok'],
  ['$5\r\nhello\r\n', 'ok'],
  ['$0\r\n\r\n', 'ok'],
  ['$7\r\n+OK\r\n-E\r\n', 'ok'],
  ['$-1\r\n', 'missing'],
  ['_\r\n', 'missing'],
  ['*-1\r\n', 'missing'],
  ['-NOLEADER nobody leads\r\n', 'error NOLEADER'],
  ['-ERR\r\n', 'error ERR'],
  ['!9\r\nBAD thing\r\n', 'error ERR'],
  ['*0\r\n', 'ok'],
  ['*3\r\n$1\r\na\r\n$-1\r\n-ERR inside\r\n', 'ok'],
  ['*2\r\n*2\r\n:1\r\n:2\r\n*1\r\n+x\r\n', 'ok'],
  ['%1\r\n+k\r\n*1\r\n:1\r\n', 'ok'],
  [',3.25\r\n', 'ok'],
  ['#t\r\n', 'ok'],
  ['+OK\r\n', 'ok'],
];
const STREAM = Buffer.from(REPLIES.map(([bytes]) => bytes).join(''), 'latin1');
const EXPECTED = REPLIES.map(([, outcome]) => outcome);

function scan(chunks: readonly Buffer[]): string[] | null {
  const scanner = new RespScanner();
  const seen: string[] = [];
  const sink = {
    onReply: (kind: ReplyKind, word: string) => seen.push(word === '' ? kind : `${kind} ${word}`),
  };
  return chunks.every((chunk) => scanner.push(chunk, chunk.length, sink)) ? seen : null;
}

test('RespScanner finds every reply of a stream that is cut at any byte', () => {
  for (let cut = 0; cut <= STREAM.length; cut += 1) {
    expect(scan([STREAM.subarray(0, cut), STREAM.subarray(cut)]), `cut at ${cut}`).toEqual(
      EXPECTED,
    );
  }
});

test('RespScanner finds every reply of a stream that comes byte by byte', () => {
  expect(scan([...STREAM].map((byte) => Buffer.of(byte)))).toEqual(EXPECTED);
});

test('RespScanner reads only as far as it is told', () => {
  const scanner = new RespScanner();
  let replies = 0;
  scanner.push(Buffer.from('+OK\r\n+OK\r\n'), 5, { onReply: () => (replies += 1) });
  expect(replies).toBe(1);
});

test.each(['HTTP/1.1 200 OK\r\n', '$x\r\n', '\r\n', '*99999999999999\r\n'])(
  'RespScanner says that %j is no RESP',
  (text) => {
    expect(scan([Buffer.from(text)])).toBeNull();
  },
);
