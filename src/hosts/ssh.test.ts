import { expect, test } from 'vitest';
import { quoteWord, sshTrouble } from './ssh.ts';

test('quoteWord() leaves a shell nothing to understand', () => {
  expect(['node', '/a/b-1.js', ''].map(quoteWord)).toEqual(['node', '/a/b-1.js', "''"]);
  expect(quoteWord('a b')).toBe("'a b'");
  expect(quoteWord("it's $HOME;`x`\n")).toBe("'it'\\''s $HOME;`x`\n'");
});

test.each([
  [
    'No ED25519 host key is known for alpha and you have requested strict checking.\r\nHost key verification failed.\r\n',
    'UNAUTHORIZED',
    /its host key is not known here/,
    /compare its fingerprint: ssh alpha/,
  ],
  [
    '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.',
    'UNAUTHORIZED',
    /its host key is not the one that is known/,
    /ssh-keygen -R alpha/,
  ],
  [
    'admin@alpha: Permission denied (publickey).',
    'UNAUTHORIZED',
    /Cannot log in to alpha: .*publickey/,
    /ssh-copy-id alpha/,
  ],
  [
    'ssh: Could not resolve hostname alpha: Name or service not known',
    'UNREACHABLE',
    /Cannot reach alpha: ssh: Could not resolve/,
    /ssh alpha true/,
  ],
  ['', 'UNREACHABLE', /ssh ended without a word/, /ssh alpha true/],
] as const)('sshTrouble() of %j names machine and way out', (stderr, code, says, hint) => {
  const error = sshTrouble('alpha', stderr);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(says);
  expect(error.hint).toMatch(hint);
});
