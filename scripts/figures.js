/**
 * `npm run figures`: measures what failover and idling cost on this machine, on the built program,
 * and compares with what was promised. Nothing else should run meanwhile.
 *
 *   npm run figures                      all of it, about four minutes
 *   npm run figures -- --json            one JSON object on stdout
 *   npm run figures -- --only kill,idle  some of it
 */
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Cluster, cpuSecondsOf, descriptorsOf, raftctl } from './figures/cluster.js';
import { hasRedis, setsPerSecond, withRedis } from './figures/redis.js';
import { firstWrite, Writers } from './figures/writers.js';

const PORT_BASE = 18_100;
const REDIS_PORT = 18_150;
const KILLS = 20;
const STOPS = 5;
const STARTS = 5;
const VERSION_RUNS = 10;
const BENCHMARK_PAIRS = 5;
const IDLE_SECONDS = 20;
const ACK_MS_MAX = 10_000;
/** Under load before something happens to the leader: not always at the same moment of a write. */
const LOAD_MS = [300, 700];

function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)];
}

const median = (values) => quantile(values, 0.5);
const round = (value, digits = 0) => Number(value.toFixed(digits));

async function withCluster(task) {
  const cluster = await Cluster.prepare(PORT_BASE);
  try {
    return await task(cluster);
  } finally {
    cluster.dispose();
  }
}

/** Gaps in milliseconds: what `strike` does to the leader, until the next write is acknowledged. */
async function gaps(count, strike, mend) {
  return withCluster(async (cluster) => {
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

async function kill() {
  const samples = await gaps(
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

async function stop() {
  const samples = await gaps(
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

async function start() {
  const samples = [];
  for (let i = 0; i < STARTS; i += 1) {
    const ms = await withCluster(async (cluster) => {
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

async function idle() {
  return withCluster(async (cluster) => {
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

async function version() {
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

async function benchmark() {
  if (!(await hasRedis())) {
    return {
      text: 'not measured: no redis-server here',
      target: '>= 0.5',
      isMet: null,
      values: null,
    };
  }
  return withCluster(async (cluster) => {
    await cluster.up();
    const pairs = await withRedis(REDIS_PORT, async () => {
      const found = [];
      // Once unmeasured: a process that was just started compiles, and grows its heap.
      const { port } = await cluster.leader();
      for (const one of [port, REDIS_PORT]) await setsPerSecond(one);
      for (let i = 0; i < BENCHMARK_PAIRS; i += 1) {
        const leader = await cluster.leader();
        // Each is first as often as it is second, as nearly as an odd number allows.
        const ports = { raftctl: leader.port, redis: REDIS_PORT };
        const names = i % 2 === 0 ? ['raftctl', 'redis'] : ['redis', 'raftctl'];
        const pair = {};
        for (const name of names) pair[name] = round(await setsPerSecond(ports[name]));
        found.push({ ...pair, ratio: round(pair.raftctl / pair.redis, 3) });
      }
      return found;
    });
    const ratio = median(pairs.map((pair) => pair.ratio));
    const both = `${median(pairs.map((p) => p.raftctl))} against ${median(pairs.map((p) => p.redis))}`;
    return {
      text: `ratio ${ratio} (${both} sets/s, medians of ${BENCHMARK_PAIRS} pairs, both warm)`,
      target: '>= 0.5 of Redis, appendfsync always',
      isMet: ratio >= 0.5,
      values: { ratio, pairs },
    };
  });
}

const FIGURES = {
  version: ['raftctl --version', version],
  start: ['cluster up to the first acknowledged write', start],
  idle: [`idle cluster, ${IDLE_SECONDS} s`, idle],
  kill: ['leader killed (SIGKILL) to the next acknowledged write', kill],
  stop: ['leader silent (SIGSTOP) to the next acknowledged write', stop],
  benchmark: ['redis-benchmark -t set -c 50 -P 16 against the leader', benchmark],
};

function environment() {
  const [cpu] = cpus();
  return {
    cores: cpus().length,
    cpu: cpu?.model.trim() ?? 'unknown',
    memoryGiB: round(totalmem() / 2 ** 30, 1),
    node: process.version,
    kernel: `${type()} ${release()}`,
    load: loadavg().map((value) => round(value, 2)),
  };
}

async function main() {
  const { values: flags } = parseArgs({
    options: { json: { type: 'boolean' }, only: { type: 'string' } },
  });
  const names = flags.only === undefined ? Object.keys(FIGURES) : flags.only.split(',');
  const unknown = names.find((name) => !Object.hasOwn(FIGURES, name));
  if (unknown !== undefined) {
    process.stderr.write(
      `figures: no "${unknown}", there are ${Object.keys(FIGURES).join(', ')}\n`,
    );
    process.exitCode = 2;
    return;
  }
  const where = environment();
  const say = (line) => (flags.json ? process.stderr : process.stdout).write(`${line}\n`);
  const { cores, cpu, memoryGiB, node, kernel, load } = where;
  say(
    `${cores} cores (${cpu}), ${memoryGiB} GiB, Node ${node}, ${kernel}, load ${load.join(' ')}\n`,
  );
  const figures = {};
  for (const name of names) {
    const [title, measure] = FIGURES[name];
    const { text, target, isMet, values } = await measure();
    const verdict = isMet === null ? '-' : isMet ? 'met' : 'MISSED';
    say(`${title}\n  ${text}\n  ${verdict}: ${target}\n`);
    figures[name] = { title, target, isMet, values };
  }
  if (flags.json)
    process.stdout.write(`${JSON.stringify({ environment: where, figures }, null, 2)}\n`);
}

await main();
