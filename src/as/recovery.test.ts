import { expect, test } from 'vitest';
import { concatBytes } from '../std/bytes.ts';
import { decodeDemoCommand, encodeDemoCommand } from '../wire/dialects/raft-demo-command.ts';
import { install } from './recovery.ts';

const record = (id: number, op: 'get' | 'set' | 'delete', key: string, value = '') =>
  encodeDemoCommand({ id, ip: '15000', op, key, value }, true);

test('install applies sets in order, wherever the pieces were cut, up to the first that is none', () => {
  const all = concatBytes([
    record(1, 'set', 'a', '1'),
    record(2, 'get', 'a'),
    record(3, 'set', 'b', 'x'.repeat(300)),
    record(4, 'set', 'a', '2'),
    record(5, 'delete', 'b'),
  ]);
  for (const cut of [0, 3, 4, 21, 200, all.length]) {
    const { commands, map } = install([all.subarray(0, cut), all.subarray(cut)]);
    expect(commands).toBe(5);
    const shown = [...map].map(([key, at]) => {
      const end = at + 4 + all.readUInt32BE(at);
      return [key, decodeDemoCommand(all, at + 4, end)?.value];
    });
    expect(shown).toEqual([
      ['a', '2'],
      ['b', 'x'.repeat(300)],
    ]);
  }
  expect(install([concatBytes([all, Buffer.from([0, 0, 0, 2, 255, 255, 1])])]).commands).toBe(5);
});
