/**
 * The search for the highest rate that holds an objective: which rate is measured next, and what
 * all of them together say. Pure.
 *
 * ```
 *  climb     10, 25, 50, 75, 100 % of the ceiling, then half as much again, until a rate misses
 *  halve     between the highest that holds and the lowest that does not, down to the precision
 *  confirm   the highest that holds, once more
 * ```
 * One stall must not decide: a rate that misses is measured again, and two of three decide. Nor
 * must the generator: a miss that it may have made itself counts for neither side.
 */
import { type BenchResult, isGeneratorLate } from './result.ts';
import { judgedLatency } from './run-list.ts';

/** `doubtful`: missed, and the generator itself was late. */
export type StepOutcome = 'holds' | 'misses' | 'doubtful';

/** One measured step. */
export interface KneePoint {
  readonly askedPerSecond: number;
  readonly achievedPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly failed: number;
  readonly outcome: StepOutcome;
  /** False: the generator was late, so that latencies are too high. */
  readonly isValid: boolean;
  readonly latenessP99Us: number | null;
  /** Id of the stored run; null: it was not kept. */
  readonly run: string | null;
}

/**
 * What ended the search: the objective, found to the precision; the generator, which was late above
 * the rate; the number of steps; or a signal.
 */
export type KneeLimit = 'objective' | 'generator' | 'steps' | 'signal';

export interface Knee {
  readonly slos: readonly string[];
  /** What the search began with: the throughput of a closed loop, or what was given. */
  readonly ceilingPerSecond: number;
  /** The highest rate that holds; null: none does. */
  readonly kneePerSecond: number | null;
  /** The lowest rate that does not; null: none was found. */
  readonly missesPerSecond: number | null;
  readonly limit: KneeLimit;
  /** All steps, by rate, then as measured. */
  readonly points: readonly KneePoint[];
}

export interface KneeRules {
  readonly slos: readonly string[];
  readonly ceilingPerSecond: number;
  /** Steps at most, repeats among them. */
  readonly stepsMax: number;
  /** How near the two sides have to come, as a part of the rate. */
  readonly precision: number;
}

const LADDER = [0.1, 0.25, 0.5, 0.75, 1];
const CLIMB_FACTOR = 1.5;
/** Less than this of what was asked is no rate that was held. */
const ACHIEVED_SHARE_MIN = 0.95;
const DECIDED_BY = 2;
const NS_PER_US = 1e3;

type Verdict = 'holds' | 'held once' | 'misses' | 'generator' | 'open';

export class KneeSearch {
  readonly #rules: KneeRules;
  readonly #points: KneePoint[] = [];

  constructor(rules: KneeRules) {
    this.#rules = rules;
  }

  get stepsDone(): number {
    return this.#points.length;
  }

  add(point: KneePoint): void {
    this.#points.push(point);
  }

  /** Requests per second of the next step; null: the search is over. */
  next(): number | null {
    if (this.#points.length >= this.#rules.stepsMax) return null;
    const rates = this.#rates();
    const open = rates.find((rate) => this.#verdictOf(rate) === 'open');
    if (open !== undefined) return open;
    const { low, high } = this.#bounds();
    if (high === null) return this.#above(low);
    if (low === null) return null;
    const middle = rounded(Math.sqrt(low * high));
    const isNear = high / low - 1 <= this.#rules.precision;
    if (!isNear && middle > low && middle < high) return middle;
    return this.#verdictOf(low) === 'holds' ? null : low;
  }

  /** @param isCut by a signal. */
  finish(isCut: boolean): Knee {
    const { slos, ceilingPerSecond, precision, stepsMax } = this.#rules;
    const { low, high } = this.#bounds();
    const isFound = high !== null && (low === null || high / low - 1 <= precision);
    const isGenerator = high !== null && this.#verdictOf(high) === 'generator';
    let limit: KneeLimit = isGenerator ? 'generator' : 'objective';
    if (!isFound && this.#points.length >= stepsMax) limit = 'steps';
    if (isCut) limit = 'signal';
    const points = this.#points.toSorted((a, b) => a.askedPerSecond - b.askedPerSecond);
    return {
      ...{ slos, ceilingPerSecond, limit, points },
      kneePerSecond: low,
      missesPerSecond: high,
    };
  }

  #above(low: number | null): number {
    const { ceilingPerSecond } = this.#rules;
    const ladder = LADDER.map((share) => rounded(share * ceilingPerSecond));
    return ladder.find((rate) => rate > (low ?? 0)) ?? rounded((low ?? 0) * CLIMB_FACTOR);
  }

  #rates(): number[] {
    return [...new Set(this.#points.map(({ askedPerSecond }) => askedPerSecond))].sort(
      (a, b) => a - b,
    );
  }

  /** A rate holds only below the lowest that does not. */
  #bounds(): { readonly low: number | null; readonly high: number | null } {
    let low: number | null = null;
    for (const rate of this.#rates()) {
      const verdict = this.#verdictOf(rate);
      if (verdict === 'misses' || verdict === 'generator') return { low, high: rate };
      if (verdict !== 'open') low = rate;
    }
    return { low, high: null };
  }

  #verdictOf(rate: number): Verdict {
    const outcomes = this.#points.filter(({ askedPerSecond }) => askedPerSecond === rate);
    const count = (wanted: StepOutcome): number => {
      return outcomes.filter(({ outcome }) => outcome === wanted).length;
    };
    if (count('misses') >= DECIDED_BY) return 'misses';
    if (count('holds') >= DECIDED_BY) return 'holds';
    if (count('doubtful') >= DECIDED_BY) return 'generator';
    return count('holds') === outcomes.length ? 'held once' : 'open';
  }
}

/** As it lies beside a run; null: the text is none. */
export function readKnee(text: string | undefined): Knee | null {
  if (text === undefined) return null;
  try {
    const read = JSON.parse(text) as Partial<Knee> | null;
    const isWhole = Array.isArray(read?.points) && Array.isArray(read?.slos);
    return isWhole ? (read as Knee) : null;
  } catch {
    return null;
  }
}

/** What a step says. */
export function kneePointOf(
  result: BenchResult,
  askedPerSecond: number,
  run: string | null,
): KneePoint {
  const { p50Us, p99Us, p999Us, count } = judgedLatency(result);
  const { throughputPerSecond: achievedPerSecond, isValid, slos, lateness, requests } = result;
  // Lateness only adds to what is counted from the time a request was due: what holds with it,
  // holds without it.
  const isMet = count > 0 && slos.every((slo) => slo.isMet);
  const isHeld = isMet && achievedPerSecond >= ACHIEVED_SHARE_MIN * askedPerSecond;
  const latenessP99Us = lateness?.p99Us ?? null;
  const isDoubtful = isGeneratorLate(result) && !isSurelyMissed(result);
  const outcome = isHeld ? 'holds' : isDoubtful ? 'doubtful' : 'misses';
  const { failed } = requests;
  const figures = { askedPerSecond, achievedPerSecond, p50Us, p99Us, p999Us, failed };
  return { ...figures, outcome, isValid, latenessP99Us, run };
}

/** Missed by more than the generator can have been late, in sending and again in reading. */
function isSurelyMissed({ slos, workload, lateness }: BenchResult): boolean {
  const lateUs = 2 * (lateness?.p99Us ?? 0);
  return slos.some(({ isMet, actual, unit }, i) => {
    if (isMet || actual === null || unit === 'perSecond') return false;
    const boundUs = (workload.slos[i]?.bound ?? 0) / NS_PER_US;
    return unit === 'share' || actual - lateUs > boundUs;
  });
}

/** Of three digits: more would only look exact. */
function rounded(rate: number): number {
  return Math.max(1, Number(rate.toPrecision(3)));
}
