/** Every node is restarted in order, one after the other, under load: nobody waits for long. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { scaled } from '../doubles/program.ts';
import { reportProof, spread } from '../doubles/proof-report.ts';
import { RecordedLoad } from '../doubles/recorded-load.ts';
import { findLosses, WriteLoad } from '../doubles/write-load.ts';

const ROUNDS = scaled(1, 10);
/** Between two acknowledgements, whoever leads and whatever is restarted. */
const GAP_MS_MAX = 3000;

let rig: ClusterRig;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 14340 });
});

afterAll(() => rig?.dispose());

test(`a rolling restart, ${ROUNDS} times, loses nothing and holds nobody up`, {
  timeout: 60_000 + ROUNDS * 60_000,
}, async () => {
  const addresses = rig.ids().map((id) => rig.clientAddress(id));
  const load = new WriteLoad({ addresses, writers: 3, depth: 4, tag: 'rolling' });
  const probe = new RecordedLoad({ addresses, clients: 3, keys: 3, seed: 1, thinkMs: 2 });
  const gapsMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const id of rig.ids()) {
      await load.more(50);
      const fromUs = performance.now() * 1000;
      await rig.ok(['node', 'restart', id]);
      await load.more(50);
      gapsMs.push(longestGapMs(probe, fromUs));
    }
  }
  await load.stop();
  await probe.stop();
  expect(Math.max(...gapsMs)).toBeLessThan(GAP_MS_MAX);
  for (const address of addresses) {
    expect((await findLosses(address, [load])).slice(0, 5), address).toEqual([]);
  }
  reportProof({
    fault: 'orderly restarts of one node after the other under load',
    count: ROUNDS * rig.ids().length,
    held: '0 acknowledged writes lost',
    figures: `longest time without an answer: ${spread(gapsMs)}`,
  });
});

/** The longest time without an answer to any client since then. */
function longestGapMs({ recorder }: RecordedLoad, fromUs: number): number {
  const times = recorder.history
    .map(({ returnedAt }) => returnedAt)
    .filter((at) => at >= fromUs && Number.isFinite(at))
    .sort((a, b) => a - b);
  let longest = 0;
  for (const [at, time] of times.entries()) {
    longest = Math.max(longest, time - (times[at - 1] ?? fromUs));
  }
  return longest / 1000;
}
