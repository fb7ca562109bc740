/**
 * What one worker knows of the values it wrote: for each key, the writes any of which may be the
 * last. Compact, because a write that is certain to have been followed by another is forgotten.
 *
 * ```
 *  key 7    |--- 12 ---|   answered before 31 was sent: 31 or something later came after it
 *                          |--- 31 ---|
 *                             |------ 40 ------|   overlaps 31: either may be the last
 *                   |--- 22 ...                    never answered: it may come any time, or never
 * ```
 */
import { type Operation, WRITE } from './tally.ts';

/** The writes to a key that may be its last. */
export interface KeyWrites {
  readonly key: number;
  /** When the last of those that were acknowledged was sent. Nanoseconds of the run's clock. */
  readonly sentNs: number;
  /** Stamp, when it was acknowledged; stamp, ... */
  readonly acknowledged: readonly number[];
  /** Stamps of writes whose outcome is not known, refused ones among them. */
  readonly unknown: readonly number[];
}

/** Places of unanswered requests, oldest first. */
interface NotedLane {
  readonly keys: Float64Array;
  readonly stamps: Float64Array;
  readonly sentNs: Float64Array;
  readonly count: number;
  slotAt(index: number): number;
}

export interface LedgerInit {
  /** What all values of the run begin with. */
  readonly mark: string;
  readonly worker: number;
  readonly workers: number;
  /** Every how many keys one is watched. */
  readonly stride: number;
}

/** Keys that are watched at most, where there are so many of them. */
const KEYS_MAX = 200_000;
/** A key whose writes fail more often than that cannot be judged. */
export const UNKNOWN_MAX = 256;
/** Of a request that is no write, or of a key that is not watched. */
const NO_STAMP = -1;

export function strideOf(keyMaximum: number): number {
  return Math.max(1, Math.ceil(keyMaximum / KEYS_MAX));
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Entry = Writable<Omit<KeyWrites, 'acknowledged' | 'unknown'>> & {
  acknowledged: number[];
  unknown: number[];
};

export class Ledger {
  readonly mark: string;
  readonly #init: LedgerInit;
  readonly #keys = new Map<number, Entry>();
  #written = 0;
  /** Of the request that was made last. */
  #key = 0;
  #stamp = NO_STAMP;

  constructor(init: LedgerInit) {
    this.#init = init;
    this.mark = init.mark;
  }

  /** A request for `key` is made. @returns the number that its value bears, if it is a write. */
  issue(operation: Operation, key: number): number {
    const { worker, workers, stride } = this.#init;
    const stamp = worker + this.#written * workers;
    this.#key = key;
    this.#stamp = operation === WRITE && key % stride === 0 ? stamp : NO_STAMP;
    if (operation === WRITE) this.#written += 1;
    return stamp;
  }

  /** The request that was made last lies in this place of the lane. */
  note(lane: NotedLane, slot: number): void {
    lane.keys[slot] = this.#key;
    lane.stamps[slot] = this.#stamp;
  }

  /** What lies there is answered. @param isDone false: refused, which may mean anything. */
  settle(lane: NotedLane, slot: number, isDone: boolean, nowNs: number): void {
    const stamp = lane.stamps[slot] as number;
    if (stamp === NO_STAMP) return;
    lane.stamps[slot] = NO_STAMP;
    const entry = this.#entryOf(lane.keys[slot] as number);
    if (!isDone) {
      if (entry.unknown.length < UNKNOWN_MAX) entry.unknown.push(stamp);
      return;
    }
    entry.sentNs = Math.max(entry.sentNs, lane.sentNs[slot] as number);
    entry.acknowledged = stillPossible(entry.acknowledged, entry.sentNs);
    entry.acknowledged.push(stamp, nowNs);
  }

  /** Nothing on the lane will be answered any more. */
  giveUp(lane: NotedLane): void {
    for (let i = 0; i < lane.count; i += 1) this.settle(lane, lane.slotAt(i), false, 0);
  }

  /** All of it, by key. */
  entries(): KeyWrites[] {
    return [...this.#keys.values()];
  }

  #entryOf(key: number): Entry {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const entry = { key, sentNs: Number.NEGATIVE_INFINITY, acknowledged: [], unknown: [] };
    this.#keys.set(key, entry);
    return entry;
  }
}

/** Without those that were answered before another one was sent. */
function stillPossible(acknowledged: readonly number[], sentNs: number): number[] {
  const left: number[] = [];
  for (let at = 0; at < acknowledged.length; at += 2) {
    const [stamp, ackedNs] = [acknowledged[at] as number, acknowledged[at + 1] as number];
    if (ackedNs >= sentNs) left.push(stamp, ackedNs);
  }
  return left;
}

/** What all workers know together, by key, in order. */
export function mergedWrites(parts: readonly (readonly KeyWrites[])[]): KeyWrites[] {
  const keys = new Map<number, KeyWrites>();
  for (const one of parts.flat()) {
    const other = keys.get(one.key);
    if (other === undefined) {
      keys.set(one.key, one);
      continue;
    }
    const sentNs = Math.max(one.sentNs, other.sentNs);
    const acknowledged = stillPossible([...other.acknowledged, ...one.acknowledged], sentNs);
    const unknown = [...other.unknown, ...one.unknown];
    keys.set(one.key, { key: one.key, sentNs, acknowledged, unknown });
  }
  return [...keys.values()].sort((a, b) => a.key - b.key);
}

/** Stamps any of which the key may bear now. Empty: none was acknowledged, or nobody can say. */
export function possibleStamps({ acknowledged, unknown }: KeyWrites): number[] {
  if (acknowledged.length === 0 || unknown.length >= UNKNOWN_MAX) return [];
  return [...acknowledged.filter((_, at) => at % 2 === 0), ...unknown];
}
