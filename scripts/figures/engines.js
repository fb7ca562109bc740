/**
 * Clusters of raftctl and of etcd, both started, watched and struck by raftctl's own commands, in
 * one table: what a lost leader costs their clients, how much they write and how long that takes.
 *
 * The gap is what clients see: the longest time without an acknowledged write, in an open loop to
 * all nodes. How long that is follows first of all from the election timeout, so etcd stands there
 * twice: with its own default, and with the times of raftctl. Both draw each timeout between once
 * and twice the shortest.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { alive, cpuSecondsOf, endProcessesOf, raftctl, run } from './cluster.js';
import { benchRun, KEYS, VALUE_BYTES } from './load.js';
import { longestGapMs, OpenWrites } from './open-writes.js';
import { median, round } from './statistics.js';

const NODE_COUNT = 3;
const RATE = 500;
const CLIENTS = 50;
const BENCH_SECONDS = 5;
const ACK_MS_MAX = 20_000;
/** Under load before something happens to the leader: not always at the same moment of a write. */
const LOAD_MS = [300, 700];
/** Watched after writes go on again: a second gap may follow the first. */
const AFTER_MS = 1000;
/** Between the port bases of the clusters. */
const PORTS_EACH = 10;
const DEGRADED = 5;

const ENGINES = [
  { name: 'raftctl', engine: 'raftctl', protocol: 'resp', timeoutMs: 500 },
  { name: 'etcd', engine: 'etcd', protocol: 'etcd', timeoutMs: 1000 },
  { name: 'etcd-quick', engine: 'etcd', protocol: 'etcd', timeoutMs: 500 },
];
const HEARTBEAT_MS = 100;

const STRIKES = {
  killed: { signal: 'SIGKILL', mend: (cluster, { id }) => cluster.run('node', 'start', id) },
  silent: { signal: 'SIGSTOP', mend: async (_cluster, { pid }) => process.kill(pid, 'SIGCONT') },
};

class EngineCluster {
  constructor(directory, portBase, engine) {
    Object.assign(this, engine, { directory, portBase });
    this.ports = Array.from({ length: NODE_COUNT }, (_, i) => portBase + i);
  }

  /** A command on this cluster; all of them know it by the environment of this process. */
  run(...words) {
    return raftctl(...words, '--cluster', this.name, '--dir', this.directory);
  }

  async up() {
    const profile = join(this.directory, `${this.name}.toml`);
    const { timeoutMs } = this;
    writeFileSync(
      profile,
      `[cluster]\nheartbeat = "${HEARTBEAT_MS}ms"\nelectionTimeoutMin = "${timeoutMs}ms"\n` +
        `electionTimeoutMax = "${2 * timeoutMs}ms"\n`,
    );
    const flags = ['-f', profile, '--engine', this.engine, '-n', String(NODE_COUNT)];
    const where = ['--port-base', String(this.portBase), '--dir', this.directory];
    await raftctl('cluster', 'up', this.name, ...flags, ...where, '--detach');
  }

  async status() {
    const words = ['cluster', 'status', this.name, '--dir', this.directory, '--json'];
    return JSON.parse((await raftctlOr(words, [0, DEGRADED])).stdout).data;
  }

  async leader() {
    const flags = ['--for', 'healthy', '--timeout', '60s', '--dir', this.directory];
    await raftctl('cluster', 'wait', this.name, ...flags);
    const { leader, nodes } = await this.status();
    return { id: leader, pid: nodes.find((node) => node.id === leader).pid };
  }

  async cpuSeconds() {
    const { nodes } = await this.status();
    return nodes.reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0);
  }
}

function raftctlOr(words, codes) {
  return run(process.execPath, ['bin/run.js', ...words], codes);
}

async function hasEtcd() {
  try {
    return /etcd Version: (\S+)/.exec((await run('etcd', ['--version'])).stdout)?.[1] ?? 'unknown';
  } catch {
    return null;
  }
}

/** Throughput and latency of writes, each on its own connection, to the leader. */
async function writeOnce(cluster, seconds) {
  const before = await cluster.cpuSeconds();
  const data = await benchRun([
    ...['--cluster', cluster.name, '--dir', cluster.directory, '--target', 'leader', '--no-store'],
    ...[
      '-c',
      String(CLIENTS),
      '--ratio',
      '1:0',
      '--workers',
      '1',
      '--data-size',
      String(VALUE_BYTES),
    ],
    ...['--key-maximum', String(KEYS), '--warmup', '2s', '-d', `${seconds}s`],
  ]);
  const cpuSeconds = (await cluster.cpuSeconds()) - before;
  const { throughputPerSecond: rate, measuredMs, latency } = data;
  // The warm-up's writes cost the servers as much as those that count.
  const writes = rate * (measuredMs / 1000 + 2);
  const { p50Us, p99Us } = latency.raw;
  return { rate, p50Ms: p50Us / 1000, p99Ms: p99Us / 1000, serverUs: (cpuSeconds * 1e6) / writes };
}

/** Milliseconds without an acknowledged write, when that happens to the leader. */
async function gapOnce(cluster, { signal, mend }) {
  const leader = await cluster.leader();
  const writes = new OpenWrites(cluster.ports, { protocol: cluster.protocol, rate: RATE }).start();
  try {
    await writes.next(ACK_MS_MAX);
    await sleep(LOAD_MS[0] + Math.random() * (LOAD_MS[1] - LOAD_MS[0]));
    const resumed = writes.next(ACK_MS_MAX);
    const struckMs = performance.now();
    process.kill(leader.pid, signal);
    await resumed;
    await sleep(AFTER_MS);
    return round(longestGapMs(writes.acknowledgedAt, struckMs), 1);
  } finally {
    writes.stop();
    await mend(cluster, leader);
  }
}

/** Each cluster once a round, in turns of another order each. */
async function inRounds(clusters, rounds, measure) {
  const found = Object.fromEntries(clusters.map(({ name }) => [name, []]));
  for (let i = 0; i < rounds; i += 1) {
    const turn = clusters.map((_, at) => clusters[(at + i) % clusters.length]);
    for (const cluster of turn) found[cluster.name].push(await measure(cluster));
  }
  return found;
}

/** One line of the table. Pure. */
export function engineRow({ name, engine, timeoutMs }, { killed, silent, writes }) {
  const of = (field, digits) => round(median(writes.map((one) => one[field])), digits);
  return {
    name,
    engine,
    timeoutMs,
    killed: { p50Ms: round(median(killed)), maxMs: round(Math.max(...killed)), gapsMs: killed },
    silent: { p50Ms: round(median(silent)), maxMs: round(Math.max(...silent)), gapsMs: silent },
    writesPerSecond: of('rate', 0),
    p50Ms: of('p50Ms', 2),
    p99Ms: of('p99Ms', 2),
    serverUs: of('serverUs', 0),
  };
}

/** As Markdown: what a run prints can stand in a document as it is. Pure. */
export function engineTable(rows) {
  return [
    '  | cluster | election timeout | leader killed: p50, max ms | leader silent: p50, max ms ' +
      '| writes/s | p50 ms | p99 ms | servers us/write |',
    '  |---|---|---:|---:|---:|---:|---:|---:|',
    ...rows.map((row) => {
      const { engine, timeoutMs, killed, silent } = row;
      const cells = [
        engine,
        `${timeoutMs} to ${2 * timeoutMs} ms`,
        `${killed.p50Ms}, ${killed.maxMs}`,
        `${silent.p50Ms}, ${silent.maxMs}`,
        row.writesPerSecond.toLocaleString('en-US'),
        row.p50Ms.toFixed(2),
        row.p99Ms.toFixed(2),
        String(row.serverUs),
      ];
      return `  | ${cells.join(' | ')} |`;
    }),
  ];
}

async function withEngines(portBase, task) {
  const directory = mkdtempSync(join(tmpdir(), 'raftctl-figures-engines-'));
  const disposable = {
    dispose: () => {
      endProcessesOf(directory);
      rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
  alive.add(disposable);
  try {
    return await task(
      ENGINES.map((one, i) => new EngineCluster(directory, portBase + i * PORTS_EACH, one)),
    );
  } finally {
    alive.delete(disposable);
    disposable.dispose();
  }
}

export async function engines({ ports, flags, say }) {
  const target = 'a killed leader is missed no longer than one of etcd with the same times';
  const version = await hasEtcd();
  if (version === null) {
    return { text: 'not measured: no etcd here', target, isMet: null, values: null };
  }
  return withEngines(ports.engines, async (clusters) => {
    for (const cluster of clusters) await cluster.up();
    const rounds = flags.short ? 1 : flags.rounds;
    const seconds = flags.seconds ?? (flags.short ? 1 : BENCH_SECONDS);
    // The first round warms up.
    const writes = await inRounds(clusters, rounds + 1, (one) => writeOnce(one, seconds));
    const killed = await inRounds(clusters, rounds, (one) => gapOnce(one, STRIKES.killed));
    const silent = await inRounds(clusters, rounds, (one) => gapOnce(one, STRIKES.silent));
    const rows = clusters.map((cluster) => {
      const { name } = cluster;
      const samples = { killed: killed[name], silent: silent[name], writes: writes[name].slice(1) };
      return engineRow(cluster, samples);
    });
    say('');
    for (const line of engineTable(rows)) say(line);
    say('');
    const [own, , equal] = rows;
    return {
      text:
        `${rounds} rounds, etcd ${version} through its JSON gateway, heartbeats of ${HEARTBEAT_MS} ms, ` +
        `${CLIENTS} connections for writes, ${RATE} writes/s while leaders fall`,
      target,
      isMet: own.killed.p50Ms <= equal.killed.p50Ms,
      values: { version, rounds, rows },
    };
  });
}
