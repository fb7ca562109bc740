/**
 * What an open dashboard costs: writes with `raftctl top` on a screen beside them and without, in
 * turns, the ratio taken pair by pair; and the processor time of the dashboard itself over nine
 * nodes, while keys make it draw ten times a second. Needs tmux.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dashboardOf } from '../tour/leaving.js';
import { Terminal, whatIsMissing } from '../tour/terminal.js';
import { ROOT } from '../tree.js';
import { alive, cpuSecondsOf, withCluster } from './cluster.js';
import { bench } from './load.js';
import { median, medianInterval, round } from './statistics.js';

const ROUNDS_MIN = 15;
const SECONDS = 6;
const CLIENTS = 50;
const RATIO_MIN = 0.97;
const SCREEN = { width: 160, height: 45 };
const MANY_NODES = 9;
const DRAWS_PER_S = 10;
const DRAW_SECONDS = 15;
const SHARE_MAX = 0.15;
const LIGHT_RATE = 200;

const PROGRAM = join(ROOT, 'bin/run.js');

function load(port, seconds) {
  const flags = ['-c', String(CLIENTS), '--ratio', '1:0', '--workers', '1', '--no-store'];
  return bench(port, [...flags, '--warmup', '500ms', '-d', `${seconds}s`]);
}

/** The dashboard in a terminal, for as long as a task runs. */
async function withDashboard(cluster, task) {
  const folder = mkdtempSync(join(tmpdir(), 'raftctl-figures-dashboard-'));
  const terminal = new Terminal(SCREEN, folder);
  const held = { dispose: () => terminal.close() };
  alive.add(held);
  try {
    terminal.open();
    terminal.type(`set +m; node ${PROGRAM} top figures --dir ${cluster.directory}`);
    terminal.press('Enter');
    await terminal.shows(/LIVE/);
    return await task(terminal);
  } finally {
    alive.delete(held);
    terminal.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes a second without and with the dashboard, so often. */
async function pairsOf(cluster, { rounds, seconds, say }) {
  const { port } = await cluster.leader();
  await load(port, seconds);
  const pairs = [];
  const watched = () => withDashboard(cluster, () => load(port, seconds));
  for (let at = 0; at < rounds; at += 1) {
    // Whatever drifts hits both alike.
    const isFirst = at % 2 === 0;
    const before = isFirst ? await load(port, seconds) : null;
    const seen = await watched();
    const plain = before ?? (await load(port, seconds));
    const rates = [plain, seen].map((data) => data.throughputPerSecond);
    pairs.push(rates);
    say(`  pair ${at + 1}: ${rates.map((rate) => round(rate)).join(' and, watched, ')} writes/s`);
  }
  return pairs;
}

/** The part of a core that the dashboard takes over many nodes, at ten draws a second. */
async function shareOverMany(portBase) {
  const task = async (cluster) => {
    await cluster.up();
    const { port } = await cluster.leader();
    const flags = ['--rate', String(LIGHT_RATE), '-d', `${DRAW_SECONDS + 10}s`, '--no-store'];
    const loading = bench(port, flags);
    const share = await withDashboard(cluster, async (terminal) => {
      await sleep(5000);
      const pid = dashboardOf(cluster);
      const before = cpuSecondsOf(pid);
      const begun = performance.now();
      for (let at = 0; at < DRAW_SECONDS * DRAWS_PER_S; at += 1) {
        terminal.press(at % 2 === 0 ? 'j' : 'k');
        const dueMs = begun + ((at + 1) * 1000) / DRAWS_PER_S;
        await sleep(Math.max(0, dueMs - performance.now()));
      }
      const tookS = (performance.now() - begun) / 1000;
      return (cpuSecondsOf(pid) - before) / tookS;
    });
    await loading;
    return share;
  };
  return withCluster(portBase, task, MANY_NODES);
}

/** @param ratios of writes a second, watched to not. Pure. */
export function judgeDashboard(ratios) {
  const [low, high] = medianInterval(ratios);
  return { ratio: median(ratios), low, high, isMet: high >= RATIO_MIN };
}

export async function dashboard({ ports, flags, say }) {
  const missing = whatIsMissing();
  if (missing !== null) throw new Error(missing);
  const seconds = flags.seconds ?? SECONDS;
  const rounds = flags.short ? 1 : Math.max(ROUNDS_MIN, flags.rounds);
  const share = await shareOverMany(ports.base);
  say(`  over ${MANY_NODES} nodes, ${DRAWS_PER_S} draws/s: ${round(share * 100, 1)} % of a core`);
  const pairs = await withCluster(ports.base, async (cluster) => {
    await cluster.up();
    return pairsOf(cluster, { rounds, seconds, say });
  });
  const { ratio, low, high, isMet } = judgeDashboard(pairs.map(([plain, seen]) => seen / plain));
  return {
    text:
      `${rounds} pairs of ${seconds} s, ${CLIENTS} connections: ${round(ratio, 3)} of the writes/s with the dashboard open ` +
      `(95 % interval ${round(low, 3)} to ${round(high, 3)}); ${round(share * 100, 1)} % of a core over ${MANY_NODES} nodes`,
    target: `not wholly below ${RATIO_MIN}; below ${SHARE_MAX * 100} % of a core at ${DRAWS_PER_S} draws/s`,
    isMet: isMet && share < SHARE_MAX,
    values: { ratio, low, high, share, seconds, pairs },
  };
}
