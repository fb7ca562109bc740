import { expect, test } from 'vitest';
import { blameVariable, plainUsage, usageHint, usageMessage } from './usage-text.ts';

const FOOTER = '\nSee more help with --help';
const input = { flags: { nodes: {}, 'no-color': {} } };

test.each([
  ['Nonexistent flag: --nodez', 'Unknown flag: --nodez'],
  ['The following error occurred:\n  All of --a are needed', 'All of --a are needed'],
  ['The following errors occurred:\n  one\n  two', 'one; two'],
  ['Parsing --nodes \n\tExpected an integer', '--nodes: Expected an integer'],
  ['Flag --nodes expects a value', 'Flag --nodes expects a value'],
])('plainUsage() puts %j on one line', (text, expected) => {
  expect(plainUsage(text + FOOTER)).toBe(expected);
});

test('usageMessage() names missing arguments as the usage line does', () => {
  const key = { name: 'key', description: 'The key.' };
  const missing = (args: (typeof key)[]) =>
    usageMessage(
      Object.assign(new Error(`Missing ${args.length} required args:${FOOTER}`), { args }),
    );
  expect(missing([key])).toBe('Missing argument: KEY (The key)');
  expect(missing([key, { ...key, name: 'value' }])).toBe(
    'Missing arguments: KEY (The key), VALUE (The key)',
  );
});

test('usageHint() guesses the flag that was meant', () => {
  const hint = (flags: string[]) =>
    usageHint(Object.assign(new Error(''), { flags, parse: { input } }));
  expect(hint(['--nodez'])).toContain('Did you mean --nodes? ');
  expect(hint(['-x'])).toContain('Put -- before a word that begins with -');
  expect(usageHint(new Error(''))).toBe('Add --help to see what the command takes');
});

test('usageHint() guesses the value that was meant', () => {
  const hint = (typed: string) =>
    usageHint(new Error(`Expected ${typed} to be one of: bash, zsh, fish${FOOTER}`));
  expect(hint('fissh')).toBe('Did you mean fish? Add --help to see what the command takes');
  expect(hint('--shell=zhs')).toContain('Did you mean zsh? ');
  expect(hint('powershell')).toBe('Add --help to see what the command takes');
});

test('blameVariable() names the variable where nobody typed the flag', () => {
  const flags = { nodes: { env: 'RAFTCTL_NODES', char: 'n' }, raw: {} };
  const env = { RAFTCTL_NODES: 'x' };
  const blamed = (argv: string[], message = '--nodes: wrong') =>
    blameVariable(message, argv, flags, env);
  expect(blamed(['demo'])).toBe('RAFTCTL_NODES: wrong');
  for (const typed of ['--nodes', '--nodes=x', '-n', '-nx']) {
    expect(blamed(['demo', typed])).toBe('--nodes: wrong');
  }
  expect(blamed([], '--raw: wrong')).toBe('--raw: wrong');
  expect(blamed([], 'Missing argument: NODES')).toBe('Missing argument: NODES');
  expect(blameVariable('--nodes: wrong', [], flags, {})).toBe('--nodes: wrong');
});
