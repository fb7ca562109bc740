/**
 * `raftctl schema`, and that it tells the truth: every command is run with `--json`, to success and
 * to failure, and each object it prints fits its published schema, with no field more.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allDocuments, type Json } from '../../src/schemas/document.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { handedOut } from '../doubles/handed-out.ts';
import { ROOT, raftctl } from '../doubles/program.ts';
import { jsonFindings } from '../doubles/published-json.ts';
import { contextCalls, guideCalls, settingsCalls, type Wish } from '../doubles/schema-calls.ts';

let rig: ClusterRig;
/** Commands that answered, and commands that failed. */
const answered = new Set<string>();
const failed = new Set<string>();

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 18_070 });
});
afterAll(() => rig?.dispose());

/** Runs a command with `--json`. @returns the objects it printed, each as published. */
async function run(args: readonly string[], wish: Wish = {}): Promise<Json[]> {
  const { exit = 0, stdin, words = 2, isPlain = false, env = {} } = wish;
  const argv = [...args, '--json', ...(isPlain ? [] : ['--dir', rig.directory])];
  const result = await raftctl(argv, stdin === undefined ? { env } : { env, stdin });
  const said = `${args.join(' ')}: ${result.stdout}${result.stderr}`;
  expect([exit].flat(), said).toContain(result.code);
  const isLines = /^\{".*\}\n\{/.test(result.stdout);
  const texts = isLines ? result.stdout.trim().split('\n') : [result.stdout];
  return texts.map((text) => {
    const value = JSON.parse(text) as Json;
    expect(jsonFindings(value), text).toEqual([]);
    ('error' in value ? failed : answered).add(args.slice(0, words).join(' '));
    return value;
  });
}

const one = { words: 1 };
const plain = { isPlain: true };

test('schema: what the built program publishes is what the tests hold it against', async () => {
  const [answer = {}] = await run(['schema', '--all'], { ...one, ...plain });
  const { schemas } = answer['data'] as { schemas: { command: string; document: Json }[] };
  expect(Object.fromEntries(schemas.map((s) => [s.command, s.document]))).toEqual(
    Object.fromEntries(allDocuments()),
  );
  const text = await raftctl(['schema', '--all']);
  expect(JSON.parse(text.stdout)).toEqual(Object.fromEntries(allDocuments()));
  const status = allDocuments().get('cluster status');
  for (const words of [['cluster', 'status'], ['cluster status'], ['cluster:status']]) {
    const { stdout } = await raftctl(['schema', ...words]);
    expect(JSON.parse(stdout)).toEqual(status);
  }
  const list = await raftctl(['schema']);
  expect(list.stdout).toMatch(
    /^COMMAND +SCHEMA\n.*\ncluster status +raftctl\/cluster.status\/v1\n/s,
  );
  await run(['schema'], { ...one, ...plain });
  await run(['schema', 'kv', 'get'], { ...one, ...plain });
  await run(['schema', 'kv', 'gte'], { ...one, ...plain, exit: 2 });
  await run(['schema', 'kv', 'get', '--all'], { ...one, ...plain, exit: 2 });
  const wrong = await raftctl(['schema', 'clusterstatus']);
  expect(wrong.stderr).toContain('Did you mean: raftctl schema cluster status?');
});

test('schema: commands on a cluster that is well', async () => {
  await run(['cluster', 'ls']);
  await run(['cluster', 'wait', 'demo', '--for', 'healthy']);
  await run(['cluster', 'wait', 'demo', '--for', 'index>=99999999', '--timeout', '200ms'], {
    exit: 4,
  });
  await run(['cluster', 'status', 'demo']);
  const watched = await run(['cluster', 'status', 'demo', '--watch=50ms', '--exit-when-healthy']);
  expect(watched.length).toBeGreaterThan(0);
  await run(['cluster', 'health', 'demo']);
  await run(['cluster', 'up', 'demo', '--detach']);
  await run(['cluster', 'up', 'demo'], { exit: 2 });
  await run(['kv', 'set', 'text', 'value']);
  await run(['kv', 'set', 'bytes', '-'], { stdin: 'x' });
  await run(['kv', 'set', 'bytes'], { exit: 2 });
  await run(['kv', 'get', 'text']);
  await run(['kv', 'get', 'nothing'], { exit: 1 });
  await run(['kv', 'list']);
  await run(['kv', 'list', '--limit', '0'], { exit: 2 });
  await run(['kv', 'del', 'bytes', 'nothing']);
  await run(['kv', 'del'], { exit: 2 });
  await run(['top', 'demo', '--refresh', '250ms'], one);
  await run(['top', 'demo', '--refresh', '1ms'], { ...one, exit: 2 });
  await run(['cluster', 'doctor', 'demo', '-d', '50ms'], { exit: [0, 5] });
  await run(['cluster', 'doctor', 'nowhere'], { exit: 2 });
  await run(['cluster', 'watch', 'demo', '--safety', '-d', '200ms']);
  await run(['cluster', 'watch', 'nowhere'], { exit: 2 });
  const bundle = join(rig.directory, 'demo.tar.gz');
  await run(['cluster', 'bundle', 'demo', '-o', bundle]);
  await run(['cluster', 'bundle', 'demo', '-o', bundle], { exit: 7 });
  await run(['cluster', 'doctor', '--bundle', bundle], { exit: [0, 5] });
  const usage = join(rig.directory, 'usage.csv');
  const looks = ['--every', '100ms', '--duration', '250ms', '--output', usage];
  await run(['monit', '--cluster', 'demo', ...looks], { words: 1 });
  const [heading = '', ...rows] = readFileSync(usage, 'utf8').trimEnd().split('\n');
  expect(rows.length % 3).toBe(0);
  const at = heading.split(',').indexOf('rssBytes');
  expect(Number(rows.at(-1)?.split(',')[at])).toBeGreaterThan(0);
  await run(['monit', '--cluster', 'nothing'], { words: 1, exit: 2 });
  await run(['elections', 'list']);
  await run(['elections', 'list', '--recording', 'nothing'], { exit: 2 });
  await run(['elections', 'explain']);
  await run(['elections', 'explain', '9999'], { exit: 2 });
  await run(['elections', 'explain', 'x'], { exit: 2 });
  await run(['trace'], one);
  await run(['trace', 'greeting', '--read', '--node', 'n2'], one);
  await run(['trace', 'greeting'], { ...one, exit: 2 });
  await run(['elections', 'timeline']);
  await run(['elections', 'timeline', '--cluster', 'nothing'], { exit: 2 });
  const folder = ['-o', join(rig.directory, 'profiles')];
  await run(['profile', 'cpu', '--all', '-d', '100ms', ...folder]);
  await run(['profile', 'cpu'], { exit: 2 });
  await run(['profile', 'cpu', '--all', '-d', '1h'], { exit: 2 });
  await run(['profile', 'heap', 'n1', '-d', '50ms', ...folder]);
  await run(['profile', 'heap', 'n9'], { exit: 2 });
  await run(['profile', 'allocs', 'n1', '-d', '50ms', ...folder]);
  await run(['profile', 'allocs', 'n9'], { exit: 2 });
  await run(['profile', 'snapshot', await rig.leader(), ...folder], { exit: 7 });
  await run(['profile', 'snapshot', await rig.follower(), ...folder]);
  const names = await readdir(join(rig.directory, 'profiles'));
  const cpu = names.find((name) => name.endsWith('.cpuprofile')) ?? '';
  const file = join(rig.directory, 'profiles', cpu);
  await run(['profile', 'top', file], plain);
  await run(['profile', 'top', 'nothing'], { ...plain, exit: 2 });
  await run(['profile', 'flame', file], plain);
  await run(['profile', 'flame', 'nothing'], { ...plain, exit: 2 });
  await run(['profile', 'diff', file, file, '--html', `${file}.diff.html`], plain);
  await run(['profile', 'diff', file, 'nothing'], { ...plain, exit: 2 });
  const lines = 'SET a 1\nGET a\nMGET a b\nLRANGE a 0 1\ncluster status\nWHATEVER\nkv get none\n';
  const shell = await run(['shell', '--cluster', 'demo'], { ...one, stdin: lines, exit: 1 });
  expect(shell.length).toBe(7);
  const bench = ['bench', '--cluster', 'demo', '--warmup', '0ms', '--duration', '300ms'];
  await run([...bench, '-c', '4', '--slo', 'p99<10s'], one);
  // On a busy machine the generator may be too late to be believed.
  const open = ['-c', '2', '--rate', '200', '--slo', 'rate>1000000'];
  await run([...bench, ...open], { ...one, exit: [6, 10] });
  await run([...bench, '--ratio', 'x'], { ...one, exit: 2 });
  await run([...bench, '--target', '127.0.0.1:9', '--phases'], { ...one, exit: 2 });
});

test('schema: stored runs of the bench', async () => {
  const runs = ['--runs-dir', join(rig.directory, 'runs')];
  const measure = ['bench', '--cluster', 'demo', '--warmup', '0s', '-n', '100', ...runs];
  await run([...measure, '--tag', 'first', '--verify', '--phases'], one);
  await run(['bench', 'list', ...runs], plain);
  await run(['bench', 'list', ...runs, '--limit', '0'], { ...plain, exit: 2 });
  await run(['bench', 'show', ...runs], plain);
  await run(['bench', 'show', 'nothing', ...runs], { ...plain, exit: 2 });
  await run(['bench', 'tag', 'first', 'second', ...runs], plain);
  await run(['bench', 'tag', 'first', ...runs], { ...plain, exit: 2 });
  const capsule = join(rig.directory, 'run.tar.gz');
  await run(['bench', 'export', 'second', '-o', capsule, ...runs], plain);
  await run(['bench', 'export', 'nothing', ...runs], { ...plain, exit: 2 });
  await run(['bench', 'rerun', capsule, ...runs]);
  const matrix = join(rig.directory, 'matrix.toml');
  writeFileSync(
    matrix,
    'targets = ["cluster:demo"]\n[bench]\nrequests = 50\n[vary]\nclients = [1, 2]\n',
  );
  await run(['bench', 'matrix', matrix, ...runs]);
  const knee = ['bench', 'knee', '--rate', '20', '--warmup', '0s', '--step-duration', '200ms'];
  await run([...knee, '--steps', '2', '--slo', 'p99<10s', ...runs]);
  await run([...knee, ...runs], { exit: 2 });
  await run(['bench', 'matrix', join(rig.directory, 'none.toml'), ...runs], { exit: 2 });
  await run([...measure, '--repeat', '2', '--tag', 'again', '--slo', 'p50<10s'], one);
  await run(['bench', 'report', 'first', 'again', ...runs], plain);
  await run(['bench', 'report', 'first', 'nothing', ...runs], { ...plain, exit: 2 });
  await run(['bench', 'compare', 'again', 'again', ...runs], plain);
  await run(['bench', 'compare', 'again', 'cluster:demo', ...runs], { ...plain, exit: 2 });
  await run(['bench', 'rerun', join(ROOT, 'package.json'), ...runs], { exit: 2 });
  const [id = ''] = readdirSync(join(rig.directory, 'runs'));
  const log = join(rig.directory, 'runs', id, 'latency.hlog');
  const merge = { ...plain, words: 3 };
  await run(['bench', 'hist', 'merge', log, log], merge);
  await run(['bench', 'hist', 'merge', capsule], { ...merge, exit: 2 });
});

test('schema: leadership', async () => {
  await run(['leader', 'show']);
  await run(['leader', 'show', '--cluster', 'nowhere'], { exit: 2 });
  await run(['leader', 'transfer', 'n2']);
  await run(['leader', 'transfer', 'n9'], { exit: 2 });
  // The one that has just taken over is given time to hear from the others.
  await rig.healthy();
  await run(['leader', 'step-down']);
  await run(['leader', 'step-down', '--cluster', 'nowhere'], { exit: 2 });
});

test('schema: snapshots', async () => {
  const file = join(rig.directory, 'demo.snap');
  const restore = ['snapshot', 'restore', file, 'copy', '--port-base', '18083'];
  await run(['snapshot', 'take', 'n1']);
  await run(['snapshot', 'list']);
  await run(['snapshot', 'save', file]);
  await run(['snapshot', 'save', file], { exit: 7 });
  await run(['snapshot', 'inspect', file], plain);
  await run([...restore, '-n', '1']);
  await run(restore, { exit: 7 });
  await run(['snapshot', 'inspect', join(rig.directory, 'nothing.snap')], { ...plain, exit: 2 });
  for (const verb of ['take', 'list']) await run(['snapshot', verb, 'n9'], { exit: 2 });
  await run(['cluster', 'destroy', 'copy', '--confirm', 'copy']);
});

test('schema: members', async () => {
  const gone = ['--cluster', 'nowhere'];
  await run(['member', 'list']);
  await run(['member', 'list', ...gone], { exit: 2 });
  await run(['cluster', 'scale', 'demo', '--to', '4']);
  await run(['cluster', 'scale', 'nowhere', '--to', '4'], { exit: 2 });
  await run(['member', 'demote', 'n4', '--wait']);
  await run(['member', 'demote', 'n9'], { exit: 2 });
  await run(['member', 'promote', 'n4', '--wait']);
  await run(['member', 'promote'], { exit: 2 });
  await run(['member', 'add', 'n5=127.0.0.1:18075:19075:20075']);
  await run(['member', 'add', 'n5=127.0.0.1:18076:19076:20076'], { exit: 7 });
  await run(['member', 'remove', 'n5', '--wait']);
  await run(['member', 'remove', ...gone, 'n1'], { exit: 2 });
  await run(['member', 'change', '--demote', 'n4', '--dry-run']);
  await run(['member', 'change'], { exit: 2 });
  await run(['cluster', 'scale', 'demo', '--to', '3']);
});

test('schema: recovery', async () => {
  await run(['cluster', 'up', 'pair', '-n', '2', '--port-base', '18086', '--detach']);
  await run(['recover', 'quorum', 'pair', '--confirm', 'pair'], { exit: 7 });
  await run(['node', 'kill', 'n1', 'n2', '--cluster', 'pair']);
  await rm(join(rig.directory, 'pair', 'n2'), { recursive: true });
  await run(['recover', 'quorum', 'pair', '--dry-run']);
  await run(['recover', 'quorum', 'pair', '--confirm', 'pair']);
  await run(['cluster', 'destroy', 'pair', '--confirm', 'pair']);
});

test('schema: commands on single nodes, and on a cluster that is not well', async () => {
  await run(['node', 'status']);
  await run(['node', 'logs', '--lines', '5']);
  await run(['node', 'wait', 'n1', '--for', 'caught-up']);
  await run(['node', 'pause', 'n1']);
  await run(['node', 'resume', 'n1']);
  await run(['node', 'wait', 'n1', '--for', 'ready']);
  await run(['node', 'kill', 'n1']);
  await run(['cluster', 'status', 'demo'], { exit: 5 });
  await run(['cluster', 'health', 'demo'], { exit: 5 });
  await run(['node', 'status', 'n1'], { exit: 5 });
  await run(['node', 'start', 'n1']);
  await run(['node', 'restart', 'n2']);
  await run(['node', 'stop', 'n3']);
  await run(['node', 'repair', 'n3']);
  for (const verb of [
    'repair',
    'status',
    'logs',
    'wait',
    'pause',
    'resume',
    'kill',
    'start',
    'restart',
    'stop',
  ]) {
    await run(['node', verb, 'n9'], { exit: 2 });
  }
  await run(['log', 'dump', join(rig.directory, 'demo/n3')], plain);
  await run(['log', 'dump', join(rig.directory, 'nowhere')], { ...plain, exit: 2 });
});

test('schema: commands that need no cluster', async () => {
  const file = join(rig.directory, 'wrong.toml');
  writeFileSync(file, 'nodes = "many"\n');
  await run(['version'], { ...one, ...plain });
  await run(['as'], { ...one, ...plain });
  const record = Buffer.from('0000001508031205313530303018012203666f6f2a03626172', 'hex');
  writeFileSync(join(rig.directory, 'log-file-node0.txt'), record);
  await run(['inspect', join(rig.directory, 'log-file-node0.txt')], { ...one, ...plain });
  await run(['inspect', rig.directory], { ...one, ...plain, exit: 2 });
  // As a logger leaves it that was stopped.
  writeFileSync(join(rig.directory, 'log-file-node0.txt.marks'), '{"through":3,"lacks":[]}');
  await handedOut(join(rig.directory, 'log-file-node0.txt'), async (address) => {
    const [answer = {}] = await run(['log', 'recover', address], plain);
    expect(answer['data']).toMatchObject({ count: 1, entries: [{ index: 3, op: 'set' }] });
    await run(['log', 'recover', address, '--from', '2', '--to', '1'], { ...plain, exit: 2 });
    await run(['log', 'truncate', address, '--through', '5'], plain);
  });
  await run(['log', 'truncate', '127.0.0.1:9', '--through', '5'], { ...plain, exit: 3 });
  await run(['as', 'nothing'], { ...one, ...plain, exit: 2 });
  await run(['version', '--wrong'], { ...one, ...plain, exit: 2 });
  await guideCalls(run, rig.directory);
  await settingsCalls(run, rig.directory);
  await contextCalls(run, rig.directory);
  const results = join(rig.directory, 'results');
  const sweep = ['--points', 'kvstore/NotLog/128/1', '--seconds', '1', '--port-base', '10600'];
  const short = '[experiment]\nreplicas = 1\n[[experiment.sweep]]\napp = "kvstore"\n';
  const profile = join(rig.directory, 'short.toml');
  writeFileSync(profile, `${short}sizes = [128]\nclients = [1]\n`);
  await run(['experiment', 'run', profile, '-o', results, ...sweep], plain);
  await run(['experiment', 'run', 'local-3'], { ...plain, exit: 2 });
  await run(['experiment', 'report', results], plain);
  await run(['experiment', 'report', rig.directory], { ...plain, exit: 2 });
  await run(['demo', '--duration', '2s', '--port-base', '18080'], { ...one, ...plain });
  await run(['demo', '--duration', '1s'], { ...one, ...plain, exit: 2 });
  const history = join(rig.directory, 'history.jsonl');
  const write = '{"client":"a","op":"put","key":"k","value":"1","startUs":0,"endUs":10}\n';
  const read = (result: string) =>
    `{"client":"b","op":"get","key":"k","result":"${result}","startUs":20,"endUs":30}\n`;
  writeFileSync(history, write + read('1'));
  await run(['check', 'linearizability', history], plain);
  writeFileSync(history, write + read('2'));
  await run(['check', 'linearizability', history], { ...plain, exit: 9 });
  await run(['check', 'linearizability', file], { ...plain, exit: 2 });
  await run(['nonsense'], { ...one, ...plain, exit: 127 });
});

test('schema: places and manifests', async () => {
  const at = (name: string): string => join(rig.directory, name);
  const member = 'r1=127.0.0.1:18090:19090:20090';
  writeFileSync(at('run-secret'), `${'5a'.repeat(32)}\n`, { mode: 0o600 });
  const place = ['--member', member, '--secret-file', at('run-secret'), '--discover', ':20091'];
  const made = ['--data-dir', at('r1'), '--initial-cluster', member, '--make-only'];
  for (const outcome of ['founded', 'known']) {
    const [answer] = await run(['node', 'run', ...place, ...made], plain);
    expect(answer?.['data']).toMatchObject({ outcome, member: 1 });
  }
  await run(['node', 'run', ...made], { ...plain, exit: 2 });
  const agent = ['bench', 'agent', '--listen', '127.0.0.1:0', '--idle', '1ms', '--token-file'];
  await run([...agent, at('run-secret')], plain);
  await run([...agent, at('nothing')], { ...plain, exit: 2 });
  await run(['deploy', 'k8s'], plain);
  await run(['deploy', 'k8s', 'shop', '--output', at('shop')], plain);
  await run(['deploy', 'k8s', 'Shop'], { ...plain, exit: 2 });
  await run(['deploy', 'raft-demo', '--part', 'load'], plain);
  await run(['deploy', 'raft-demo', '--all', '--monit'], { ...plain, exit: 2 });
});

test('schema: the simulator', async () => {
  const out = join(rig.directory, 'plan.json');
  const mutant = ['--mutate', 'M24'];
  await run(['sim', '--seeds', '2', '--sim-seconds', '2'], { ...one, ...plain });
  await run(['sim', '--seeds', '9', ...mutant], { ...one, ...plain, exit: 9 });
  await run(['sim', '--seed', 'x'], { ...one, ...plain, exit: 2 });
  await run(['sim', 'shrink', '--seed', '2', ...mutant, '--out', out], plain);
  await run(['sim', '--plan', out], { ...one, ...plain, exit: 9 });
  await run(['sim', 'shrink'], { ...plain, exit: 2 });
  await run(['sim', 'mutants'], plain);
  await run(['sim', 'mutants', '--wrong'], { ...plain, exit: 2 });
  await run(['sim', 'report', '--only', 'M24', '--seeds', '9'], plain);
  await run(['sim', 'report', '--only', 'M99'], { ...plain, exit: 2 });
});

test('schema: a chatroom', async () => {
  const made = ['-n', '1', '--app', 'chatroom', '--port-base', '18079', '--detach'];
  await run(['cluster', 'up', 'talk', ...made]);
  await run(['chat', '--cluster', 'talk'], { ...one, stdin: 'hello\n' });
  await run(['chat', '--cluster', 'demo'], { ...one, exit: 2 });
  await run(['kv', 'get', 'key', '--cluster', 'talk'], { exit: 2 });
  await run(['cluster', 'down', 'talk']);
  await run(['cluster', 'destroy', 'talk', '--confirm', 'talk']);
});

test('schema: certificates', async () => {
  await run(['tls', 'show', 'demo'], { exit: 2 });
  await run(['tls', 'rotate', 'demo'], { exit: 2 });
  await run(['tls', 'init', 'demo'], { exit: 7 });
  const into = ['--into', join(rig.directory, 'keys')];
  await run(['tls', 'init', 'demo', ...into, '--member', 'n1=10.0.0.1']);
  await run(['tls', 'rotate', ...into]);
  await run(['tls', 'show', ...into]);
});

test('schema: the end of a cluster', async () => {
  await run(['cluster', 'destroy', 'demo'], { exit: 7 });
  await run(['cluster', 'down', 'demo']);
  await run(['cluster', 'status', 'demo'], { exit: 3 });
  await run(['cluster', 'destroy', 'demo', '--confirm', 'demo']);
  for (const verb of ['status', 'health', 'down']) {
    await run(['cluster', verb, 'demo'], { exit: 2 });
  }
  await run(['cluster', 'ls', '--wrong'], { exit: 2 });
});

test('schema: every command has answered above, and every command has failed', () => {
  const text = readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8');
  const { commands } = JSON.parse(text) as { commands: Record<string, { hiddenAliases: unknown }> };
  const all = Object.keys(commands).map((id) => id.replaceAll(':', ' '));
  const expected = all.filter((command) => command !== 'help').sort();
  expect([...answered].sort()).toEqual(expected);
  expect([...failed].filter((command) => command !== 'nonsense').sort()).toEqual(expected);
});
