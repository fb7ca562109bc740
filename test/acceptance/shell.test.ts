/** `raftctl shell` on a pipe, and completion as a shell asks for it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { ENTRY, type RunResult, raftctl, runProgram } from '../doubles/program.ts';

let rig: ClusterRig;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 18_040 });
});
afterAll(() => rig?.dispose());

function shell(lines: string, ...flags: string[]): Promise<RunResult> {
  return rig.run(['shell', ...flags], { stdin: lines });
}

test('shell runs RESP commands and raftctl commands, and ends with the code of the last', async () => {
  const run = await shell(
    'SET a "x y"\nget a\n# a comment\n\nkv get a\ncluster ls\nraftctl version\n',
  );
  expect(run.stderr).toBe('');
  expect(run.code).toBe(0);
  expect(run.stdout).toMatch(/^OK\nx y\nx y\nNAME .*\ndemo .*\nraftctl\/\d/);
  expect((await shell('GET a\nkv get nothing\n')).code).toBe(1);
  expect((await shell('kv get nothing\nGET a\n')).code).toBe(0);
  expect((await shell('GET a\nexit\nkv get nothing\n')).code).toBe(0);
  expect((await shell('')).code).toBe(0);
});

test('shell --no-raw prints as redis-cli does on a terminal', async () => {
  const lines = 'SET n 1\nINCR n\nGET n\nGET nothing\nMGET n nothing\nSET n\n';
  const run = await shell(lines, '--no-raw');
  expect(run.stdout).toBe(
    'OK\n(integer) 2\n"2"\n(nil)\n1) "2"\n2) (nil)\n' +
      "(error) ERR wrong number of arguments for 'set' command\n",
  );
  expect(run.code).toBe(1);
  const byVariable = await rig.run(['shell', '--no-raw'], {
    stdin: 'GET nothing\n',
    env: { RAFTCTL_RAW: 'true' },
  });
  expect(byVariable.stdout).toBe('(nil)\n');
});

test('shell --strict stops at the first line that fails', async () => {
  const lines = 'SET s 1\nclustr status\nSET s 2\n';
  const strict = await shell(lines, '--strict');
  expect(strict.code).toBe(127);
  expect(strict.stderr).toContain('Did you mean: cluster');
  expect((await shell('GET s\n')).stdout).toBe('1\n');
  const env = { RAFTCTL_STRICT: '1' };
  expect((await rig.run(['shell'], { stdin: lines, env })).code).toBe(127);
  expect((await shell(lines)).code).toBe(0);
  expect((await shell('GET s\n')).stdout).toBe('2\n');
});

test('shell survives whatever is typed', async () => {
  const lines = [
    'SET a "never closed',
    '\u0000\u0001\u001b[2J\ufffd',
    'node kill n99',
    'cluster up --nonsense',
    'cluster destroy demo',
    'kv set a -',
    'shell',
    'use nobody',
    'LPUSH a 1',
    '"" "" ""',
    `SET big ${'x'.repeat(100_000)}`,
    'help',
    'help cluster up',
    'cluster status --help',
    'history',
    'STRLEN',
  ];
  const run = await shell(`${lines.join('\n')}\nEXISTS a\n`);
  expect(run.signal).toBeNull();
  expect(run.code).toBe(0);
  expect(run.stdout).toMatch(/\n[01]\n$/);
  expect(run.stderr).not.toContain('[INTERNAL]');
  expect(run.stderr).not.toContain('\u001b[2J');
  expect(run.stderr).toContain('[CONFIRMATION_MISSING]');
  expect(run.stderr).toContain('Cannot read a value from stdin');
});

test('shell --json answers every line in JSON', async () => {
  const run = await shell('SET j "\\xff"\nGET j\nkv get j\nGET\n', '--json');
  expect(run.code).toBe(1);
  const [set, get, command] = run.stdout.split('\n');
  const schema = 'raftctl/shell.reply/v1';
  expect(JSON.parse(set ?? '')).toMatchObject({ schema, data: { command: 'SET', reply: 'OK' } });
  expect(JSON.parse(get ?? '')).toMatchObject({ data: { reply: { base64: '/w==' } } });
  expect(JSON.parse(command ?? '')).toMatchObject({ schema: 'raftctl/kv.get/v1' });
  expect(run.stdout).toContain('{"error":{"code":"REQUEST_REFUSED"');
});

test('shell: use changes what commands mean; a cluster that is not there is refused', async () => {
  const address = `127.0.0.1:${rig.portBase + 1}`;
  const run = await shell(`use ${address}\nSET u 1\nuse demo\nkv get u\n`);
  expect([run.stdout, run.code]).toEqual(['OK\n1\n', 0]);
  expect((await shell('GET a\n', '--cluster', 'nobody')).code).toBe(2);
  expect((await shell('GET a\n', '--endpoints', '127.0.0.1:1')).code).toBe(3);
});

test('shell on an empty folder: commands work, RESP commands say what is missing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'raftctl-shell-'));
  try {
    const options = { stdin: 'version\nGET a\n', env: { RAFTCTL_DIR: folder } };
    const run = await raftctl(['shell'], options);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('[CLUSTER_NOT_FOUND]');
    expect(run.stdout).toMatch(/^raftctl\//);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('__complete offers live names, quickly', async () => {
  const complete = (...words: string[]): Promise<RunResult> =>
    raftctl(['__complete', ...words], { env: { RAFTCTL_DIR: rig.directory } });
  expect((await complete('node', 'kill', '')).stdout).toBe('n1\nn2\nn3\n');
  expect((await complete('cluster', 'status', 'd')).stdout).toBe('demo\n');
  expect((await complete('kv', 'get', '--cluster=')).stdout).toBe('--cluster=demo\n');
  expect((await complete('cluster', 'up', '-f', 'local')).stdout).toBe(
    'local-3\nlocal-5\n:files\n',
  );
  expect((await complete('cluster', 'sta')).stdout).toMatch(/^status\tShow/);
  // Twice the start of Node itself, at most: nothing of oclif is loaded.
  const bare = await runProgram(process.execPath, ['-e', '0']);
  const runs: number[] = [];
  for (let i = 0; i < 5; i += 1) runs.push((await complete('node', 'kill', '')).durationMs);
  expect(Math.min(...runs)).toBeLessThan(Math.max(150, 2 * bare.durationMs));
});

test('completion bash is a script that bash takes', async () => {
  const script = (await raftctl(['completion', 'bash'])).stdout;
  const probe = `${script}
raftctl() { "${process.execPath}" "${ENTRY}" "$@"; }
try() { COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _raftctl; echo "\${COMPREPLY[*]}"; }
try raftctl clust
try raftctl node kill n
try raftctl kv get --cluster = d
try raftctl completion ""`;
  const run = await runProgram('bash', ['-c', probe], { env: { RAFTCTL_DIR: rig.directory } });
  expect([run.stdout, run.stderr]).toEqual(['cluster\nn1 n2 n3\ndemo\nbash zsh fish\n', '']);
});

test.each(['bash', 'zsh', 'fish'])('completion %s, and a shell that is not known', async (name) => {
  const plain = await raftctl(['completion', name]);
  expect(plain.code).toBe(0);
  const json = JSON.parse((await raftctl(['completion', name, '--json'])).stdout) as {
    data: { script: string };
  };
  expect(json.data.script).toBe(plain.stdout);
  expect((await raftctl(['completion', 'tcsh'])).code).toBe(2);
  expect((await raftctl(['completion', 'tcsh', '--json'])).code).toBe(2);
});
