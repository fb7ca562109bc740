/** Contexts: a saved way to reach a cluster, for commands, the shell, the dashboard, completion. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { type RunResult, raftctl } from '../doubles/program.ts';

let rig: ClusterRig;
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'raftctl-contexts-'));
  rig = await ClusterRig.start({ portBase: 13_500, nodes: 1 });
  const here = await run(['context', 'set', 'here', '--cluster', 'demo', '--dir', rig.directory]);
  expect([here.stdout, here.code], here.stderr).toEqual([
    `Made context here: cluster demo in ${rig.directory}\n`,
    0,
  ]);
});
afterAll(async () => {
  await rig?.dispose();
  await rm(home, { recursive: true, force: true });
});

interface Options {
  readonly env?: Record<string, string>;
  readonly stdin?: string;
}

/** Without --dir: only a context leads to the cluster. */
function run(args: readonly string[], { env = {}, stdin }: Options = {}): Promise<RunResult> {
  const places = { XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, XDG_STATE_HOME: home };
  return raftctl(args, {
    env: { ...places, ...env },
    cwd: home,
    ...(stdin === undefined ? {} : { stdin }),
  });
}

/** The file as `context set` would leave it; the first is the current one. */
async function contexts(...tables: readonly (readonly [name: string, text: string])[]) {
  const parts = tables.map(([name, text]) => `[context.${name}]\n${text}\n`);
  const text = `current = "${tables[0]?.[0]}"\n${parts.join('')}`;
  await writeFile(join(home, 'raftctl', 'contexts.toml'), text);
}

type Table = readonly [name: string, text: string];
const here = (more = ''): Table => ['here', `cluster = "demo"\ndir = "${rig.directory}"\n${more}`];
const far = (): Table => ['far', `endpoints = ["127.0.0.1:${rig.portBase}"]`];
const GONE: Table = ['gone', 'endpoints = ["127.0.0.1:1"]'];

test('context: the first one made holds, and any other that is used', async () => {
  const made = ['context', 'set', 'far', '--endpoints', `127.0.0.1:${rig.portBase}`];
  expect((await run(made)).stderr).toBe('Use it: raftctl context use far\n');
  expect((await run(['kv', 'set', 'a', '1'])).stdout).toBe('OK\n');
  expect((await run(['cluster', 'status'])).stdout).toContain('demo  healthy');
  const { stdout } = await run(['context', 'list']);
  expect(stdout).toMatch(/^ +NAME +REACHES .*\n\* +here +cluster demo in .*\n +far +127\.0\.0\.1:/);
  expect((await run(['context', 'use', 'far'])).stdout).toMatch(/^Context far: 127\.0\.0\.1:/);
  expect((await run(['context', 'show'])).stdout).toMatch(/^far \(current\)\n/);
  expect((await run(['kv', 'get', 'a'])).stdout).toBe('1\n');
  const file = join(home, 'raftctl', 'contexts.toml');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).toContain('current = "far"');
  expect((await run(['context', 'use', 'none'])).stdout).toBe('No context\n');
  expect((await run(['kv', 'get', 'a'])).stderr).toContain('[CLUSTER_NOT_FOUND]');
});

test('context: flag, environment, current one; and what names another place is nearer', async () => {
  await contexts(far(), GONE);
  const get = ['kv', 'get', 'a', '--timeout', '1s'];
  expect((await run([...get, '--context', 'gone'])).code).toBe(3);
  expect((await run(get, { env: { RAFTCTL_CONTEXT: 'gone' } })).code).toBe(3);
  const both = { env: { RAFTCTL_CONTEXT: 'gone' } };
  expect((await run([...get, '--context', 'far'], both)).code).toBe(0);
  expect((await run([...get, '--endpoints', `127.0.0.1:${rig.portBase}`], both)).code).toBe(0);
  const named = await run([...get, '--cluster', 'demo', '--dir', rig.directory], both);
  expect(named.stdout, named.stderr).toBe('1\n');
  const missing = await run([...get, '--context', 'fra']);
  expect([missing.code, missing.stdout]).toEqual([2, '']);
  expect(missing.stderr).toContain('[CONTEXT_NOT_FOUND]\nHint:  Did you mean: far?');
  const used = await run(['context', 'use', 'far'], { env: { RAFTCTL_CLUSTER: 'x' } });
  expect(used.stderr).toContain('nearer, and so before it: RAFTCTL_CLUSTER');
  const explained = await run(['config', 'explain', '--context', 'gone']);
  expect(explained.stdout).toMatch(/^endpoints +127\.0\.0\.1:1 +context gone$/m);
  expect(explained.stdout).toMatch(/^cluster +none of this machine +context gone$/m);
});

test('context of addresses: never the only cluster of this machine instead', async () => {
  await contexts(far());
  const env = { RAFTCTL_DIR: rig.directory };
  for (const line of ['node status', 'cluster status', 'top --once', 'bench -n 1']) {
    const args = [...line.split(' '), '--context', 'far'];
    const refused = await run(args);
    expect([refused.code, refused.stdout], line).toEqual([2, '']);
    expect(refused.stderr, line).toContain('[CLUSTER_ELSEWHERE]');
    // A folder that is named leads elsewhere.
    if (line === 'cluster status') expect((await run(args, { env })).code).toBe(0);
  }
});

test('context --read-only: what would change the cluster is refused, in the shell as well', async () => {
  await contexts(here('readOnly = true'));
  for (const line of ['kv set a 2', 'cluster down']) {
    const refused = await run(line.split(' '));
    expect([refused.code, refused.stdout], line).toEqual([7, '']);
    expect(refused.stderr, line).toContain('as context here is read-only [READ_ONLY]');
  }
  const lines = 'GET a\nSET a 2\nkv set a 2\nuse none\nuse here\nGET a\nDEL a\n';
  const shell = await run(['shell'], { stdin: lines });
  expect([shell.stdout, shell.code]).toEqual(['1\n1\n', 7]);
  expect(shell.stderr.match(/\[READ_ONLY\]/g)).toHaveLength(3);
  const insisting = { env: { RAFTCTL_READ_ONLY: 'false' } };
  expect((await run(['kv', 'set', 'a', '1'], insisting)).code).toBe(0);
  expect((await run(['context', 'set', 'here', '--no-read-only'])).code).toBe(0);
  expect((await run(['kv', 'set', 'a', '1'])).code).toBe(0);
});

test('shell: use goes to contexts, and its commands go where it is', async () => {
  await contexts(far(), here(), GONE);
  const lines = [
    ...['GET a', 'kv get a', 'node status', 'use here', 'cluster status', 'GET a'],
    ...['use gone', 'kv get a', 'use nobody', 'use here', 'kv get a'],
  ];
  const shell = await run(['shell'], { stdin: `${lines.join('\n')}\n` });
  expect(shell.code, shell.stderr).toBe(0);
  expect(shell.stdout).toMatch(/^1\n1\ndemo {2}healthy.*\n1\n1\n$/s);
  const codes = [...shell.stderr.matchAll(/\[([A-Z_]+)\]/g)].map(([, code]) => code);
  expect(codes).toEqual(['CLUSTER_ELSEWHERE', 'UNREACHABLE', 'CLUSTER_NOT_FOUND']);
});

test('top names the context in its header', async () => {
  await contexts(here());
  const top = ['top', '--once', '--size', '120x30', '--refresh', '250ms'];
  expect((await run(top)).stdout).toContain('raftctl top  context here   cluster demo');
  const other = await run([...top, '--context', 'none', '--dir', rig.directory]);
  expect(other.stdout).toContain('raftctl top   cluster demo');
});

test('__complete knows contexts, and goes by them', async () => {
  await contexts(here(), far());
  const complete = async (...words: string[]) => (await run(['__complete', ...words])).stdout;
  expect(await complete('context', 'use', '')).toBe('here\nfar\nnone\n');
  expect(await complete('kv', 'get', '--context', 'f')).toBe('far\n');
  expect(await complete('node', 'kill', '')).toBe('n1\n');
  expect(await complete('node', 'kill', '--context', 'far', '')).toBe('');
  expect(await complete('cluster', 'status', '')).toBe('demo\n');
  await writeFile(join(home, 'raftctl', 'contexts.toml'), 'current = [\n');
  expect(await complete('context', 'use', '')).toBe('none\n');
});
