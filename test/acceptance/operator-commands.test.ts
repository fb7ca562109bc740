/** health, wait, pause, resume and list, with every exit code, in both modes. */
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';

let rig: ClusterRig;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 18_050 });
});
afterAll(() => rig?.dispose());

/** Both modes end alike. @returns what a person sees. */
async function both(args: string[], exit: number, schema: string | null): Promise<string> {
  const plain = await rig.run(args);
  expect(plain.code, `${args.join(' ')}: ${plain.stderr}`).toBe(exit);
  const json = await rig.json(args);
  expect(json.code).toBe(exit);
  expect(json.schema).toBe(schema);
  if (schema === null) expect(json.error?.exit).toBe(exit);
  return plain.stdout + plain.stderr;
}

const HEALTH = 'raftctl/cluster.health/v1';

test('cluster health: 0 when healthy, in every format', async () => {
  await rig.ok(['cluster', 'wait', 'demo', '--for', 'healthy']);
  expect(await both(['cluster', 'health', 'demo'], 0, HEALTH)).toMatch(/^demo {2}healthy\n/);
  const health = ['cluster', 'health', 'demo', '--format'];
  expect((await rig.ok([...health, 'nagios'])).stdout).toMatch(/^RAFT OK - demo: .* \| up=3;;;0;3/);
  expect((await rig.ok([...health, 'prometheus'])).stdout).toContain(
    'raftctl_cluster_healthy{cluster="demo"} 1\n',
  );
  expect((await rig.ok([...health, 'junit'])).stdout).toContain('tests="5" failures="0"');
  const json = JSON.parse((await rig.ok([...health, 'json'])).stdout) as { schema: string };
  expect(json.schema).toBe(HEALTH);
  const byVariable = await rig.ok(['cluster', 'health'], { env: { RAFTCTL_FORMAT: 'nagios' } });
  expect(byVariable.stdout).toMatch(/^RAFT OK/);
});

test('cluster wait: every state, and 4 when it does not come', async () => {
  const wait = ['cluster', 'wait', 'demo', '--for'];
  for (const state of ['leader', 'healthy', 'converged', 'index>=1']) {
    expect(await both([...wait, state], 0, 'raftctl/cluster.wait/v1')).toContain(`is ${state}`);
  }
  const late = await both([...wait, 'index>=999999', '--timeout', '300ms'], 4, null);
  expect(late).toContain('[WAIT_TIMEOUT]');
  await both([...wait, 'rain'], 2, null);
  const env = { RAFTCTL_FOR: 'index>=999999', RAFTCTL_TIMEOUT: '200ms' };
  expect((await rig.run(['cluster', 'wait'], { env })).code).toBe(4);
});

test('node pause, wait and resume; cluster health 5, and WARNING for Nagios', async () => {
  const { leader } = (await rig.status()).data;
  const follower = rig.ids().find((id) => id !== leader) ?? '';
  expect(await both(['node', 'pause', follower], 0, 'raftctl/node.pause/v1')).toContain('paused');
  const paused = await rig.json<{ checks: { name: string; result: string }[] }>([
    ...['cluster', 'health', 'demo'],
  ]);
  expect(paused.code).toBe(5);
  expect(paused.data.checks).toContainEqual(
    expect.objectContaining({ name: `node ${follower}`, result: 'warn' }),
  );
  expect((await rig.run(['cluster', 'health', '--format', 'nagios'])).code).toBe(1);
  const wait = ['node', 'wait', follower, '--for'];
  const late = await both([...wait, 'ready', '--timeout', '300ms'], 4, null);
  expect(late).toContain(`${follower} is paused`);
  await both(['node', 'resume', follower], 0, 'raftctl/node.resume/v1');
  for (const state of ['ready', 'caught-up', 'voter']) {
    await both([...wait, state], 0, 'raftctl/node.wait/v1');
  }
  await both([...wait, 'rain'], 2, null);
  await both(['node', 'wait'], 2, null);
  const env = { RAFTCTL_NODE_FOR: 'voter' };
  expect((await rig.ok(['node', 'wait', follower], { env })).stdout).toContain('is voter');
});

test('cluster status --watch: an object a line, until it is healthy', async () => {
  const watch = ['cluster', 'status', 'demo', '--watch=100ms', '--exit-when-healthy'];
  expect((await rig.ok(watch)).stdout).toMatch(/demo {2}healthy/);
  const lines = (await rig.ok([...watch, '--json'])).stdout.trim().split('\n');
  expect(JSON.parse(lines[lines.length - 1] ?? '')).toMatchObject({ data: { healthy: true } });
  const env = { RAFTCTL_WATCH: '100ms', RAFTCTL_EXIT_WHEN_HEALTHY: '1' };
  expect((await rig.ok(['cluster', 'status'], { env })).stdout).toMatch(/demo {2}healthy/);
  const endless = rig.launch(['cluster', 'status', 'demo', '--watch']);
  await endless.seen(/demo {2}healthy/);
  endless.signal('SIGINT');
  expect(await endless.ended()).toEqual({ code: 130, signal: null });
});

test('kv list: the keys of a cluster that begin alike', async () => {
  for (const key of ['user:2', 'user:1', 'order:1', 'user*']) {
    await rig.ok(['kv', 'set', key, 'x', '--cluster', 'demo']);
  }
  const list = (...args: string[]): string[] => ['kv', 'list', ...args];
  expect(await both(list('user:'), 0, 'raftctl/kv.list/v1')).toBe('user:1\nuser:2\n');
  expect((await rig.ok(list('user*'))).stdout).toBe('user*\n');
  expect((await rig.ok(list())).stdout).toBe('order:1\nuser*\nuser:1\nuser:2\n');
  const data = (await rig.json<{ keys: unknown }>(list('order'))).data;
  expect(data.keys).toEqual([{ value: 'order:1', encoding: 'utf8' }]);
});

/** Answers every request alike. @returns its address and how to end it. */
async function server(reply: string): Promise<{ address: string; close: () => void }> {
  const listener = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.write(reply));
  });
  await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', ready));
  const { port } = listener.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, close: () => listener.close() };
}

test('kv list: sorted keys, a limit, bytes that are no text; 1 where SCAN is not known', async () => {
  const scan = await server('*2\r\n$1\r\n0\r\n*3\r\n$1\r\nb\r\n$1\r\na\r\n$1\r\n\t\r\n');
  const older = await server("-ERR 'SCAN' is not supported by raftctl yet\r\n");
  try {
    const list = ['kv', 'list', '--endpoints', scan.address];
    expect(await both(list, 0, 'raftctl/kv.list/v1')).toBe('\\t\na\nb\n');
    const cut = await rig.run([...list, 'x'], { env: { RAFTCTL_LIMIT: '1' } });
    expect([cut.stdout, cut.stderr]).toEqual(['\\t\n', 'There are more than 1: see --limit\n']);
    expect(await both([...list, '--limit', '0'], 2, null)).toContain('[USAGE]');
    const refused = await both(['kv', 'list', '--endpoints', older.address], 1, null);
    expect(refused).toContain('the node does not know SCAN [REQUEST_REFUSED]');
  } finally {
    scan.close();
    older.close();
  }
});

test('cluster health: 3 when nobody leads, CRITICAL and UNKNOWN for Nagios', async () => {
  await rig.ok(['cluster', 'down', 'demo']);
  expect(await both(['cluster', 'health', 'demo'], 3, HEALTH)).toContain('unavailable');
  expect((await rig.run(['cluster', 'health', '--format', 'nagios'])).code).toBe(2);
  const unknown = await rig.run(['cluster', 'health', 'nobody', '--format', 'nagios']);
  expect([unknown.code, unknown.stdout.slice(0, 14)]).toEqual([3, 'RAFT UNKNOWN -']);
  expect(await both(['node', 'pause', 'n1'], 0, 'raftctl/node.pause/v1')).toContain('is down');
});
