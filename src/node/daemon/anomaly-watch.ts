/**
 * Rules over the events of a node: when one trips, the profile that runs in memory is kept, and an
 * event says where it lies and what it is about.
 */
import { join } from 'node:path';
import type { EventType, NodeEvent } from '../../wire/events.ts';
import { AnomalyProfile } from '../profiler/anomaly-profile.ts';
import type { EventRing } from '../replica/event-ring.ts';
import type { AdminReplica } from '../server/admin-contract.ts';

/** A sync that takes this long is told. */
const SYNC_SLOW_MS = 250;
/** At most one slow sync is told in this time. */
const SYNC_TOLD_MS = 1000;
/** A slow sync is remembered so long against shorter ones. */
const SYNC_REMEMBERED_MS = 5000;
/** A standstill is told so long after its end, at most. */
const STALL_TOLD_MS = 500;

const RULES: ReadonlySet<EventType> = new Set([
  'election.started',
  'loop.stalled',
  'process.stalled',
  'sync.slow',
]);

export interface AnomalyWatchInit {
  readonly events: EventRing;
  readonly term: () => number;
  /** Data directory of the node. */
  readonly directory: string;
  readonly onTrouble: (error: unknown) => void;
}

/** @returns the way to end it. */
export async function watchAnomalies(init: AnomalyWatchInit): Promise<() => Promise<void>> {
  const { events, term, directory, onTrouble } = init;
  const profile = await AnomalyProfile.start(join(directory, 'profiles'));
  const trip = async ({ type, seq }: NodeEvent): Promise<void> => {
    const kept = await profile.keep();
    if (kept !== null)
      events.append('profile.kept', term(), { ...kept, cause: type, causeSeq: seq });
  };
  const unsubscribe = events.subscribe((event) => {
    if (isAnomaly(event)) trip(event).catch(onTrouble);
  });
  return async () => {
    unsubscribe();
    await profile.stop();
  };
}

/** An election that was asked for is none. */
export function isAnomaly({ type, data }: NodeEvent): boolean {
  return RULES.has(type) && (data as { readonly reason?: string }).reason !== 'transfer';
}

/** Tells of syncs that take long, once it knows whom to tell, and remembers the longest of late. */
export class SlowSyncs {
  tell: (durationMs: number) => void = () => {};
  #toldMonoMs = Number.NEGATIVE_INFINITY;
  #longestMs = 0;
  #longestEndMonoMs = Number.NEGATIVE_INFINITY;

  /** @returns how long the longest took that ended in the last `spanMs`; 0: none was slow. */
  longestMs(spanMs: number): number {
    return performance.now() - this.#longestEndMonoMs <= spanMs ? this.#longestMs : 0;
  }

  readonly timed = (durationMs: number): void => {
    if (durationMs < SYNC_SLOW_MS) return;
    const nowMs = performance.now();
    if (durationMs >= this.#longestMs || nowMs - this.#longestEndMonoMs > SYNC_REMEMBERED_MS) {
      this.#longestMs = durationMs;
      this.#longestEndMonoMs = nowMs;
    }
    if (nowMs - this.#toldMonoMs < SYNC_TOLD_MS) return;
    this.#toldMonoMs = nowMs;
    this.tell(durationMs);
  };
}

/** Adds what the disk had to do with a standstill. */
export function tellingStalls(
  events: EventRing,
  term: () => number,
  slowSyncs: SlowSyncs,
): AdminReplica['stalled'] {
  return (stall) => {
    const syncMs = Math.round(slowSyncs.longestMs(stall.delayMs + STALL_TOLD_MS));
    events.append('process.stalled', term(), { ...stall, syncMs });
  };
}
