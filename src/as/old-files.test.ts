import { expect, test } from 'vitest';
import { bytesFrom, concatBytes, zeroBytes } from '../std/bytes.ts';
import { decodeDemoCommand } from '../wire/dialects/raft-demo-command.ts';
import { readOldFile } from './old-files.ts';

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(value);
  return bytes;
}

function goraft(
  term: number,
  vote: number,
  commands: readonly (readonly [number, Buffer])[],
): Buffer {
  const head = concatBytes([u64(term), u64(vote), u64(commands.length + 1), zeroBytes(4072)]);
  const slots = commands.map(([at, command]) => {
    const rest = Buffer.alloc(112 - command.length, 0xee);
    return concatBytes([u64(at), u64(command.length), command, rest]);
  });
  return concatBytes([head, zeroBytes(128), ...slots]);
}

test('readOldFile() reads term, vote and entries of goraft', () => {
  const text = (s: string) => bytesFrom(s, 'latin1');
  const set = concatBytes([text('\0'), u64(1), text('y'), u64(5), text('hello')]);
  const get = concatBytes([text('\x01'), u64(1), text('y'), u64(0)]);
  const stress = concatBytes([text('set'), u64(2), u64(3), text('ab'), text('cde')]);
  const file = goraft(7, 2, [
    [5, text('')],
    [5, set],
    [6, get],
    [7, stress],
    [7, text('??')],
  ]);
  const found = readOldFile(file);
  expect(found).toMatchObject({ format: 'goraft', term: 7, votedFor: 2, restBytes: 0 });
  expect(found?.entries).toEqual([
    { index: 1, term: 5, op: 'no-op', key: null, value: null },
    { index: 2, term: 5, op: 'set', key: 'y', value: 'hello' },
    { index: 3, term: 6, op: 'get', key: 'y', value: null },
    { index: 4, term: 7, op: 'set', key: 'ab', value: 'cde' },
    { index: 5, term: 7, op: 'unknown', key: null, value: null },
  ]);
  expect(readOldFile(goraft(1, 0, []))).toMatchObject({ votedFor: null, entries: [] });
  expect(readOldFile(file.subarray(0, -1))).toBeNull();
});

const SET = '00000015 0803 12053135303030 1801 2203666f6f 2a03626172'.replaceAll(' ', '');
const GET = '0000000d 08ac02 12053135303030 220137'.replaceAll(' ', '');

test('readOldFile() reads the records of raft-demo', () => {
  expect(readOldFile(bytesFrom(`${SET}${GET}0000`, 'hex'))).toEqual({
    ...{ format: 'raft-demo', term: null, votedFor: null, restBytes: 2 },
    entries: [
      { index: 3, term: null, op: 'set', key: 'foo', value: 'bar' },
      { index: 300, term: null, op: 'get', key: '7', value: null },
    ],
  });
});

test('readOldFile() knows nothing else', () => {
  expect(readOldFile(bytesFrom(''))).toBeNull();
  expect(readOldFile(bytesFrom('just some text of a reader'))).toBeNull();
  expect(readOldFile(zeroBytes(8192))).toBeNull();
});

test.each(['ff', '0a00', '1803', '2205', '08', '0880', '08ffffffffffffffffff01'])(
  'decodeDemoCommand() refuses %s',
  (hex) => {
    const bytes = bytesFrom(hex, 'hex');
    expect(decodeDemoCommand(bytes, 0, bytes.length)).toBeNull();
  },
);
