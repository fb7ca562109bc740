import { describe, expect, test } from 'vitest';
import { bytesFrom } from '../../std/bytes.ts';
import { decodeDemoCommand, demoRequest, encodeDemoCommand } from './raft-demo-command.ts';
import { type DemoMessage, DemoStream, parseDemoLine } from './raft-demo-stream.ts';

const hex = (text: string) => bytesFrom(text.replaceAll(/[ |]/g, ''), 'hex');

function read(bytes: Buffer, piece = bytes.length): DemoMessage[] {
  const stream = new DemoStream();
  const messages: DemoMessage[] = [];
  for (let at = 0; at < bytes.length; at += piece) {
    stream.push(bytes.subarray(at, at + piece));
    for (let next = stream.next(); next !== null; next = stream.next()) messages.push(next);
  }
  return messages;
}

describe('encodeDemoCommand', () => {
  test('writes the bytes of raft-demo', () => {
    const set = { ip: '15000', op: 'set', key: 'foo', value: 'bar' } as const;
    expect(demoRequest(set)).toEqual(
      hex('12 05 31 35 30 30 30 18 01 22 03 66 6F 6F 2A 03 62 61 72 0A'),
    );
    expect(demoRequest({ ip: '15000', op: 'get', key: 'foo' })).toEqual(
      hex('12 05 31 35 30 30 30 22 03 66 6F 6F 0A'),
    );
    expect(demoRequest({ ip: '15000', op: 'delete', key: 'foo' })).toEqual(
      hex('12 05 31 35 30 30 30 18 02 22 03 66 6F 6F 0A'),
    );
    expect(encodeDemoCommand({ ...set, id: 3 }, true)).toEqual(
      hex('00 00 00 15 | 08 03 12 05 31 35 30 30 30 18 01 22 03 66 6F 6F 2A 03 62 61 72'),
    );
    expect(encodeDemoCommand({ id: 300, ip: '15000', op: 'get', key: '7' }, true)).toEqual(
      hex('00 00 00 0D | 08 AC 02 12 05 31 35 30 30 30 22 01 37'),
    );
  });

  test('makes records of the sizes raft-demo has', () => {
    const sizes = [128, 1024, 4096].map((size) => {
      const value = '@'.repeat(size);
      return encodeDemoCommand({ id: 200, ip: '15000', op: 'set', key: '123456', value }, true)
        .length;
    });
    expect(sizes).toEqual([155, 1051, 4123]);
  });

  test('is undone by decodeDemoCommand', () => {
    const command = { id: 2 ** 40, ip: '1', op: 'delete', key: '\n\xff', value: 'v' } as const;
    const bytes = encodeDemoCommand(command);
    expect(decodeDemoCommand(bytes, 0, bytes.length)).toEqual(command);
    expect(decodeDemoCommand(bytes, 0, bytes.length - 1)).toBeNull();
  });
});

describe('DemoStream', () => {
  const set = (key: string, value: string) => ({ ip: '15000', op: 'set', key, value }) as const;

  test('finds commands whose keys, values and lengths hold newlines', () => {
    const commands = [
      set('0123456789', 'x'),
      set('k', 'a\nb\n'),
      set('\n', '0123456789'),
      set('k', 'v'.repeat(10 + 128)),
      { ip: '15000', op: 'get', key: '' } as const,
    ];
    const bytes = Buffer.concat(commands.map(demoRequest));
    for (const piece of [1, 7, bytes.length]) {
      const found = read(bytes, piece).map((m) => (m.type === 'command' ? m.command : null));
      expect(found).toEqual(commands.map((c) => ({ id: 0, value: '', ...c })));
    }
  });

  test('reads lines beside commands, and skips empty ones', () => {
    const bytes = Buffer.concat([
      bytesFrom('set-a-1\n\n15000-GET-a\n'),
      demoRequest(set('a', 'b')),
      bytesFrom('hello\n'),
    ]);
    const found = read(bytes, 3).map((m) => (m.type === 'command' ? m.generation : m.type));
    expect(found).toEqual(['A', 'B', 'C', 'nonsense']);
  });

  test('goes on behind garbage at the next newline', () => {
    const garbage = hex('12 05 31 35 30 30 30 99 01 02 0A');
    const found = read(Buffer.concat([garbage, demoRequest(set('a', 'b'))]), 4);
    expect(found.map((m) => m.type)).toEqual(['garbage', 'command']);
    // An operation that does not exist, and a text that is longer than any message.
    expect(read(hex('18 07 0A')).map((m) => m.type)).toEqual(['garbage']);
    expect(read(hex('22 FF FF FF FF 7F 0A')).map((m) => m.type)).toEqual(['garbage']);
  });

  test('says when a message is too long to wait for', () => {
    const stream = new DemoStream();
    for (let i = 0; i < 33; i += 1) stream.push(Buffer.alloc(64 * 1024, 0x61));
    expect([stream.next(), stream.overflows]).toEqual([null, true]);
  });
});

describe('parseDemoLine', () => {
  const parts = (line: string) => {
    const message = parseDemoLine(line);
    if (message.type !== 'command') return message.type;
    const { ip, op, key, value } = message.command;
    return [message.generation, ip, op, key, value];
  };

  test('takes the value as all behind the dash before it', () => {
    expect(parts('set-k-a-b-c')).toEqual(['A', '', 'set', 'k', 'a-b-c']);
    expect(parts('15000-set-k-a-b-c')).toEqual(['B', '15000', 'set', 'k', 'a-b-c']);
    expect(parts('DELETE-k')).toEqual(['A', '', 'delete', 'k', '']);
    expect(parts('Get-a')).toEqual(['A', '', 'get', 'a', '']);
    expect(parts('set-k-')).toEqual(['A', '', 'set', 'k', '']);
  });

  test('knows nonsense', () => {
    for (const line of [
      'hello',
      'set-a',
      '15000-foo-a',
      '0-get-a',
      '70000-get-a',
      '-get-a',
      'get',
    ]) {
      expect(parts(line)).toBe('nonsense');
    }
  });
});
