/** The figures of a report: which lines there are. How they are drawn is `figure-svg.ts`. Pure. */
import { plural } from '../../std/units.ts';
import type { PointRecord } from './records.ts';
import {
  type ExperimentReport,
  groupedBy,
  groupTitle,
  type PointRow,
  pointsIn,
  RECOVERY_SOURCES,
} from './report.ts';

type Place = readonly [x: number, y: number];

export interface Series {
  readonly label: string;
  /** Of its colour and of the shape of its points; theirs have those of ours. */
  readonly number: number;
  readonly isTheirs: boolean;
  readonly points: readonly Place[];
}

export interface Figure {
  /** Of its file. */
  readonly name: string;
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  /** Where measurements are, and only there, the x axis has marks; left out: round numbers. */
  readonly xMarks?: readonly number[];
  readonly series: readonly Series[];
}

type Numbers = (row: PointRow) => number | null;
/** A metric of a point, ours or theirs. */
type MetricOf = (row: PointRow, whose: Whose) => number | null;
type Whose = 'metrics' | 'reference';

/** Figures without a point are left out. */
export function figuresOf(
  report: ExperimentReport,
  records: readonly PointRecord[],
): readonly Figure[] {
  const all = [
    ...sweepFigures(report),
    ...sharedFigures(report),
    ...loggersFigures(report, records),
    ...recoveryFigures(report),
  ];
  return all.filter(({ series }) => series.some(({ points }) => points.length > 0));
}

function metric(name: string): MetricOf {
  return (row, whose) => row[whose]?.[name] ?? null;
}

function sweepFigures(report: ExperimentReport): Figure[] {
  const groups = groupedBy(pointsIn(report, 'sweep'), groupTitle);
  return [...groups].flatMap(([title, rows]) => {
    const name = `${rows[0]?.app}-${rows[0]?.size}`;
    const lines = groupedBy(rows, (row) => row.configuration ?? '');
    const [rate, p90] = [metric('commandsPerSecond'), metric('p90Ms')];
    const clients: MetricOf = (row) => row.clients;
    return [
      {
        ...{ name: `throughput-${name}`, title: `Throughput: ${title}` },
        ...{ xTitle: 'clients', yTitle: 'commands/s' },
        xMarks: marksOf(rows, (row) => row.clients),
        series: seriesOf(report, lines, clients, rate),
      },
      {
        ...{ name: `latency-${name}`, title: `Latency against throughput: ${title}` },
        ...{ xTitle: 'commands/s', yTitle: '90th percentile, ms' },
        series: seriesOf(report, lines, rate, p90),
      },
    ];
  });
}

function sharedFigures(report: ExperimentReport): Figure[] {
  const groups = groupedBy(pointsIn(report, 'shared'), groupTitle);
  return [...groups].map(([title, rows]) => ({
    name: `shared-${rows[0]?.app}-${rows[0]?.size}`,
    title: `Apps side by side: ${title}`,
    ...{ xTitle: 'apps', yTitle: 'commands/s of all' },
    xMarks: marksOf(rows, (row) => row.apps),
    series: seriesOf(
      report,
      groupedBy(rows, (row) => row.configuration ?? ''),
      (row) => row.apps,
      metric('commandsPerSecond'),
    ),
  }));
}

function loggersFigures(report: ExperimentReport, records: readonly PointRecord[]): Figure[] {
  const rows = pointsIn(report, 'loggers');
  const clusters: MetricOf = (row) => row.clusters;
  const line = (label: string, name: string, number: number): Series[] =>
    bothOf(report, { label, rows, number }, clusters, metric(name));
  const lags = rows.map((row, number): Series => {
    const { series = [] } = records.find(({ path }) => path === row.path) ?? {};
    return {
      ...{ label: plural(row.clusters ?? 0, 'cluster'), number, isTheirs: false },
      points: placesOf(
        series,
        (second) => second['second'] ?? null,
        (second) => second['lagEntries'] ?? null,
      ),
    };
  });
  return [
    {
      ...{ name: 'loggers', title: 'One logger of several clusters' },
      ...{ xTitle: 'clusters', yTitle: 'commands/s of all' },
      xMarks: marksOf(rows, (row) => row.clusters),
      series: [
        ...line('servers', 'commandsPerSecond', 0),
        ...line('logger', 'loggerCommandsPerSecond', 1),
      ],
    },
    {
      ...{ name: 'logger-lag', title: 'How far the logger is behind' },
      ...{ xTitle: 'seconds', yTitle: 'entries of all clusters' },
      series: lags,
    },
  ];
}

function recoveryFigures(report: ExperimentReport): Figure[] {
  const rows = pointsIn(report, 'recovery');
  const minutes: MetricOf = (row) => row.minutes;
  const figure = (facts: Omit<Figure, 'series'>, value: (source: string) => MetricOf): Figure => ({
    ...facts,
    xMarks: marksOf(rows, (row) => row.minutes),
    series: RECOVERY_SOURCES.flatMap((source, number) =>
      bothOf(report, { label: `from the ${source}`, rows, number }, minutes, value(source)),
    ),
  });
  return [
    figure(
      {
        ...{ name: 'recovery', title: 'Recovery: transfer and install' },
        ...{ xTitle: 'minutes of log', yTitle: 'seconds' },
      },
      (source) => metric(`${source}TotalSeconds`),
    ),
    figure(
      {
        ...{ name: 'recovery-install', title: 'Recovery: installed' },
        ...{ xTitle: 'minutes of log', yTitle: 'commands/s' },
      },
      (source) => (row, whose) => {
        const [commands, seconds] = ['Commands', 'InstallSeconds'].map((name) =>
          metric(`${source}${name}`)(row, whose),
        );
        return commands === null || commands === undefined || !seconds ? null : commands / seconds;
      },
    ),
  ];
}

function seriesOf(
  report: ExperimentReport,
  lines: ReadonlyMap<string, readonly PointRow[]>,
  x: MetricOf,
  y: MetricOf,
): Series[] {
  return [...lines].flatMap(([label, rows], number) => {
    return bothOf(report, { label, rows, number }, x, y);
  });
}

interface LineInit {
  readonly label: string;
  readonly rows: readonly PointRow[];
  readonly number: number;
}

/** Ours, and theirs where they have any. */
function bothOf(
  { reference }: ExperimentReport,
  { label, rows, number }: LineInit,
  x: MetricOf,
  y: MetricOf,
): Series[] {
  const places = (whose: Whose): Place[] => {
    return placesOf(
      rows,
      (row) => x(row, whose),
      (row) => y(row, whose),
    );
  };
  const own = { label, number, isTheirs: false, points: places('metrics') };
  const points = places('reference');
  if (reference === null || points.length === 0) return [own];
  return [own, { label: `${label}, ${reference.name}`, number, isTheirs: true, points }];
}

function placesOf<T>(
  rows: readonly T[],
  x: (row: T) => number | null,
  y: (row: T) => number | null,
): Place[] {
  return rows.flatMap((row): Place[] => {
    const place = [x(row), y(row)] as const;
    return place[0] === null || place[1] === null ? [] : [[place[0], place[1]]];
  });
}

function marksOf(rows: readonly PointRow[], of: Numbers): number[] {
  const all = rows.flatMap((row) => of(row) ?? []);
  return [...new Set(all)].sort((a, b) => a - b);
}
