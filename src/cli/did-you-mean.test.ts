import { expect, test } from 'vitest';
import { nearestCommand, refuseUnknown, tooMuch, unknownCommand } from './did-you-mean.ts';

const IDS = ['cluster:up', 'cluster:status', 'demo', 'kv:get', 'help'];

test('unknownCommand() names the words that are no command', () => {
  expect(unknownCommand(['foo', '--json'], IDS)).toBe('foo');
  expect(unknownCommand(['cluster', 'upp'], IDS)).toBe('cluster upp');
  expect(unknownCommand(['cluster', 'up', 'demo'], IDS)).toBeNull();
  expect(unknownCommand(['cluster'], IDS)).toBeNull();
  expect(unknownCommand(['cluster', '--help'], IDS)).toBeNull();
  expect(unknownCommand(['help', 'nonsense'], IDS)).toBeNull();
  expect(unknownCommand(['--help'], IDS)).toBeNull();
});

test('nearestCommand() finds what was meant, and nothing when nothing is near', () => {
  expect(nearestCommand('demi', IDS)).toBe('demo');
  expect(nearestCommand('clustr', IDS)).toBe('cluster');
  expect(nearestCommand('cluster staus', IDS)).toBe('cluster status');
  expect(nearestCommand('xyzzy', IDS)).toBeNull();
});

test('tooMuch() tells flags without a command and words behind one that takes none', () => {
  expect(tooMuch(['--jsn'], IDS)?.message).toBe('Unknown flag: --jsn');
  expect(tooMuch(['demo', 'a', 'b'], IDS)).toMatchObject({
    message: 'Unexpected arguments: a, b',
    hint: 'See what it takes: raftctl demo --help',
  });
  expect(tooMuch(['cluster', 'up', 'a'], IDS)?.message).toBe('Unexpected argument: a');
  expect(tooMuch(['cluster', 'up'], IDS)).toBeNull();
  expect(tooMuch(['nonsense'], IDS)).toBeNull();
});

test('refuseUnknown() names the nearest command', () => {
  expect(() => refuseUnknown(['clustr'], IDS)).toThrow(/Unknown command: raftctl clustr/);
  expect(() => refuseUnknown(['cluster', 'up', 'x'], IDS)).not.toThrow();
});
