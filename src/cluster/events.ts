/** What all nodes of a cluster still know of what happened. */
import { NodeWatcher } from '../client/node-watcher.ts';
import { RaftctlError } from '../std/errors.ts';
import type { NodeEvent } from '../wire/events.ts';
import type { ClusterSpec } from './topology.ts';

const ANSWER_MS_MAX = 3000;

export interface GatheredEvents {
  readonly events: readonly NodeEvent[];
  /** Nodes that did not answer: what only they know is missing. */
  readonly silent: readonly string[];
}

/** @throws {RaftctlError} UNREACHABLE when no node answers. */
export async function gatherEvents(spec: ClusterSpec): Promise<GatheredEvents> {
  const silent: string[] = [];
  const parts = await Promise.all(
    spec.nodes.map(async ({ id, adminAddress }) => {
      const watcher = new NodeWatcher(adminAddress, () => {});
      try {
        return await watcher.events(ANSWER_MS_MAX);
      } catch (error) {
        if (!(error instanceof RaftctlError)) throw error;
        silent.push(id);
        return [];
      } finally {
        watcher.close();
      }
    }),
  );
  if (silent.length < spec.nodes.length) return { events: parts.flat(), silent };
  throw new RaftctlError('UNREACHABLE', {
    message: `Cannot ask ${spec.name} for its events: no node answers`,
    hint: `Start it: raftctl cluster up ${spec.name}`,
  });
}
