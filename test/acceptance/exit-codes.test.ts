/** Every exit code a user can reach, once in plain text and once with `--json`. */
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchRaftctl, type RunResult, raftctl } from '../doubles/program.ts';

const PORT_BASE = '19600';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'raftctl-exit-codes-'));
  const up = ['cluster', 'up', 'demo', '--nodes', '3', '--port-base', PORT_BASE, '--detach'];
  const made = await raftctl([...up, '--dir', dir]);
  expect(made.stderr).toBe('');
  expect(made.code).toBe(0);
});

afterAll(async () => {
  await raftctl(['cluster', 'destroy', 'demo', '--confirm', 'demo', '--dir', dir]);
  await rm(dir, { recursive: true, force: true });
});

function run(...args: string[]): Promise<RunResult> {
  return raftctl(args, { env: { RAFTCTL_DIR: dir } });
}

/** Runs a command in both modes; both must end alike, and say why. */
async function expectFailure(args: string[], code: string, exit: number): Promise<void> {
  const plain = await run(...args);
  expect({ exit: plain.code, stdout: plain.stdout }).toEqual({ exit, stdout: '' });
  expect(plain.stderr).toContain(`[${code}]`);
  const json = await run(...args, '--json');
  expect(json.code).toBe(exit);
  const { error } = JSON.parse(json.stdout) as { error: Record<string, unknown> };
  expect(error).toMatchObject({ code, exit, message: expect.any(String) });
  expect(Object.keys(error).sort()).toEqual(['code', 'exit', 'hint', 'message']);
  expect(json.stdout.length).toBeLessThan(2000);
}

/** Runs a command that has a result whatever its exit code. */
async function expectResult(args: string[], schema: string, exit: number): Promise<unknown> {
  const plain = await run(...args);
  expect(plain.code).toBe(exit);
  expect(plain.stdout).not.toBe('');
  const json = await run(...args, '--json');
  expect(json.code).toBe(exit);
  const envelope = JSON.parse(json.stdout) as { data: unknown };
  expect(envelope).toMatchObject({ schema, data: expect.anything(), warnings: expect.any(Array) });
  return envelope.data;
}

test('0: a result', async () => {
  await expectResult(['version'], 'raftctl/version/v1', 0);
  await expectResult(['cluster', 'ls'], 'raftctl/cluster.ls/v1', 0);
  await expectResult(['cluster', 'status', 'demo'], 'raftctl/cluster.status/v1', 0);
  await expectResult(['kv', 'set', 'greeting', 'hello'], 'raftctl/kv.set/v1', 0);
  const got = await expectResult(['kv', 'get', 'greeting'], 'raftctl/kv.get/v1', 0);
  expect(got).toEqual({ key: 'greeting', value: 'hello', encoding: 'utf8' });
});

test('0: a cluster that runs is not started again', async () => {
  await expectResult(['cluster', 'up', 'demo', '--detach'], 'raftctl/cluster.up/v1', 0);
});

test('1: a key that does not exist', async () => {
  await expectFailure(['kv', 'get', 'nothing'], 'KEY_NOT_FOUND', 1);
});

test('1: a port in use, with its holder, and nothing left behind', async () => {
  const args = ['cluster', 'up', 'other', '--port-base', PORT_BASE, '--detach'];
  await expectFailure(args, 'ADDRESS_IN_USE', 1);
  expect((await run(...args)).stderr).toMatch(/port 19600: it is held by pid \d+ .*node start/);
  expect(await readdir(dir)).toEqual(['demo']);
});

test('2: usage', async () => {
  await expectFailure(['cluster', 'up', '--nonsense'], 'USAGE', 2);
  await expectFailure(['cluster', 'up', '--timeout', 'soon'], 'USAGE', 2);
  await expectFailure(['kv', 'get'], 'USAGE', 2);
  await expectFailure(['--nonsense'], 'USAGE', 2);
  await expectFailure(['version', 'extra'], 'USAGE', 2);
  await expectFailure(['cluster', 'up', 'demo', '-d', '-n', '5'], 'CLUSTER_DIFFERS', 2);
  await expectFailure(['cluster', 'status', 'nobody'], 'CLUSTER_NOT_FOUND', 2);
  await expectFailure(['node', 'status', 'n9'], 'NODE_NOT_FOUND', 2);
});

test('3: nobody answers', async () => {
  const closed = createServer();
  await new Promise<void>((ready) => closed.listen(0, '127.0.0.1', ready));
  const { port } = closed.address() as AddressInfo;
  await new Promise((end) => closed.close(end));
  await expectFailure(['kv', 'get', 'k', '--endpoints', `127.0.0.1:${port}`], 'UNREACHABLE', 3);
});

test('4: a write whose outcome is unknown', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    // A session is opened; of what is written in it nobody hears again.
    socket.on('data', (chunk) => {
      if (chunk.includes('SESSION')) socket.write(':7\r\n');
      else socket.destroy();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await expectFailure(['kv', 'set', 'k', 'v', '--endpoints', endpoint], 'OUTCOME_UNKNOWN', 4);
  } finally {
    await new Promise((end) => server.close(end));
  }
});

test('7: no confirmation', async () => {
  await expectFailure(['cluster', 'destroy', 'demo'], 'CONFIRMATION_MISSING', 7);
  const wrong = ['cluster', 'destroy', 'demo', '--confirm', 'dem'];
  await expectFailure(wrong, 'CONFIRMATION_MISSING', 7);
});

test('2 and 13: a node in the foreground says in its log why it does not start', async () => {
  for (const [folder, code, exit] of [
    ['nothing', 'DATA_DIR_EMPTY', 2],
    ['demo/n1', 'DATA_DIR_LOCKED', 13],
  ] as const) {
    const start = ['node', 'start', '--data-dir', join(dir, folder)];
    const plain = await run(...start);
    expect(plain.code).toBe(exit);
    expect(JSON.parse(plain.stderr)).toMatchObject({ code, exit, msg: expect.any(String) });
    expect((await run(...start, '--json')).code).toBe(exit);
  }
});

test('0: help, however it is asked for', async () => {
  const asked = [
    ['help', 'cluster', 'up'],
    ['cluster', 'up', '--help'],
    ['cluster', 'up', '-h'],
  ];
  const [first, ...others] = await Promise.all(asked.map((args) => run(...args)));
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('--port-base') });
  for (const other of others) expect([other.code, other.stdout]).toEqual([0, first?.stdout]);
  expect((await run('-h')).stdout).toContain('TOPICS');
  expect((await run('help', 'cluster', 'upp')).code).toBe(127);
});

test('127: no such command, with the nearest one', async () => {
  await expectFailure(['clustr'], 'UNKNOWN_COMMAND', 127);
  await expectFailure(['cluster', 'statu'], 'UNKNOWN_COMMAND', 127);
  expect((await run('demi')).stderr).toContain('Did you mean: raftctl demo?');
});

test('0: a reader that goes away ends a foreground cluster in good order', async () => {
  const up = ['cluster', 'up', 'piped', '--nodes', '3', '--port-base', '10450'];
  const child = launchRaftctl(up, { env: { RAFTCTL_DIR: dir } });
  const ended = once(child, 'exit');
  await once(child.stdout!, 'data');
  child.stdout?.destroy();
  // What the others say about it finds nobody to read it.
  expect((await run('node', 'kill', 'n1', '--cluster', 'piped')).code).toBe(0);
  expect(await ended).toEqual([0, null]);
  const left = await run('cluster', 'status', 'piped', '--json');
  expect(left.code).toBe(3);
  const { data } = JSON.parse(left.stdout) as { data: { nodes: { state: string }[] } };
  expect(data.nodes.map((node) => node.state)).toEqual(['down', 'down', 'down']);
  expect((await run('cluster', 'destroy', 'piped', '--confirm', 'piped')).code).toBe(0);
});

test('130: Ctrl-C in the demo leaves nothing behind', async () => {
  const tmp = await mkdtemp(join(tmpdir(), 'raftctl-exit-codes-'));
  for (const mode of [[], ['--json']]) {
    const args = ['demo', '--port-base', '10460', ...mode];
    const child = launchRaftctl(args, { env: { TMPDIR: tmp } });
    await expect.poll(() => readdir(tmp), { interval: 20, timeout: 10_000 }).not.toEqual([]);
    child.kill('SIGINT');
    const [exit] = await once(child, 'close');
    expect(exit).toBe(130);
    expect(await readdir(tmp)).toEqual([]);
  }
  await rm(tmp, { recursive: true });
});

test('5, then 12, then 3: a node down, its log damaged, no majority', async () => {
  expect((await run('node', 'stop', 'n3')).code).toBe(0);
  const degraded = await expectResult(
    ['cluster', 'status', 'demo'],
    'raftctl/cluster.status/v1',
    5,
  );
  expect(degraded).toMatchObject({ nodes: [{}, {}, { id: 'n3', state: 'down' }] });
  await expectResult(['node', 'status', 'n3'], 'raftctl/node.status/v1', 5);

  const log = join(dir, 'demo', 'n3', 'log');
  const [segment = ''] = (await readdir(log)).filter((name) => name.endsWith('.seg')).sort();
  const bytes = await readFile(join(log, segment));
  bytes[4200] = (bytes[4200] ?? 0) ^ 0xff;
  await writeFile(join(log, segment), bytes);
  await expectFailure(['cluster', 'up', 'demo', '--detach'], 'WAL_CORRUPT', 12);
  await expectResult(['log', 'dump', join(dir, 'demo', 'n3')], 'raftctl/log.dump/v1', 12);

  expect((await run('node', 'kill', 'n2')).code).toBe(0);
  await expect
    .poll(async () => (await run('cluster', 'status', 'demo')).code, { timeout: 10_000 })
    .toBe(3);
  await expectFailure(['kv', 'set', 'k', 'v', '--timeout', '2s'], 'NO_LEADER', 3);
});
