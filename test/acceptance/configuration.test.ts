/** Flags, environment, profiles, files, defaults: who wins, and what a wrong file is told. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SETTINGS } from '../../src/config/settings.ts';
import type { NodeConfig } from '../../src/wire/node-config.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { ROOT, type RunResult, raftctl } from '../doubles/program.ts';

let home: string;
let project: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'raftctl-configuration-'));
  project = join(home, 'project');
  await mkdir(join(home, 'user', 'raftctl'), { recursive: true });
  await mkdir(project);
});
afterAll(() => rm(home, { recursive: true, force: true }));

function run(args: string[], env: Record<string, string> = {}): Promise<RunResult> {
  const places = {
    XDG_CONFIG_HOME: join(home, 'user'),
    RAFTCTL_SYSTEM_CONFIG: join(home, 'system.toml'),
    XDG_DATA_HOME: join(home, 'data'),
  };
  return raftctl(args, { cwd: project, env: { ...places, ...env } });
}

interface Row {
  readonly key: string;
  readonly value: string;
  readonly source: string;
  readonly file: string | null;
  readonly line: number | null;
}

async function explain(args: string[], env: Record<string, string> = {}) {
  const { stdout, code, stderr } = await run(['config', 'explain', ...args, '--json'], env);
  expect(code, stderr).toBe(0);
  const { data } = JSON.parse(stdout) as { data: { settings: Row[] } };
  return (key: string) => data.settings.find((row) => row.key === key);
}

const FILES = [
  ['system.toml', 'nodes = 4\nlines = 4\nfsync = "none"\n'],
  ['user/raftctl/config.toml', 'nodes = 5\nlines = 5\n'],
  ['project/raftctl.toml', '# mine\nnodes = 6\n'],
] as const;

test('config explain: the nearest wins, and each value has its source', async () => {
  for (const [path, text] of FILES) await writeFile(join(home, path), text);
  const plain = await explain([]);
  expect(plain('nodes')).toMatchObject({ value: '6', source: 'file', line: 2 });
  expect(plain('nodes')?.file).toBe(join(project, 'raftctl.toml'));
  expect(plain('lines')).toMatchObject({ value: '5', line: 2 });
  expect(plain('fsync')).toMatchObject({ value: 'none', file: join(home, 'system.toml') });
  expect(plain('app')).toMatchObject({ value: 'kvstore', source: 'default' });
  const exported = await explain([], { RAFTCTL_NODES: '7' });
  expect(exported('nodes')).toMatchObject({ value: '7', source: 'env' });
  const typed = await explain(['--nodes', '8'], { RAFTCTL_NODES: '7' });
  expect(typed('nodes')).toMatchObject({ value: '8', source: 'flag' });
  const text = (await run(['config', 'explain'], { RAFTCTL_LINES: '9' })).stdout;
  expect(text).toMatch(/^lines +9 +RAFTCTL_LINES$/m);
  expect(text).toMatch(new RegExp(`^nodes +6 +${join(project, 'raftctl.toml')}:2$`, 'm'));
});

test('config explain: every setting has a variable and a flag', async () => {
  const exported = await explain([], Object.fromEntries(SETTINGS.map(({ env }) => [env, 'x'])));
  const typed = await explain(SETTINGS.flatMap(({ flag }) => [`--${flag}`, 'y']));
  for (const { key } of SETTINGS) {
    expect(exported(key)).toMatchObject({ value: 'x', source: 'env' });
    expect(typed(key)).toMatchObject({ value: 'y', source: 'flag' });
  }
});

test('config path lists the files, nearest first', async () => {
  const { stdout } = await run(['config', 'path', '--json']);
  const { data } = JSON.parse(stdout) as { data: { files: { path: string; exists: boolean }[] } };
  expect(data.files).toEqual([
    { path: join(project, 'raftctl.toml'), exists: true },
    { path: join(home, 'user', 'raftctl', 'config.toml'), exists: true },
    { path: join(home, 'system.toml'), exists: true },
  ]);
  expect((await run(['config', 'path'])).stdout.trim().split('\n')).toHaveLength(3);
});

test.each([
  ['nodes = 0\n', 'line 1, key nodes'],
  ['\ntimeout = "soon"\n', 'line 2, key timeout'],
  ['nodes = \n', 'line 1, key nodes'],
  ['\n\nport-base = 1\n', 'line 3, key port-base: there is no such key'],
])('a wrong file is told with file, line and key: %j', async (text, where) => {
  const path = join(project, 'raftctl.toml');
  await writeFile(path, text);
  for (const args of [
    ['cluster', 'ls'],
    ['config', 'explain'],
    ['config', 'lint'],
  ]) {
    const plain = await run(args);
    expect([plain.code, plain.stdout]).toEqual([2, '']);
    expect(plain.stderr).toContain(`Cannot use ${path}: ${where}`);
    expect(plain.stderr).toContain('[CONFIG_INVALID]');
    const json = await run([...args, '--json']);
    expect(json.code).toBe(2);
    const { error } = JSON.parse(json.stdout) as { error: { code: string; message: string } };
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(`${path}: ${where}`);
  }
  expect((await run(['config', 'path'])).code).toBe(0);
});

test('config lint: configuration files and profiles', async () => {
  await writeFile(join(project, 'raftctl.toml'), 'nodes = 1\n');
  const lint = await run(['config', 'lint', 'raftctl.toml', join(ROOT, 'profiles/local-3.toml')]);
  expect(lint.code).toBe(0);
  expect(lint.stdout).toMatch(/raftctl.toml: a configuration.*\n.*local-3.toml: a profile/);
  expect((await run(['config', 'lint', 'nowhere.toml', '--json'])).code).toBe(2);
  await writeFile(join(project, 'load.toml'), '[bench]\nclients = 5\nclints = 6\n');
  const wrong = await run(['config', 'lint', 'load.toml']);
  expect(wrong.stderr).toContain('line 3, key bench.clints: there is no such key');
  expect(wrong.stderr).toContain('Did you mean: clients?');
});

test('a file speaks for flags that nobody gave: cluster, quiet, dir, lines', async () => {
  const text = `cluster = "nobody"\nquiet = true\ndir = "${join(home, 'elsewhere')}"\n`;
  await writeFile(join(project, 'raftctl.toml'), text);
  expect((await run(['cluster', 'status'])).stderr).toContain('cluster nobody in');
  expect((await run(['kv', 'get', 'k'])).stderr).toContain(join(home, 'elsewhere'));
  expect((await run(['kv', 'get', 'k', '--cluster', 'other'])).stderr).toContain('cluster other');
  expect((await run(['config', 'path'])).stderr).toContain('Profiles');
  const { stderr } = await run(['config', 'lint', 'raftctl.toml'], { RAFTCTL_QUIET: '1' });
  expect(stderr).toBe('');
  const coloured = await run(['cluster', 'ls'], { FORCE_COLOR: '1', RAFTCTL_NO_COLOR: '1' });
  expect(coloured.stdout).not.toContain('\u001b[');
});

test('cluster up -f: a profile, with flags, environment and files around it', async () => {
  const rig = await ClusterRig.prepare({ portBase: 18_060 });
  try {
    await writeFile(join(project, 'raftctl.toml'), 'nodes = 2\nfsync = "batch"\n');
    const profile = join(project, 'mine.toml');
    await writeFile(
      profile,
      '[cluster]\nnodes = 5\nportBase = 18060\nheartbeat = "50ms"\nelectionTimeoutMin = "400ms"\n' +
        '[cluster.node.n3]\nfsync = "none"\nclientPort = 18069\n',
    );
    const up = ['cluster', 'up', 'demo', '-f', profile, '-d', '--dir', rig.directory];
    const made = await run([...up, '--nodes', '3', '--json']);
    expect(made.code, made.stderr + made.stdout).toBe(0);
    const configs = await Promise.all(
      ['n1', 'n2', 'n3'].map(async (id) => {
        const text = await readFile(join(rig.directory, 'demo', id, 'node.json'), 'utf8');
        return JSON.parse(text) as NodeConfig;
      }),
    );
    expect(configs.map((config) => config.fsync)).toEqual(['batch', 'batch', 'none']);
    for (const config of configs) {
      expect(config).toMatchObject({ heartbeatMs: 50, electionTimeoutMsMin: 400 });
      expect(config.members.map((member) => member.clientAddress)).toEqual([
        '127.0.0.1:18060',
        '127.0.0.1:18061',
        '127.0.0.1:18069',
      ]);
    }
    // It exists now: what files say of new clusters does not matter, what the profile says does.
    const again = ['cluster', 'up', 'demo', '-d', '--dir', rig.directory];
    expect((await run(again)).code).toBe(0);
    const differs = await run([...again, '-f', profile, '--json']);
    expect(differs.code).toBe(2);
    expect(differs.stdout).toContain('--nodes is 3, not 5');
    const wide = await run([...again], { RAFTCTL_PROFILE: 'local-5' });
    expect(wide.stderr).toContain('[CLUSTER_DIFFERS]');
  } finally {
    await rig.dispose();
  }
});

test.each(['cluster up', 'bench'])('%s -f: a profile that is not there', async (command) => {
  await rm(join(project, 'raftctl.toml'), { force: true });
  const args = [...command.split(' '), '-f', 'locl-3'];
  const plain = await run(args);
  expect([plain.code, plain.stdout]).toEqual([2, '']);
  expect(plain.stderr).toContain('[PROFILE_NOT_FOUND]');
  const json = await run([...args, '--json', ...(command === 'bench' ? [] : ['--detach'])]);
  expect(json.code).toBe(2);
  expect(json.stdout).toContain('PROFILE_NOT_FOUND');
});

interface ManifestFlag {
  readonly name: string;
  readonly env?: string;
  readonly hidden?: boolean;
}

test('every flag has an environment variable that help shows', async () => {
  const text = await readFile(join(ROOT, 'oclif.manifest.json'), 'utf8');
  const { commands } = JSON.parse(text) as {
    commands: Record<string, { flags: Record<string, ManifestFlag> }>;
  };
  /** A confirmation is typed, never inherited; --json belongs to the call. */
  const without = new Set(['json', 'confirm']);
  /** The usual name means something else to another command. */
  const own: Record<string, string> = {
    'node:restart wait': 'RAFTCTL_NODE_WAIT',
    'node:wait for': 'RAFTCTL_NODE_FOR',
    'leader:show wait': 'RAFTCTL_LEADER_SHOW_WAIT',
    'leader:step-down wait': 'RAFTCTL_LEADER_WAIT',
    'leader:transfer wait': 'RAFTCTL_LEADER_WAIT',
  };
  const findings: string[] = [];
  for (const [id, { flags }] of Object.entries(commands)) {
    for (const { name, env, hidden } of Object.values(flags)) {
      if (hidden === true || without.has(name)) continue;
      // The simulator's flags are its own: a profile of faults is no profile of a cluster.
      const isShared = ['no-color', 'quiet', 'context'].includes(name);
      const whose = id.startsWith('sim') && !isShared ? 'SIM_' : '';
      const usual = `RAFTCTL_${whose}${name.replace(/^sim-/, '').toUpperCase().replaceAll('-', '_')}`;
      if (env !== (own[`${id} ${name}`] ?? usual)) findings.push(`${id} --${name}: ${env}`);
    }
  }
  expect(findings).toEqual([]);
  expect((await run(['cluster', 'up', '--help'])).stdout).toContain('[env: RAFTCTL_NODES]');
});
