/** What a matrix has measured so far: a row a cell. Pure. */

import { durationText } from '../bench/latency-text.ts';
import { judgedLatency } from '../bench/run-list.ts';
import type { StoredRun } from '../bench/run-store.ts';
import type { Paint } from '../std/paint.ts';
import { type Column, tableLines } from '../std/table.ts';
import { formatCount } from '../std/units.ts';
import type { MatrixCell } from './matrix-file.ts';

export interface MatrixRow {
  readonly target: string;
  readonly varied: Readonly<Record<string, string>>;
  readonly server: string | null;
  /** Ids of its runs. */
  readonly runs: readonly string[];
  readonly invalid: number;
  /** Medians over the runs; null: there is none yet. */
  readonly throughputPerSecond: number | null;
  readonly p50Us: number | null;
  readonly p99Us: number | null;
  readonly p999Us: number | null;
  /** The generator's own: what it was late, at p99; null: a closed loop. */
  readonly latenessP99Us: number | null;
  readonly generatorBusyShare: number | null;
  readonly generatorUsPerRequest: number | null;
}

export function matrixRow({ target, varied }: MatrixCell, runs: readonly StoredRun[]): MatrixRow {
  const results = runs.map(({ result }) => result);
  const server = results[0]?.targets[0]?.server ?? null;
  const latencies = results.map(judgedLatency);
  const lateness = results.flatMap((result) => result.lateness?.p99Us ?? []);
  return {
    ...{ target, varied, server, runs: runs.map(({ id }) => id) },
    invalid: results.filter(({ isValid }) => !isValid).length,
    throughputPerSecond: medianOf(results.map((result) => result.throughputPerSecond)),
    p50Us: medianOf(latencies.map(({ p50Us }) => p50Us)),
    p99Us: medianOf(latencies.map(({ p99Us }) => p99Us)),
    p999Us: medianOf(latencies.map(({ p999Us }) => p999Us)),
    latenessP99Us: medianOf(lateness),
    generatorBusyShare: medianOf(results.map((result) => result.generatorBusyShare)),
    generatorUsPerRequest: medianOf(
      results.flatMap((result) => result.generatorUsPerRequest ?? []),
    ),
  };
}

function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return null;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

const BAR_COLUMNS = 20;

/** With a bar of throughput, as long as the highest of all is whole. */
export function matrixLines(rows: readonly MatrixRow[], paint: Paint): string[] {
  const right = 'right' as const;
  const top = Math.max(1, ...rows.map((row) => row.throughputPerSecond ?? 0));
  const varied = [...new Set(rows.flatMap((row) => Object.keys(row.varied)))];
  const time = (us: number | null): string | null => (us === null ? null : durationText(us));
  const columns: Column<MatrixRow>[] = [
    { title: 'TARGET', cell: ({ target }) => target },
    { title: 'SERVER', cell: ({ server }) => server },
    ...varied.map((name) => ({
      ...{ title: name.toUpperCase(), align: right },
      cell: (row: MatrixRow) => row.varied[name] ?? null,
    })),
    { title: 'RUNS', align: right, cell: (row) => runsText(row, paint) },
    {
      title: 'RATE',
      align: right,
      cell: ({ throughputPerSecond: rate }) => (rate === null ? null : `${formatCount(rate)}/s`),
    },
    { title: 'P50', align: right, cell: ({ p50Us }) => time(p50Us) },
    { title: 'P99', align: right, cell: ({ p99Us }) => time(p99Us) },
    { title: 'P99.9', align: right, cell: ({ p999Us }) => time(p999Us) },
    {
      title: 'BUSY',
      align: right,
      cell: ({ generatorBusyShare: busy }) =>
        busy === null ? null : `${Math.round(busy * 100)} %`,
    },
    {
      title: 'US/REQ',
      align: right,
      cell: ({ generatorUsPerRequest: us }) => (us === null ? null : us.toFixed(1)),
    },
    ...(rows.some(({ latenessP99Us }) => latenessP99Us !== null)
      ? [{ title: 'LATE', align: right, cell: (row: MatrixRow) => time(row.latenessP99Us) }]
      : []),
    {
      title: '',
      cell: ({ throughputPerSecond: rate }) => {
        return paint('cyan', '#'.repeat(Math.round(((rate ?? 0) / top) * BAR_COLUMNS)));
      },
    },
  ];
  return tableLines(columns, rows, paint);
}

function runsText({ runs, invalid }: MatrixRow, paint: Paint): string {
  return invalid === 0 ? String(runs.length) : paint('red', `${runs.length} (${invalid} INVALID)`);
}
