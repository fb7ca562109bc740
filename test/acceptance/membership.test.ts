/** Members come and go under load: to five and back, the leader replaced, tolerance kept. */
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { MemberStatus } from '../../src/wire/status.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { findLosses, WriteLoad } from '../doubles/write-load.ts';

interface Members {
  readonly leader: string;
  readonly changing: boolean;
  readonly members: readonly MemberStatus[];
}

let rig: ClusterRig;

afterEach(() => rig?.dispose());

async function voters(): Promise<readonly string[]> {
  const { data } = await rig.json<Members>(['member', 'list']);
  return data.members.filter((m) => m.voter).map((m) => m.id);
}

test('cluster scale: to five and back, and the leader replaced, under load: nothing is lost', {
  timeout: 120_000,
}, async () => {
  rig = await ClusterRig.start({ portBase: 14280 });
  const addresses = ['n1', 'n2', 'n3'].map((id) => rig.clientAddress(id));
  const load = new WriteLoad({ addresses, writers: 4, depth: 8, tag: 'scale' });
  await load.more(300);
  await rig.ok(['cluster', 'scale', '--to', '5']);
  expect(await voters()).toEqual(['n1', 'n2', 'n3', 'n4', 'n5']);
  await load.more(300);
  const leader = await rig.leader();
  const removed = await rig.ok(['member', 'remove', leader, '--wait']);
  expect(removed.stdout).toContain('voters 5 -> 4, quorum 3 -> 3, tolerance 2 -> 1');
  expect(await voters()).not.toContain(leader);
  await load.more(300);
  await rig.ok(['cluster', 'scale', '--to', '3']);
  expect(await voters()).toHaveLength(3);
  await load.more(300);
  await load.stop();
  const status = await rig.healthy();
  for (const row of status.nodes) {
    const losses = await findLosses(row.clientAddress, [load]);
    expect(losses.slice(0, 5), `${row.id}, ${losses.length} lost`).toEqual([]);
  }
});

test('node start --join: a new node becomes a voter, and ends by itself when it is removed', async () => {
  rig = await ClusterRig.start({ portBase: 14350 });
  const { data } = await rig.json<Members>(['member', 'list']);
  const follower = data.members.find((m) => m.id !== data.leader);
  const folder = join(rig.directory, 'demo');
  const node = rig.launch([
    ...['node', 'start', '--join', follower?.adminAddress ?? '', '--data-dir', join(folder, 'n9')],
    ...['--secret-file', join(folder, 'secret'), '--member', 'n9=127.0.0.1:14323:15323:16323'],
  ]);
  await node.seen(/serving clients/);
  await expect.poll(voters, { timeout: 20_000 }).toContain('n9');
  await rig.ok(['member', 'remove', 'n9', '--wait']);
  expect((await node.ended()).code).toBe(0);
  expect(await voters()).toHaveLength(3);
});

test('member remove: what leaves no failure tolerance is refused with exit 7, unless forced', async () => {
  rig = await ClusterRig.start({ portBase: 14290 });
  const leader = await rig.leader();
  const other = rig.ids().find((id) => id !== leader) ?? '';
  for (const more of [[], ['--dry-run']]) {
    const refused = await rig.run(['member', 'remove', other, ...more]);
    expect(refused.code).toBe(7);
    expect(refused.stderr).toContain('voters 3 -> 2, quorum 2 -> 2, tolerance 1 -> 0');
  }
  expect(await voters()).toHaveLength(3);
  await rig.ok(['member', 'demote', other, '--force', '--wait']);
  expect(await voters()).toHaveLength(2);
  await rig.ok(['member', 'promote', other, '--wait']);
  expect(await voters()).toHaveLength(3);
});
