/** kill -9 of one node after the other in the middle of writing: each starts and catches up. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Prng } from '../../src/std/prng.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { IS_FULL, scaled } from '../doubles/program.ts';
import { reportProof } from '../doubles/proof-report.ts';
import { findLosses, WriteLoad } from '../doubles/write-load.ts';

const KILLS = scaled(8, 100);
const DELAY_MS_MAX = 150;

let rig: ClusterRig;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 18010 });
});

afterAll(() => rig?.dispose());

test(`a node that was killed while it wrote starts and catches up, ${KILLS} times`, {
  timeout: KILLS * 20_000,
}, async () => {
  const prng = new Prng(IS_FULL ? Date.now() : 6);
  const addresses = rig.ids().map((id) => rig.clientAddress(id));
  const init = { addresses, writers: 6, depth: 8, pauseMs: 20, valueBytes: 100 };
  const load = new WriteLoad({ ...init, tag: 'w' });
  for (let kill = 0; kill < KILLS; kill += 1) {
    // Leaders and followers alike, at any moment of a write.
    const victim = prng.pick(rig.ids());
    await load.more(prng.between(100, 600));
    await new Promise((resolve) => setTimeout(resolve, prng.between(0, DELAY_MS_MAX)));
    await rig.kill9(victim);
    await rig.restart(victim);
  }
  await load.stop();
  await rig.healthy();
  for (const address of addresses) {
    const losses = await findLosses(address, [load]);
    expect(losses.slice(0, 5), `${losses.length} lost`).toEqual([]);
  }
  expect(load.acknowledged.size).toBeGreaterThan(KILLS * 100);
  reportProof({
    fault: 'kill -9 of any node in the middle of a write',
    count: KILLS,
    held: `0 of ${load.acknowledged.size} acknowledged writes lost`,
    figures: '',
  });
});
