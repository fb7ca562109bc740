/**
 * A cluster with certificates and tokens, of processes: every command finds its way in, nobody else
 * does, and all of it is replaced while the cluster works.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { executeKv } from '../../src/client/kv-client.ts';
import { chooseEndpoints } from '../../src/cluster/endpoints.ts';
import { ClusterStore } from '../../src/cluster/store.ts';
import { keysInUse, rotateTls } from '../../src/cluster/tls-change.ts';
import type { ClusterSpec } from '../../src/cluster/topology.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { raftctl } from '../doubles/program.ts';
import { RawClient } from '../doubles/raw-client.ts';

const COMMAND_MS_MAX = 20_000;

let rig: ClusterRig;
beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 27_000, upFlags: ['--tls'] });
});
afterAll(() => rig?.dispose());

const keys = (name: string): string => join(rig.directory, 'demo', 'tls', name);

async function stored(): Promise<{ store: ClusterStore; spec: ClusterSpec }> {
  const store = new ClusterStore(rig.directory);
  return { store, spec: await store.find('demo') };
}

/** A write by somebody elsewhere, who has files and an address but no folder of the cluster. */
async function writeElsewhere(tokenFile: string | null): Promise<unknown> {
  const endpoints = await chooseEndpoints({
    ...{ endpoints: rig.clientAddress('n1'), dir: rig.directory, 'tls-ca': keys('ca.pem') },
    ...(tokenFile === null ? {} : { 'token-file': tokenFile }),
  });
  const command = { args: ['SET', 'b', '2'], isWrite: true };
  return executeKv({ endpoints, timeoutMs: COMMAND_MS_MAX }, command);
}

test('tls: commands work as on any cluster', async () => {
  await rig.ok(['kv', 'set', 'a', '1']);
  await rig.ok(['leader', 'transfer', await rig.follower()]);
  await rig.ok(['snapshot', 'take', 'n1']);
  const load = ['-n', '50', '-c', '2', '--warmup', '0s', '--json'];
  for (const driver of ['resp', 'http']) {
    const bench = await rig.run(['bench', ...load, '--driver', driver]);
    expect(JSON.parse(bench.stdout)).toMatchObject({ data: { requests: { answered: 50 } } });
  }
  await rig.ok(['top', 'demo', '--refresh', '250ms', '--json']);
  expect((await rig.ok(['shell', '--cluster', 'demo'], { stdin: 'get a\n' })).stdout).toContain(
    '1',
  );
});

test('tls: tokens let in who has no folder, each as far as it goes', async () => {
  expect(String(await writeElsewhere(keys('client.token')))).toBe('OK');
  for (const token of [null, keys('client-read.token'), keys('admin.token'), keys('ca.pem')]) {
    await expect(writeElsewhere(token), String(token)).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      exitCode: 7,
    });
  }
  const where = ['--endpoints', rig.clientAddress('n1'), '--token-file', '-'];
  const stdin = await readFile(keys('client-read.token'), 'utf8');
  const read = await raftctl(['kv', 'get', 'b', ...where, '--tls-ca', keys('ca.pem')], { stdin });
  expect(read.stdout).toBe('2\n');
  const untrusting = await raftctl(['kv', 'get', 'b', ...where], { stdin });
  expect(untrusting.code).toBe(3);
  expect(untrusting.stderr).toContain('certificate');
});

test('tls: plain clients are closed on every port', async () => {
  const ports = [rig.clientAddress('n1'), rig.peerAddress('n1'), rig.adminAddress('n1')];
  for (const address of ports) {
    const plain = await RawClient.connect(address);
    plain.send('GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(await plain.takeUntilClosed()).not.toContain('HTTP/1.1 200');
  }
});

test('tls: certificates, authority and tokens are replaced while clients write', async () => {
  const { store, spec } = await stored();
  const before = await keysInUse(store, spec);
  expect([...before.keys()]).toEqual(rig.ids());
  const endpoints = spec.nodes.map((node) => node.clientAddress);
  let isOver = false;
  let written = 0;
  const writing = (async () => {
    // Each write makes a connection of its own, with whatever is shown by then.
    while (!isOver) {
      const command = { args: ['SET', 'c', String(written)], isWrite: true };
      await executeKv({ endpoints, timeoutMs: COMMAND_MS_MAX }, command);
      written += 1;
    }
  })();
  const wish = { authority: false, tokens: false, days: 30 };
  expect(await rotateTls(store, spec, wish)).toEqual(rig.ids());
  await rotateTls(store, spec, { ...wish, authority: true, tokens: true });
  isOver = true;
  await writing;
  expect(written).toBeGreaterThan(0);
  const after = await keysInUse(store, spec);
  for (const id of rig.ids()) {
    expect(after.get(id)?.authorities).toHaveLength(1);
    expect(after.get(id)?.authorities).not.toEqual(before.get(id)?.authorities);
    expect(after.get(id)?.fingerprint).not.toBe(before.get(id)?.fingerprint);
  }
  await rig.restart(await rig.follower());
  await rig.healthy(30_000);
});

test('tls: a cluster grows, the new member with a certificate of its own', async () => {
  await rig.ok(['cluster', 'scale', 'demo', '--to', '4']);
  const shown = await rig.json<{ certificates: { name: string; inUse: string }[] }>([
    ...['tls', 'show', 'demo'],
  ]);
  const found = shown.data.certificates.find(({ name }) => name === 'n4');
  expect(found).toMatchObject({ role: 'member', inUse: 'this' });
});

test('tls: a node with the certificate of another does not start', async () => {
  const [own, other] = [keys('member-n1.pem'), keys('member-n2.pem')];
  const good = await readFile(own, 'utf8');
  await rig.stop('n1');
  await writeFile(own, await readFile(other, 'utf8'));
  await expect(rig.start('n1')).rejects.toMatchObject({
    code: 'TLS_INVALID',
    message: expect.stringContaining('is for n2, not for n1'),
  });
  await writeFile(own, good);
  await rig.start('n1');
  await rig.healthy(30_000);
});

test('tls: init secures a plain cluster that is stopped', async () => {
  const plain = await ClusterRig.start({ portBase: 27_010, name: 'plain', nodes: 1 });
  try {
    await plain.ok(['kv', 'set', 'k', 'v']);
    const running = await plain.run(['tls', 'init', 'plain']);
    expect(running.code).toBe(7);
    expect(running.stderr).toContain('raftctl cluster down plain');
    await plain.stop('n1');
    await plain.ok(['tls', 'init', 'plain']);
    await plain.start('n1');
    await plain.serving(30_000);
    expect((await plain.ok(['kv', 'get', 'k'])).stdout).toBe('v\n');
  } finally {
    await plain.dispose();
  }
});

test('tls: a plain node on an address that others reach does not start', async () => {
  const data = join(rig.directory, 'exposed');
  await writeFile(join(rig.directory, 'secret'), 'ab'.repeat(32));
  const refused = await raftctl([
    ...['node', 'start', '--bootstrap', '--id', 'n1', '--data-dir', data],
    ...['--secret-file', join(rig.directory, 'secret')],
    ...['--initial-cluster', 'n1=0.0.0.0:27021:28021:29021'],
  ]);
  expect(refused.code).toBe(7);
  expect(refused.stderr).toMatch(/EXPOSED_BIND.*raftctl tls init/s);
});
