/**
 * A point of a sweep, or of several apps side by side: closed loops of clients on clusters of their
 * own, as raft-demo's thesis had them. What counts is what the servers and the loggers write into
 * their throughput files, and what the clients write into theirs.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExperimentPlan } from '../../config/experiment-schema.ts';
import { RaftctlError } from '../../std/errors.ts';
import { DemoLoad, readNumbers } from './demo-load.ts';
import type { LoadPoint } from './points.ts';
import type { Metrics, PointRecord } from './records.ts';
import type { ExperimentRig } from './rig.ts';
import { lagPercent, latencyFigures, meanOf, roundTo, wholeSeconds } from './throughput.ts';

/** More than two periods of a throughput file. */
const REST_MS = 2500;

export type Measured = Pick<PointRecord, 'metrics' | 'series'>;

export interface MeasureInit<P> {
  readonly point: P;
  readonly plan: ExperimentPlan;
  readonly rig: ExperimentRig;
  /** Where the files of the point go. */
  readonly folder: string;
  /** What happens now, and how long it takes; 0: nobody knows. */
  readonly onPhase: (phase: string, ms: number) => void;
}

export async function measureLoad(init: MeasureInit<LoadPoint>): Promise<Measured> {
  const { point, plan, rig, onPhase } = init;
  onPhase('starting', 0);
  for (let i = 0; i < point.apps; i += 1) await rig.cluster(wishOf(init, i));
  for (let i = 0; i < point.loggers; i += 1) await rig.logger(loggerFolder(init, i));
  const loads = await Promise.all(
    rig.clusters.map((cluster, number) =>
      DemoLoad.open({
        ...{ rig, cluster, number, folder: folderOf(init, number) },
        ...{ clients: point.clients, size: point.size, keys: plan.keys },
        ...{ thinkingMs: plan.thinkingTime, samplePercent: plan.samplePercent },
      }),
    ),
  );
  const warmup = wholeSecondsOf(plan.warmup);
  if (warmup > 0) {
    onPhase('warming up', warmup * 1000);
    await Promise.all(loads.map((load) => load.pour(warmup, false)));
    // Until servers and loggers have written down all of it: what follows is told apart by zeros.
    await sleep(REST_MS);
    rig.throwIfInterrupted();
  }
  const seconds = Math.max(1, wholeSecondsOf(plan.duration));
  onPhase('measuring', seconds * 1000);
  const files = filesOf(init);
  const before = await Promise.all(files.all.map(readNumbers));
  const ends = await Promise.all(loads.map((load) => load.pour(seconds, true)));
  const requests = sum(ends.map((end) => end.requests));
  const lost = sum(ends.map((end) => end.lost));
  if (requests === 0 || lost === requests) {
    const message = `No request of ${point.path} was answered: ${requests} were sent`;
    throw new RaftctlError('MEASUREMENT_INVALID', { message });
  }
  const after = await Promise.all(files.all.map(readNumbers));
  const seen = after.map((lines, i) => wholeSeconds(lines.slice(before[i]?.length ?? 0), seconds));
  const servers = seen.slice(0, files.servers.length);
  const loggers = seen.slice(files.servers.length);
  const counted = addUp(servers.map(meanOf));
  // A load of a second or two may have no whole second: then by what its clients have counted.
  const commandsPerSecond = counted ?? sum(ends.map((end) => end.requests / end.seconds));
  const logged = addUp(loggers.map(meanOf));
  const loggerPerSecond = logged === null ? null : logged / point.loggers;
  const latencies = await Promise.all(loads.map((load) => load.latenciesNs()));
  return {
    metrics: {
      commandsPerSecond: roundTo(commandsPerSecond, 1),
      ...latencyFigures(latencies.flat()),
      ...{ requests, lost },
      loggerCommandsPerSecond: loggerPerSecond === null ? null : roundTo(loggerPerSecond, 1),
      loggerLagPercent: lagPercent(counted, loggerPerSecond),
    },
    series: seriesOf(servers, loggers, point.loggers),
  };
}

function wishOf(init: MeasureInit<LoadPoint>, app: number) {
  const { point, plan, rig } = init;
  const logFolder = join(rig.folder, 'logs', String(app));
  return {
    ...{ app: point.app, fsync: plan.fsync, nodeCount: plan.replicas },
    demo: {
      throughputFolder: folderOf(init, app),
      ...(point.configuration === 'AppLogger' && { logFolder }),
    },
  };
}

/** Apps side by side have folders of their own, as their files have the same names. */
function folderOf({ point, folder }: MeasureInit<LoadPoint>, app: number): string {
  return point.experiment === 'sweep' ? folder : join(folder, `app${app + 1}`);
}

function loggerFolder({ point, folder }: MeasureInit<LoadPoint>, logger: number): string {
  return point.experiment === 'sweep' ? folder : join(folder, `logger${logger + 1}`);
}

interface Files {
  /** Of each app the first server's: all servers of an app count the same. */
  readonly servers: readonly string[];
  readonly all: readonly string[];
}

/** NB: loggers' names rise within one process, and over the processes that follow one cluster. */
function filesOf(init: MeasureInit<LoadPoint>): Files {
  const { point } = init;
  const servers = numbered(point.apps).map((app) => join(folderOf(init, app), 'n1-throughput.out'));
  const loggers = init.rig.loggerNames.flatMap((names, logger) =>
    names.map((name) => join(loggerFolder(init, logger), `${name}-throughput.out`)),
  );
  return { servers, all: [...servers, ...loggers] };
}

function seriesOf(
  servers: readonly (readonly number[])[],
  loggers: readonly (readonly number[])[],
  processes: number,
): Metrics[] {
  const length = Math.min(...servers.map((lines) => lines.length));
  return numbered(length).map((second) => {
    const logged = addUp(loggers.map((lines) => lines[second] ?? null));
    return {
      ...{ second, commandsPerSecond: sum(servers.map((lines) => lines[second] ?? 0)) },
      loggerCommandsPerSecond: logged === null ? null : roundTo(logged / processes, 1),
    };
  });
}

function wholeSecondsOf(ms: number): number {
  return Math.round(ms / 1000);
}

function numbered(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Null when there is none, or one of them is. */
function addUp(numbers: readonly (number | null)[]): number | null {
  if (numbers.length === 0) return null;
  return numbers.reduce<number | null>((total, number) => {
    return total === null || number === null ? null : total + number;
  }, 0);
}
