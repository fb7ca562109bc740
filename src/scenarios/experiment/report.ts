/** What an experiment has found, with somebody else's numbers beside it. */
import type { Environment } from '../../bench/environment.ts';
import type { Reference } from '../../config/experiment-schema.ts';
import { RaftctlError } from '../../std/errors.ts';
import { Glob } from '../../wire/glob.ts';
import type { ExperimentHead } from './experiment.ts';
import { type FloorResult, judgeFloors } from './floors.ts';
import { type ExperimentName, pointsOf } from './points.ts';
import { type Metrics, POINT_FORMAT_VERSION, type PointRecord, type Records } from './records.ts';

/** A point with its coordinates; null: it has no such one. */
export interface PointRow {
  readonly path: string;
  readonly experiment: ExperimentName;
  readonly app: string | null;
  readonly configuration: string | null;
  readonly size: number | null;
  readonly clients: number | null;
  readonly apps: number | null;
  readonly clusters: number | null;
  readonly minutes: number | null;
  readonly startedAt: string;
  /** Of the minute before. */
  readonly loadAverage: number;
  readonly metrics: Metrics;
  /** The same by somebody else; null: it has no such point. */
  readonly reference: Metrics | null;
  /** Their numbers were read off a plot. */
  readonly isReferenceApproximate: boolean;
}

export interface ExperimentReport {
  readonly directory: string;
  readonly title: string;
  readonly profile: string;
  /** Of the load of a point. */
  readonly durationMs: number;
  readonly environment: Environment;
  readonly reference: Omit<Reference, 'points' | 'approximate'> | null;
  readonly points: readonly PointRow[];
  readonly floors: readonly FloorResult[];
}

/** @throws {RaftctlError} EXPERIMENT_INVALID when there is no experiment in the directory. */
export async function readReport(records: Records): Promise<{
  readonly report: ExperimentReport;
  readonly records: readonly PointRecord[];
}> {
  const head = await records.readHead();
  if (!isHead(head)) {
    throw new RaftctlError('EXPERIMENT_INVALID', {
      message: `Cannot report on ${records.directory}: there is no experiment in it`,
      hint: 'Run one: raftctl experiment run thesis --output DIR',
    });
  }
  const points = await records.list();
  return { report: reportOf(records.directory, head, points), records: points };
}

export function reportOf(
  directory: string,
  head: ExperimentHead,
  records: readonly PointRecord[],
): ExperimentReport {
  const { profile, plan, environment, reference } = head;
  const order = pointsOf(plan, { only: [], points: [] }).map(({ path }) => path);
  return {
    ...{ directory, title: plan.title, profile, durationMs: plan.duration, environment },
    reference: reference === null ? null : withoutPoints(reference),
    points: records
      .map((record) => rowOf(record, reference))
      .sort((a, b) => order.indexOf(a.path) - order.indexOf(b.path)),
    floors: judgeFloors(plan.floor, records),
  };
}

function withoutPoints({ name, source, setting, remarks }: Reference) {
  return { name, source, setting, remarks };
}

function rowOf(record: PointRecord, reference: Reference | null): PointRow {
  const { path, parameters, startedAt, loadAverage, metrics } = record;
  const number = (name: string): number | null => {
    const value = parameters[name];
    return typeof value === 'number' ? value : null;
  };
  const text = (name: string): string | null => {
    const value = parameters[name];
    return typeof value === 'string' ? value : null;
  };
  return {
    ...{ path, startedAt, loadAverage, metrics },
    experiment: (text('experiment') ?? 'sweep') as ExperimentName,
    ...{ app: text('app'), configuration: text('configuration') },
    ...{ size: number('size'), clients: number('clients'), apps: number('apps') },
    ...{ clusters: number('clusters'), minutes: number('minutes') },
    reference: reference?.points[path] ?? null,
    isReferenceApproximate:
      reference?.approximate.some((pattern) => new Glob(pattern).matches(path)) ?? false,
  };
}

function isHead(value: unknown): value is ExperimentHead {
  if (typeof value !== 'object' || value === null) return false;
  const { formatVersion, plan, environment } = value as Partial<ExperimentHead>;
  return formatVersion === POINT_FORMAT_VERSION && plan !== undefined && environment !== undefined;
}

/** Those that share what `keyOf` says, in the order in which they come. */
export function groupedBy<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return groups;
}

/** Points of one experiment. */
export function pointsIn({ points }: ExperimentReport, name: ExperimentName): readonly PointRow[] {
  return points.filter(({ experiment }) => experiment === name);
}

/** `kvstore, values of 1024 bytes`. */
export function groupTitle({ app, size }: PointRow): string {
  return `${app}, values of ${size} bytes`;
}

export const RECOVERY_SOURCES = ['application', 'logger'] as const;

/** The columns of the thesis's table, by the names of metrics behind their source. */
export const RECOVERY_COLUMNS = [
  ['TransferSeconds', 'transfer s', 2],
  ['InstallSeconds', 'install s', 2],
  ['TotalSeconds', 'total s', 2],
  ['Megabytes', 'MB', 2],
  ['Commands', 'commands', 0],
] as const;
