import { expect, test } from 'vitest';
import { flagLines, type OldFlag, parseOldLine } from './old-flags.ts';

const flags: OldFlag[] = [
  { name: 'id', kind: 'text', default: '', about: 'name' },
  { name: 'inmem', kind: 'switch', default: 'false', about: 'memory' },
  { name: 'req', kind: 'number', default: '0', about: 'requests' },
  { name: 'mode', kind: 'text', default: 'a', about: 'mode', options: ['a', 'b'], env: 'MODE' },
];
const read = (argv: string[], env = {}) => parseOldLine('hraftd', argv, { flags, env });

test.each([
  [['-id', 'n1', 'dir']],
  [['--id', 'n1', 'dir']],
  [['-id=n1', 'dir']],
  [['--id=n1', '--', 'dir']],
  [['-inmem=false', '-id', 'n1', 'dir']],
])('parseOldLine() reads %j as Go does', (argv) => {
  const line = read(argv);
  expect(line.values.get('id')).toBe('n1');
  expect(line.values.get('inmem')).toBe('false');
  expect(line.words).toEqual(['dir']);
});

test('parseOldLine() stops at the first word and leaves the rest alone', () => {
  expect(read(['-inmem', 'dir', '-id', 'n1'])).toMatchObject({ words: ['dir', '-id', 'n1'] });
  expect(read(['-inmem', 'true']).words).toEqual(['true']);
  expect(read(['-']).words).toEqual(['-']);
  expect(read(['-id=a=b\nc']).values.get('id')).toBe('a=b\nc');
  expect(read(['-id', '-x']).values.get('id')).toBe('-x');
});

test('parseOldLine() knows what was typed, and takes defaults from the environment', () => {
  expect([...read(['-req', '5']).typed]).toEqual(['req']);
  expect(read([]).values.get('mode')).toBe('a');
  expect(read([], { MODE: 'b' }).values.get('mode')).toBe('b');
  expect(read(['-mode', 'a'], { MODE: 'b' }).values.get('mode')).toBe('a');
});

test.each([
  [['-idd', 'x'], 'Unknown flag of hraftd: -idd'],
  [['-id'], '-id needs a value'],
  [['-inmem=maybe'], '-inmem is yes or no, not "maybe"'],
  [['-req', '5x'], '-req is a number, not "5x"'],
  [['-mode=c'], '-mode is a or b, not "c"'],
])('parseOldLine() refuses %j', (argv, why) => {
  expect(() => read(argv)).toThrow(why);
});

test('parseOldLine() names the variable that is wrong', () => {
  expect(() => read([], { MODE: 'x' })).toThrow('MODE is a or b');
});

test('flagLines() shows each flag with its default', () => {
  expect(flagLines(flags)).toEqual([
    '  -id TEXT   name',
    '  -inmem     memory',
    '  -req N     requests [default: 0]',
    '  -mode a|b  mode [default: a]',
  ]);
});
