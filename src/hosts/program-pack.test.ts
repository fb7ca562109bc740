import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unpackTar } from '../bench/tar-archive.ts';
import { packProgram } from './program-pack.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'raftctl-pack-'));
  put('package.json', { name: 'raftctl', version: '1.2.3', dependencies: { a: '1', b: '1' } });
  put('oclif.manifest.json', {});
  put('bin/run.js', 'run');
  put('dist/cli/main.js', 'main');
  put('profiles/local-3.toml', 'x');
  put('src/secret.ts', 'not this');
  put('node_modules/a/package.json', { name: 'a', version: '1', dependencies: { shared: '1' } });
  put('node_modules/a/index.js', 'a');
  put('node_modules/a/index.d.ts', 'not this');
  put('node_modules/b/package.json', { name: 'b', version: '1', dependencies: { shared: '2' } });
  put('node_modules/b/node_modules/shared/package.json', { name: 'shared', version: '2' });
  put('node_modules/shared/package.json', { name: 'shared', version: '1' });
  put('node_modules/test-tool/package.json', { name: 'test-tool', version: '1' });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(name: string, content: string | object): void {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
}

test('packProgram() takes what the program needs, each package where it is found', async () => {
  const { id, archive } = await packProgram(root);
  expect(id).toMatch(/^raftctl-1\.2\.3-[0-9a-f]{12}$/);
  const files = (await unpackTar(gunzipSync(await archive()))) ?? [];
  expect(files.map(({ name }) => name).sort()).toEqual([
    'bin/run.js',
    'dist/cli/main.js',
    'node_modules/a/index.js',
    'node_modules/a/package.json',
    'node_modules/b/node_modules/shared/package.json',
    'node_modules/b/package.json',
    'node_modules/shared/package.json',
    'oclif.manifest.json',
    'package.json',
    'profiles/local-3.toml',
  ]);
  const shared = files.find(({ name }) => name === 'node_modules/shared/package.json');
  expect(Buffer.from(shared?.content ?? []).toString()).toContain('"version":"1"');
});

test('packProgram() names the same program the same, and another one otherwise', async () => {
  const { id } = await packProgram(root);
  expect((await packProgram(root)).id).toBe(id);
  put('dist/cli/main.js', 'main2');
  expect((await packProgram(root)).id).not.toBe(id);
});

test('packProgram() refuses when a package is not there', async () => {
  rmSync(join(root, 'node_modules/a'), { recursive: true });
  await expect(packProgram(root)).rejects.toThrow('its package a is not there');
});
