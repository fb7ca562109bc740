/**
 * The dashboard's memory: samples in order of time, bounded, with all events up to each of them. A
 * live screen shows the last sample, a scrubbing or replaying one any other.
 */
import type { NodeEvent } from '../wire/events.ts';
import type { Sample } from './sample.ts';

/** An hour at one look a second. */
const SAMPLES_MAX = 3600;
const EVENTS_MAX = 20_000;

interface Kept {
  readonly sample: Sample;
  /** How many events of all there ever were came with this sample or before. */
  readonly eventCount: number;
}

export class Flight {
  readonly #samplesMax: number;
  #kept: Kept[] = [];
  #events: NodeEvent[] = [];
  /** Events forgotten at the front. */
  #dropped = 0;

  constructor(init: { readonly samplesMax?: number } = {}) {
    this.#samplesMax = init.samplesMax ?? SAMPLES_MAX;
  }

  get length(): number {
    return this.#kept.length;
  }

  add(sample: Sample): void {
    this.#events.push(...sample.events);
    this.#kept.push({ sample, eventCount: this.#dropped + this.#events.length });
    // In pieces, so that not every sample pays for the move.
    if (this.#kept.length > this.#samplesMax * 1.1) {
      this.#kept = this.#kept.slice(-this.#samplesMax);
    }
    if (this.#events.length > EVENTS_MAX * 1.1) {
      this.#dropped += this.#events.length - EVENTS_MAX;
      this.#events = this.#events.slice(-EVENTS_MAX);
    }
  }

  at(index: number): Sample | null {
    return this.#kept[index]?.sample ?? null;
  }

  /** At most `count` samples that end with `index`, the oldest first. */
  until(index: number, count: number): Sample[] {
    return this.#kept.slice(Math.max(0, index + 1 - count), index + 1).map(({ sample }) => sample);
  }

  /** Events known by sample `index`, the newest `count` of them, in order of arrival. */
  eventsUntil(index: number, count: number): NodeEvent[] {
    const end = (this.#kept[index]?.eventCount ?? 0) - this.#dropped;
    return this.#events.slice(Math.max(0, end - count), Math.max(0, end));
  }

  /** The last sample at or before a moment; 0 when all are later. */
  indexAt(atMs: number): number {
    let low = 0;
    let high = this.#kept.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#kept[middle]?.sample.atMs ?? 0) <= atMs) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  /** The nearest sample before or after `index` that brought an event worth seeing; null: none. */
  eventStep(
    index: number,
    direction: -1 | 1,
    isWorth: (event: NodeEvent) => boolean,
  ): number | null {
    for (let at = index + direction; at >= 0 && at < this.#kept.length; at += direction) {
      if (this.#kept[at]?.sample.events.some(isWorth)) return at;
    }
    return null;
  }
}
