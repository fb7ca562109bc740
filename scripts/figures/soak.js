/**
 * A write load over minutes: does anything grow that should not, and do snapshots hurt?
 *
 * Each interval prints what the load saw and what each node takes; the verdict compares the last
 * third of the run with the middle one, and the p99 of the half seconds in which some node wrote a
 * snapshot with that of all others.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { diskBytesOf, follow, metricOf, page, residentBytesOf } from './admin.js';
import { withCluster } from './cluster.js';
import { writeCapacity } from './load.js';
import { SoakLoad } from './soak-load.js';
import { growthOf, isLongEnough, judgeSnapshots, splitBySnapshots } from './soak-verdict.js';
import { round } from './statistics.js';

const INTERVAL_MS_MAX = 10_000;
/** Three in each third. */
const INTERVALS_MIN = 9;
const WARMUP_MS = 5000;
const MIB = 2 ** 20;
const EVENT_TYPES = ['snapshot.taken', 'loop.stalled', 'leader.elected', 'snapshot.installed'];

/** What the nodes tell of themselves while it runs. */
class Witness {
  /** Of every node: `{ node, fromNs, toNs, bytes }`. */
  snapshots = [];
  stalls = [];
  elections = 0;
  installs = 0;
  #ends;

  constructor(cluster) {
    this.#ends = cluster.nodes.map(({ id }) =>
      follow(cluster.adminPortOf(id), EVENT_TYPES, (event) => this.#hear(event)),
    );
  }

  /** What was before the measurement. */
  forget() {
    this.snapshots = [];
    this.stalls = [];
    this.elections = 0;
    this.installs = 0;
  }

  close() {
    for (const end of this.#ends) end();
  }

  #hear({ type, node, monoNs, data }) {
    if (type === 'leader.elected') this.elections += 1;
    else if (type === 'snapshot.installed') this.installs += 1;
    else if (type === 'loop.stalled') this.stalls.push({ node, ...data });
    else if (type === 'snapshot.taken') {
      const toNs = BigInt(monoNs);
      const fromNs = toNs - BigInt(Math.round(data.durationMs * 1e6));
      this.snapshots.push({ node, fromNs, toNs, bytes: data.bytes, durationMs: data.durationMs });
    }
  }
}

async function nodeRow(cluster, id) {
  const pid = cluster.pidOf(id);
  const text = (await page(cluster.adminPortOf(id), '/metrics')) ?? '';
  return {
    logBytes: metricOf(text, 'raftctl_log_bytes'),
    residentBytes: residentBytesOf(pid),
    heapUsedBytes: metricOf(text, 'nodejs_heap_size_used_bytes'),
    externalBytes: metricOf(text, 'nodejs_external_memory_bytes'),
    openFiles: metricOf(text, 'process_open_fds'),
    diskBytes: diskBytesOf(cluster.dataDirectoryOf(id)),
  };
}

async function nodeRows(cluster) {
  const rows = {};
  for (const { id } of cluster.nodes) rows[id] = await nodeRow(cluster, id);
  return rows;
}

const HEAD =
  '  |   time | writes/s | p50 ms | p99 ms | failed |    log MiB |    RSS MiB |   disk MiB | snapshots |';

function lineOf({ atMs, writesPerSecond, latency, failed, snapshots, nodes }) {
  const seconds = Math.round(atMs / 1000);
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  const each = (field) =>
    Object.values(nodes)
      .map((node) => Math.round(node[field] / MIB))
      .join('/');
  const cells = [
    time.padStart(6),
    String(round(writesPerSecond)).padStart(8),
    (latency?.p50Ms ?? 0).toFixed(2).padStart(6),
    (latency?.p99Ms ?? 0).toFixed(2).padStart(6),
    String(failed).padStart(6),
    ...['logBytes', 'residentBytes', 'diskBytes'].map((field) => each(field).padStart(10)),
    String(snapshots).padStart(9),
  ];
  return `  | ${cells.join(' | ')} |`;
}

/** Prints a row an interval until `end` is called. @returns the rows. */
function watch({ cluster, load, witness, intervalMs, say }) {
  const rows = [];
  const begun = performance.now();
  let sliceAt = 0;
  let snapshotAt = 0;
  let lastMs = 0;
  const look = async () => {
    const nodes = await nodeRows(cluster);
    const atMs = performance.now() - begun;
    const slices = load.slices.slice(sliceAt);
    const snapshots = witness.snapshots.length - snapshotAt;
    sliceAt += slices.length;
    snapshotAt += snapshots;
    const sum = (field) => slices.reduce((total, slice) => total + slice[field], 0);
    const writesPerSecond = (sum('answered') * 1000) / (atMs - lastMs);
    lastMs = atMs;
    const latency = load.latencyOf(slices);
    const row = { atMs, writesPerSecond, latency, failed: sum('failed'), snapshots, nodes };
    rows.push(row);
    say(lineOf(row));
  };
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, intervalMs);
  const end = async () => {
    clearInterval(timer);
    await looking;
  };
  return { rows, end };
}

async function loadFlags(port, flags, say) {
  const milliseconds = Math.round(flags.minutes * 60_000);
  const common = { duration: `${milliseconds}ms`, warmup: `${WARMUP_MS}ms` };
  if (flags.closed) {
    say(`  closed loop, 50 connections, ${flags.pipeline} writes at a time, ${flags.minutes} min`);
    return { ...common, pipeline: flags.pipeline };
  }
  const capacity = flags.rate === null ? await writeCapacity(port) : null;
  const rate = flags.rate ?? Math.round((capacity * flags.ratePercent) / 100);
  const of =
    capacity === null
      ? ''
      : `, ${flags.ratePercent} % of the ${round(capacity)}/s of a closed loop of 50 connections`;
  say(`  open loop, 50 connections, ${rate} writes/s${of}, ${flags.minutes} min`);
  return { ...common, rate };
}

function verdictOf(load, witness, rows) {
  const { during, without } = splitBySnapshots(load.slices, witness.snapshots);
  const latency = { during: load.latencyOf(during), without: load.latencyOf(without) };
  const growth = growthOf(rows);
  const snapshots = judgeSnapshots(latency.during?.p99Ms ?? null, latency.without?.p99Ms ?? null);
  const failed = load.slices.reduce((sum, slice) => sum + slice.failed, 0);
  const answered = load.slices.reduce((sum, slice) => sum + slice.answered, 0);
  const bounds = [...Object.values(growth), snapshots];
  return {
    ...{ growth, snapshots, latency, failed, answered },
    slices: { during: during.length, without: without.length },
    isLongEnough: isLongEnough(rows),
    isMet: failed === 0 && isLongEnough(rows) && bounds.every((bound) => bound.isMet),
  };
}

function explain(verdict, witness, say) {
  const { growth, snapshots, latency, failed, answered, slices } = verdict;
  const mark = (isMet) => (isMet ? 'met   ' : 'MISSED');
  say('');
  for (const [name, { ratio, max, isMet }] of Object.entries(growth)) {
    say(`  ${mark(isMet)} ${name}: last third / middle third ${ratio.toFixed(2)}, at most ${max}`);
  }
  const p99 = (one) => (one === null ? 'nothing' : `${one.p99Ms.toFixed(2)} ms`);
  const { ratio, max, isMet } = snapshots;
  say(
    `  ${mark(isMet)} p99 in the ${slices.during} half seconds with a snapshot ${p99(latency.during)}, ` +
      `in the ${slices.without} without ${p99(latency.without)}: ` +
      `${ratio === null ? 'no ratio' : ratio.toFixed(2)}, at most ${max}`,
  );
  say(`  ${mark(failed === 0)} ${failed} failed, ${answered} answered`);
  if (!verdict.isLongEnough) {
    say('  MISSED length: a third of the run holds less than two snapshots of each node');
  }
  const durations = witness.snapshots.map((one) => one.durationMs);
  const longest = durations.length === 0 ? '' : `, up to ${round(Math.max(...durations))} ms each`;
  say(
    `  ${witness.snapshots.length} snapshots${longest}; ${witness.stalls.length} stalls of an event loop; ` +
      `${witness.elections} elections; ${witness.installs} snapshots installed`,
  );
}

export async function soak({ ports, flags, say }) {
  return withCluster(ports.base, async (cluster) => {
    await cluster.up();
    const { port } = await cluster.leader();
    const settings = await loadFlags(port, flags, say);
    const load = await SoakLoad.prepare(`127.0.0.1:${port}`, settings);
    const witness = new Witness(cluster);
    const intervalMs = Math.min(INTERVAL_MS_MAX, (flags.minutes * 60_000) / INTERVALS_MIN);
    say(HEAD);
    say(`  |${'---:|'.repeat(9)}`);
    const { begun, done } = load.run();
    await begun;
    await sleep(WARMUP_MS);
    witness.forget();
    const { rows, end } = watch({ cluster, load, witness, intervalMs, say });
    await done;
    await end();
    witness.close();
    const verdict = verdictOf(load, witness, rows);
    explain(verdict, witness, say);
    const disk = Object.values(rows.at(-1).nodes).map(({ diskBytes }) => diskBytes);
    const mib = disk.map((bytes) => Math.round(bytes / MIB)).join(', ');
    const snapshots = witness.snapshots.map(({ node, bytes, durationMs }) => ({
      ...{ node, bytes, durationMs },
    }));
    return {
      text: `data directories take ${mib} MiB at the end`,
      target: 'log, disk and memory bounded; p99 during snapshots within 2 x; nothing failed',
      isMet: verdict.isMet,
      values: { ...verdict, settings, rows, takenSnapshots: snapshots, stalls: witness.stalls },
    };
  });
}
