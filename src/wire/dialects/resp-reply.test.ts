import { describe, expect, it } from 'vitest';
import { encodeReply, RespError, RespStatus, RespText, type RespValue } from './resp-reply.ts';

describe('encodeReply', () => {
  const CASES: readonly (readonly [RespValue, string, string])[] = [
    [null, '$-1\r\n', '_\r\n'],
    ['a\r\n', '$3\r\na\r\n\r\n', '$3\r\na\r\n\r\n'],
    [-5, ':-5\r\n', ':-5\r\n'],
    [9223372036854775807n, ':9223372036854775807\r\n', ':9223372036854775807\r\n'],
    [new RespStatus('OK'), '+OK\r\n', '+OK\r\n'],
    [new RespError('ERR a\r\nb'), '-ERR a  b\r\n', '-ERR a  b\r\n'],
    [new RespText('hi'), '$2\r\nhi\r\n', '=6\r\ntxt:hi\r\n'],
    [['a', null, []], '*3\r\n$1\r\na\r\n$-1\r\n*0\r\n', '*3\r\n$1\r\na\r\n_\r\n*0\r\n'],
    [new Map([['k', 1]]), '*2\r\n$1\r\nk\r\n:1\r\n', '%1\r\n$1\r\nk\r\n:1\r\n'],
  ];

  it('writes every kind of value in RESP2 and in RESP3', () => {
    for (const [value, resp2, resp3] of CASES) {
      expect(encodeReply(value, false)).toBe(resp2);
      expect(encodeReply(value, true)).toBe(resp3);
    }
  });
});
