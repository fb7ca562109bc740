/** What `npm start` and `npm test` do first in a clone, in a clone made up for the test. */
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT, type RunResult, runProgram } from './doubles/program.ts';

const LOCK = { packages: { '': {}, 'node_modules/one': { version: '1.0.0' } } };

let folder = '';
let clone = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-clone-'));
  clone = join(folder, 'clone');
  for (const name of ['src', 'scripts', 'path']) mkdirSync(join(clone, name), { recursive: true });
  for (const name of ['ensure-built.js', 'tree.js']) {
    cpSync(join(ROOT, 'scripts', name), join(clone, 'scripts', name));
  }
  write('package.json', '{"type":"module"}');
  write('tsconfig.json', '{}');
  write('tsconfig.build.json', '{}');
  write('package-lock.json', JSON.stringify(LOCK));
  write('scripts/build.js', "process.stderr.write('the build runs\\n');");
  // Stands for npm, and leaves behind what it was told.
  const npm = join(clone, 'path/npm');
  writeFileSync(npm, `#!/bin/sh\necho "$@" > '${join(clone, 'npm-was-told')}'\n`, { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  writeFileSync(join(clone, name), text);
}

/** A folder of packages as npm leaves it. */
function installedAt(path: string, packages: object): void {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, '.package-lock.json'), JSON.stringify({ packages }));
}

function ensureBuilt(): Promise<RunResult> {
  const env = { PATH: `${join(clone, 'path')}${delimiter}${process.env['PATH'] ?? ''}` };
  return runProgram(process.execPath, ['scripts/ensure-built.js'], { cwd: clone, env });
}

describe('scripts/ensure-built.js', () => {
  it('installs and builds in a new clone', async () => {
    const { code, stderr } = await ensureBuilt();
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('the build runs');
    expect(readdirSync(clone)).toContain('npm-was-told');
  });

  it.each(['with other packages in its target', 'without a target'])(
    'refuses to install through a linked node_modules %s',
    async (kind) => {
      const target = join(folder, 'elsewhere');
      if (!kind.startsWith('without')) installedAt(target, { 'node_modules/two': {} });
      const link = join(clone, 'node_modules');
      symlinkSync(target, link);
      const { code, stdout, stderr } = await ensureBuilt();
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toBe(
        `raftctl: cannot install packages as ${link} is a link to ${target}: npm would empty that\n` +
          `raftctl: remove the link (rm ${link}), then run this again\n`,
      );
      expect(readdirSync(clone)).not.toContain('npm-was-told');
    },
  );

  it('takes a linked node_modules that has every package as it is', async () => {
    const target = join(folder, 'elsewhere');
    installedAt(target, { 'node_modules/one': { version: '1.0.0' } });
    symlinkSync(target, join(clone, 'node_modules'));
    const { code, stderr } = await ensureBuilt();
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain('link');
    expect(readdirSync(clone)).not.toContain('npm-was-told');
  });
});
