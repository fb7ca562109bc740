import { expect, test } from 'vitest';
import { settingsOf } from './config-files.ts';
import { parseToml } from './toml-file.ts';

async function errorOf(text: string): Promise<{ message: string; hint: string | null }> {
  try {
    await settingsOf(await parseToml(text, 'x.toml'));
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string | null };
    expect(code).toBe('CONFIG_INVALID');
    return { message, hint };
  }
  throw new Error('it was accepted');
}

test.each([
  ['a = \n', 'Cannot use x.toml: line 1, key a: unexpected character'],
  ['nodes = 3\nnodes = 4\n', "Cannot use x.toml: line 2, key nodes: can't redefine existing key"],
  ['\n[cluster\n', 'Cannot use x.toml: line 2: '],
  ['\n\nnodes = "three"\n', 'Cannot use x.toml: line 3, key nodes: '],
  ['nodes = 0\n', 'line 1, key nodes: '],
  ['# x\ntimeout = "soon"\n', 'line 2, key timeout: it is not a duration'],
  ['fsync = "often"\n', 'line 1, key fsync: '],
  ['endpoints = ["127.0.0.1:1", "there"]\n', 'line 1, key endpoints'],
])('checkToml() names file, line and key: %j', async (text, expected) => {
  expect((await errorOf(text)).message).toContain(expected);
});

test('checkToml() refuses unknown keys and says what may have been meant', async () => {
  expect(await errorOf('timeout = "1s"\nport-base = 1\n')).toEqual({
    message: 'Cannot use x.toml: line 2, key port-base: there is no such key',
    hint: 'Did you mean: portBase?',
  });
  const { hint } = await errorOf('somethingelse = 1\n');
  expect(hint).toContain('Known keys: dir, cluster');
});

test('checkToml() names everything that is wrong at once', async () => {
  const { message } = await errorOf('nodes = 0\nfsyn = "always"\n');
  expect(message).toContain('line 1, key nodes');
  expect(message).toContain('line 2, key fsyn: there is no such key');
});

test('settingsOf() gives values as they would be typed', async () => {
  const text = 'nodes = 5\r\nendpoints = ["a:1", "b:2"]\r\nnoColor = true\r\n';
  const found = await settingsOf(await parseToml(text, 'x.toml'));
  expect([...found]).toEqual([
    ['RAFTCTL_ENDPOINTS', { text: 'a:1,b:2', file: 'x.toml', line: 2 }],
    ['RAFTCTL_NODES', { text: '5', file: 'x.toml', line: 1 }],
    ['RAFTCTL_NO_COLOR', { text: 'true', file: 'x.toml', line: 3 }],
  ]);
});
