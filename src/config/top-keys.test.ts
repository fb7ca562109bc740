import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lintFile } from './lint.ts';
import { choiceOf, loadTopKeys } from './top-key-files.ts';
import { clashIn, isTopKey, TOP_ACTIONS, TOP_KEYS } from './top-keys.ts';

const DOCS = fileURLToPath(new URL('../../docs/configuration.md', import.meta.url));
const RULES = { keys: [], check: () => null };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-keys-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function linted(text: string): Promise<string> {
  const path = join(folder, 'linted.toml');
  await writeFile(path, text);
  return lintFile(path, RULES).then(String, (error) => `${error.message} ${error.hint ?? ''}`);
}

test('keys of the dashboard are all different, and the documentation lists each', async () => {
  expect(clashIn({})).toBeNull();
  for (const key of Object.values(TOP_KEYS)) expect(isTopKey(key), key).toBe(true);
  const docs = await readFile(DOCS, 'utf8');
  expect(TOP_ACTIONS.filter((action) => !docs.includes(`\`${action}\``))).toEqual([]);
});

test.each(['enter', 'escape', 'C-c', 'C-m', 'tab', 'F5', 'up', '', 'ab', ' ', '\u007f'])(
  'isTopKey() refuses %j',
  (key) => {
    expect(isTopKey(key)).toBe(false);
  },
);

test.each([
  ['keys = { kill = "x" }', 'configuration'],
  // A key that its owner gave away is free.
  ['keys = { kill = "m", mark = "F5" }', 'key tui.keys.mark: it is no key'],
  ['keys = { kill = "m", mark = "f5" }', 'configuration'],
  ['keys = { kill = "m" }', 'line 2, key tui.keys.kill: "m" is the key of mark too'],
  ['keys = { mark = "K" }', 'key tui.keys.mark: "K" is the key of kill too'],
  ['keys = { kil = "x" }', 'there is no such key Did you mean: kill?'],
  ['keys = { kill = 3 }', 'key tui.keys.kill'],
  ['themes = "dark"', 'key tui.themes: there is no such key'],
])('config lint judges %j', async (line, expected) => {
  expect(await linted(`[tui]\n${line}\n`)).toContain(expected);
});

test('loadTopKeys() takes each key from the nearest file, and refuses a clash between files', async () => {
  const system = join(folder, 'system.toml');
  const near = join(folder, 'raftctl.toml');
  const places = {
    cwd: folder,
    env: { XDG_CONFIG_HOME: join(folder, 'none'), RAFTCTL_SYSTEM_CONFIG: system },
  };
  await writeFile(system, '[tui.keys]\nkill = "x"\nmark = "v"\n');
  await writeFile(near, 'nodes = 3\n[tui.keys]\nkill = "C-k"\n');
  const chosen = await loadTopKeys(places);
  expect(choiceOf(chosen)).toEqual({ kill: 'C-k', mark: 'v' });
  expect(chosen).toContainEqual({ action: 'kill', key: 'C-k', file: near, line: 3 });
  await writeFile(near, '[tui.keys]\nstop = "v"\n');
  await expect(loadTopKeys(places)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('"v" is the key of'),
  });
});
