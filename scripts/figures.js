/**
 * `npm run figures`: measures what raftctl does on this machine, on the built program, and compares
 * with what was promised. Nothing else should run meanwhile. Exit code 1: something was missed.
 *
 *   npm run figures                      failover, start, idling, redis-benchmark: four minutes
 *   npm run figures -- --json            one JSON object on stdout
 *   npm run figures -- --only kill,idle  some of it
 *
 * Only when they are named, because they take their time (docs/performance.md):
 *
 *   --only completion: what a Tab takes in bash, zsh and fish
 *   --only causes    [--short]: leaders lost on purpose, and what elections explain says
 *   --only agreement [--rounds 9] [--seconds 4] [--tests set,get] [--variants]
 *   --only engines   [--rounds 9] [--seconds 5] [--short]: clusters of raftctl and of etcd
 *   --only loggers   [--seconds 30] [--rate N]
 *   --only pause     [--seconds 60] [--rate N]
 *   --only profile   [--rounds 9] [--seconds 5]
 *   --only dashboard [--rounds 15] [--seconds 6] [--short]
 *   --only recording [--seconds 60] [--rate 500] [--file F]: F is made where it is not there yet
 *   --only older     [--rounds 9] [--short]: programs of older systems; or some of them by name:
 *                    stress,fork,diskstorage,recovery,loadgen
 *   --only soak      [--minutes 10] [--rate-percent 40 | --rate N | --closed] [--pipeline 16]
 */
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { agreement } from './figures/agreement.js';
import { benchmark } from './figures/benchmark.js';
import { causes } from './figures/causes.js';
import { runScript } from './figures/cluster.js';
import { completion } from './figures/completion.js';
import { dashboard } from './figures/dashboard.js';
import { engines } from './figures/engines.js';
import { kill, start, stop } from './figures/failover.js';
import { readFlags } from './figures/flags.js';
import { loggers } from './figures/loggers.js';
import { diskstorage, fork, loadgen, recovery, stress } from './figures/older-speed.js';
import { pause } from './figures/pause.js';
import { profile } from './figures/profile.js';
import { recording } from './figures/recording.js';
import { IDLE_SECONDS, idle, version } from './figures/resting.js';
import { soak } from './figures/soak.js';
import { round } from './figures/statistics.js';

const PORTS = { base: 18_100, redis: 18_150, engines: 18_200 };
/** Runnable processes a core, over the last minute. */
const BUSY_LOAD_PER_CORE = 0.25;

const FIGURES = {
  version: ['raftctl --version', version],
  start: ['cluster up to the first acknowledged write', start],
  idle: [`idle cluster, ${IDLE_SECONDS} s`, idle],
  kill: ['leader killed (SIGKILL) to the next acknowledged write', kill],
  stop: ['leader silent (SIGSTOP) to the next acknowledged write', stop],
  completion: ['names of live nodes and clusters at a Tab', completion],
  benchmark: ['redis-benchmark -t set -c 50 -P 16 against the leader', benchmark],
  causes: ['leaders lost in eight ways, explained by elections explain', causes],
  agreement: ['raftctl bench against redis-benchmark, on Redis and on raftctl', agreement],
  engines: ['clusters of raftctl and of etcd: lost leaders, throughput, latency', engines],
  pause: ['all nodes paused (SIGSTOP) for 1 s under an open loop', pause],
  profile: ['profile cpu --all under writes, against the same without', profile],
  dashboard: [
    'writes with the dashboard open against the same without, and its own cost',
    dashboard,
  ],
  recording: ['a recording of the dashboard, replayed: how long a seek takes', recording],
  loggers: ['one logger of nine clusters under half of their load', loggers],
  soak: ['a write load over minutes: log, memory, disk, snapshots', soak],
  stress: ['raftctl as stress', stress],
  fork: ['redis-benchmark -c 50 -P 16 against three nodes of raftctl as hraftd-redis', fork],
  diskstorage: ['sets of an --app diskstorage', diskstorage],
  recovery: ['raftctl as recovery', recovery],
  loadgen: ['raftctl as loadgen against three nodes of raftctl as kvstore', loadgen],
};
const OLDER = ['stress', 'fork', 'diskstorage', 'recovery', 'loadgen'];
const ONLY_WHEN_NAMED = new Set([
  'agreement',
  'causes',
  'completion',
  'dashboard',
  'engines',
  'loggers',
  'pause',
  'profile',
  'recording',
  'soak',
  ...OLDER,
]);

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

function namesOf(only) {
  if (only !== undefined) {
    return only.split(',').flatMap((name) => (name === 'older' ? OLDER : [name]));
  }
  return Object.keys(FIGURES).filter((name) => !ONLY_WHEN_NAMED.has(name));
}

function refuse(message) {
  process.stderr.write(`figures: ${message}\n`);
  process.exitCode = 2;
}

async function main() {
  let flags;
  try {
    flags = readFlags(process.argv.slice(2));
  } catch (error) {
    refuse(error.message);
    return;
  }
  const names = namesOf(flags.only);
  const unknown = names.find((name) => !Object.hasOwn(FIGURES, name));
  if (unknown !== undefined) {
    refuse(`no "${unknown}", there are ${Object.keys(FIGURES).join(', ')}`);
    return;
  }
  const where = environment();
  const say = (line) => (flags.json ? process.stderr : process.stdout).write(`${line}\n`);
  const { cores, cpu, memoryGiB, node, kernel, load } = where;
  say(
    `${cores} cores (${cpu}), ${memoryGiB} GiB, Node ${node}, ${kernel}, load ${load.join(' ')}\n`,
  );
  if (load[0] > BUSY_LOAD_PER_CORE * cores) {
    say(
      'BUSY: something else runs here. What follows says what is possible, not how fast it is.\n',
    );
  }
  const figures = {};
  for (const name of names) {
    const [title, measure] = FIGURES[name];
    say(title);
    const { text, target, isMet, values } = await measure({ ports: PORTS, flags, say });
    const verdict = isMet === null ? '-' : isMet ? 'met' : 'MISSED';
    say(`  ${text}\n  ${verdict}: ${target}\n`);
    if (isMet === false) process.exitCode = 1;
    figures[name] = { title, target, isMet, values };
  }
  if (flags.json)
    process.stdout.write(`${JSON.stringify({ environment: where, figures }, null, 2)}\n`);
}

await runScript('figures', main);
