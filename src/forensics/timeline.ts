/**
 * The events of all nodes in one order. Nodes of one machine share a monotonic clock, so what
 * happened first is known, not guessed.
 */
import type { EventType, NodeEvent } from '../wire/events.ts';

export function isOf<T extends EventType>(event: NodeEvent, type: T): event is NodeEvent<T> {
  return event.type === type;
}

/** Monotonic milliseconds, with fractions as far as a double has them. */
export function monoMs(event: NodeEvent): number {
  return Number(event.monoNs) / 1e6;
}

/** In order of time; of two at the same time the node's own order holds. */
export function inOrder(events: readonly NodeEvent[]): NodeEvent[] {
  return [...events].sort((a, b) => monoMs(a) - monoMs(b) || a.seq - b.seq);
}
