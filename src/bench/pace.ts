/**
 * How many requests a second, over time: pieces of constant or of evenly changing rate. It turns
 * time into the number of requests that are due by then, and back. Pure.
 *
 * ```
 *  rate |        ____/ 5000     stages 10s:500, 20s:500-5000; the first rate holds during the
 *       | ______/               warm-up, the last one for ever
 *       +----------------- time
 * ```
 */
import { assert } from '../std/assert.ts';

export interface Stage {
  readonly durationMs: number;
  /** Requests per second at its begin and at its end; the same, or evenly changing. */
  readonly fromRate: number;
  readonly toRate: number;
}

interface Piece {
  readonly startNs: number;
  readonly fromRate: number;
  /** Requests per second, a second. */
  readonly slope: number;
  /** Requests due before it. */
  readonly before: number;
}

const NS_PER_S = 1e9;
const NS_PER_MS = 1e6;

export class Pace {
  readonly #pieces: readonly Piece[];

  /** @param stages not empty. */
  constructor(stages: readonly Stage[], warmupMs: number) {
    const [first] = stages;
    assert(first !== undefined, 'a pace has a stage');
    const pieces: Piece[] = [];
    const add = (startNs: number, fromRate: number, slope: number): void => {
      const last = pieces.at(-1);
      const before = last === undefined ? 0 : last.before + within(last, startNs - last.startNs);
      pieces.push({ startNs, fromRate, slope, before });
    };
    let startNs = 0;
    const all = [
      { durationMs: warmupMs, fromRate: first.fromRate, toRate: first.fromRate },
      ...stages,
    ];
    for (const { durationMs, fromRate, toRate } of all) {
      if (durationMs === 0) continue;
      const last = pieces.at(-1);
      const slope = ((toRate - fromRate) * 1000) / durationMs;
      // One piece where nothing changes: its due times are exact to the last digit.
      const goesOn =
        last !== undefined && last.slope === 0 && slope === 0 && last.fromRate === fromRate;
      if (!goesOn) add(startNs, fromRate, slope);
      startNs += durationMs * NS_PER_MS;
    }
    const end = stages.at(-1) ?? first;
    if (pieces.at(-1)?.slope !== 0) add(startNs, end.toRate, 0);
    this.#pieces = pieces;
  }

  /** Requests that are due within the first `ns`. Need not be whole. */
  countAt(ns: number): number {
    const piece = this.#pieces.findLast(({ startNs }) => startNs <= ns);
    return piece === undefined ? 0 : piece.before + within(piece, ns - piece.startNs);
  }

  /** When so many requests are due: the inverse. */
  timeOf(count: number): number {
    const piece = this.#pieces.findLast(({ before }) => before <= count) as Piece;
    const rest = count - piece.before;
    const { fromRate, slope, startNs } = piece;
    if (slope === 0) return startNs + (rest * NS_PER_S) / fromRate;
    const root = Math.sqrt(Math.max(0, fromRate * fromRate + 2 * slope * rest));
    return startNs + ((2 * rest) / (fromRate + root)) * NS_PER_S;
  }
}

function within({ fromRate, slope }: Piece, ns: number): number {
  const seconds = ns / NS_PER_S;
  return slope === 0 ? seconds * fromRate : (fromRate + (slope * seconds) / 2) * seconds;
}

/** Mean requests per second over all stages. */
export function meanRate(stages: readonly Stage[]): number {
  const requests = stages.reduce((sum, { durationMs, fromRate, toRate }) => {
    return sum + (durationMs * (fromRate + toRate)) / 2;
  }, 0);
  return requests / stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
}
