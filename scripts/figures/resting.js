/** What raftctl costs when it has nothing to do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSecondsOf, descriptorsOf, raftctl, withCluster } from './cluster.js';
import { median, round } from './statistics.js';

const VERSION_RUNS = 10;
export const IDLE_SECONDS = 20;

export async function idle({ ports }) {
  return withCluster(ports.base, async (cluster) => {
    await cluster.up();
    await cluster.leader();
    await sleep(3000);
    const pids = cluster.nodes.map(({ id }) => cluster.pidOf(id));
    const before = pids.map(cpuSecondsOf);
    const descriptors = pids.map(descriptorsOf);
    const begun = performance.now();
    await sleep(IDLE_SECONDS * 1000);
    const seconds = (performance.now() - begun) / 1000;
    const percent = pids.map((pid, i) =>
      round((100 * (cpuSecondsOf(pid) - before[i])) / seconds, 2),
    );
    const descriptorsEnd = pids.map(descriptorsOf);
    const isConstant = descriptorsEnd.every((count, i) => count === descriptors[i]);
    return {
      text: `${percent.join(', ')} % of a core; descriptors ${descriptors.join(', ')} -> ${descriptorsEnd.join(', ')}`,
      target: '< 2 % of a core each; constant',
      isMet: Math.max(...percent) < 2 && isConstant,
      values: { cpuPercent: percent, descriptorsStart: descriptors, descriptorsEnd, seconds },
    };
  });
}

export async function version() {
  const samples = [];
  for (let i = 0; i < VERSION_RUNS; i += 1) {
    samples.push(round((await raftctl('--version')).durationMs));
  }
  const p50 = median(samples);
  return {
    text: `median ${p50} ms (${VERSION_RUNS} times)`,
    target: '<= 250 ms',
    isMet: p50 <= 250,
    values: { p50Ms: p50, samplesMs: samples },
  };
}
