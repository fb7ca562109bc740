/** kill -9: one node, and all of them under load. */
import { afterEach, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { once } from '../doubles/kv-connection.ts';
import { scaled } from '../doubles/program.ts';
import { reportProof, spread } from '../doubles/proof-report.ts';
import { findLosses, WriteLoad } from '../doubles/write-load.ts';

const ROUNDS = scaled(3, 50);

let rig: ClusterRig;

afterEach(() => rig?.dispose());

test('cluster status: a killed node is down within 2 s, and comes back caught up', async () => {
  rig = await ClusterRig.start({ portBase: 14020 });
  const victim = await rig.leader();
  const survivor = rig.ids().find((id) => id !== victim) ?? '';
  await once(rig.clientAddress(survivor), 'SET', 'before', 'kill');

  const pid = await rig.pid(victim);
  const killedAtMs = performance.now();
  process.kill(pid, 'SIGKILL');
  const isDown = await rig.statusWhen(
    (status, code) =>
      code === 5 && status.nodes.some((row) => row.id === victim && row.state === 'down'),
    2000,
    'down with exit code 5',
  );
  expect(performance.now() - killedAtMs).toBeLessThan(2000);
  const row = isDown.data.nodes.find(({ id }) => id === victim);
  expect(row).toMatchObject({ state: 'down', role: null, pid: null, appliedIndex: null });
  expect(row?.lastSeenMs).toBeLessThan(5000);
  expect(isDown.data.nodes).toHaveLength(3);

  await rig.serving();
  for (let i = 0; i < 200; i += 1) {
    expect(await once(rig.clientAddress(survivor), 'SET', `while:${i}`, `${i}`)).toBe('OK');
  }
  const leader = await rig.row(await rig.leader());
  const restarted = await rig.ok(['node', 'restart', victim]);
  expect(restarted.stdout).toContain('caught up');
  // The command has returned: it is caught up now, not some time later.
  const { data } = await rig.status();
  const back = data.nodes.find(({ id }) => id === victim);
  expect(back).toMatchObject({ state: 'up', role: 'follower', lag: 0, error: null });
  expect(back?.appliedIndex).toBeGreaterThanOrEqual(leader.commitIndex ?? Infinity);
  await rig.healthy();
  expect((await rig.status()).code).toBe(0);
  for (const id of rig.ids()) {
    expect(await once(rig.clientAddress(id), 'DBSIZE'), id).toBe(201);
    expect(await infoField(id, 'raft_applied_index'), id).toBe(
      await infoField(victim, 'raft_applied_index'),
    );
  }
});

test(`cluster up after kill -9 of all nodes under load, ${ROUNDS} times: nothing acknowledged is lost`, {
  timeout: ROUNDS * 60_000,
}, async () => {
  rig = await ClusterRig.start({ portBase: 14020 });
  const addresses = rig.ids().map((id) => rig.clientAddress(id));
  const loads: WriteLoad[] = [];
  const startsMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const load = new WriteLoad({ addresses, writers: 6, depth: 16, tag: `round${round}` });
    loads.push(load);
    await load.more(500 + ((round * 911) % 4000));
    await rig.kill9(...rig.ids());
    await load.stop();
    const startedAtMs = performance.now();
    await rig.up();
    startsMs.push(performance.now() - startedAtMs);
    const isLast = round === ROUNDS - 1;
    for (const address of addresses) {
      const losses = await findLosses(address, isLast ? loads : [load]);
      expect(losses.slice(0, 5), `round ${round}, ${losses.length} lost`).toEqual([]);
    }
  }
  const counts = loads.map(({ acknowledged }) => acknowledged.size);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(500);
  const acknowledged = counts.reduce((sum, count) => sum + count, 0);
  reportProof({
    fault: 'kill -9 of all nodes at once under load',
    count: ROUNDS,
    held: `0 of ${acknowledged} acknowledged writes lost`,
    figures: `cluster up to the first write: ${spread(startsMs)}`,
  });
});

async function infoField(id: string, name: string): Promise<number> {
  const text = String(await once(rig.clientAddress(id), 'INFO'));
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1]);
}
