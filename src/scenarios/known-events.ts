/** Events from a cluster or from a recording of the dashboard, as commands ask for them. */
import { gatherEvents } from '../cluster/events.ts';
import { ClusterStore } from '../cluster/store.ts';
import { RaftctlError } from '../std/errors.ts';
import { readRecording, recordedClusters } from '../tui/recording.ts';
import type { NodeEvent } from '../wire/events.ts';

export interface KnownEvents {
  readonly cluster: string;
  readonly events: readonly NodeEvent[];
  /** Nodes that did not answer. */
  readonly silent: readonly string[];
}

/**
 * @throws {RaftctlError} CLUSTER_NOT_FOUND, CLUSTER_AMBIGUOUS, UNREACHABLE when no node answers,
 *   RECORDING_INVALID, CLUSTER_AMBIGUOUS also for a recording of several clusters.
 */
export async function knownEvents(choice: {
  readonly dir: string;
  readonly cluster: string | null;
  readonly recording: string | undefined;
}): Promise<KnownEvents> {
  if (choice.recording !== undefined) {
    const { recording: file, cluster: wanted } = choice;
    const recorded = await readRecording(file);
    // Of one cluster it is whatever the settings mean by a cluster.
    const names = recorded.length === 1 || wanted === null ? [] : [wanted];
    const [first, ...others] = recordedClusters(file, recorded, names);
    if (first === undefined || others.length > 0) throw ambiguous(file, recorded);
    const { name, flight } = first;
    return {
      cluster: name,
      events: flight.eventsUntil(flight.length - 1, Number.MAX_SAFE_INTEGER),
      silent: [],
    };
  }
  const spec = await new ClusterStore(choice.dir).findAnywhere(choice.cluster);
  return { cluster: spec.name, ...(await gatherEvents(spec)) };
}

function ambiguous(file: string, recorded: readonly { readonly name: string }[]): RaftctlError {
  const names = recorded.map(({ name }) => name).join(', ');
  return new RaftctlError('CLUSTER_AMBIGUOUS', {
    message: `Cannot choose a cluster as ${file} holds several: ${names}`,
    hint: 'Name one: --cluster NAME',
  });
}
