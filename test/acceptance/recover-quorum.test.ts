/** `raftctl recover quorum`: what is left of a cluster goes on, and says what may be lost. */
import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { RecoveryPlan } from '../../src/wire/recovery.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { once } from '../doubles/kv-connection.ts';
import { reportProof } from '../doubles/proof-report.ts';
import { findLosses, WriteLoad } from '../doubles/write-load.ts';

interface Recovered extends RecoveryPlan {
  readonly recovered: boolean;
  readonly kept: string | null;
}

let rig: ClusterRig;

afterEach(() => rig?.dispose());

async function loaded(tag: string, ids: readonly string[], count: number): Promise<WriteLoad> {
  const addresses = ids.map((id) => rig.clientAddress(id));
  const load = new WriteLoad({ addresses, writers: 4, depth: 8, tag, valueBytes: 100 });
  await load.more(count);
  return load;
}

function recover(...more: string[]): ReturnType<typeof rig.json<Recovered>> {
  return rig.json<Recovered>(['recover', 'quorum', 'demo', ...more]);
}

async function destroy(...ids: readonly string[]): Promise<void> {
  for (const id of ids) await rm(rig.dataDir(id), { recursive: true });
}

test('recover quorum: two of five go on, with all they hold, and nothing else', async () => {
  rig = await ClusterRig.start({ portBase: 21_580, nodes: 5 });
  const first = await loaded('first', rig.ids(), 500);
  await first.stop();
  await rig.ok(['cluster', 'wait', 'demo', '--for', 'converged']);
  // What these two miss is acknowledged by the other three alone.
  const [left, lost] = [
    ['n1', 'n2'],
    ['n3', 'n4', 'n5'],
  ] as const;
  await rig.ok(['node', 'pause', ...left]);
  const missed = await loaded('missed', lost, 200);
  await missed.stop();

  const running = await recover('--confirm', 'demo');
  expect([running.code, running.error?.code]).toEqual([7, 'NODE_RUNNING']);
  await rig.kill9(...rig.ids());
  await destroy('n3');
  const alive = await recover('--confirm', 'demo');
  expect([alive.code, alive.error?.code]).toEqual([7, 'RECOVERY_REFUSED']);
  expect(alive.error?.message).toContain('its majority is not lost: n4 or n5 can lead it');
  await destroy('n4', 'n5');

  const unconfirmed = await recover('--confirm', 'dmeo');
  expect([unconfirmed.code, unconfirmed.error?.code]).toEqual([7, 'CONFIRMATION_MISSING']);
  const others = await recover('--survivors', 'n1', '--confirm', 'demo');
  expect(others.error?.message).toContain('n2 can be used, too');
  const dry = await rig.ok(['recover', 'quorum', 'demo', '--dry-run']);
  expect(dry.stdout).toContain('2 of 5 voters left, 3 needed');
  expect(dry.stdout).toContain('acknowledged by n3, n4, n5 alone');
  expect(readdirSync(join(rig.directory, 'demo'))).toContain('n3.log');

  const { code, data } = await recover('--survivors', 'n1,n2', '--confirm', 'demo');
  expect(code).toBe(0);
  expect(data).toMatchObject({ recovered: true, mayLose: true, votersBefore: 5, votersAfter: 2 });
  expect(data.lost.map(({ id }) => id)).toEqual(lost);
  expect(existsSync(join(data.kept ?? '', data.source, 'log'))).toBe(true);
  expect(existsSync(join(data.kept ?? '', 'cluster.json'))).toBe(true);
  const status = await rig.healthy();
  expect(status.nodes.map((row) => row.id)).toEqual(left);
  for (const id of left) {
    expect(await findLosses(rig.clientAddress(id), [first])).toEqual([]);
    const gone = await findLosses(rig.clientAddress(id), [missed]);
    expect(gone.length).toBeGreaterThanOrEqual(missed.acknowledged.size);
  }

  // It is a cluster like any other: it takes writes, starts again and grows.
  expect(await once(rig.clientAddress('n2'), 'SET', 'after', 'all')).toBe('OK');
  await rig.ok(['cluster', 'down', 'demo']);
  await rig.ok(['cluster', 'up', 'demo', '--detach']);
  await rig.ok(['cluster', 'scale', '--to', '3']);
  const grown = await rig.healthy();
  expect(grown.nodes.map(({ member }) => member)).toEqual([1, 2, 6]);
  for (const row of grown.nodes) expect(await once(row.clientAddress, 'GET', 'after')).toBe('all');
});

test('recover quorum: nothing acknowledged is lost while every majority has a survivor', async () => {
  rig = await ClusterRig.start({ portBase: 21_590, nodes: 4 });
  const load = await loaded('all', rig.ids(), 1000);
  await rig.kill9(...rig.ids());
  await load.stop();
  await destroy('n1', 'n4');
  const { code, data } = await recover('--confirm', 'demo');
  expect(code).toBe(0);
  expect(data).toMatchObject({ mayLose: false, votersBefore: 4, votersAfter: 2 });
  for (const id of ['n2', 'n3']) {
    expect(await findLosses(rig.clientAddress(id), [load])).toEqual([]);
  }
  reportProof({
    fault: 'two of four nodes destroyed under load, the others recovered',
    count: 1,
    held: `0 of ${load.acknowledged.size} acknowledged writes lost`,
    figures: '',
  });
});
