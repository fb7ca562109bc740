/**
 * A cluster whose leader answers reads by a lease: what its clients see while leaders stand still
 * for longer and shorter than a lease lasts, judged by the linearizability checker.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { headerLine, historyLine } from '../../src/checker/history-lines.ts';
import { Prng } from '../../src/std/prng.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { type Answer, isError, KvConnection, once } from '../doubles/kv-connection.ts';
import { raftctl, scaled } from '../doubles/program.ts';
import { reportProof } from '../doubles/proof-report.ts';
import { RecordedLoad } from '../doubles/recorded-load.ts';

const ROUNDS = scaled(3, 50);
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = scaled(1500, 10_000);
/** Readers of the leader that ask while it sleeps. */
const READERS = 4;

let rig: ClusterRig;
let dir: string;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 14300, upFlags: ['--leases'] });
  dir = await mkdtemp(join(tmpdir(), 'raftctl-leases-'));
});

afterAll(async () => {
  await rig?.dispose();
  await rm(dir, { recursive: true, force: true });
});

async function leaseReads(id: string): Promise<number> {
  const { adminAddress } = await rig.nodeStatus(id);
  const text = await (await fetch(`http://${adminAddress}/metrics`)).text();
  return Number(/raftctl_lease_reads_total\{[^}]*\} (\d+)/.exec(text)?.[1] ?? 'NaN');
}

test('leases are a property of the cluster, and its leader uses them', async () => {
  const { data } = await rig.status();
  expect(data.leases).toBe(true);
  const leader = await rig.leader();
  expect((await rig.nodeStatus(leader)).leases).toBe(true);
  const before = await leaseReads(leader);
  expect(await once(rig.clientAddress(leader), 'SET', 'k', 'v')).toBe('OK');
  for (const id of rig.ids()) expect(await once(rig.clientAddress(id), 'GET', 'k')).toBe('v');
  expect(await leaseReads(leader)).toBeGreaterThan(before);
  const other = await rig.run(['cluster', 'up', rig.name, '--no-leases', '--detach']);
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('--leases is on')]);
});

test(`no read is stale while leaders stand still, ${ROUNDS} times`, {
  timeout: 60_000 + ROUNDS * (2 * PAUSE_MS_MAX + 20_000),
}, async () => {
  const prng = new Prng(7);
  const addresses = rig.ids().map((id) => rig.clientAddress(id));
  let stale = 0;
  let lines = headerLine('kv');
  for (let round = 0; round < ROUNDS; round += 1) {
    const load = new RecordedLoad({
      ...{ addresses, clients: 9, keys: 6, seed: round + 1 },
      ...{ prefix: `r${round}-`, thinkMs: 5 },
    });
    await load.more(100);
    const old = await rig.leader();
    await load.more(50);
    stale += await pauseOf(old, PAUSE_MS_MIN * (PAUSE_MS_MAX / PAUSE_MS_MIN) ** prng.unit());
    await load.more(100);
    await load.stop();
    for (const operation of load.recorder.history) lines += historyLine(operation);
    await rig.healthy();
  }
  expect(stale).toBe(0);
  const file = join(dir, 'seen.jsonl');
  await writeFile(file, lines);
  const judged = await raftctl(['check', 'linearizability', file, '--json'], {
    timeoutMs: 600_000,
  });
  expect(judged.stdout).toContain('"verdict": "ok"');
  reportProof({
    fault: `SIGSTOP of the leader for ${PAUSE_MS_MIN} ms to ${PAUSE_MS_MAX} ms, with leases`,
    count: ROUNDS,
    held: '0 stale reads, history linearizable',
    figures: `${lines.split('\n').length - 2} operations`,
  });
});

/** Stops a leader for so long. @returns how many of the reads it answers then are of the past. */
async function pauseOf(old: string, ms: number): Promise<number> {
  const address = rig.clientAddress(old);
  const others = rig.ids().filter((id) => id !== old);
  const key = `paused-${old}-${ms}`;
  expect(await once(address, 'SET', key, 'before')).toBe('OK');
  const readers = await Promise.all(
    Array.from({ length: READERS }, () => KvConnection.open(address)),
  );
  const pid = await rig.pid(old);
  process.kill(pid, 'SIGSTOP');
  const wakesAtMs = performance.now() + ms;
  const isWritten = await writes(rig.clientAddress(others[0] ?? ''), key, wakesAtMs);
  await sleep(Math.max(0, wakesAtMs - performance.now()));
  const asked = readers.map((reader) => reader.send('GET', key));
  process.kill(pid, 'SIGCONT');
  const answers = await Promise.all(asked);
  answers.push(await once(address, 'GET', key));
  for (const reader of readers) reader.close();
  return answers.filter((answer) => isWritten && !isError(answer) && answer !== 'after').length;
}

/** Writes to a node again and again. @returns whether it took it before that moment. */
async function writes(address: string, key: string, untilMs: number): Promise<boolean> {
  const connection = await KvConnection.open(address);
  const late = sleep(Math.max(0, untilMs - performance.now())).then(() => 'late');
  let answer: Answer = null;
  while (answer !== 'OK' && answer !== 'late') {
    answer = await Promise.race([connection.send('SET', key, 'after'), late]);
  }
  connection.close();
  return answer === 'OK';
}
