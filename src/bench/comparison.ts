/**
 * Whether two measurements, each repeated, differ: pure statistics on one number a repeat.
 *
 * - The *test* asks how often shuffling the repeats between the two sides would part their means by
 *   as much (permutation test on logarithms, exact up to 200,000 ways to part them).
 *   It assumes nothing of how the numbers are distributed.
 * - The *interval* of the change is a bootstrap over repeats: the means of repeats drawn again, by
 *   their place in the order (percentiles).
 * - A difference counts when both hold: chance would rarely make it, and it is as large as what the
 *   user cares for. Metrics that decide together share alpha (Holm).
 */
import { assert } from '../std/assert.ts';
import { Prng } from '../std/prng.ts';

export interface Series {
  readonly metric: string;
  /** Whether more of it is better: throughput; of latencies it is not. */
  readonly isMoreBetter: boolean;
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Whether it has a say in the verdict. */
  readonly isDeciding: boolean;
}

export interface ComparisonRules {
  /** How often chance may be taken for a difference. */
  readonly alpha: number;
  /** Part of the value before; smaller changes do not matter. */
  readonly minEffect: number;
  readonly seed: number;
}

export type Difference = 'none' | 'better' | 'worse' | 'undecided';

export interface Compared {
  readonly metric: string;
  readonly isDeciding: boolean;
  /** Geometric means. */
  readonly before: number;
  readonly after: number;
  /** Part of the value before; null: there is none to compare with. */
  readonly change: number | null;
  /** Bootstrap interval of the change, of 1 - alpha. */
  readonly low: number | null;
  readonly high: number | null;
  /** How often chance alone parts the sides as far; null: too few repeats to say. */
  readonly p: number | null;
  readonly difference: Difference;
}

/** More ways to part the repeats than that are sampled instead. */
const EXACT_WAYS_MAX = 200_000;
const SAMPLED_WAYS = 20_000;
const BOOTSTRAPS = 4000;
/** Differences of means that are equal but for rounding. */
const ROUNDING = 1e-12;

export function compareSeries(series: readonly Series[], rules: ComparisonRules): Compared[] {
  const judged = series.map((one) => measureSeries(one, rules));
  const deciding = judged.filter(({ isDeciding, p }) => isDeciding && p !== null);
  // Holm: the smallest p is held against alpha / m, the next against alpha / (m - 1), ...
  const order = deciding.toSorted((a, b) => (a.p ?? 1) - (b.p ?? 1));
  const rejected = new Set<string>();
  for (const [at, { metric, p }] of order.entries()) {
    if ((p ?? 1) > rules.alpha / (order.length - at)) break;
    rejected.add(metric);
  }
  return judged.map((one) => {
    const isRare = one.isDeciding ? rejected.has(one.metric) : (one.p ?? 1) <= rules.alpha;
    const { isMoreBetter: _, ...compared } = one;
    return { ...compared, difference: differenceOf(one, isRare, rules) };
  });
}

/** The fewest repeats a side with which chance can be ruled out at all. */
export function repeatsNeeded(alpha: number): number {
  let repeats = 2;
  while (2 / waysToPart(repeats, repeats) > alpha) repeats += 1;
  return repeats;
}

interface Measured extends Compared {
  readonly isMoreBetter: boolean;
}

function measureSeries(series: Series, { alpha, seed }: ComparisonRules): Measured {
  const { metric, isMoreBetter, isDeciding, before, after } = series;
  assert(before.length > 0 && after.length > 0, 'there are repeats of both');
  const head = { metric, isMoreBetter, isDeciding, difference: 'none' as const };
  const isPositive = [...before, ...after].every((value) => value > 0);
  if (!isPositive) {
    const means = { before: mean(before), after: mean(after) };
    return { ...head, ...means, change: null, low: null, high: null, p: null };
  }
  const [a, b] = [before.map(Math.log), after.map(Math.log)];
  const prng = new Prng(seed);
  const change = Math.expm1(mean(b) - mean(a));
  const isTestable = 2 / waysToPart(a.length, b.length) <= alpha;
  const [low, high] = bootstrapChange(a, b, alpha, prng);
  return {
    ...head,
    before: Math.exp(mean(a)),
    after: Math.exp(mean(b)),
    change,
    low,
    high,
    p: isTestable ? permutationP(a, b, prng) : null,
  };
}

function differenceOf(one: Measured, isRare: boolean, { minEffect }: ComparisonRules): Difference {
  if (one.p === null || one.change === null) return 'undecided';
  if (!isRare || Math.abs(one.change) < minEffect) return 'none';
  return one.change > 0 === one.isMoreBetter ? 'better' : 'worse';
}

/** Two-sided. Pure but for the generator that is handed in. */
export function permutationP(a: readonly number[], b: readonly number[], prng: Prng): number {
  const pooled = [...a, ...b];
  const total = pooled.reduce((sum, value) => sum + value, 0);
  const observed = gap(
    a.reduce((sum, value) => sum + value, 0),
    total,
    a.length,
    b.length,
  );
  const isAsFar = (sumA: number): boolean => {
    return gap(sumA, total, a.length, b.length) >= observed - ROUNDING;
  };
  if (waysToPart(a.length, b.length) <= EXACT_WAYS_MAX) {
    let ways = 0;
    let asFar = 0;
    forEachSum(pooled, a.length, (sum) => {
      ways += 1;
      if (isAsFar(sum)) asFar += 1;
    });
    return asFar / ways;
  }
  // What was observed is one of the ways, so that p is never zero.
  let asFar = 1;
  for (let way = 0; way < SAMPLED_WAYS; way += 1)
    if (isAsFar(drawnSum(pooled, a.length, prng))) asFar += 1;
  return asFar / (SAMPLED_WAYS + 1);
}

function gap(sumA: number, total: number, countA: number, countB: number): number {
  return Math.abs(sumA / countA - (total - sumA) / countB);
}

/** Visits the sum of every choice of `count` of the values. */
function forEachSum(
  values: readonly number[],
  count: number,
  visit: (sum: number) => void,
  from = 0,
  sum = 0,
): void {
  if (count === 0) {
    visit(sum);
    return;
  }
  for (let at = from; at <= values.length - count; at += 1) {
    forEachSum(values, count - 1, visit, at + 1, sum + (values[at] as number));
  }
}

/** The sum of `count` values drawn without putting back. */
function drawnSum(values: readonly number[], count: number, prng: Prng): number {
  const left = [...values];
  let sum = 0;
  for (let i = 0; i < count; i += 1) {
    const at = prng.between(i, left.length - 1);
    sum += left[at] as number;
    left[at] = left[i] as number;
  }
  return sum;
}

function bootstrapChange(
  a: readonly number[],
  b: readonly number[],
  alpha: number,
  prng: Prng,
): readonly [number | null, number | null] {
  if (a.length < 2 || b.length < 2) return [null, null];
  const changes = new Float64Array(BOOTSTRAPS);
  for (let i = 0; i < BOOTSTRAPS; i += 1) changes[i] = redrawn(b, prng) - redrawn(a, prng);
  changes.sort();
  const at = (share: number): number => {
    return Math.expm1(changes[Math.min(BOOTSTRAPS - 1, Math.floor(share * BOOTSTRAPS))] as number);
  };
  return [at(alpha / 2), at(1 - alpha / 2)];
}

/** The mean of as many values, drawn with putting back. */
function redrawn(values: readonly number[], prng: Prng): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += prng.pick(values);
  return sum / values.length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How many ways there are to choose who of all is on the first side. */
function waysToPart(a: number, b: number): number {
  let ways = 1;
  for (let i = 1; i <= b; i += 1) ways = (ways * (a + i)) / i;
  return Math.round(ways);
}
