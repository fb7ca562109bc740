import { describe, expect, it } from 'vitest';
import { bytesFrom } from '../../std/bytes.ts';
import { sniffDialect } from './sniff.ts';

describe('sniffDialect', () => {
  it.each([
    ['', null],
    ['*', 'resp'],
    ['*1\r\n$4\r\nPING\r\n', 'resp'],
    ['P', null],
    ['PING\r\n', 'resp'],
    ['GET /x', null],
    ['GET /x\r\n', 'resp'],
    ['GET /x HTTP/1.1\r\n', 'http'],
    ['GET /x HTTP/1.0\n', 'http'],
    ['SET a " HTTP/1.1"\r\n', 'resp'],
    ['\x16', null],
    ['\x16\x03', 'tls'],
    ['\x16\x02', null],
    [`GET /key/${'k'.repeat(1024)}`, 'http'],
    [`GET /key/${'k'.repeat(1024)} HTTP/1.1\r\n`, 'http'],
    [`GET ${'k'.repeat(1024)}`, 'resp'],
    ['\0'.repeat(64), 'resp'],
    ['\0'.repeat(63), null],
    ['set-a-b\n', 'demo'],
    ['15000-GET-a\n', 'demo'],
    [`set-a-${'v'.repeat(64)}`, 'demo'],
    ['\x12', 'demo'],
    ['"SET" a b\n', 'resp'],
    ['hello\n', 'resp'],
  ])('takes %j for %s', (text, dialect) => {
    expect(sniffDialect(bytesFrom(text, 'latin1'))).toBe(dialect);
  });
});
