import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Reply, RespError, RespParser, RespSyntaxError } from './resp-reply.ts';
import { commandText, encodeCommand } from './resp-request.ts';

function parse(...chunks: (string | Buffer)[]): Reply[] {
  const parser = new RespParser();
  const replies: Reply[] = [];
  for (const chunk of chunks) {
    parser.push(Buffer.from(chunk as string, 'latin1'), (reply) => replies.push(reply));
  }
  return replies;
}

const STREAM =
  '+OK\r\n:-42\r\n$5\r\nhe\r\no\r\n$-1\r\n*2\r\n$1\r\na\r\n*1\r\n:7\r\n-NOLEADER nobody leads\r\n' +
  '_\r\n#t\r\n,1.5\r\n%1\r\n+k\r\n+v\r\n$0\r\n\r\n';
const VALUES: Reply[] = [
  'OK',
  -42,
  Buffer.from('he\r\no'),
  null,
  [Buffer.from('a'), [7]],
  new RespError('NOLEADER nobody leads'),
  null,
  1,
  '1.5',
  ['k', 'v'],
  Buffer.alloc(0),
];

test('RespParser reads RESP2 and RESP3 replies', () => {
  expect(parse(STREAM)).toEqual(VALUES);
  expect(new RespError('NOLEADER nobody leads').prefix).toBe('NOLEADER');
});

test('RespParser gives the same replies however the stream is cut', () => {
  const cuts = fc.array(fc.nat(STREAM.length), { maxLength: 12 });
  fc.assert(
    fc.property(cuts, (points) => {
      const sorted = [0, ...points.sort((a, b) => a - b), STREAM.length];
      const chunks = sorted.slice(1).map((end, i) => STREAM.slice(sorted[i], end));
      expect(parse(...chunks)).toEqual(VALUES);
    }),
  );
});

test('RespParser refuses what is not RESP, and absurd sizes', () => {
  expect(() => parse('HTTP/1.1 200 OK\r\n')).toThrow(RespSyntaxError);
  expect(() => parse('$99999999999\r\n')).toThrow(RespSyntaxError);
  expect(() => parse('$x\r\n')).toThrow(RespSyntaxError);
  expect(() => parse('*1\r\n'.repeat(20))).toThrow(RespSyntaxError);
});

test('encodeCommand() and commandText() write the same bytes', () => {
  expect(encodeCommand(['SET', 'k', Buffer.from([0, 255, 13, 10])])).toEqual(
    Buffer.from('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n\0\xff\r\n\r\n', 'latin1'),
  );
  expect(commandText(['GET', 'key'])).toBe(encodeCommand(['GET', 'key']).toString('latin1'));
});
