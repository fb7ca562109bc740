/** The doctor on a real cluster: what it finds, the commands it names, and its exit codes. */
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Diagnosis } from '../../src/forensics/doctor.ts';
import type { WatchEnd } from '../../src/scenarios/watch.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { runProgram } from '../doubles/program.ts';

/** A busy machine has slow disks and late processes: that is true, and not what is tested here. */
const WEATHER = /^RFT0(15|20|22|31|32|60|61|62|63)$/;

let rig: ClusterRig;
beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 25_400 });
});
afterAll(() => rig?.dispose());

const found = ({ findings }: Diagnosis): string[] =>
  findings.filter(({ code }) => !WEATHER.test(code)).map(({ code, node }) => `${code} ${node}`);

test('cluster doctor finds nothing in a cluster that is well, in the time it is told', async () => {
  const { code, schema, data } = await rig.json<Diagnosis>(['cluster', 'doctor', '-d', '300ms']);
  expect(schema).toBe('raftctl/cluster.doctor/v1');
  expect(found(data)).toEqual([]);
  expect(code).toBe(data.findings.length === 0 ? 0 : 5);
  expect(data).toMatchObject({ cluster: 'demo', spanMs: 300, silent: [] });
});

test('cluster doctor ends with 5 when a node is paused, and its command is the way out', async () => {
  const victim = await rig.follower();
  await rig.ok(['node', 'pause', victim]);
  const plain = await rig.run(['cluster', 'doctor', 'demo']);
  expect(plain.code).toBe(5);
  expect(plain.stdout).toContain(`RFT004 ${victim}: A node is paused`);
  const command = `$ raftctl node resume ${victim} --cluster demo`;
  expect(plain.stdout).toContain(command);
  const { code, data } = await rig.json<Diagnosis>(['cluster', 'doctor']);
  expect(code).toBe(5);
  expect(found(data)).toEqual([`RFT004 ${victim}`, 'RFT006 null']);
  await rig.ok(command.split(' ').slice(2));
  await rig.healthy();
});

test('cluster doctor tells weak promises', async () => {
  const weak = await ClusterRig.start({
    ...{ portBase: 25_410, nodes: 1, name: 'weak', directory: rig.directory },
    upFlags: ['--fsync', 'none'],
  });
  const { code, data } = await weak.json<Diagnosis>(['cluster', 'doctor', 'weak']);
  expect(code).toBe(5);
  expect(found(data)).toEqual(['RFT006 null', 'RFT033 n1']);
  await weak.ok(['cluster', 'destroy', 'weak', '--confirm', 'weak']);
});

test('cluster bundle packs a live cluster without its secret, and the doctor reads it', async () => {
  const file = join(rig.directory, 'demo.tar.gz');
  const bundle = ['cluster', 'bundle', 'demo', '-o', file];
  const made = await rig.json<{ file: string; files: { name: string }[] }>(bundle);
  expect(made).toMatchObject({ code: 0, schema: 'raftctl/cluster.bundle/v1' });
  expect((await rig.run(bundle)).code).toBe(7);
  const unpacked = await runProgram('tar', ['-xvzf', file, '-C', rig.directory]);
  expect(unpacked.stderr).toBe('');
  const names = unpacked.stdout.trim().split('\n');
  expect(names).toHaveLength(made.data.files.length + 1);
  const secret = (await readFile(join(rig.directory, 'demo', 'secret'), 'utf8')).trim();
  for (const name of names) {
    const text = await readFile(join(rig.directory, name), 'latin1');
    expect(text.includes(secret), name).toBe(false);
    expect(text.includes(Buffer.from(secret, 'hex').toString('latin1')), name).toBe(false);
  }
  const metrics = names.find((name) => name.endsWith('n1/metrics.txt')) ?? '';
  expect(await readFile(join(rig.directory, metrics), 'utf8')).toContain('raftctl_commit_index');
  const { data } = await rig.json<Diagnosis>(['cluster', 'doctor', '--bundle', file]);
  expect(data.cluster).toBe('demo');
  expect(found(data)).toEqual([]);
});

test('cluster watch follows events, and finds nothing that must not be over an election', async () => {
  const events = rig.launch(['cluster', 'watch', 'demo']);
  const safety = rig.launch(['cluster', 'watch', 'demo', '--safety', '--duration', '4s']);
  await events.seen(/Watching demo/);
  await safety.seen(/Watching demo/);
  await rig.ok(['leader', 'transfer', await rig.follower()]);
  await events.seen(/T\d+ +n\d +elected by n\d, n\d in/);
  events.signal('SIGINT');
  expect((await events.ended()).code).toBe(130);
  expect((await safety.ended()).code).toBe(0);
  expect(safety.output).toMatch(/demo: \d+ events, nothing that must not be/);
});

test('cluster watch --safety writes a bundle, stops the nodes and ends with 9', async () => {
  const leader = await rig.leader();
  const liar = rig.ids().find((id) => id !== leader) ?? '';
  const { term } = await rig.nodeStatus(leader);
  const lie = { incarnation: 'x', seq: 1, monoNs: '1', wallMs: 1, node: liar, term };
  const told = {
    ...{ v: 1, cluster: 'demo', ...lie, type: 'leader.elected' },
    data: { votes: [] },
  };
  const admin = createServer(({ url }, response) => {
    response.statusCode = url?.startsWith('/v1/events') ? 200 : 404;
    response.write(`${JSON.stringify(told)}\n`);
  });
  await new Promise<void>((ready) => admin.listen(0, '127.0.0.1', ready));
  const spec = join(rig.directory, 'demo', 'cluster.json');
  const before = await readFile(spec, 'utf8');
  const { port } = admin.address() as AddressInfo;
  await writeFile(spec, before.replace(rig.adminAddress(liar), `127.0.0.1:${port}`));
  try {
    const output = join(rig.directory, 'broken.tar.gz');
    const watch = ['cluster', 'watch', 'demo', '--safety', '-d', '30s', '-o', output];
    const { code, data } = await rig.json<WatchEnd>(watch);
    expect(code).toBe(9);
    expect(data).toMatchObject({ bundle: output, frozen: rig.ids() });
    expect(data.violations[0]).toMatchObject({ rule: 'electionSafety', term });
    const states = (await rig.glance()).nodes.map(({ state }) => state);
    expect(states).toEqual(['paused', 'paused', 'paused']);
    const listed = await runProgram('tar', ['-tzf', output]);
    expect(listed.stdout).toMatch(/violations[.]json/);
    await rig.ok(['node', 'resume', ...rig.ids()]);
  } finally {
    await writeFile(spec, before);
    admin.closeAllConnections();
    admin.close();
  }
  await rig.healthy();
});

test('cluster doctor ends with 3 when nobody leads', async () => {
  await rig.ok(['cluster', 'down', 'demo']);
  const plain = await rig.run(['cluster', 'doctor', 'demo']);
  expect(plain.code).toBe(3);
  expect(plain.stdout).toContain('$ raftctl cluster up demo');
  const { code, data } = await rig.json<Diagnosis>(['cluster', 'doctor', 'demo']);
  expect(code).toBe(3);
  expect(found(data)).toEqual(['RFT001 null', 'RFT003 n1', 'RFT003 n2', 'RFT003 n3']);
  expect((await rig.run(['cluster', 'doctor', 'nobody'])).code).toBe(2);
});
