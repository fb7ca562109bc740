/** What it costs that a leader dies or falls silent, and how long a cluster takes to start. */
import { setTimeout as sleep } from 'node:timers/promises';
import { withCluster } from './cluster.js';
import { median, round } from './statistics.js';
import { firstWrite, Writers } from './writers.js';

const KILLS = 20;
const STOPS = 5;
const STARTS = 5;
const ACK_MS_MAX = 10_000;
/** Under load before something happens to the leader: not always at the same moment of a write. */
const LOAD_MS = [300, 700];

/** Gaps in milliseconds: what `strike` does to the leader, until the next write is acknowledged. */
async function gaps(ports, count, strike, mend) {
  return withCluster(ports.base, async (cluster) => {
    await cluster.up();
    const writers = new Writers(cluster.ports).start();
    const found = [];
    try {
      for (let i = 0; i < count; i += 1) {
        const leader = await cluster.leader();
        await writers.next(ACK_MS_MAX);
        await sleep(LOAD_MS[0] + Math.random() * (LOAD_MS[1] - LOAD_MS[0]));
        const pid = cluster.pidOf(leader.id);
        const gap = writers.next(ACK_MS_MAX);
        strike(pid);
        found.push(round(await gap, 1));
        await mend(cluster, leader, pid);
      }
    } finally {
      writers.stop();
    }
    return found;
  });
}

export async function kill({ ports }) {
  const samples = await gaps(
    ports,
    KILLS,
    (pid) => process.kill(pid, 'SIGKILL'),
    (cluster, leader) => cluster.restart(leader.id),
  );
  const p50 = median(samples);
  const max = Math.max(...samples);
  return {
    text: `p50 ${p50} ms, max ${max} ms (${samples.length} times)`,
    target: 'p50 <= 150 ms, max <= 1 s',
    isMet: p50 <= 150 && max <= 1000,
    values: { p50Ms: p50, maxMs: max, samplesMs: samples },
  };
}

export async function stop({ ports }) {
  const samples = await gaps(
    ports,
    STOPS,
    (pid) => process.kill(pid, 'SIGSTOP'),
    async (_cluster, _leader, pid) => process.kill(pid, 'SIGCONT'),
  );
  const p50 = median(samples);
  const max = Math.max(...samples);
  return {
    text: `p50 ${p50} ms, max ${max} ms (${samples.length} times)`,
    target: '<= 2 s',
    isMet: max <= 2000,
    values: { p50Ms: p50, maxMs: max, samplesMs: samples },
  };
}

export async function start({ ports }) {
  const samples = [];
  for (let i = 0; i < STARTS; i += 1) {
    const ms = await withCluster(ports.base, async (cluster) => {
      const begun = performance.now();
      const [acknowledgedMs] = await Promise.all([
        firstWrite(cluster.ports, ACK_MS_MAX),
        cluster.up(),
      ]);
      return acknowledgedMs - begun;
    });
    samples.push(round(ms));
  }
  const p50 = median(samples);
  const max = Math.max(...samples);
  return {
    text: `p50 ${p50} ms, max ${max} ms (${STARTS} times)`,
    target: '<= 2 s',
    isMet: max <= 2000,
    values: { p50Ms: p50, maxMs: max, samplesMs: samples },
  };
}
