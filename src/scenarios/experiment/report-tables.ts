/** The tables of a report, as text, as CSV and for the page: the same cells for all three. Pure. */
import type { Column } from '../../std/table.ts';
import { formatCount } from '../../std/units.ts';
import { floorText } from './floors.ts';
import {
  type ExperimentReport,
  groupedBy,
  groupTitle,
  type PointRow,
  pointsIn,
  RECOVERY_COLUMNS,
  RECOVERY_SOURCES,
} from './report.ts';

type Cell = string | number | null;

export interface ReportTable {
  /** Of its file, as CSV. */
  readonly name: string;
  readonly title: string;
  readonly columns: readonly Column<readonly Cell[]>[];
  /** Numbers as they are; columns say how they look. */
  readonly rows: readonly (readonly Cell[])[];
}

interface Heading {
  readonly title: string;
  /** Behind the point; left out: it is text. */
  readonly digits?: number;
}

export function reportTables(report: ExperimentReport): ReportTable[] {
  const name = report.reference?.name ?? null;
  return [
    ...sweepTables(report, name),
    ...sharedTables(report, name),
    ...loggersTables(report, name),
    ...recoveryTables(report, name),
    ...floorTables(report),
  ];
}

function sweepTables(report: ExperimentReport, who: string | null): ReportTable[] {
  const groups = groupedBy(pointsIn(report, 'sweep'), groupTitle);
  const headings: Heading[] = [
    ...[{ title: 'configuration' }, { title: 'clients', digits: 0 }],
    ...[
      { title: 'cmd/s', digits: 0 },
      { title: 'p90 ms', digits: 2 },
    ],
    ...theirs(who, { title: 'cmd/s', digits: 0 }, { title: 'p90 ms', digits: 2 }),
    ...[
      { title: 'p99 ms', digits: 2 },
      { title: 'logger/s', digits: 0 },
    ],
    ...[
      { title: 'logger behind %', digits: 2 },
      { title: 'lost', digits: 0 },
    ],
  ];
  return [...groups].map(([title, rows]) => {
    const name = `sweep-${rows[0]?.app}-${rows[0]?.size}`;
    return table(
      { name, title: `Saturation: ${title}`, headings },
      rows.map((row) => [
        ...[row.configuration, row.clients, of(row, 'commandsPerSecond'), of(row, 'p90Ms')],
        ...(who === null ? [] : [their(row, 'commandsPerSecond'), their(row, 'p90Ms')]),
        ...[of(row, 'p99Ms'), of(row, 'loggerCommandsPerSecond'), of(row, 'loggerLagPercent')],
        of(row, 'lost'),
      ]),
    );
  });
}

function sharedTables(report: ExperimentReport, who: string | null): ReportTable[] {
  const rows = pointsIn(report, 'shared');
  const headings: Heading[] = [
    ...[{ title: 'app' }, { title: 'configuration' }, { title: 'apps', digits: 0 }],
    ...[
      { title: 'all cmd/s', digits: 0 },
      { title: 'p90 ms', digits: 2 },
    ],
    ...theirs(who, { title: 'all cmd/s', digits: 0 }),
    { title: 'logger behind %', digits: 2 },
  ];
  const cells = rows.map((row) => [
    ...[row.app, row.configuration, row.apps, of(row, 'commandsPerSecond'), of(row, 'p90Ms')],
    ...(who === null ? [] : [their(row, 'commandsPerSecond')]),
    of(row, 'loggerLagPercent'),
  ]);
  return some({ name: 'shared', title: 'Several apps on one machine', headings }, cells);
}

function loggersTables(report: ExperimentReport, who: string | null): ReportTable[] {
  const headings: Heading[] = [
    ...[
      { title: 'clusters', digits: 0 },
      { title: 'servers/s', digits: 0 },
    ],
    ...[
      { title: 'logger/s', digits: 0 },
      { title: 'behind %', digits: 2 },
    ],
    { title: 'entries behind, at most', digits: 0 },
    ...theirs(who, { title: 'servers/s', digits: 0 }, { title: 'behind %', digits: 2 }),
  ];
  const cells = pointsIn(report, 'loggers').map((row) => [
    ...[row.clusters, of(row, 'commandsPerSecond'), of(row, 'loggerCommandsPerSecond')],
    ...[of(row, 'loggerLagPercent'), of(row, 'lagEntriesMax')],
    ...(who === null ? [] : [their(row, 'commandsPerSecond'), their(row, 'loggerLagPercent')]),
  ]);
  return some({ name: 'loggers', title: 'One logger of several clusters', headings }, cells);
}

/** The thesis's table: a line for each source, and one below it for theirs. */
function recoveryTables(report: ExperimentReport, who: string | null): ReportTable[] {
  const headings: Heading[] = [
    ...[{ title: 'minutes', digits: 0 }, { title: 'from' }, { title: 'of' }],
    ...RECOVERY_COLUMNS.map(([, title, digits]) => ({ title, digits })),
    ...[
      { title: 'installed/s', digits: 0 },
      { title: 'MB/s', digits: 1 },
    ],
  ];
  const cells = pointsIn(report, 'recovery').flatMap((row) =>
    RECOVERY_SOURCES.flatMap((source) => {
      const line = (whose: string, value: (metric: string) => number | null): Cell[] => {
        const values = RECOVERY_COLUMNS.map(([metric]) => value(`${source}${metric}`));
        const [transfer, install, , megabytes, commands] = values;
        const rates = [ratio(commands, install), ratio(megabytes, transfer)];
        return [row.minutes, source, whose, ...values, ...rates];
      };
      const own = line('raftctl', (metric) => of(row, metric));
      const has = row.reference?.[`${source}TotalSeconds`] !== undefined;
      return has && who !== null ? [own, line(who, (metric) => their(row, metric))] : [own];
    }),
  );
  return some({ name: 'recovery', title: 'Recovery', headings }, cells);
}

function floorTables({ floors }: ExperimentReport): ReportTable[] {
  const headings: Heading[] = [
    ...[{ title: 'floor' }, { title: 'metric' }, { title: 'points' }, { title: 'worst of them' }],
    ...[{ title: 'found', digits: 2 }, { title: 'verdict' }],
  ];
  const cells = floors.map((floor) => [
    ...[floorText(floor), floor.metric, floor.points, floor.path, floor.actual],
    floor.isMet === null ? 'not measured' : floor.isMet ? 'met' : 'MISSED',
  ]);
  return some({ name: 'floors', title: 'Floors', headings }, cells);
}

function of({ metrics }: PointRow, metric: string): number | null {
  return metrics[metric] ?? null;
}

function their({ reference }: PointRow, metric: string): number | null {
  return reference?.[metric] ?? null;
}

function ratio(above: number | null | undefined, below: number | null | undefined): number | null {
  return above === null || above === undefined || !below ? null : above / below;
}

function theirs(who: string | null, ...headings: readonly Heading[]): Heading[] {
  if (who === null) return [];
  return headings.map(({ title, ...rest }) => ({ ...rest, title: `${who} ${title}` }));
}

interface TableInit {
  readonly name: string;
  readonly title: string;
  readonly headings: readonly Heading[];
}

function some(init: TableInit, rows: readonly (readonly Cell[])[]): ReportTable[] {
  return rows.length === 0 ? [] : [table(init, rows)];
}

function table(
  { name, title, headings }: TableInit,
  rows: readonly (readonly Cell[])[],
): ReportTable {
  const columns = headings.map(
    ({ title: heading, digits }, i): Column<readonly Cell[]> => ({
      title: heading,
      align: digits === undefined ? 'left' : 'right',
      cell: (row) => shown(row[i] ?? null, digits),
    }),
  );
  return { name, title, columns, rows };
}

function shown(cell: Cell, digits = 0): string | null {
  if (typeof cell !== 'number') return cell;
  return digits === 0 ? formatCount(cell) : cell.toFixed(digits);
}

/** RFC 4180: numbers as they were measured. */
export function csvText({ columns, rows }: ReportTable): string {
  const lines = [columns.map(({ title }) => title), ...rows];
  return lines.map((line) => `${line.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
