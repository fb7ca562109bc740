import { execSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { quoteWord, SshConnections, sshTrouble } from './ssh.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftctl-ssh-test-'));
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** What takes the place of ssh. */
function standIn(script: string): void {
  writeFileSync(join(folder, 'ssh'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'ssh'), 0o755);
}

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

test('run() hands a file to the command, and ends it when it is told to', async () => {
  const inputFile = join(folder, 'input');
  writeFileSync(inputFile, 'of a file');
  standIn('case "$*" in *true*) exec sleep 60;; *exit*) exit 0;; *) exec cat;; esac');
  await SshConnections.use(async (connections) => {
    const target = { ssh: 'alpha' };
    expect(await connections.run(target, ['cat'], { inputFile, timeoutMs: 20_000 })).toMatchObject({
      ...{ code: 0, stdout: 'of a file' },
    });
    const stop = new AbortController();
    const wish = { timeoutMs: 50_000, signal: stop.signal };
    const running = connections.run(target, ['true'], wish);
    setTimeout(() => stop.abort(), 50);
    await expect(running).rejects.toMatchObject({
      ...{ code: 'INTERRUPTED', message: 'Interrupted at work on alpha' },
    });
  });
});

test('run() keeps what is apart out of reach of the Ctrl-C of a terminal', async () => {
  const groupOf = (pid: string): string => `ps -o pgid= -p ${pid}`;
  standIn(groupOf('$$'));
  const group = async (isApart: boolean): Promise<number> => {
    const wish = { timeoutMs: 5000, isApart };
    const { stdout } = await SshConnections.use((all) => all.run({ ssh: 'a' }, [], wish));
    return Number(stdout);
  };
  const own = Number(execSync(groupOf(String(process.pid))).toString());
  expect([await group(false), await group(true)]).toEqual([own, expect.any(Number)]);
  expect(await group(true)).not.toBe(own);
});
