/**
 * One logger that follows many clusters of one node each, all of them under a fixed load: does it
 * keep up, and do its files have all of it?
 *
 * The load is half of what all clusters together get through while the logger follows them. Counted
 * are what the nodes commit and what the logger writes down, over the same seconds.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../tree.js';
import { statusOf } from './admin.js';
import { alive, endProcessesOf, raftctl } from './cluster.js';
import { VALUE_BYTES } from './load.js';
import { round } from './statistics.js';
import { SteadyWrites } from './steady-writes.js';

const CLUSTERS = 9;
const SECONDS = 30;
const CAPACITY_SECONDS = 5;
const WARMUP_SECONDS = 2;
const ADMIN_OFFSET = 2000;
const READY_MS_MAX = 60_000;
const CATCH_UP_MS_MAX = 10_000;
const POLL_MS = 20;
/** Of the rate of the commits. */
const LAG_MAX = 0.01;

export async function loggers({ ports, flags, say }) {
  const seconds = flags.seconds ?? SECONDS;
  const init = { portBase: ports.base, clusters: CLUSTERS, seconds, rate: flags.rate, say };
  const seen = await measureLoggers(init);
  const { committedPerSecond, writtenPerSecond, worstRatio, capacityPerSecond } = seen;
  const behind = round(100 * (1 - worstRatio), 2);
  const capacity = capacityPerSecond === null ? '' : ` (capacity ${Math.round(capacityPerSecond)})`;
  const parts = [
    `${CLUSTERS} clusters: ${Math.round(committedPerSecond)} commits/s${capacity}`,
    `the logger ${Math.round(writtenPerSecond)}/s, at worst ${behind} % behind`,
    `files ${seen.isComplete ? 'complete' : 'INCOMPLETE'}`,
  ];
  return {
    text: parts.join(', '),
    target: `within ${100 * LAG_MAX} % of each cluster's commits; files complete`,
    isMet: worstRatio >= 1 - LAG_MAX && seen.isComplete,
    values: seen,
  };
}

/**
 * @param init.rate writes a second of each cluster; null: half of what it gets through.
 * @returns what the nodes committed, and what became of it.
 */
export async function measureLoggers(init) {
  const field = new Field(await mkdtemp(join(tmpdir(), 'raftctl-loggers-')), init);
  alive.add(field);
  try {
    await field.start();
    const capacityPerSecond = init.rate === null ? await field.capacity() : null;
    const rate = init.rate ?? capacityPerSecond / init.clusters / 2;
    init.say?.(`  ${Math.round(rate)} writes/s to each of ${init.clusters} clusters`);
    const counted = await field.pour(rate, init.seconds);
    const files = await field.files();
    return { capacityPerSecond, ratePerCluster: rate, ...counted, ...files };
  } finally {
    alive.delete(field);
    field.dispose();
  }
}

class Field {
  #directory;
  #clusters;
  #logger = null;
  #writers = [];

  constructor(directory, { portBase, clusters }) {
    this.#directory = directory;
    this.#clusters = Array.from({ length: clusters }, (_, i) => {
      return { name: `c${i + 1}`, port: portBase + i, id: `log${i + 1}` };
    });
  }

  async start() {
    const dir = ['--dir', this.#directory];
    for (const { name, port } of this.#clusters) {
      await raftctl('cluster', 'up', name, '-n', '1', '--port-base', port, '--detach', ...dir);
    }
    const names = this.#clusters.map(({ name }) => name).join(',');
    const logs = this.#loggerDirectory;
    const words = ['node', 'start', '--app', 'logger', '--follow', names, '--data-dir', logs];
    const logFile = join(this.#directory, 'logger.log');
    this.#logger = spawn(
      process.execPath,
      [join(ROOT, 'bin/run.js'), ...words, '--log-file', logFile, ...dir],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await this.#ready();
    this.#writers = await Promise.all(
      this.#clusters.map(({ port }) => SteadyWrites.open(port, VALUE_BYTES)),
    );
  }

  /** All at once, as fast as they go. */
  async capacity() {
    for (const writer of this.#writers) writer.flood();
    await sleep(WARMUP_SECONDS * 1000);
    const before = this.#acknowledged;
    const begun = performance.now();
    await sleep(CAPACITY_SECONDS * 1000);
    const perSecond = ((this.#acknowledged - before) * 1000) / (performance.now() - begun);
    await Promise.all(this.#writers.map((writer) => writer.rest()));
    await this.#caughtUp();
    return perSecond;
  }

  async pour(rate, seconds) {
    for (const writer of this.#writers) writer.pour(rate);
    await sleep(WARMUP_SECONDS * 1000);
    const before = await this.#progress();
    await sleep(seconds * 1000);
    const after = await this.#progress();
    await Promise.all(this.#writers.map((writer) => writer.rest()));
    const took = (after.atMs - before.atMs) / 1000;
    const rows = this.#clusters.map((_, i) => ({
      committed: after.rows[i].committed - before.rows[i].committed,
      written: after.rows[i].written - before.rows[i].written,
    }));
    const sum = (name) => rows.reduce((total, row) => total + row[name], 0);
    return {
      seconds: round(took, 2),
      committedPerSecond: sum('committed') / took,
      writtenPerSecond: sum('written') / took,
      worstRatio: Math.min(...rows.map(({ written, committed }) => written / committed)),
      lagMax: Math.max(...after.rows.map(({ committed, written }) => committed - written)),
    };
  }

  /** Whether each file has each acknowledged write, once and in order. */
  async files() {
    await this.#caughtUp();
    const { decodeDemoCommand } = await import(
      join(ROOT, 'dist/wire/dialects/raft-demo-command.js')
    );
    const acknowledged = this.#writers.map((writer) => writer.acknowledged);
    const wrong = this.#clusters.flatMap(({ id }, i) => {
      const path = join(this.#loggerDirectory, `log-file-${id}.log`);
      const fault = faultOf(readFileSync(path), acknowledged[i], decodeDemoCommand);
      return fault === null ? [] : [`${id}: ${fault}`];
    });
    const refused = this.#writers.flatMap(({ refusal }) => (refusal === null ? [] : [refusal]));
    return {
      writes: acknowledged.reduce((sum, count) => sum + count, 0),
      isComplete: wrong.length === 0 && refused.length === 0,
      faults: [...wrong, ...refused],
    };
  }

  dispose() {
    for (const writer of this.#writers) writer.close();
    this.#logger?.kill('SIGKILL');
    endProcessesOf(this.#directory);
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  get #loggerDirectory() {
    return join(this.#directory, 'logger');
  }

  get #acknowledged() {
    return this.#writers.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }

  /** It says so of each cluster that it follows. */
  #ready() {
    let text = '';
    return new Promise((resolve, reject) => {
      const fail = (why) => reject(new Error(`The logger ${why}: ${text}`));
      const timer = setTimeout(() => fail('does not begin'), READY_MS_MAX);
      this.#logger.stderr.on('data', (chunk) => {
        text += chunk;
        if (text.split(' follows ').length <= this.#clusters.length) return;
        clearTimeout(timer);
        resolve();
      });
      this.#logger.once('exit', (code) => fail(`ended with ${code}`));
    });
  }

  /** The nodes first: what they commit meanwhile counts against the logger. */
  async #progress() {
    const nodes = await Promise.all(
      this.#clusters.map(({ port }) => statusOf(port + ADMIN_OFFSET)),
    );
    const atMs = performance.now();
    const learners = await Promise.all(
      nodes.map((node) => {
        const { adminAddress } = node.members.find(({ voter }) => !voter);
        return statusOf(Number(adminAddress.split(':')[1]));
      }),
    );
    const rows = nodes.map((node, i) => {
      return { committed: node.commitIndex, written: learners[i].appliedIndex };
    });
    return { atMs, rows };
  }

  async #caughtUp() {
    const deadline = performance.now() + CATCH_UP_MS_MAX;
    for (;;) {
      const { rows } = await this.#progress();
      if (rows.every(({ committed, written }) => written >= committed)) return;
      if (performance.now() > deadline) throw new Error('The logger does not catch up');
      await sleep(POLL_MS);
    }
  }
}

/** @returns what is wrong with the file, in words; null: it is as it should be. */
export function faultOf(bytes, writes, decode) {
  let lastId = 0;
  let count = 0;
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    const command = end > bytes.length ? null : decode(bytes, at + 4, end);
    if (command === null) return `what lies at ${at} is no record`;
    count += 1;
    if (command.id <= lastId) return `entry ${command.id} comes behind ${lastId}`;
    if (command.key !== `k${count}`) return `record ${count} is of the key ${command.key}`;
    lastId = command.id;
    at = end;
  }
  return count === writes ? null : `it has ${count} records of ${writes} writes`;
}
