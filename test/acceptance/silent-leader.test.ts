/** A leader that stops without closing its connections, and comes back not knowing it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { isError, KvConnection, once } from '../doubles/kv-connection.ts';
import { scaled } from '../doubles/program.ts';
import { findLosses, WriteLoad } from '../doubles/write-load.ts';

const ROUNDS = scaled(2, 20);
/** How long nobody may be able to write. */
const SILENCE_MS_MAX = 2000;
/** Readers of the old leader that are connected before it falls silent, and one that is not. */
const READERS = 4;

let rig: ClusterRig;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 14040 });
});

afterAll(() => rig?.dispose());

test(`a stopped leader is replaced within ${SILENCE_MS_MAX} ms and reads nothing stale when it goes on`, {
  timeout: ROUNDS * 30_000,
}, async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const old = await rig.leader();
    const other = rig.ids().find((id) => id !== old) ?? '';
    const oldPid = await rig.pid(old);
    expect(await once(rig.clientAddress(old), 'SET', 'k', `old ${round}`)).toBe('OK');
    const readers = await Promise.all(
      Array.from({ length: READERS }, () => KvConnection.open(rig.clientAddress(old))),
    );
    // Asked for while it sleeps, answered when it wakes: no earlier than the new value was written.
    const stoppedAtMs = performance.now();
    process.kill(oldPid, 'SIGSTOP');
    await firstWrite(rig.clientAddress(other), `new ${round}`);
    expect(performance.now() - stoppedAtMs).toBeLessThan(SILENCE_MS_MAX);

    const { data } = await rig.statusWhen(
      ({ leader }) => leader !== null && leader !== old,
      2000,
      'led by another',
    );
    expect(data.nodes.find(({ id }) => id === old)).toMatchObject({ state: 'paused' });

    const asked = readers.map((reader) => reader.send('GET', 'k'));
    process.kill(oldPid, 'SIGCONT');
    const answers = await Promise.all(asked);
    answers.push(await once(rig.clientAddress(old), 'GET', 'k'));
    // It may refuse as long as it knows no leader; what it may not do is answer with the past.
    for (const answer of answers) {
      if (!isError(answer, 'NOLEADER')) expect(answer).toBe(`new ${round}`);
    }
    for (const reader of readers) reader.close();
    await rig.healthy();
    expect(await once(rig.clientAddress(old), 'GET', 'k')).toBe(`new ${round}`);
    const back = await rig.nodeStatus(old);
    const newLeader = await rig.nodeStatus(back.leader ?? '');
    expect(back.term).toBe(newLeader.term);
  }
});

test('writers lose nothing that was acknowledged when their leader falls silent', async () => {
  const addresses = rig.ids().map((id) => rig.clientAddress(id));
  const load = new WriteLoad({ addresses, writers: 4, depth: 8, tag: 'silent' });
  await load.more(500);
  const old = await rig.leader();
  await rig.signal(old, 'SIGSTOP');
  await rig.glanceWhen(({ leader }) => leader !== null && leader !== old, 5000, 'led by another');
  await load.more(500);
  await rig.signal(old, 'SIGCONT');
  await load.stop();
  await rig.healthy();
  for (const address of addresses) {
    const losses = await findLosses(address, [load]);
    expect(losses.slice(0, 5), `${losses.length} lost`).toEqual([]);
  }
});

/** Writes to a node again and again until it acknowledges. */
async function firstWrite(address: string, value: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const connection = await KvConnection.open(address);
    const answer = await connection.send('SET', 'k', value);
    connection.close();
    if (answer === 'OK') return;
    if (performance.now() > deadline) throw new Error(`No write within 10 s: ${String(answer)}`);
  }
}
