/**
 * Objectives a run is judged by: `p99<10ms`, `max<=1s`, `mean<500us`, `err<0.1%`, `rate>=5000`.
 * Pure.
 */
import { RaftctlError } from '../std/errors.ts';

export interface Slo {
  /** As it was written, without blanks. */
  readonly text: string;
  readonly metric: 'latency' | 'mean' | 'max' | 'errors' | 'rate';
  /** For `latency`. */
  readonly percentile: number;
  readonly operator: '<' | '<=' | '>' | '>=';
  /** Nanoseconds for latencies, a part of one for errors, requests per second for the rate. */
  readonly bound: number;
}

/** What the objectives are held against. */
export interface Measured {
  /** Answered requests and those counted with their minimum. 0: no latency is known. */
  readonly latencyCount: number;
  percentileNs(percent: number): number;
  readonly meanNs: number;
  readonly maxNs: number;
  /** Failed requests by all. */
  readonly errorShare: number;
  readonly ratePerSecond: number;
}

export interface SloResult {
  readonly slo: string;
  readonly isMet: boolean;
  /** In the unit of the metric: microseconds, a part of one, requests per second; null: no data. */
  readonly actual: number | null;
  readonly unit: 'us' | 'share' | 'perSecond';
}

const PATTERN =
  /^(p\d{1,2}(?:\.\d+)?|p100|mean|max|err|rate)(<=|>=|<|>)(\d+(?:\.\d+)?)(us|ms|s|m|%)?$/;
const NS_PER_UNIT: Readonly<Record<string, number>> = { us: 1e3, ms: 1e6, s: 1e9, m: 60e9 };

/** @throws {RaftctlError} USAGE when the text is no objective. */
export function parseSlo(text: string): Slo {
  const match = PATTERN.exec(text.replaceAll(/\s/g, ''));
  if (match === null)
    throw unreadable(text, 'it is not like p99<10ms, max<1s, err<0.1% or rate>5000');
  const [compact, name = '', operator = '<', number = '', unit = ''] = match;
  const base = { text: compact, percentile: 0, operator: operator as Slo['operator'] };
  if (name === 'err') {
    if (unit !== '%' && unit !== '') throw unreadable(text, 'errors are a share, as 0.1%');
    return { ...base, metric: 'errors', bound: Number(number) / (unit === '%' ? 100 : 1) };
  }
  if (name === 'rate') {
    if (unit !== '') throw unreadable(text, 'a rate is requests per second, without a unit');
    return { ...base, metric: 'rate', bound: Number(number) };
  }
  const nsPerUnit = NS_PER_UNIT[unit];
  if (nsPerUnit === undefined) throw unreadable(text, 'a latency has a unit: us, ms or s');
  const bound = Number(number) * nsPerUnit;
  if (name === 'mean' || name === 'max') return { ...base, metric: name, bound };
  return { ...base, metric: 'latency', percentile: Number(name.slice(1)), bound };
}

export function judge(slo: Slo, measured: Measured): SloResult {
  const isLatency = slo.metric !== 'errors' && slo.metric !== 'rate';
  const unit = isLatency ? 'us' : slo.metric === 'errors' ? 'share' : 'perSecond';
  if (isLatency && measured.latencyCount === 0) {
    return { slo: slo.text, isMet: false, actual: null, unit };
  }
  const value = actualOf(slo, measured);
  const actual = isLatency ? Math.round(value / 100) / 10 : value;
  return { slo: slo.text, isMet: holds(value, slo), actual, unit };
}

function actualOf(slo: Slo, measured: Measured): number {
  switch (slo.metric) {
    case 'latency':
      return measured.percentileNs(slo.percentile);
    case 'mean':
      return measured.meanNs;
    case 'max':
      return measured.maxNs;
    case 'errors':
      return measured.errorShare;
    case 'rate':
      return measured.ratePerSecond;
  }
}

function holds(value: number, { operator, bound }: Slo): boolean {
  switch (operator) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
  }
}

function unreadable(text: string, reason: string): RaftctlError {
  return new RaftctlError('USAGE', {
    message: `Cannot read ${JSON.stringify(text)} as an objective: ${reason}`,
    hint: "For example --slo 'p99<10ms' --slo 'err<0.1%'",
  });
}
