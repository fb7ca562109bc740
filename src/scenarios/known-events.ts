/** Events from a cluster or from a recording of the dashboard, as commands ask for them. */
import { gatherEvents } from '../cluster/events.ts';
import { ClusterStore } from '../cluster/store.ts';
import { readRecording } from '../tui/recording.ts';
import type { NodeEvent } from '../wire/events.ts';

export interface KnownEvents {
  readonly cluster: string;
  readonly events: readonly NodeEvent[];
  /** Nodes that did not answer. */
  readonly silent: readonly string[];
}

/**
 * @throws {RaftctlError} CLUSTER_NOT_FOUND, CLUSTER_AMBIGUOUS, UNREACHABLE when no node answers,
 *   RECORDING_INVALID.
 */
export async function knownEvents(choice: {
  readonly dir: string;
  readonly cluster: string | null;
  readonly recording: string | undefined;
}): Promise<KnownEvents> {
  if (choice.recording !== undefined) {
    const { flight, cluster } = await readRecording(choice.recording);
    return {
      cluster,
      events: flight.eventsUntil(flight.length - 1, Number.MAX_SAFE_INTEGER),
      silent: [],
    };
  }
  const spec = await new ClusterStore(choice.dir).find(choice.cluster);
  return { cluster: spec.name, ...(await gatherEvents(spec)) };
}
