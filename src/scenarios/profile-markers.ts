/** What Raft told of itself while profiles were taken, as markers beside them. Pure. */
import { eventText } from '../forensics/event-text.ts';
import { monoMs } from '../forensics/timeline.ts';
import type { Marker } from '../profiling/speedscope.ts';
import type { EventType, NodeEvent } from '../wire/events.ts';

/** Told all the time by a node that is well. */
const QUIET: ReadonlySet<EventType> = new Set(['commit.advanced', 'peer.connected']);

/** Of one node's events those that are news. What tells how long it took ends with its event. */
export function markersOf(events: readonly NodeEvent[]): Marker[] {
  return events
    .filter(({ type }) => !QUIET.has(type))
    .map((event) => {
      const untilUs = Math.round(monoMs(event) * 1000);
      const text = `${event.type} T${event.term}: ${eventText(event)}`;
      return { text, fromUs: untilUs - durationMsOf(event) * 1000, untilUs };
    });
}

function durationMsOf({ data }: NodeEvent): number {
  const { durationMs, delayMs } = data as {
    readonly durationMs?: number;
    readonly delayMs?: number;
  };
  return durationMs ?? delayMs ?? 0;
}
