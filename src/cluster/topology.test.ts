import { expect, test } from 'vitest';
import { differences } from './differences.ts';
import { checkClusterName, NO_WISH, nodeConfigOf, planCluster, quorumOf } from './topology.ts';

function plan(wish: Partial<Parameters<typeof planCluster>[0]['wish']> = {}) {
  return planCluster({
    name: 'demo',
    clusterId: 'ab'.repeat(16),
    createdAt: '2026-01-01T00:00:00.000Z',
    ephemeral: false,
    wish: { ...NO_WISH, ...wish },
    dataDirOf: (id) => `/data/${id}`,
  });
}

test('planCluster() lays out client, peer and admin ports', () => {
  const spec = plan();
  expect(spec.nodes.map((node) => node.id)).toEqual(['n1', 'n2', 'n3']);
  expect(spec.nodes[2]).toEqual({
    id: 'n3',
    member: 3,
    clientAddress: '127.0.0.1:11002',
    peerAddress: '127.0.0.1:12002',
    adminAddress: '127.0.0.1:13002',
    dataDir: '/data/n3',
  });
  expect(spec).toMatchObject({ app: 'kvstore', fsync: 'always', portBase: 11_000 });
});

test('planCluster() refuses what cannot exist', () => {
  for (const wish of [
    { nodeCount: 0 },
    { nodeCount: 100 },
    { portBase: 0 },
    { portBase: 64_000 },
  ]) {
    expect(() => plan(wish)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  }
});

test('differences() names only what was asked for and is not so', () => {
  const spec = plan({ nodeCount: 3, fsync: 'batch' });
  expect(differences(spec, NO_WISH)).toEqual([]);
  expect(differences(spec, { ...NO_WISH, nodeCount: 3 })).toEqual([]);
  expect(differences(spec, { ...NO_WISH, fsync: 'always', portBase: 12_000 })).toEqual([
    '--fsync is batch, not always',
    '--port-base is 11000, not 12000',
  ]);
});

test('nodeConfigOf() tells a node who it is and who the others are', () => {
  const spec = plan();
  const config = nodeConfigOf(spec, spec.nodes[1]!, '/secret');
  expect(config).toMatchObject({ id: 'n2', member: 2, cluster: 'demo', secretFile: '/secret' });
  expect(config.members.map((member) => member.peerAddress)).toEqual([
    '127.0.0.1:12000',
    '127.0.0.1:12001',
    '127.0.0.1:12002',
  ]);
  expect(config.members[0]).not.toHaveProperty('dataDir');
});

test('quorumOf() is more than half', () => {
  expect([1, 2, 3, 4, 5].map(quorumOf)).toEqual([1, 2, 2, 3, 3]);
});

test('checkClusterName() keeps names inside the folder', () => {
  for (const name of ['demo', 'a.b-c_1']) expect(() => checkClusterName(name)).not.toThrow();
  for (const name of ['', '..', 'a/b', '-x', 'x.lock', 'ä']) {
    expect(() => checkClusterName(name)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  }
});
