/**
 * One logger process that follows many clusters, each under a fixed rate of writes: does it keep
 * up? Counted is what the leaders commit and what the logger has written down, every second.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { runBench } from '../../bench/bench.ts';
import { resolveWorkload } from '../../bench/workload.ts';
import { fetchNodeStatus } from '../../client/admin-client.ts';
import { clusterStatus } from '../../cluster/status.ts';
import type { ClusterSpec } from '../../cluster/topology.ts';
import { RaftctlError } from '../../std/errors.ts';
import type { NodeStatus } from '../../wire/status.ts';
import type { Measured, MeasureInit } from './measure-load.ts';
import type { LoggersPoint } from './points.ts';
import type { ExperimentRig } from './rig.ts';
import { lagPercent, roundTo } from './throughput.ts';

const STATUS_MS_MAX = 20_000;
const SAMPLE_MS = 1000;
const CLIENTS_PER_CLUSTER = 2;
/** The load goes on for so long behind the last sample. */
const TAIL_MS = 500;
const WARMUP_MS_MIN = 1000;

interface Sample {
  readonly atMs: number;
  readonly committed: readonly number[];
  readonly written: readonly number[];
}

export async function measureLoggers(
  init: MeasureInit<LoggersPoint> & { readonly program: string; readonly signal: AbortSignal },
): Promise<Measured> {
  const { point, plan, rig, folder, onPhase } = init;
  onPhase('starting', 0);
  const wish = { app: 'kvstore', fsync: plan.fsync, nodeCount: point.replicas } as const;
  for (let i = 0; i < point.clusters; i += 1) await rig.cluster(wish);
  await rig.logger(folder);
  await rig.stepBack(point.serverNice);
  const leaders = await Promise.all(rig.clusters.map((cluster) => leaderOf(rig, cluster)));
  const warmupMs = Math.max(WARMUP_MS_MIN, plan.warmup);
  const durationMs = Math.max(SAMPLE_MS, plan.duration);
  const workload = resolveWorkload({
    ...{ clients: point.clusters * CLIENTS_PER_CLUSTER, rate: point.clusters * point.rate },
    ...{ ratio: '1:0', 'data-size': String(point.size), 'key-maximum': plan.keys },
    ...{ warmup: `${warmupMs}ms`, duration: `${durationMs + TAIL_MS}ms` },
  });
  const load = runBench({
    ...{ workload, targets: leaders.map(({ clientAddress: address }) => ({ address })) },
    histogramFiles: { file: null, prefix: null },
    ...{ program: init.program, signal: init.signal, onProgress: () => {} },
  });
  // Told below; until then nobody has asked.
  load.catch(() => {});
  onPhase('warming up', warmupMs);
  await sleep(warmupMs);
  onPhase('measuring', durationMs);
  const samples: Sample[] = [await sampleOf(leaders)];
  for (let i = 1; i * SAMPLE_MS <= durationMs; i += 1) {
    rig.throwIfInterrupted();
    await sleep((samples[0]?.atMs ?? 0) + i * SAMPLE_MS - performance.now());
    samples.push(await sampleOf(leaders));
  }
  const { result } = await load;
  rig.throwIfInterrupted();
  if (result.requests.answered === 0) {
    const message = `No write of ${point.path} was answered`;
    throw new RaftctlError('MEASUREMENT_INVALID', { message });
  }
  const { p50Us, p90Us, p99Us } = result.latency.raw;
  return {
    metrics: {
      ...rates(samples),
      ...{ p50Ms: msOf(p50Us), p90Ms: msOf(p90Us), p99Ms: msOf(p99Us) },
      failed: result.requests.failed,
      generatorBusyPercent: roundTo(100 * result.generatorBusyShare, 1),
    },
    series: samples.map((sample) => ({
      second: roundTo((sample.atMs - (samples[0]?.atMs ?? 0)) / 1000, 2),
      lagEntries: lagOf(sample),
    })),
  };
}

/** The worst cluster decides: the others do not make up for it. */
function rates(samples: readonly Sample[]) {
  const [first, last] = [samples[0], samples[samples.length - 1]];
  const tookS = ((last?.atMs ?? 0) - (first?.atMs ?? 0)) / 1000;
  const growth = (name: 'committed' | 'written'): number[] =>
    (last?.[name] ?? []).map((count, i) => (count - (first?.[name][i] ?? 0)) / tookS);
  const [committed, written] = [growth('committed'), growth('written')];
  const lags = committed.map((rate, i) => lagPercent(rate, written[i] ?? 0) ?? 0);
  return {
    commandsPerSecond: roundTo(total(committed), 1),
    loggerCommandsPerSecond: roundTo(total(written), 1),
    loggerLagPercent: Math.max(...lags),
    lagEntriesMax: Math.max(...samples.map(lagOf)),
  };
}

/** Of all clusters together. */
function lagOf({ committed, written }: Sample): number {
  return total(committed.map((count, i) => Math.max(0, count - (written[i] ?? 0))));
}

function msOf(us: number): number {
  return roundTo(us / 1000, 4);
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

interface Leader {
  readonly clientAddress: string;
  readonly adminAddress: string;
  /** Of the logger that follows its cluster. */
  readonly loggerAddress: string;
  /** Where that hands out what it has written. */
  readonly transferAddress: string;
}

export async function leaderOf(rig: ExperimentRig, spec: ClusterSpec): Promise<Leader> {
  const { nodes, leader } = await clusterStatus(rig.store, spec);
  const node = nodes.find(({ id }) => id === leader);
  const logger = nodes.find(({ voter }) => !voter);
  if (node === undefined || logger === undefined) {
    throw new RaftctlError('NO_LEADER', {
      message: `Nobody leads ${spec.name}, or no one follows`,
    });
  }
  const { clientAddress, adminAddress } = node;
  return {
    ...{ clientAddress, adminAddress, loggerAddress: logger.adminAddress },
    transferAddress: logger.clientAddress,
  };
}

/** The leaders first: what they commit meanwhile counts against the logger. */
async function sampleOf(leaders: readonly Leader[]): Promise<Sample> {
  const nodes = await statuses(leaders.map(({ adminAddress }) => adminAddress));
  const atMs = performance.now();
  const loggers = await statuses(leaders.map(({ loggerAddress }) => loggerAddress));
  return {
    atMs,
    committed: nodes.map(({ commitIndex }) => commitIndex),
    written: loggers.map(({ appliedIndex }) => appliedIndex),
  };
}

function statuses(addresses: readonly string[]): Promise<NodeStatus[]> {
  return Promise.all(addresses.map((address) => fetchNodeStatus(address, STATUS_MS_MAX)));
}

/** Waits until the loggers of all clusters have all that is committed. */
export async function caughtUp(rig: ExperimentRig, timeoutMs: number): Promise<void> {
  const leaders = await Promise.all(rig.clusters.map((cluster) => leaderOf(rig, cluster)));
  const deadline = performance.now() + timeoutMs;
  while (lagOf(await sampleOf(leaders)) > 0) {
    rig.throwIfInterrupted();
    if (performance.now() > deadline) {
      const message = `The logger does not catch up within ${timeoutMs} ms`;
      throw new RaftctlError('WAIT_TIMEOUT', { message });
    }
    await sleep(SAMPLE_MS / 10);
  }
}
