import { expect, test } from 'vitest';
import { NO_WISH, planCluster } from '../cluster/topology.ts';
import { RaftctlError } from '../std/errors.ts';
import { placed } from './far-create.ts';
import { farewellOver } from './far-members.ts';
import type { SshConnections } from './ssh.ts';

const spec = planCluster({
  ...{ name: 'wide', clusterId: 'c'.repeat(32), createdAt: '2026-03-01T12:00:00.000Z' },
  wish: placed(NO_WISH, [
    { ssh: 'alpha', address: '127.0.0.1', sshConfig: null, directory: '/x', node: 'node' },
  ]),
  ...{ ephemeral: false, dataDirOf: () => '/x/clusters/wide/n1' },
});
const [node] = spec.nodes as [(typeof spec.nodes)[number]];

/** @param answer of the only machine. @returns what it was asked for, and what was told. */
function scene(answer: () => string) {
  const asked: string[] = [];
  const told: string[] = [];
  const run = (_host: unknown, _words: unknown, { input }: { readonly input: string }) => {
    asked.push((JSON.parse(input) as { verb: string }).verb);
    return Promise.resolve({ code: 0, stdout: answer(), stderr: '' });
  };
  const connections = { run } as unknown as SshConnections;
  return { asked, told, farewell: farewellOver(connections, spec, (line) => told.push(line)) };
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
  expect(told[0]).toMatch(/^n1 is no member any more, .*Cannot reach alpha: no route$/);
  expect(told[1]).toContain('remove /x/clusters/wide/n1');
});

test('farewellOver() lets other trouble through', async () => {
  const error = { code: 'HOST_UNFIT', message: 'there is no raftctl', hint: null };
  const { farewell } = scene(() => JSON.stringify({ error }));
  await expect(farewell.ended(node)).rejects.toMatchObject({ code: 'HOST_UNFIT' });
});
