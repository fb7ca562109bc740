/**
 * What it costs a cluster to be profiled: the same closed loop of writes with all nodes being
 * profiled (`profile cpu --all`) and without, in turns; the ratio is taken pair by pair.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { raftctl, withCluster } from './cluster.js';
import { bench } from './load.js';
import { median, medianInterval, round } from './statistics.js';

const CLIENTS = 50;
const SECONDS = 5;
/** Nodes begin to sample before the common instant, one after the other: that counts too. */
const LOAD_EXTRA_SECONDS = 1;
const WARMUP_MS = 500;
const LOSS_MAX = 0.1;

function load(port, seconds) {
  const flags = ['-c', String(CLIENTS), '--ratio', '1:0', '--workers', '1'];
  return bench(port, [...flags, '--warmup', `${WARMUP_MS}ms`, '-d', `${seconds}s`]);
}

async function loadProfiled(port, seconds, cluster, folder) {
  const running = load(port, seconds + LOAD_EXTRA_SECONDS);
  const args = ['--all', '-d', `${seconds}s`, '-o', folder, '--dir', cluster.directory];
  const [data] = await Promise.all([running, raftctl('profile', 'cpu', ...args)]);
  return data;
}

/** @param ratios of writes a second, profiled to not. */
export function judgeProfile(ratios) {
  const [low, high] = medianInterval(ratios);
  const ratio = median(ratios);
  return { ratio, low, high, isMet: ratio > 1 - LOSS_MAX };
}

export async function profile({ ports, flags, say }) {
  const seconds = flags.seconds ?? SECONDS;
  const folder = mkdtempSync(join(tmpdir(), 'raftctl-figures-profiles-'));
  try {
    return await withCluster(ports.base, async (cluster) => {
      await cluster.up();
      const { port } = await cluster.leader();
      await load(port, seconds);
      const pairs = [];
      for (let at = 0; at < flags.rounds; at += 1) {
        // Whatever drifts hits both alike.
        const isFirst = at % 2 === 0;
        const before = isFirst ? await load(port, seconds + LOAD_EXTRA_SECONDS) : null;
        const profiled = await loadProfiled(port, seconds, cluster, folder);
        const plain = before ?? (await load(port, seconds + LOAD_EXTRA_SECONDS));
        const rates = [plain, profiled].map((data) => data.throughputPerSecond);
        pairs.push(rates);
        say(
          `  pair ${at + 1}: ${rates.map((rate) => round(rate)).join(' and, profiled, ')} writes/s`,
        );
      }
      const { ratio, low, high, isMet } = judgeProfile(pairs.map(([a, b]) => b / a));
      return {
        text:
          `${CLIENTS} connections, ${flags.rounds} pairs: ${round(ratio, 3)} of the writes/s while all nodes ` +
          `are profiled (95 % interval ${round(low, 3)} to ${round(high, 3)})`,
        target: `a loss below ${LOSS_MAX * 100} % while profile cpu --all -d ${seconds}s runs`,
        isMet,
        values: { ratio, low, high, seconds, pairs },
      };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
