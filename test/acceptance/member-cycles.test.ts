/**
 * From three members to five and back, again and again, under load and under kills: newcomers, a
 * learner that takes the leader's place in one step, old members gone for good. What the clients
 * saw is judged by the linearizability checker, and every acknowledged write is read back.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { headerLine, historyLine } from '../../src/checker/history-lines.ts';
import { Prng } from '../../src/std/prng.ts';
import type { ClusterNodeRow, ClusterStatus } from '../../src/wire/status.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { Launched } from '../doubles/launched.ts';
import { launchRaftctl, raftctl, scaled } from '../doubles/program.ts';
import { reportProof, spread } from '../doubles/proof-report.ts';
import { RecordedLoad } from '../doubles/recorded-load.ts';
import { findLosses, WriteLoad } from '../doubles/write-load.ts';

const CYCLES = scaled(1, 20);
const PORT_BASE = 21_550;
/** Above the ports that `cluster scale` takes. */
const LEARNER_PORT = PORT_BASE + 300;
const KILL_DELAY_MS_MAX = 1500;

let rig: ClusterRig;
let dir: string;
const prng = new Prng(11);
/** Where clients go: changed in place as members come and go. */
const addresses: string[] = [];
const changesMs: number[] = [];
let kills = 0;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: PORT_BASE });
  dir = await mkdtemp(join(tmpdir(), 'raftctl-cycles-'));
});

afterAll(async () => {
  await rig?.dispose();
  await rm(dir, { recursive: true, force: true });
});

/** Healthy with so many voters; clients then know all of them. */
async function settled(voters: number): Promise<ClusterStatus> {
  const isSettled = ({ healthy, nodes }: ClusterStatus): boolean =>
    healthy && nodes.length === voters && nodes.every((row) => row.voter);
  const status = await rig.glanceWhen(isSettled, 30_000, `healthy with ${voters} voters`);
  addresses.splice(0, addresses.length, ...status.nodes.map((row) => row.clientAddress));
  return status;
}

/** Kills a node that is up, sometime soon, and starts it again if it still belongs. */
async function killOneSoon(isVictim: (row: ClusterNodeRow) => boolean): Promise<void> {
  const { nodes } = await rig.glance();
  const candidates = nodes.filter((row) => row.state === 'up' && isVictim(row));
  const victim = candidates[prng.between(0, candidates.length - 1)] as ClusterNodeRow;
  await new Promise((resolve) => setTimeout(resolve, prng.between(0, KILL_DELAY_MS_MAX)));
  if (!(await isThere(['node', 'kill', victim.id]))) return;
  kills += 1;
  await isThere(['node', 'start', victim.id, '--timeout', '60s']);
}

/** @returns false when a change of members was faster: the node is gone. */
async function isThere(words: readonly string[]): Promise<boolean> {
  const { code, error } = await rig.json(words, { timeoutMs: 90_000 });
  if (error?.code === 'NODE_NOT_FOUND') return false;
  expect([code, error]).toEqual([0, null]);
  return true;
}

/** Runs a command that changes the members while somebody is killed; both must succeed. */
async function changed(
  words: readonly string[],
  isVictim: (row: ClusterNodeRow) => boolean,
): Promise<void> {
  const begun = performance.now();
  const change = rig.ok([...words, '--timeout', '60s']);
  const killed = killOneSoon(isVictim);
  await change;
  changesMs.push(performance.now() - begun);
  await killed;
}

/** @param round It has ports of its own: who joined in an earlier one may be a member still. */
async function joinLearner(name: string, round: number): Promise<Launched> {
  const ports = [0, 1000, 2000].map((above) => LEARNER_PORT + above + round).join(':');
  const { nodes } = await rig.glance();
  const node = new Launched(
    launchRaftctl([
      ...['node', 'start', '--join', nodes[0]?.adminAddress ?? '', '--learner'],
      ...['--data-dir', rig.dataDir(name), '--member', `${name}=127.0.0.1:${ports}`],
      ...['--secret-file', join(rig.directory, rig.name, 'secret'), '--dir', rig.directory],
    ]),
  );
  await node.seen(/serving clients/);
  return node;
}

async function cycle(round: number): Promise<void> {
  const isFollower = (row: ClusterNodeRow): boolean => row.role === 'follower';
  await rig.ok(['cluster', 'scale', '--to', '5', '--timeout', '60s']);
  await settled(5);
  await killOneSoon((row) => row.role === 'leader');
  await settled(5);

  const learner = `m${round + 1}`;
  await joinLearner(learner, round);
  const leader = await rig.leader();
  await changed(
    ['member', 'change', '--promote', learner, '--remove', leader, '--wait'],
    isFollower,
  );
  const five = await settled(5);
  expect(five.nodes.map((row) => row.id)).toContain(learner);
  expect(five.nodes.map((row) => row.id)).not.toContain(leader);

  await changed(['cluster', 'scale', '--to', '3'], (row) => row.role === 'leader');
  await settled(3);
}

test(`members: ${CYCLES} times from three to five and back under load and kills lose nothing`, {
  timeout: 60_000 + CYCLES * 120_000,
}, async () => {
  await settled(3);
  let lines = headerLine('kv');
  let operations = 0;
  const writes: WriteLoad[] = [];
  for (let round = 0; round < CYCLES; round += 1) {
    const load = new RecordedLoad({
      ...{ addresses, clients: 5, keys: 10, seed: round + 1 },
      ...{ prefix: `r${round}-`, thinkMs: 20 },
    });
    const write = new WriteLoad({
      ...{ addresses, writers: 2, depth: 2, tag: `w${round}`, pauseMs: 10 },
    });
    writes.push(write);
    await load.more(100);
    await cycle(round);
    await load.more(100);
    await Promise.all([load.stop(), write.stop()]);
    const { history } = load.recorder;
    operations += history.length;
    lines += history.map(historyLine).join('');
    for (const address of addresses) {
      const losses = await findLosses(address, [write]);
      expect(losses.slice(0, 5), `round ${round}, ${losses.length} lost`).toEqual([]);
    }
  }
  for (const address of addresses) expect(await findLosses(address, writes)).toEqual([]);
  const file = join(dir, 'seen.jsonl');
  await writeFile(file, lines);
  const judged = await raftctl(['check', 'linearizability', file], { timeoutMs: 120_000 });
  expect(judged.code, judged.stdout + judged.stderr).toBe(0);
  const acknowledged = writes.reduce((sum, write) => sum + write.acknowledged.size, 0);
  reportProof({
    fault: 'members 3 to 5 and back, the leader replaced by a learner, kill -9 meanwhile',
    count: CYCLES,
    held: `0 of ${acknowledged} acknowledged writes lost, ${operations} operations linearizable`,
    figures: `${kills} kills; a change under a kill: ${spread(changesMs)}`,
  });
});
