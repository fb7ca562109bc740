import { expect, test } from 'vitest';
import { type ClusterNode, NO_WISH, planCluster } from '../cluster/topology.ts';
import { RaftctlError } from '../std/errors.ts';
import { placed } from './far-create.ts';
import { farewellOver } from './far-members.ts';
import type { SshConnections } from './ssh.ts';

const ALPHA = {
  ...{ ssh: 'alpha', address: '127.0.0.1', sshConfig: null, directory: '/x', node: 'node' },
};
const spec = planCluster({
  ...{ name: 'wide', clusterId: 'c'.repeat(32), createdAt: '2026-03-01T12:00:00.000Z' },
  wish: placed(NO_WISH, [ALPHA, ALPHA]),
  ...{ ephemeral: false, dataDirOf: (id) => `/x/clusters/wide/${id}` },
});
const [node] = spec.nodes as [ClusterNode];

function onSystemd(one: ClusterNode): ClusterNode {
  return one.host === undefined ? one : { ...one, host: { ...one.host, units: 'user' } };
}

/** @param answer of the only machine. @returns what it was asked for, and what was told. */
function scene(answer: () => string, of = spec) {
  const asked: string[] = [];
  const told: string[] = [];
  const run = (_host: unknown, _words: unknown, { input }: { readonly input: string }) => {
    asked.push((JSON.parse(input) as { verb: string }).verb);
    return Promise.resolve({ code: 0, stdout: answer(), stderr: '' });
  };
  const connections = { run } as unknown as SshConnections;
  return { asked, told, farewell: farewellOver(connections, of, (line) => told.push(line)) };
}

test('farewellOver() asks the machine whether it has ended, and has it forgotten', async () => {
  const rows = [{ id: 'n1', outcome: 'idle' }];
  const { asked, told, farewell } = scene(() => JSON.stringify({ answer: rows }));
  expect(await farewell.ended(node)).toBe(true);
  await farewell.forget(node);
  expect([asked, told]).toEqual([['ended', 'forget'], []]);
});

test('farewellOver() asks a machine that is gone once, and tells what stays there', async () => {
  const { asked, told, farewell } = scene(() => {
    throw new RaftctlError('UNREACHABLE', { message: 'Cannot reach alpha: no route' });
  });
  expect(await farewell.ended(node)).toBe(false);
  await farewell.stop(node);
  // Whether it is still needed is not known yet.
  expect(told).toEqual([]);
  await farewell.forget(node);
  expect(asked).toEqual(['ended']);
  expect(told[0]).toMatch(/^n1 is no member any more, .*alpha was not told.* alpha: no route$/);
  expect(told[1]).toBe('On alpha, end n1 if it runs; then remove /x/clusters/wide/n1');
});

test.each([
  ['HOST_UNFIT', 'there is no raftctl'],
  ['FORMAT_UNSUPPORTED', 'the program there is of another version'],
  ['INTERNAL', 'EACCES'],
])('farewellOver() goes on when a machine answers %s, and tells so', async (code, message) => {
  const { told, farewell } = scene(() => JSON.stringify({ error: { code, message, hint: null } }));
  expect(await farewell.ended(node)).toBe(false);
  await farewell.stop(node);
  await farewell.forget(node);
  expect(told[0]).toContain(`alpha was not told: alpha: ${message}`);
});

test('farewellOver() takes a disk that was wiped for a node that has ended', async () => {
  const error = { code: 'CLUSTER_NOT_FOUND', message: 'There is nothing of it', hint: null };
  const { told, farewell } = scene(() => JSON.stringify({ error }));
  expect(await farewell.ended(node)).toBe(true);
  await farewell.forget(node);
  expect(told).toEqual([]);
});

test('farewellOver() names units, the folder with the secret, and what becomes of both', async () => {
  const kept = { ...spec, tls: true as const, nodes: spec.nodes.map((one) => onSystemd(one)) };
  const { told, farewell } = scene(() => {
    throw new RaftctlError('UNREACHABLE', { message: 'no route' });
  }, kept);
  for (const one of kept.nodes) await farewell.forget(one);
  expect(told[1]).toContain(
    'On alpha, end n1: systemctl --user disable --now raftctl-wide-n1.service; then remove /x/clusters/wide/n1',
  );
  // The last one there takes the cluster's folder with it.
  expect(told.slice(3)).toEqual([
    expect.stringMatching(
      /^On alpha, end n2: .* raftctl-wide-n2[.]service; then remove [/]x[/]clusters[/]wide, where the secret/,
    ),
    expect.stringContaining('The secret cannot be taken back'),
    expect.stringContaining('raftctl tls rotate --authority --tokens --cluster wide'),
  ]);
});
