/** What raft-demo's files say: how many commands a second, and how long they took. Pure. */

/**
 * The whole seconds of a load in a throughput file. The file begins before the load and ends
 * after it: the first second that has any is cut by its beginning, and behind the last whole one
 * comes the one that is cut by its end. The rest of an earlier load, which a busy server may write
 * late, is told apart by a second without any.
 *
 * @param lines of the file, from the beginning of the load on
 * @param seconds how long the load was
 */
export function wholeSeconds(lines: readonly number[], seconds: number): readonly number[] {
  const isLate = (lines[0] ?? 0) > 0 && lines[1] === 0;
  const first = lines.findIndex((count, i) => count > 0 && !(isLate && i === 0));
  return first < 0 ? [] : lines.slice(first + 1, first + Math.max(1, Math.floor(seconds)));
}

/** The numbers of a file that has one a line. */
export function numbersIn(text: string): number[] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : [Number(line)]));
}

export function meanOf(numbers: readonly number[]): number | null {
  if (numbers.length === 0) return null;
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

export interface LatencyFigures {
  readonly samples: number;
  readonly meanMs: number | null;
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
}

/** @param latenciesNs of the latency file. */
export function latencyFigures(latenciesNs: readonly number[]): LatencyFigures {
  const sorted = Float64Array.from(latenciesNs).sort();
  const at = (percent: number): number | null => {
    const value = sorted[Math.ceil((percent / 100) * sorted.length) - 1];
    return value === undefined ? null : roundTo(value / 1e6, 4);
  };
  const mean = meanOf(latenciesNs);
  return {
    samples: sorted.length,
    meanMs: mean === null ? null : roundTo(mean / 1e6, 4),
    ...{ p50Ms: at(50), p90Ms: at(90), p99Ms: at(99), maxMs: at(100) },
  };
}

export function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[middle]];
  return (low + high) / 2;
}

export function roundTo(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** How many percent a logger writes down less than the servers do. */
export function lagPercent(server: number | null, logger: number | null): number | null {
  if (server === null || logger === null || server === 0) return null;
  return roundTo(100 * (1 - logger / server), 3);
}
