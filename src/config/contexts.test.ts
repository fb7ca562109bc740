import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Context,
  chosenName,
  contextNamed,
  contextOfRemote,
  contextsFile,
  contextsText,
  loadContexts,
  withContext,
} from './contexts.ts';
import type { FileSettings } from './settings.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'raftctl-contexts-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function loaded(text: string, isChecked = true) {
  const env = { XDG_CONFIG_HOME: home };
  await mkdir(dirname(contextsFile(env)), { recursive: true });
  await writeFile(contextsFile(env), text);
  return loadContexts(env, isChecked);
}

const TEXT = `current = "shop"

[context.demo]
dir = "/clusters"
cluster = "demo"

[context."shop.eu"]
endpoints = "10.0.0.1:1"

[context.shop]
endpoints = ["10.0.0.1:1", "10.0.0.2:1"]
tlsCa = "/ca.pem"
tokenFile = "/token"
readOnly = true
`;

describe('loadContexts()', () => {
  test('loadContexts() reads what contextsText() writes', async () => {
    const contexts = await loaded(TEXT);
    expect(contexts.current).toBe('shop');
    expect([...contexts.byName.keys()]).toEqual(['demo', 'shop.eu', 'shop']);
    expect(contexts.byName.get('shop')).toEqual({
      ...{ name: 'shop', dir: null, cluster: null, tlsCert: null, readOnly: true, line: 10 },
      ...{ endpoints: ['10.0.0.1:1', '10.0.0.2:1'], tlsCa: '/ca.pem', tokenFile: '/token' },
    });
    const lineless = (known: typeof contexts) =>
      [...known.byName.values()].map(({ line, ...context }) => context);
    const again = await loaded(await contextsText(contexts));
    expect(lineless(again)).toEqual(lineless(contexts));
    expect(again.current).toBe('shop');
    const none = await loaded(await contextsText({ ...contexts, current: null }));
    expect(none.current).toBeNull();
  });

  test('loadContexts() takes a file that is not there for one without contexts', async () => {
    const contexts = await loadContexts({ XDG_CONFIG_HOME: join(home, 'nowhere') });
    expect([contexts.current, contexts.byName.size]).toEqual([null, 0]);
  });

  test.each([
    ['[context.a]\nreadOnly = true\n', 'line 1, key context.a: it names either'],
    ['[context.a]\ncluster = "a"\nendpoints = "h:1"\n', 'it names either'],
    ['[context.a]\nendpoints = "h:1"\ndir = "/"\n', 'dir belongs to a cluster'],
    ['[context.a]\ncluster = "a"\ntokenFile = "/t"\n', 'belong to endpoints'],
    ['[context.a]\nendpoints = "nowhere"\n', 'line 2, key context.a.endpoints'],
    ['[context.none]\ncluster = "a"\n', 'key context.none: invalid key'],
    ['\n[context.a]\ncluster = "a"\nreadonly = true\n', 'line 4, key context.a.readonly'],
  ])('loadContexts() refuses %j with line and key', async (text, why) => {
    await expect(loaded(text)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(loaded(text)).rejects.toThrow(why);
  });

  test('loadContexts() without checks reads the same of a file that is right', async () => {
    expect(await loaded(TEXT, false)).toEqual(await loaded(TEXT));
  });
});

test('chosenName(): the flag, then the environment, then the current one; none is none', async () => {
  const contexts = await loaded(TEXT);
  expect(chosenName(contexts, null, {})).toBe('shop');
  expect(chosenName(contexts, null, { RAFTCTL_CONTEXT: '' })).toBe('shop');
  expect(chosenName(contexts, null, { RAFTCTL_CONTEXT: 'demo' })).toBe('demo');
  expect(chosenName(contexts, 'eu', { RAFTCTL_CONTEXT: 'demo' })).toBe('eu');
  expect(chosenName(contexts, 'none', { RAFTCTL_CONTEXT: 'demo' })).toBeNull();
  expect(chosenName(contexts, null, { RAFTCTL_CONTEXT: 'none' })).toBeNull();
});

test('contextNamed() refuses a name that is not there, with the nearest', async () => {
  const contexts = await loaded(TEXT);
  expect(contextNamed(contexts, 'demo').cluster).toBe('demo');
  expect(() => contextNamed(contexts, 'shp')).toThrow(
    expect.objectContaining({ code: 'CONTEXT_NOT_FOUND', hint: 'Did you mean: shop?' }),
  );
});

describe('withContext()', () => {
  const nobody = { name: 'c', dir: null, cluster: null, endpoints: null, line: 3 };
  const trust = { tlsCa: null, tlsCert: null, tokenFile: null };
  const here: Context = { ...nobody, ...trust, dir: '/c', cluster: 'demo', readOnly: true };
  const far: Context = {
    ...nobody,
    ...trust,
    endpoints: ['h:1'],
    tokenFile: '/t',
    readOnly: false,
  };
  const file = (text: string) => ({ text, file: 'f', line: 1 });
  const FILES: FileSettings = new Map([
    ['RAFTCTL_ENDPOINTS', file('file:1')],
    ['RAFTCTL_TLS_CA', file('/file-ca')],
    ['RAFTCTL_DIR', file('/file')],
    ['RAFTCTL_NODES', file('5')],
  ]);
  const SILENT = { dir: false, cluster: false, endpoints: false };

  function texts(context: Context, said: Partial<typeof SILENT>): Record<string, string> {
    const settings = withContext(FILES, { path: 'p' }, context, { ...SILENT, ...said });
    return Object.fromEntries(
      [...settings].map(([env, { text }]) => [env.replace('RAFTCTL_', ''), text]),
    );
  }
  const untouched = { ENDPOINTS: 'file:1', TLS_CA: '/file-ca', DIR: '/file', NODES: '5' };

  test('withContext() hides all that files say of another place', () => {
    expect(texts(here, {})).toEqual({ NODES: '5', READ_ONLY: 'true', DIR: '/c', CLUSTER: 'demo' });
    expect(texts(far, {})).toEqual({
      ...{ NODES: '5', DIR: '/file', ENDPOINTS: 'h:1', TOKEN_FILE: '/t', CLUSTER: '@c' },
    });
    expect(contextOfRemote('@c')).toBe('c');
    expect(contextOfRemote('demo')).toBeNull();
  });

  test('withContext() gives its token and its folder to no other place, but stays read-only', () => {
    for (const said of [{ dir: true }, { endpoints: true }, { dir: true, cluster: true }]) {
      expect(texts(here, said)).toEqual({ ...untouched, READ_ONLY: 'true' });
      expect(texts(far, said)).toEqual(untouched);
    }
    expect(texts(far, { cluster: true })).toEqual(untouched);
    // Another cluster of the same folder.
    expect(texts(here, { cluster: true })).toMatchObject({ DIR: '/c' });
  });
});
