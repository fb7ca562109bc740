/**
 * Recovery: an application log of so many minutes is fetched and installed, from a server that
 * keeps one and from a logger. One cluster serves all points: its log grows from each to the next.
 */
import { join } from 'node:path';
import type { ExperimentPlan } from '../../config/experiment-schema.ts';
import { RaftctlError } from '../../std/errors.ts';
import { DemoLoad } from './demo-load.ts';
import type { Measured, MeasureInit } from './measure-load.ts';
import { caughtUp, leaderOf } from './measure-loggers.ts';
import type { RecoveryPoint } from './points.ts';
import type { Metrics } from './records.ts';
import type { ExperimentRig } from './rig.ts';
import { medianOf, roundTo } from './throughput.ts';

const CATCH_UP_MS_MAX = 120_000;
const MINUTE_MS = 60_000;

/** What raft-demo's recovery client prints. */
interface Recovered {
  readonly transferSeconds: number;
  readonly installSeconds: number;
  readonly bytes: number;
  readonly commands: number;
}

export class GrowingLog {
  readonly #rig: ExperimentRig;
  readonly #load: DemoLoad;
  readonly #clients: number;
  readonly #applicationAddress: string;
  readonly #loggerAddress: string;
  #commands = 0;

  private constructor(
    rig: ExperimentRig,
    load: DemoLoad,
    clients: number,
    from: { readonly application: string; readonly logger: string },
  ) {
    this.#rig = rig;
    this.#load = load;
    this.#clients = clients;
    this.#applicationAddress = from.application;
    this.#loggerAddress = from.logger;
  }

  /** A cluster whose nodes keep an application log, and a logger; nothing is in them yet. */
  static async start(
    rig: ExperimentRig,
    plan: ExperimentPlan,
    { replicas, clients, size }: RecoveryPoint,
  ): Promise<GrowingLog> {
    const folder = join(rig.folder, 'files');
    const demo = { logFolder: join(folder, 'logs'), transferPort: rig.transferPort };
    const app = 'kvstore';
    const cluster = await rig.cluster({ app, fsync: plan.fsync, nodeCount: replicas, demo });
    await rig.logger(folder);
    const { transferAddress } = await leaderOf(rig, cluster);
    const load = await DemoLoad.open({
      ...{ rig, cluster, number: 0, folder, clients, size, keys: plan.keys },
      ...{ thinkingMs: 0, samplePercent: 1 },
    });
    const application = `127.0.0.1:${rig.transferPort}`;
    return new GrowingLog(rig, load, clients, { application, logger: transferAddress });
  }

  /** Afterwards the logs have at least so many commands, both of them. */
  async grow(commands: number): Promise<void> {
    const each = Math.ceil(Math.max(0, commands - this.#commands) / this.#clients);
    if (each > 0) {
      const { requests } = await this.#load.count(each);
      this.#commands += requests;
    }
    await caughtUp(this.#rig, CATCH_UP_MS_MAX);
  }

  recoverFromApplication(): Promise<Recovered> {
    return this.#recover(this.#applicationAddress);
  }

  recoverFromLogger(): Promise<Recovered> {
    return this.#recover(this.#loggerAddress);
  }

  /** By a process of its own, as whoever recovers is one. */
  async #recover(address: string): Promise<Recovered> {
    const words = ['as', 'recovery', '-recov', address, '-sleep', '0'];
    const text = await this.#rig.run(words, this.#rig.folder);
    const numbers = [...text.matchAll(/^.*: (\d+)$/gm)].map(([, number]) => Number(number));
    const [transferNs, installNs, bytes, commands] = numbers;
    if (numbers.length !== 4 || transferNs === undefined || commands === 0) {
      throw new RaftctlError('MEASUREMENT_INVALID', {
        message: `Cannot read what the recovery from ${address} said: ${text.trim()}`,
      });
    }
    return {
      ...{ transferSeconds: transferNs / 1e9, installSeconds: (installNs ?? 0) / 1e9 },
      ...{ bytes: bytes ?? 0, commands: commands ?? 0 },
    };
  }
}

/** @param log null: it begins with this point. @returns the same log, for the next. */
export async function measureRecovery(
  init: MeasureInit<RecoveryPoint>,
  log: GrowingLog | null,
): Promise<{ readonly measured: Measured; readonly log: GrowingLog }> {
  const { point, plan, rig, onPhase } = init;
  onPhase('starting', 0);
  const growing = log ?? (await GrowingLog.start(rig, plan, point));
  onPhase('growing the log', 0);
  await growing.grow(commandsOf(point, plan));
  onPhase('recovering', 0);
  const [application, logger]: [Recovered[], Recovered[]] = [[], []];
  for (let i = 0; i < point.repeats; i += 1) {
    application.push(await growing.recoverFromApplication());
    logger.push(await growing.recoverFromLogger());
  }
  const metrics = { ...metricsOf('application', application), ...metricsOf('logger', logger) };
  return { measured: { metrics, series: [] }, log: growing };
}

/** A point that is shorter than a minute makes the minutes shorter. */
function commandsOf({ minutes, commandsPerMinute }: RecoveryPoint, plan: ExperimentPlan): number {
  const scale = Math.min(1, plan.duration / MINUTE_MS);
  return Math.max(1, Math.round(minutes * commandsPerMinute * scale));
}

function metricsOf(from: 'application' | 'logger', runs: readonly Recovered[]): Metrics {
  const median = (of: (run: Recovered) => number): number => medianOf(runs.map(of));
  const transfer = median((run) => run.transferSeconds);
  const install = median((run) => run.installSeconds);
  const { bytes = 0, commands = 0 } = runs[0] ?? {};
  return {
    [`${from}TransferSeconds`]: roundTo(transfer, 4),
    [`${from}InstallSeconds`]: roundTo(install, 4),
    [`${from}TotalSeconds`]: roundTo(
      median((run) => run.transferSeconds + run.installSeconds),
      4,
    ),
    [`${from}Megabytes`]: roundTo(bytes / 1e6, 2),
    [`${from}Commands`]: commands,
    [`${from}InstallPerSecond`]: Math.round(commands / install),
    [`${from}TransferMegabytesPerSecond`]: roundTo(bytes / 1e6 / transfer, 1),
  };
}
