/**
 * The last events of a replica, in the order they happened. What is older is forgotten; whoever
 * reads with `since` is told so (`gap`), because sequence numbers have no gaps within one
 * incarnation (decision 15).
 */
import { assert, assertCount } from '../../std/assert.ts';
import type { EventData, EventType, NodeEvent } from '../../wire/events.ts';
import type { Term } from '../model/ids.ts';
import type { Clock } from '../ports/clock.ts';

/** Events kept. At some 300 bytes each, about 1 MiB. */
export const EVENT_RING_COUNT = 4096;

export type EventListener = (event: NodeEvent) => void;

export interface EventRingInit {
  /** Name of the cluster, for people. */
  readonly cluster: string;
  readonly node: string;
  /** This life of the process: random, without a colon. */
  readonly incarnation: string;
  /** Default EVENT_RING_COUNT. */
  readonly countMax?: number;
}

export interface EventsSince {
  /** Events between the asked position and the first of `events` are lost to the asker. */
  readonly gap: boolean;
  readonly events: readonly NodeEvent[];
}

export class EventRing {
  readonly cluster: string;
  readonly node: string;
  readonly incarnation: string;
  readonly #clock: Clock;
  readonly #countMax: number;
  /** The event with sequence number s lies in slot s modulo the size. */
  readonly #slots: NodeEvent[] = [];
  readonly #listeners = new Set<EventListener>();
  #lastSeq = 0;

  constructor(components: { readonly clock: Clock }, init: EventRingInit) {
    const { cluster, node, incarnation, countMax = EVENT_RING_COUNT } = init;
    assert(countMax >= 1, 'a ring holds at least one event');
    assert(incarnation !== '' && !incarnation.includes(':'), 'the incarnation has no colon');
    this.cluster = cluster;
    this.node = node;
    this.incarnation = incarnation;
    this.#clock = components.clock;
    this.#countMax = countMax;
  }

  /** 0: nothing happened yet. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Sequence number of the oldest event held. One above `lastSeq` while there is none. */
  get firstSeq(): number {
    return Math.max(1, this.#lastSeq - this.#countMax + 1);
  }

  /** Stamps and keeps an event, then tells the listeners. A field, so that it can be handed on. */
  readonly append = <T extends EventType>(type: T, term: Term, data: EventData[T]): void => {
    this.#lastSeq += 1;
    const event: NodeEvent<T> = {
      v: 1,
      cluster: this.cluster,
      node: this.node,
      incarnation: this.incarnation,
      seq: this.#lastSeq,
      monoNs: decimalNs(this.#clock.nowMs()),
      wallMs: this.#clock.wallMs(),
      term,
      type,
      data,
    };
    this.#slots[this.#lastSeq % this.#countMax] = event;
    for (const listener of this.#listeners) listener(event);
  };

  /**
   * The events after `seq` of `incarnation`, oldest first, at most `countMax` of them. Another
   * incarnation than this one means a reader of an earlier life: it gets all there is, and a gap,
   * as nobody knows what it missed of that life. Without a position (null) it starts at the oldest.
   */
  since(
    position: { readonly incarnation: string; readonly seq: number } | null,
    countMax = this.#countMax,
  ): EventsSince {
    const same = position === null || position.incarnation === this.incarnation;
    const after = position !== null && same ? position.seq : 0;
    assertCount(after, 'sequence number');
    const from = Math.max(after + 1, this.firstSeq);
    const through = Math.min(this.#lastSeq, from + countMax - 1);
    const events: NodeEvent[] = [];
    for (let seq = from; seq <= through; seq += 1) {
      events.push(this.#slots[seq % this.#countMax] as NodeEvent);
    }
    return { gap: !same || from > after + 1, events };
  }

  /**
   * Calls the listener for every event from now on, in the middle of `append`: it may only take
   * note, and must not throw.
   * @returns the way to end it.
   */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

/** Nanoseconds do not fit a double after 104 days of uptime, so they are put together as text. */
function decimalNs(nowMs: number): string {
  const wholeMs = Math.floor(nowMs);
  const restNs = Math.min(999_999, Math.round((nowMs - wholeMs) * 1e6));
  return wholeMs === 0 ? String(restNs) : `${wholeMs}${String(restNs).padStart(6, '0')}`;
}
