/**
 * Rules over the events of a node: when one trips, the profile that runs in memory is kept, and an
 * event says where it lies and what it is about.
 */
import { join } from 'node:path';
import type { EventType, NodeEvent } from '../../wire/events.ts';
import { AnomalyProfile } from '../profiler/anomaly-profile.ts';
import type { EventRing } from '../replica/event-ring.ts';

/** A sync that takes this long is told. */
const SYNC_SLOW_MS = 250;
/** At most one slow sync is told in this time. */
const SYNC_TOLD_MS = 1000;

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

/** Tells of syncs that take long, once it knows whom to tell. */
export class SlowSyncs {
  tell: (durationMs: number) => void = () => {};
  #toldMonoMs = Number.NEGATIVE_INFINITY;

  readonly timed = (durationMs: number): void => {
    if (durationMs < SYNC_SLOW_MS) return;
    const nowMs = performance.now();
    if (nowMs - this.#toldMonoMs < SYNC_TOLD_MS) return;
    this.#toldMonoMs = nowMs;
    this.tell(durationMs);
  };
}
