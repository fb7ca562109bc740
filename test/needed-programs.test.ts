import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

interface NeededPrograms {
  readonly PACKAGES: Readonly<Record<string, string>>;
  needsOfTests(root: string): { file: string; programs: string[] }[];
  whatCannotRun(root: string, path: string): { files: string[]; notice: string } | null;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { PACKAGES, needsOfTests, whatCannotRun } = (await import(
  join(ROOT, 'scripts/tests/needed-programs.js')
)) as NeededPrograms;
/** Not between quotes here: this test needs none of them. */
const [SERVER, CLI, BENCHMARK, CURL] = Object.keys(PACKAGES) as [string, string, string, string];

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'raftctl-needed-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

/** Programs of the system that do nothing. */
function install(...programs: string[]): string {
  for (const program of programs) {
    write(`bin/${program}`, '#!/bin/sh\n');
    chmodSync(join(root, 'bin', program), 0o755);
  }
  return join(root, 'bin');
}

test('needsOfTests finds what a test, or a double it imports, names', () => {
  write('test/doubles/server.ts', `spawn('${SERVER}')`);
  write('test/doubles/pair.ts', `import { a } from './server.ts';`);
  write('src/x/a.test.ts', `import { b } from '../../test/doubles/pair.ts'; run('${CURL}')`);
  write('src/x/b.test.ts', `import { c } from './c.ts';`);
  expect(needsOfTests(root)).toEqual([{ file: 'src/x/a.test.ts', programs: [CURL, SERVER] }]);
});

test('whatCannotRun leaves out what lacks a program, and names the package', () => {
  write('test/a.test.ts', `run('${CLI}')`);
  write('test/b.test.ts', `run('${CURL}')`);
  const path = install(CURL, SERVER);
  const left = whatCannotRun(root, path);
  expect(left?.files).toEqual(['test/a.test.ts']);
  expect(left?.notice).toContain('apt-get install redis-tools');
  expect(whatCannotRun(root, install(CLI, BENCHMARK))).toBeNull();
});

test('whatCannotRun leaves nothing out where nothing needs what is missing', () => {
  write('test/a.test.ts', 'expect(1).toBe(1)');
  expect(whatCannotRun(root, '')).toBeNull();
});

test('PACKAGES are those that the checks before a merge install', () => {
  const script = readFileSync(join(ROOT, '.ci/run'), 'utf8');
  for (const [program, name] of Object.entries(PACKAGES)) {
    expect(script).toContain(`${program}:`);
    for (const word of name.split(' ')) expect(script).toMatch(new RegExp(`:${word}[ ;]`));
  }
});
