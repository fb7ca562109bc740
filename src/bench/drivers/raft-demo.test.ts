import { describe, expect, test } from 'vitest';
import { DemoStream } from '../../wire/dialects/raft-demo-stream.ts';
import { type Awaited, type Driver, putPort, putRequest } from './driver.ts';
import { RAFT_DEMO_A_DRIVER, RAFT_DEMO_B_DRIVER, RAFT_DEMO_C_DRIVER } from './raft-demo.ts';

const SHAPE = {
  ...{ host: '127.0.0.1:1', keyPrefix: 'kä:', value: 'v'.repeat(10) },
  ...{ scanLength: 1, modify: false, stale: false },
};

/** What a server understands of a write of key 7 and a read of key 1,234. */
function understood(driver: Driver, shape = SHAPE): unknown[] {
  const stream = new DemoStream();
  for (const [template, key] of [
    [driver.write(shape), 7],
    [driver.read(shape), 1234],
  ] as const) {
    const out = Buffer.alloc(template.bytes.length);
    putRequest(out, 0, template, key);
    if (template.portAt !== undefined) putPort(out, template.portAt, 9876);
    stream.push(out);
  }
  const seen = [stream.next(), stream.next()].map((message) => {
    if (message?.type !== 'command') return message;
    const { ip, op, key, value } = message.command;
    return [message.generation, Number(ip), op, Buffer.from(key, 'latin1').toString(), value];
  });
  expect(stream.next()).toBe(null);
  return seen;
}

const WRITE_KEY = 'kä:000000000007';
const READ_KEY = 'kä:000000001234';

describe('requests', () => {
  test.each([
    ['A', RAFT_DEMO_A_DRIVER, 0],
    ['B', RAFT_DEMO_B_DRIVER, 9876],
    ['C', RAFT_DEMO_C_DRIVER, 9876],
  ] as const)('of %s name key, value and port', (generation, driver, port) => {
    expect(understood(driver)).toEqual([
      [generation, port, 'set', WRITE_KEY, 'vvvvvvvvvv'],
      [generation, port, 'get', READ_KEY, ''],
    ]);
  });

  test('of C find their places among zeros, and with lengths that are newlines', () => {
    for (const keyPrefix of ['', '0'.repeat(36), '0'.repeat(128)]) {
      for (const value of ['0'.repeat(10), 'v'.repeat(10 + 128 * 3)]) {
        expect(understood(RAFT_DEMO_C_DRIVER, { ...SHAPE, keyPrefix, value })).toEqual([
          ['C', 9876, 'set', `${keyPrefix}000000000007`, value],
          ['C', 9876, 'get', `${keyPrefix}000000001234`, ''],
        ]);
      }
    }
  });
});

/** What a scanner says of some bytes, in pieces of that size. */
function said(driver: Driver, awaits: Awaited | null, text: string, step = 100_000): string[] {
  const scanner = driver.createScanner();
  const bytes = Buffer.from(text, 'latin1');
  const heard: string[] = [];
  const onReply = (kind: string, word: string): void => {
    heard.push(word === '' ? kind : `${kind} ${word}`);
  };
  for (let at = 0; at < bytes.length || at === 0; at += step) {
    const piece = bytes.subarray(at, at + step);
    if (!scanner.push(piece, piece.length, { awaits, onReply })) return [...heard, 'garbled'];
  }
  return heard;
}

describe('answers', () => {
  const LINES: readonly (readonly [Awaited | null, string, string])[] = [
    ['write', 'OK\n', 'ok'],
    ['write', 'ERROR: no leader\n', 'error ERROR'],
    ['write', '404-cmd not found\n', 'error 404'],
    ['read', 'value\n', 'ok'],
    ['read', `${'v'.repeat(200)}\n`, 'ok'],
    ['read', '\n', 'missing'],
    ['read', `${'\0'.repeat(30)}\n`, 'missing'],
    // Of another request: never this one's.
    ['write', 'value\n', 'garbled'],
    ['write', '\n', 'garbled'],
    [null, 'OK\n', 'garbled'],
  ];

  test.each(LINES)('a line for a %s that is %j is %s', (awaits, line, kind) => {
    for (const step of [1, 3, 10_000]) {
      expect(said(RAFT_DEMO_A_DRIVER, awaits, line, step)).toEqual([kind]);
    }
    expect(said(RAFT_DEMO_B_DRIVER, awaits, line)).toEqual([kind]);
  });

  test.each<readonly [Awaited, string, string]>([
    ['write', 'OK: \n', 'ok'],
    ['write', 'ERROR: too long\n', 'error ERROR'],
    ['read', 'OK: value\n', 'ok'],
    ['read', 'OK: \n', 'missing'],
    ['read', `OK: ${'\0'.repeat(30)}\n`, 'missing'],
    ['read', 'OK: a\nb\n', 'ok'],
    ['write', 'OK: value\n', 'garbled'],
    ['read', 'OK: cut', 'garbled'],
    ['read', 'OK\n', 'garbled'],
    ['read', '', 'garbled'],
  ])('a datagram for a %s that is %j is %s', (awaits, text, kind) => {
    expect(said(RAFT_DEMO_C_DRIVER, awaits, text)).toEqual([kind]);
  });

  test('what comes behind an answer that nothing was asked for ends the connection', () => {
    const scanner = RAFT_DEMO_A_DRIVER.createScanner();
    let asked = 1;
    const sink = {
      get awaits(): Awaited | null {
        return asked === 0 ? null : 'read';
      },
      onReply: (): void => {
        asked -= 1;
      },
    };
    const bytes = Buffer.from('a\nb\n');
    expect(scanner.push(bytes, bytes.length, sink)).toBe(false);
    expect(asked).toBe(0);
  });
});
