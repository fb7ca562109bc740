/** Two groups of runs compared: which numbers, and the table a person reads. Pure. */
import { RaftctlError } from '../std/errors.ts';
import type { Paint } from '../std/paint.ts';
import { type Column, tableLines } from '../std/table.ts';
import { formatCount, percentText, plural } from '../std/units.ts';
import {
  type Compared,
  type ComparisonRules,
  compareSeries,
  type Difference,
  repeatsNeeded,
} from './comparison.ts';
import { durationText } from './latency-text.ts';
import type { BenchResult } from './result.ts';
import { judgedLatency } from './run-list.ts';

export const COMPARED_METRICS = ['rate', 'p50', 'p90', 'p99', 'p99.9', 'mean', 'max'] as const;
export type ComparedMetric = (typeof COMPARED_METRICS)[number];

export interface Side {
  /** As the user named it. */
  readonly name: string;
  readonly results: readonly BenchResult[];
}

export interface RunComparison {
  readonly before: string;
  readonly after: string;
  readonly repeats: { readonly before: number; readonly after: number };
  readonly alpha: number;
  readonly minEffect: number;
  /** The worst that any deciding metric says; undecided before none. */
  readonly verdict: Difference;
  readonly metrics: readonly Compared[];
}

type Rules = ComparisonRules & { readonly deciding: readonly ComparedMetric[] };

/** Of a closed loop throughput decides, of an open loop, whose rate is given, p99. */
export function decidingDefault({ loop }: BenchResult): ComparedMetric[] {
  return loop === 'closed' ? ['rate'] : ['p99'];
}

export function compareRuns(before: Side, after: Side, rules: Rules): RunComparison {
  const metrics = compareSeries(
    COMPARED_METRICS.map((metric) => ({
      metric,
      isMoreBetter: metric === 'rate',
      before: before.results.map((result) => figureOf(metric, result)),
      after: after.results.map((result) => figureOf(metric, result)),
      isDeciding: rules.deciding.includes(metric),
    })),
    rules,
  );
  const { alpha, minEffect } = rules;
  return {
    before: before.name,
    after: after.name,
    repeats: { before: before.results.length, after: after.results.length },
    ...{ alpha, minEffect, metrics },
    verdict: verdictOf(metrics.filter(({ isDeciding }) => isDeciding)),
  };
}

function verdictOf(deciding: readonly Compared[]): Difference {
  const said = new Set(deciding.map(({ difference }) => difference));
  return (['worse', 'undecided', 'better'] as const).find((one) => said.has(one)) ?? 'none';
}

function figureOf(metric: ComparedMetric, result: BenchResult): number {
  const latency = judgedLatency(result);
  switch (metric) {
    case 'rate':
      return result.throughputPerSecond;
    case 'p50':
      return latency.p50Us;
    case 'p90':
      return latency.p90Us;
    case 'p99':
      return latency.p99Us;
    case 'p99.9':
      return latency.p999Us;
    case 'mean':
      return latency.meanUs;
    case 'max':
      return latency.maxUs;
  }
}

export function comparisonLines(comparison: RunComparison, paint: Paint): string[] {
  const { before, after, repeats, alpha, minEffect, metrics, verdict } = comparison;
  const percent = `${Math.round((1 - alpha) * 1000) / 10} %`;
  const right = 'right' as const;
  const columns: Column<Compared>[] = [
    { title: 'METRIC', cell: ({ metric, isDeciding }) => `${metric}${isDeciding ? ' *' : ''}` },
    { title: 'A', align: right, cell: (row) => valueText(row.metric, row.before) },
    { title: 'B', align: right, cell: (row) => valueText(row.metric, row.after) },
    { title: 'CHANGE', align: right, cell: ({ change }) => percentText(change) },
    { title: `${percent} INTERVAL`, align: right, cell: intervalText },
    { title: 'P', align: right, cell: ({ p }) => (p === null ? null : p.toFixed(3)) },
    { title: 'DIFFERENCE', cell: (row) => differenceText(row, paint) },
  ];
  return [
    `A  ${before}: ${plural(repeats.before, 'run')}`,
    `B  ${after}: ${plural(repeats.after, 'run')}`,
    '',
    ...tableLines(columns, metrics, paint),
    '',
    `${paint('bold', verdictText(verdict, alpha))}  ` +
      paint('dim', `* decides; alpha ${alpha}, smallest effect ${percentText(minEffect).slice(1)}`),
  ];
}

function valueText(metric: string, value: number): string {
  return metric === 'rate' ? `${formatCount(value)}/s` : durationText(value);
}

function intervalText({ low, high }: Compared): string | null {
  return low === null || high === null ? null : `${percentText(low)} .. ${percentText(high)}`;
}

function differenceText({ difference, isDeciding }: Compared, paint: Paint): string {
  if (difference === 'worse') return isDeciding ? paint('red', 'WORSE') : 'worse';
  return difference === 'better' && isDeciding ? paint('green', 'BETTER') : difference;
}

function verdictText(verdict: Difference, alpha: number): string {
  switch (verdict) {
    case 'none':
      return 'No difference.';
    case 'better':
      return 'B is better.';
    case 'worse':
      return 'B is worse.';
    case 'undecided':
      return `Undecided: chance can be ruled out from ${repeatsNeeded(alpha)} repeats of each on.`;
  }
}

/** What a comparison that went against B leads to. */
export function regressionOf({ verdict, metrics }: RunComparison): RaftctlError | null {
  if (verdict !== 'worse') return null;
  const worse = metrics.filter(({ isDeciding, difference }) => {
    return isDeciding && difference === 'worse';
  });
  const list = worse.map(({ metric, change }) => `${metric} ${percentText(change)}`);
  return new RaftctlError('REGRESSION_FOUND', { message: `B is worse than A: ${list.join(', ')}` });
}
