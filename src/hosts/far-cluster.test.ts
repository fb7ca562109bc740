import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { NO_WISH, planCluster } from '../cluster/topology.ts';
import { RaftctlError } from '../std/errors.ts';
import { placed } from './far-create.ts';
import { onEach } from './far-hand.ts';
import { planOn } from './far-scale.ts';
import { type HostWish, readHosts } from './hosts-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'raftctl-hosts-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(text: string): string {
  const path = join(folder, 'hosts.toml');
  writeFileSync(path, text);
  return path;
}

test('readHosts() fills in what a machine does not say from the file, and that from defaults', async () => {
  const text =
    'sshConfig = "mine"\nnode = "/opt/node"\n[[host]]\nssh = "raft@alpha"\n[[host]]\nssh = "b"\n';
  expect(
    await readHosts(fileOf(`${text}address = "10.0.0.2"\ndirectory = "/srv"\nnode = "n"\n`)),
  ).toEqual([
    {
      ...{ ssh: 'raft@alpha', address: 'alpha', directory: '.raftctl', node: '/opt/node' },
      sshConfig: join(folder, 'mine'),
    },
    {
      ...{ ssh: 'b', address: '10.0.0.2', directory: '/srv', node: 'n' },
      sshConfig: join(folder, 'mine'),
    },
  ]);
});

test.each([
  ['', /host/],
  ['[[host]]\nssh = "-oProxyCommand=x"\n', /line 2, key host\b.*ssh.*one word/],
  ['[[host]]\nssh = "a"\naddress = "a:1"\n', /without a port/],
  ['[[host]]\nssh = "a"\nuser = "b"\n', /user/],
])('readHosts() refuses %j with file and key', async (text, says) => {
  const error = await readHosts(fileOf(text)).catch((one: unknown) => one as RaftctlError);
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(says) });
});

test('readHosts() of no file shows what one looks like', async () => {
  await expect(readHosts(join(folder, 'none'))).rejects.toMatchObject({
    code: 'USAGE',
    hint: expect.stringContaining('[[host]]'),
  });
});

const host = (ssh: string, address = ssh): HostWish => {
  return { ssh, address, sshConfig: null, directory: '.raftctl', node: 'node' };
};

test('placed() gives each machine a node, and other ports where an address comes again', () => {
  const { nodeCount, nodes } = placed(NO_WISH, [host('a'), host('b'), host('a')]);
  expect(nodeCount).toBe(3);
  expect(Object.entries(nodes).map(([id, one]) => [id, one.address, one.clientPort])).toEqual([
    ['n1', 'a', 11_000],
    ['n2', 'b', 11_000],
    ['n3', 'a', 11_001],
  ]);
  expect(nodes['n3']).toMatchObject({ peerPort: 12_001, adminPort: 13_001, host: { ssh: 'a' } });
  const profile = { n1: { times: {}, clientPort: undefined, peerPort: 9000 } };
  expect(placed({ ...NO_WISH, nodes: profile }, [host('a')]).nodes['n1']).toMatchObject({
    ...{ clientPort: 11_000, peerPort: 9000, adminPort: 13_000 },
  });
  expect(() => placed({ ...NO_WISH, nodeCount: 3 }, [host('a')])).toThrow('3 nodes on 1 machines');
});

test('planOn() puts the next node on the first machine of the file that has none', () => {
  const hosts = [host('a'), host('a'), host('b', '10.0.0.2')];
  const init = { name: 'wide', clusterId: 'c'.repeat(32), createdAt: '', ephemeral: false };
  const wish = placed(NO_WISH, hosts.slice(0, 1), 'system');
  const spec = planCluster({ ...init, wish, dataDirOf: (id) => `/x/${id}` });
  const second = planOn(spec, [], hosts);
  expect(second).toMatchObject({ id: 'n2', clientAddress: 'a:11001', adminAddress: 'a:13001' });
  const third = planOn(spec, [second], hosts);
  expect(third).toMatchObject({ id: 'n3', clientAddress: '10.0.0.2:11000', host: { ssh: 'b' } });
  expect(third).toMatchObject({ dataDir: '.raftctl/clusters/wide/n3', host: { units: 'system' } });
  expect(() => planOn(spec, [second, third], hosts)).toThrow(
    'every machine of the file has a node',
  );
});

test('onEach() waits for all, and names every machine that failed', async () => {
  const done: string[] = [];
  const task = async (name: string): Promise<string> => {
    if (name !== 'c') throw new RaftctlError('UNREACHABLE', { message: name, hint: `see ${name}` });
    await new Promise((resolve) => setImmediate(resolve));
    done.push(name);
    return name;
  };
  await expect(onEach(['a', 'b', 'c'], task)).rejects.toMatchObject({
    ...{ code: 'UNREACHABLE', message: 'a; b', hint: 'see a' },
  });
  expect(done).toEqual(['c']);
  expect(await onEach(['c'], task)).toEqual(['c']);
});
