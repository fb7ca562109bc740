import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Context } from '../config/contexts.ts';
import { type ContextWish, contextAs, reachText, rowOf, saveContexts } from './context-store.ts';
import { CLUSTER_FORMAT_VERSION } from './topology.ts';

let dir: string;
let keys: string;

beforeAll(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'raftctl-context-store-')));
  await mkdir(join(dir, 'demo'));
  const spec = { formatVersion: CLUSTER_FORMAT_VERSION, name: 'demo', nodes: [] };
  await writeFile(join(dir, 'demo', 'cluster.json'), JSON.stringify(spec));
  keys = join(dir, 'keys');
  await mkdir(keys);
  for (const file of ['ca.pem', 'operator.pem', 'client.token', 'client-read.token']) {
    await writeFile(join(keys, file), 'x\n');
  }
});
afterAll(() => rm(dir, { recursive: true, force: true }));

function made(wish: Partial<ContextWish>, known: Context | null = null, name = 'x') {
  return contextAs(name, known, { dir, ...wish });
}

describe('contextAs()', () => {
  test.each<[Partial<ContextWish>, string, string]>([
    [{}, 'x', 'USAGE'],
    [{ cluster: 'demo' }, 'none', 'USAGE'],
    [{ cluster: 'demo' }, '@x', 'USAGE'],
    [{ cluster: 'demo', endpoints: 'h:1' }, 'x', 'USAGE'],
    [{ cluster: 'demo', tokenFile: '/etc/hostname' }, 'x', 'USAGE'],
    [{ endpoints: 'nowhere' }, 'x', 'USAGE'],
    [{ endpoints: 'h:1', tlsFolder: '/nothing/here' }, 'x', 'TLS_INVALID'],
    [{ endpoints: 'h:1', tokenFile: '-' }, 'x', 'TLS_INVALID'],
  ])('contextAs() refuses %j as %j', async (wish, name, code) => {
    await expect(made(wish, null, name)).rejects.toMatchObject({ code });
  });

  test('contextAs() refuses a cluster that is not there, with the nearest', async () => {
    const wrong = { code: 'CLUSTER_NOT_FOUND', hint: 'Did you mean: demo?' };
    await expect(made({ cluster: 'dmo' })).rejects.toMatchObject(wrong);
  });

  test('contextAs() takes of a folder no more than is needed', async () => {
    const wish = { endpoints: 'h:1', tlsFolder: keys };
    expect(await made(wish)).toMatchObject({
      tlsCa: join(keys, 'ca.pem'),
      tlsCert: join(keys, 'operator.pem'),
      tokenFile: join(keys, 'client.token'),
    });
    expect(await made({ ...wish, readOnly: true })).toMatchObject({
      tlsCert: null,
      tokenFile: join(keys, 'client-read.token'),
    });
  });

  test('contextAs() keeps what it is not told, but shows other addresses nothing', async () => {
    const known = await made({ endpoints: 'h:1', tlsFolder: keys, readOnly: true });
    expect(await made({ readOnly: false }, known)).toEqual({ ...known, readOnly: false });
    expect(await made({ endpoints: 'h:2, h:3' }, known)).toMatchObject({
      ...{ endpoints: ['h:2', 'h:3'], tlsCa: null, tokenFile: null, readOnly: true },
    });
    const here = await made({ cluster: 'demo' }, known);
    expect(here).toMatchObject({ cluster: 'demo', dir, endpoints: null, tokenFile: null });
    expect(await made({ readOnly: false }, here)).toMatchObject({ cluster: 'demo', dir });
  });
});

test('rowOf() says whether the cluster is there', async () => {
  const context = await made({ cluster: 'demo' });
  expect(await rowOf(context, 'x')).toMatchObject({ isCurrent: true, exists: true });
  const gone = await rowOf({ ...context, cluster: 'gone' }, null);
  expect(reachText(gone)).toBe(`cluster gone in ${dir} (gone)`);
});

test('saveContexts() writes through a link', async () => {
  const context = await made({ cluster: 'demo' });
  const real = join(dir, 'kept.toml');
  await writeFile(real, '');
  const path = join(dir, 'contexts.toml');
  await symlink(real, path);
  await saveContexts({ path, current: 'x', byName: new Map([['x', context]]) });
  expect(await readFile(real, 'utf8')).toContain('[context.x]');
});
