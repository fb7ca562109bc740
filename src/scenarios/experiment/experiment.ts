/**
 * Runs an experiment, point by point: the front door of this folder. What is measured already stays
 * as it is, so that a run that was interrupted goes on where it was.
 */
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { describeEnvironment, type Environment } from '../../bench/environment.ts';
import type { FormatNode } from '../../cluster/up.ts';
import { withLock } from '../../cluster/up-lock.ts';
import type { ExperimentPlan, Reference } from '../../config/experiment-schema.ts';
import { RaftctlError } from '../../std/errors.ts';
import { type Measured, type MeasureInit, measureLoad } from './measure-load.ts';
import { measureLoggers } from './measure-loggers.ts';
import { type GrowingLog, measureRecovery } from './measure-recovery.ts';
import { type Point, type PointWish, pointsOf } from './points.ts';
import {
  differingParameters,
  POINT_FORMAT_VERSION,
  parametersOf,
  type Records,
} from './records.ts';
import { ExperimentRig, interrupted, removeLeftovers } from './rig.ts';

/** `experiment.json`: what a report needs besides the points. */
export interface ExperimentHead {
  readonly formatVersion: number;
  readonly profile: string;
  readonly plan: ExperimentPlan;
  readonly reference: Reference | null;
  readonly environment: Environment;
}

export interface ExperimentProgress {
  readonly path: string;
  /** From 1, of those that are to be measured now. */
  readonly number: number;
  readonly count: number;
  readonly phase: string;
  /** How long the phase takes; 0: nobody knows. */
  readonly phaseMs: number;
}

export interface ExperimentInit {
  readonly plan: ExperimentPlan;
  readonly reference: Reference | null;
  /** Path of the profile. */
  readonly profile: string;
  readonly records: Records;
  readonly wish: PointWish;
  /** Whatever was measured before goes. */
  readonly restart: boolean;
  readonly entry: string;
  readonly formatNode: FormatNode;
  readonly portBase: number;
  /** The version of the program. */
  readonly program: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ExperimentProgress) => void;
}

export interface ExperimentEnd {
  readonly measured: number;
  /** Were there before. */
  readonly kept: number;
}

/**
 * Afterwards every point that was wished for is in the directory.
 *
 * @throws {RaftctlError} USAGE when there is none; EXPERIMENT_DIFFERS when the directory has points
 *   that were measured otherwise; INTERRUPTED; and what clusters throw that cannot start.
 */
export async function runExperiment(init: ExperimentInit): Promise<ExperimentEnd> {
  const { plan, wish, records } = init;
  const points = pointsOf(plan, wish);
  if (points.length === 0) {
    const all = pointsOf(plan, { only: [], points: [] }).map(({ path }) => path);
    throw new RaftctlError('USAGE', {
      message: `Cannot measure: no point of ${init.profile} is meant`,
      hint: `Points are ${all.slice(0, 3).join(', ')}, ... (${all.length})`,
    });
  }
  await records.checkPlace();
  return withLock(join(records.directory, '.lock'), 0, async () => {
    await removeLeftovers(records.workFolder);
    if (init.restart) await records.removeAll();
    const missing = await missingOf(init, points);
    const { profile, reference, program } = init;
    const environment = describeEnvironment(program);
    const formatVersion = POINT_FORMAT_VERSION;
    await records.writeHead({ formatVersion, profile, plan, reference, environment });
    await new Run(init, missing).all();
    return { measured: missing.length, kept: points.length - missing.length };
  });
}

async function missingOf(init: ExperimentInit, points: readonly Point[]): Promise<Point[]> {
  const missing: Point[] = [];
  for (const point of points) {
    const had = await init.records.read(point.path);
    if (had === null) {
      missing.push(point);
      continue;
    }
    const differing = differingParameters(had.parameters, parametersFor(point, init.plan));
    if (differing.length === 0) continue;
    const { directory } = init.records;
    throw new RaftctlError('EXPERIMENT_DIFFERS', {
      message: `Cannot go on in ${directory}: ${point.path} was measured with another ${differing.join(', ')}`,
      hint: 'Measure into another directory (--output), or all anew (--restart)',
    });
  }
  return missing;
}

function parametersFor(point: Point, plan: ExperimentPlan): Readonly<Record<string, unknown>> {
  const { replicas, fsync, duration, warmup, keys, thinkingTime, samplePercent } = plan;
  const common = { replicas, fsync, duration, warmup, keys };
  const closedLoop = { thinkingTime, samplePercent };
  const isLoad = point.experiment === 'sweep' || point.experiment === 'shared';
  return parametersOf(point, isLoad ? { ...common, ...closedLoop } : common);
}

class Run {
  readonly #init: ExperimentInit;
  readonly #points: readonly Point[];
  #rig: ExperimentRig | null = null;
  /** Of recovery: its points share it. */
  #log: GrowingLog | null = null;

  constructor(init: ExperimentInit, points: readonly Point[]) {
    this.#init = init;
    this.#points = points;
  }

  async all(): Promise<void> {
    try {
      for (const point of this.#points) await this.#measure(point);
    } catch (error) {
      // What breaks while everything is being ended breaks because of that.
      throw this.#init.signal.aborted ? interrupted() : error;
    } finally {
      await this.#rig?.dispose();
    }
  }

  async #measure(point: Point): Promise<void> {
    const { records, plan, signal } = this.#init;
    if (signal.aborted) throw interrupted();
    const startedAt = new Date().toISOString();
    const loadAverage = loadavg()[0] ?? 0;
    const folder = await records.draft(point.path);
    try {
      const { metrics, series } = await this.#measured(point, folder);
      const parameters = parametersFor(point, plan);
      const facts = { formatVersion: POINT_FORMAT_VERSION, path: point.path, parameters };
      await records.finish({ ...facts, startedAt, loadAverage, metrics, series });
    } finally {
      await records.drop(point.path);
    }
  }

  async #measured(point: Point, folder: string): Promise<Measured> {
    const rig = await this.#rigFor(point);
    const { plan, program, signal } = this.#init;
    const common = { plan, rig, folder, onPhase: this.#phasesOf(point) };
    switch (point.experiment) {
      case 'recovery': {
        const { measured, log } = await measureRecovery({ ...common, point }, this.#log);
        this.#log = log;
        return measured;
      }
      case 'loggers':
        return this.#alone(() => measureLoggers({ ...common, point, program, signal }));
      default:
        return this.#alone(() => measureLoad({ ...common, point }));
    }
  }

  /** Ends the clusters of a point before it takes its place: they write into its files. */
  async #alone(measure: () => Promise<Measured>): Promise<Measured> {
    const measured = await measure();
    await this.#rig?.dispose();
    this.#rig = null;
    return measured;
  }

  async #rigFor(point: Point): Promise<ExperimentRig> {
    if (point.experiment === 'recovery' && this.#rig !== null) return this.#rig;
    const { records, entry, formatNode, portBase, signal } = this.#init;
    const folder = records.workFolder;
    this.#rig = await ExperimentRig.open({ folder, entry, formatNode, portBase, signal });
    return this.#rig;
  }

  #phasesOf(point: Point): MeasureInit<Point>['onPhase'] {
    const number = this.#points.indexOf(point) + 1;
    const facts = { path: point.path, number, count: this.#points.length };
    return (phase, phaseMs) => this.#init.onProgress({ ...facts, phase, phaseMs });
  }
}
