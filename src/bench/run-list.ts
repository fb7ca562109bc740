/** Stored runs as rows: for `bench list`, and what a repeat or a comparison prints. Pure. */
import type { Paint } from '../std/paint.ts';
import { type Column, tableLines } from '../std/table.ts';
import { formatCount, formatDurationMs } from '../std/units.ts';
import { durationText } from './latency-text.ts';
import type { BenchResult } from './result.ts';
import type { StoredRun } from './run-store.ts';

/** What a run is judged by at a glance. */
interface RunFigures {
  readonly throughputPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly failed: number;
  readonly isValid: boolean;
  readonly isPartial: boolean;
}

export interface RunRow extends RunFigures {
  readonly id: string;
  readonly name: string | null;
  readonly tags: readonly string[];
  readonly group: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly target: string;
  readonly loop: 'closed' | 'open';
  readonly command: readonly string[];
}

export function runRow({ id, name, tags, group, command, result }: StoredRun): RunRow {
  const { startedAt, loop } = result;
  const target = targetText(result);
  return {
    ...{ id, name, tags, group, startedAt, target, loop, ...figuresOf(result), command },
  };
}

function figuresOf(result: BenchResult): RunFigures {
  const { throughputPerSecond, isValid, isPartial, requests } = result;
  const { p50Us, p99Us, p999Us } = judgedLatency(result);
  const figures = { throughputPerSecond, p50Us, p99Us, p999Us, failed: requests.failed };
  return { ...figures, isValid, isPartial };
}

/** One of several repeats. */
export interface RepeatRow extends RunFigures {
  /** Null: it was not kept. */
  readonly run: string | null;
}

export function repeatRow(result: BenchResult, stored: StoredRun | null): RepeatRow {
  return { run: stored?.id ?? null, ...figuresOf(result) };
}

export function repeatLines(rows: readonly RepeatRow[], paint: Paint): string[] {
  const columns: Column<RepeatRow>[] = [
    { title: 'RUN', cell: ({ run }) => run },
    ...figureColumns<RepeatRow>(),
    { title: 'STATE', cell: (row) => stateText(row, paint) },
  ];
  return tableLines(columns, rows, paint);
}

type Figures = Pick<RepeatRow, 'throughputPerSecond' | 'p50Us' | 'p99Us' | 'failed'>;

function figureColumns<Row extends Figures>(): Column<Row>[] {
  const right = 'right' as const;
  return [
    {
      title: 'RATE',
      align: right,
      cell: ({ throughputPerSecond }) => `${formatCount(throughputPerSecond)}/s`,
    },
    { title: 'P50', align: right, cell: ({ p50Us }) => durationText(p50Us) },
    { title: 'P99', align: right, cell: ({ p99Us }) => durationText(p99Us) },
    { title: 'FAILED', align: right, cell: ({ failed }) => formatCount(failed) },
  ];
}

/** What a run is judged by: latency from when requests were due, where they were. */
export function judgedLatency({ latency }: Pick<BenchResult, 'latency'>) {
  return latency.corrected ?? latency.raw;
}

/** `demo: n1, n2` or addresses. */
function targetText({ targets }: BenchResult): string {
  const cluster = targets[0]?.cluster ?? null;
  const nodes = targets.map(({ node, address }) => node ?? address).join(',');
  return cluster === null ? nodes : `${cluster}/${nodes}`;
}

/** @param nowMs of the wall. */
export function runLines(rows: readonly RunRow[], nowMs: number, paint: Paint): string[] {
  const right = 'right' as const;
  const columns: Column<RunRow>[] = [
    { title: 'RUN', cell: ({ id }) => id },
    {
      title: 'AGE',
      align: right,
      cell: ({ startedAt }) => formatDurationMs(Math.max(0, nowMs - Date.parse(startedAt))),
    },
    { title: 'NAME', cell: ({ name }) => name },
    { title: 'TAGS', cell: ({ tags }) => tags.join(',') },
    { title: 'TARGET', cell: ({ target }) => target },
    { title: 'LOOP', cell: ({ loop }) => loop },
    ...figureColumns<RunRow>(),
    { title: 'STATE', cell: (row) => stateText(row, paint) },
  ];
  return tableLines(columns, rows, paint);
}

function stateText(
  { isValid, isPartial }: Pick<RunRow, 'isValid' | 'isPartial'>,
  paint: Paint,
): string {
  if (!isValid) return paint('red', 'INVALID');
  return isPartial ? paint('yellow', 'partial') : 'ok';
}
