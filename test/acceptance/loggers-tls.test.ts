/** Loggers that follow a cluster with TLS: keys of their own, and nothing for who has none. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterStore } from '../../src/cluster/store.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import type { Launched } from '../doubles/launched.ts';
import { eventually } from '../doubles/old-programs.ts';
import { raftctl } from '../doubles/program.ts';

const PORT_BASE = { portBase: 15_840 };
/** Where `--follow` finds ports: 50 above. */
const LOGGER = '127.0.0.1:15890';
const OTHER = 'z9=127.0.0.1:15848:16848:17848';
/** The log forgets its beginning soon. */
const SMALL = {
  segmentBytes: 256 * 1024,
  snapshotLogBytes: 512 * 1024,
  trailingLogBytes: 64 * 1024,
  trailingLogEntries: 200,
};

let rig: ClusterRig;
let folder: string;
const loggers: Launched[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-loggers-tls-'));
  rig = await ClusterRig.start({ ...PORT_BASE, upFlags: ['--tls', '--retain', 'all'] });
  await rig.ok(['cluster', 'down', rig.name]);
  for (const id of rig.ids()) {
    const path = join(rig.dataDir(id), 'node.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...config, ...SMALL }));
  }
  await rig.up();
  await rig.healthy();
});
afterAll(async () => {
  for (const logger of loggers) logger.signal('SIGKILL');
  await rig?.dispose();
  await rm(folder, { recursive: true, force: true });
});

const keys = (name: string): string => join(rig.directory, 'demo', 'tls', name);
const fileOf = (directory: string, id: string): string =>
  join(folder, directory, `log-file-${id}.log`);

async function follow(directory: string, ...more: string[]): Promise<Launched> {
  const words = ['node', 'start', '--app', 'logger', '--data-dir', join(folder, directory)];
  const logger = rig.launch([...words, ...more]);
  loggers.push(logger);
  await logger.seen(/ follows demo into /);
  return logger;
}

async function bytesOf(file: string): Promise<Buffer> {
  return readFile(file).catch(() => Buffer.alloc(0));
}

/** Writes a key, and waits until the logger has it. */
async function tells(file: string, key: string): Promise<void> {
  await rig.ok(['kv', 'set', key, '1']);
  await eventually(
    async () => (await bytesOf(file)).includes(key),
    (isThere) => isThere,
  );
}

async function recovered(...trust: string[]) {
  return raftctl(['log', 'recover', LOGGER, ...trust]);
}

test('a logger follows with a certificate of its own, and hands out to who has one', async () => {
  await follow('near', '--follow', 'demo');
  await tells(fileOf('near', 'log1'), 'first');
  const shown = await rig.json<{ certificates: { name: string; inUse: string }[] }>([
    ...['tls', 'show', 'demo'],
  ]);
  const own = shown.data.certificates.find(({ name }) => name === 'log1');
  expect(own).toMatchObject({ role: 'member', inUse: 'this' });
  const trust = ['--tls-ca', keys('ca.pem'), '--tls-cert', keys('operator.pem')];
  const got = await recovered(...trust);
  expect([got.code, got.stdout], got.stderr).toEqual([0, expect.stringContaining('first')]);
  // Neither who speaks plainly nor who has no certificate is told anything.
  for (const some of [[], trust.slice(0, 2)]) {
    const refused = await recovered(...some);
    expect([refused.code, refused.stdout], refused.stderr).toEqual([3, '']);
    expect(refused.stderr).toContain('--tls-cert');
  }
});

test('a logger goes on when the authority is replaced, and after kill -9', async () => {
  const rotated = await rig.json<{ told: string[] }>(['tls', 'rotate', 'demo', '--authority']);
  expect(rotated.data.told).toEqual([...rig.ids(), 'log1']);
  // All connections are made anew, with what is trusted now.
  await rig.ok(['node', 'restart', ...rig.ids(), '--cluster', 'demo']);
  await rig.healthy();
  await tells(fileOf('near', 'log1'), 'rotated');
  loggers[0]?.signal('SIGKILL');
  await loggers[0]?.ended();
  await follow('near');
  await tells(fileOf('near', 'log1'), 'again');
});

test('a logger with a copy of its keys joins late, and gets what the log has forgotten', async () => {
  const load = [
    '-n',
    '4000',
    '-c',
    '8',
    '--ratio',
    '1:0',
    '--data-size',
    '400',
    '--warmup',
    '0s',
    '--no-store',
  ];
  await rig.ok(['bench', ...load, '--cluster', 'demo']);
  // Its connections show what the cluster's folder holds.
  await new ClusterStore(rig.directory).load('demo');
  expect((await rig.nodeStatus(await rig.leader())).firstIndex).toBeGreaterThan(1);
  const copy = join(folder, 'keys');
  await mkdir(copy);
  const where = ['--join', rig.adminAddress('n1'), '--member', OTHER];
  const secret = ['--secret-file', join(rig.directory, 'demo', 'secret')];
  const start = ['node', 'start', '--app', 'logger', '--data-dir', join(folder, 'far')];
  const without = await rig.run([...start, ...where, ...secret]);
  expect([without.code, without.stderr]).toEqual([2, expect.stringContaining('TLS_INVALID')]);
  expect(without.stderr).toContain('tls init --into DIR --member z9=HOST');
  await raftctl(['tls', 'init', '--into', keys(''), '--member', 'z9=127.0.0.1']);
  const copyKeys = async (): Promise<void> => {
    for (const name of ['ca.pem', 'member-z9.pem', 'tokens']) {
      await copyFile(keys(name), join(copy, name));
    }
  };
  await copyKeys();
  await follow('far', ...where, ...secret, '--tls-dir', copy);
  await tells(fileOf('far', 'z9'), 'last');
  await tells(fileOf('near', 'log1'), 'very last');
  await eventually(
    async () => (await bytesOf(fileOf('far', 'z9'))).includes('very last'),
    (isThere) => isThere,
  );
  const [near, far] = [await bytesOf(fileOf('near', 'log1')), await bytesOf(fileOf('far', 'z9'))];
  expect(near.length).toBeGreaterThan(100_000);
  expect(far.equals(near)).toBe(true);
  // Copies are not renewed by themselves: no step of a rotation locks out who reads them.
  const rotate = ['tls', 'rotate', 'demo', '--authority'];
  for (const step of ['trusts both', 'shows the new']) {
    const refused = await rig.run(rotate);
    expect([refused.code, refused.stderr], step).toEqual([2, expect.stringContaining('member-z9')]);
    await tells(fileOf('far', 'z9'), step);
    await copyKeys();
  }
  const rotated = await rig.json<{ told: string[] }>(rotate);
  expect(rotated.data.told).toEqual([...rig.ids(), 'log1', 'z9']);
  await rig.ok(['node', 'restart', ...rig.ids(), '--cluster', 'demo']);
  await rig.healthy();
  await tells(fileOf('far', 'z9'), 'at the end');
});
