/** The catalogue of errors, the page that explains it and the code that throws it say the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ERROR_CODES, EXIT, RaftctlError } from '../src/std/errors.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');

it('docs/errors.md explains every code, and no other', () => {
  const explained = [...page.matchAll(/^### (\w+)$/gm)].map((match) => match[1]);
  expect(explained.sort()).toEqual([...ERROR_CODES].sort());
});

it.each(ERROR_CODES)('docs/errors.md gives %s its exit code', (code) => {
  const exit = new RegExp(`^### ${code}\nExit (\\d+)\\. `, 'm').exec(page)?.[1];
  expect(Number(exit)).toBe(new RaftctlError(code, { message: 'x' }).exitCode);
});

it('docs/errors.md lists every exit code', () => {
  const listed = [...page.matchAll(/^\| (\d+) \|/gm)].map((match) => Number(match[1]));
  expect(listed).toEqual(Object.values(EXIT));
});

it('every code of the catalogue is used', () => {
  const program = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?<!\.test)\.ts$/.test(name) && !name.endsWith('std/errors.ts'))
    .map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'))
    .join('\n');
  const unused = ERROR_CODES.filter((code) => !program.includes(`'${code}'`));
  expect(unused).toEqual([]);
});
