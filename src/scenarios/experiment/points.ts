/**
 * The points of an experiment: each is one measurement, and a directory by its path.
 *
 * ```
 *  kvstore/AppLogger/1024/19      sweep: app, configuration, size of values, clients
 *  shared/kvstore/AppLogger/1024/3   apps side by side
 *  loggers/9                      clusters that one logger follows
 *  recovery/5                     minutes of log
 * ```
 */
import type {
  Configuration,
  ExperimentApp,
  ExperimentPlan,
  LoggersPlan,
  RecoveryPlan,
  ValueSize,
} from '../../config/experiment-schema.ts';
import { Glob } from '../../wire/glob.ts';

export const EXPERIMENTS = ['sweep', 'shared', 'loggers', 'recovery'] as const;
export type ExperimentName = (typeof EXPERIMENTS)[number];

/** What clients do to a cluster of one app, or to several of them at once. */
export interface LoadPoint {
  readonly experiment: 'sweep' | 'shared';
  readonly path: string;
  readonly app: ExperimentApp;
  readonly configuration: Configuration;
  readonly size: ValueSize;
  /** Of each app. */
  readonly clients: number;
  readonly apps: number;
  /** Processes; each follows all apps. */
  readonly loggers: number;
}

export interface LoggersPoint extends Omit<LoggersPlan, 'clusters'> {
  readonly experiment: 'loggers';
  readonly path: string;
  readonly clusters: number;
}

export interface RecoveryPoint extends Omit<RecoveryPlan, 'minutes'> {
  readonly experiment: 'recovery';
  readonly path: string;
  readonly minutes: number;
}

export type Point = LoadPoint | LoggersPoint | RecoveryPoint;

/** Which of them are wished for. */
export interface PointWish {
  /** Empty: all. */
  readonly only: readonly string[];
  /** Patterns of paths; empty: all. */
  readonly points: readonly string[];
}

/** In the order in which they are measured, each once. */
export function pointsOf(plan: ExperimentPlan, wish: PointWish): readonly Point[] {
  const all = [...sweepPoints(plan), ...sharedPoints(plan), ...loggersPoints(plan)];
  const globs = wish.points.map((pattern) => new Glob(pattern));
  const wished = [...all, ...recoveryPoints(plan)].filter(({ experiment, path }) => {
    if (wish.only.length > 0 && !wish.only.includes(experiment)) return false;
    return globs.length === 0 || globs.some((glob) => glob.matches(path));
  });
  return [...new Map(wished.map((point) => [point.path, point])).values()];
}

function sweepPoints({ sweep }: ExperimentPlan): LoadPoint[] {
  return sweep.flatMap(({ app, configurations, sizes, clients, loggers }) =>
    configurations.flatMap((configuration) =>
      sizes.flatMap((size) =>
        clients.map((count) => ({
          ...{ experiment: 'sweep' as const, app, configuration, size, apps: 1 },
          path: `${app}/${configuration}/${size}/${count}`,
          clients: count,
          loggers: configuration === 'DecoupLog' ? loggers : 0,
        })),
      ),
    ),
  );
}

function sharedPoints({ shared }: ExperimentPlan): LoadPoint[] {
  return shared.flatMap(({ app, configurations, size, clients, apps, loggers }) =>
    configurations.flatMap((configuration) =>
      apps.map((count) => ({
        ...{ experiment: 'shared' as const, app, configuration, size, clients },
        path: `shared/${app}/${configuration}/${size}/${count}`,
        apps: count,
        loggers: configuration === 'DecoupLog' ? loggers : 0,
      })),
    ),
  );
}

function loggersPoints({ loggers }: ExperimentPlan): LoggersPoint[] {
  if (loggers === undefined) return [];
  const { clusters, ...rest } = loggers;
  return clusters.map((count) => {
    return { ...rest, experiment: 'loggers', path: `loggers/${count}`, clusters: count };
  });
}

/** The shortest log first: it grows from one to the next. */
function recoveryPoints({ recovery }: ExperimentPlan): RecoveryPoint[] {
  if (recovery === undefined) return [];
  const { minutes, ...rest } = recovery;
  return [...minutes]
    .sort((a, b) => a - b)
    .map((count) => {
      return { ...rest, experiment: 'recovery', path: `recovery/${count}`, minutes: count };
    });
}
