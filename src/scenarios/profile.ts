/** Profiles of nodes of a local cluster, as commands ask for them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchNodeStatus } from '../client/admin-client.ts';
import { NodeWatcher } from '../client/node-watcher.ts';
import { namedNodes } from '../cluster/nodes.ts';
import { ClusterStore } from '../cluster/store.ts';
import { type CapturedProfile, captureProfiles } from '../profiling/capture.ts';
import { readCpuProfile } from '../profiling/profile-tree.ts';
import { mergeProfiles, type NodeProfile } from '../profiling/speedscope.ts';
import { RaftctlError } from '../std/errors.ts';
import { formatDurationMs } from '../std/units.ts';
import type { NodeEvent } from '../wire/events.ts';
import { PROFILE_MS_MAX, type ProfileKind } from '../wire/profiles.ts';
import type { NodeStatus } from '../wire/status.ts';
import { markersOf } from './profile-markers.ts';

const STATUS_MS_MAX = 3000;
const EVENTS_MS_MAX = 3000;

export interface ProfileChoice {
  readonly kind: ProfileKind;
  readonly dir: string;
  readonly cluster: string | null;
  readonly ids: readonly string[];
  readonly isAll: boolean;
  /** A snapshot of the leader's heap, too. */
  readonly isForced: boolean;
  readonly durationMs: number;
  readonly intervalUs: number;
  readonly output: string;
  readonly signal: AbortSignal;
}

export interface ProfileResult {
  readonly cluster: string;
  readonly profiles: readonly CapturedProfile[];
  /** All nodes in one file of speedscope's; null: there was one, or it was not the processor's. */
  readonly merged: MergedProfile | null;
}

export interface MergedProfile {
  readonly file: string;
  readonly bytes: number;
  /** Events of the nodes that fell into the time. */
  readonly markers: number;
  /** Nodes that did not tell their events. */
  readonly silent: readonly string[];
}

/**
 * @throws {RaftctlError} USAGE when no node is named, or too long a time; NODE_NOT_FOUND;
 *   UNREACHABLE; CONFIRMATION_MISSING for a snapshot of the leader.
 */
export async function profileNodes(choice: ProfileChoice): Promise<ProfileResult> {
  const { kind, ids, isAll, isForced, durationMs, intervalUs, output, signal } = choice;
  const store = new ClusterStore(choice.dir);
  const spec = await store.find(choice.cluster);
  if (ids.length === 0 && !isAll) {
    throw new RaftctlError('USAGE', {
      message: 'Cannot profile as no node is named',
      hint: `Name some of ${spec.nodes.map(({ id }) => id).join(', ')}, or say --all`,
    });
  }
  if (durationMs < 1 || durationMs > PROFILE_MS_MAX) {
    const longest = formatDurationMs(PROFILE_MS_MAX);
    throw new RaftctlError('USAGE', {
      message: `Cannot profile for ${formatDurationMs(durationMs)}: it is 1 ms to ${longest}`,
    });
  }
  const chosen = isAll ? spec.nodes : namedNodes(spec, ids);
  const statuses = await Promise.all(
    chosen.map(({ adminAddress }) => fetchNodeStatus(adminAddress, STATUS_MS_MAX)),
  );
  const leader = statuses.find(({ role }) => role === 'leader');
  if (kind === 'snapshot' && leader !== undefined && !isForced) {
    throw new RaftctlError('CONFIRMATION_MISSING', {
      message: `Cannot take a snapshot of ${leader.id} without a word: it leads, and would stand still`,
      hint: 'Move leadership first (raftctl leader transfer), or say --force',
    });
  }
  const secretHex = (await readFile(store.secretFileOf(spec.name), 'utf8')).trim();
  const nodes = statuses.map(({ id, pid }, i) => ({
    ...{ id, pid },
    adminAddress: chosen[i]?.adminAddress ?? '',
  }));
  const profiles = await captureProfiles({
    ...{ kind, nodes, durationMs, intervalUs, secretHex, signal },
    directory: output,
  });
  const merged =
    kind === 'cpu' && profiles.length > 1
      ? await merge({ cluster: spec.name, profiles, statuses, nodes, output })
      : null;
  return { cluster: spec.name, profiles, merged };
}

interface MergeInit {
  readonly cluster: string;
  readonly profiles: readonly CapturedProfile[];
  readonly statuses: readonly NodeStatus[];
  readonly nodes: readonly { readonly adminAddress: string }[];
  readonly output: string;
}

async function merge(init: MergeInit): Promise<MergedProfile> {
  const { cluster, profiles, statuses, nodes, output } = init;
  const silent: string[] = [];
  let markers = 0;
  const rows = await Promise.all(
    profiles.map(async ({ id, file }, i): Promise<NodeProfile> => {
      const profile = readCpuProfile(await readFile(file, 'utf8'));
      const events = await eventsOf(nodes[i]?.adminAddress ?? '').catch(() => null);
      if (events === null) silent.push(id);
      const { startTime, endTime } = profile;
      const seen = markersOf(events ?? []).filter(
        ({ fromUs, untilUs }) => fromUs <= endTime && untilUs >= startTime,
      );
      markers += seen.length;
      return { name: `${id} (${statuses[i]?.role ?? 'unknown'})`, profile, markers: seen };
    }),
  );
  const text = JSON.stringify(mergeProfiles(cluster, rows));
  // Named after the first node's file, without its process.
  const [, stamp = ''] = /\.CPU\.(\d+\.\d+)\./.exec(profiles[0]?.file ?? '') ?? [];
  const file = join(output, `${cluster}.CPU.${stamp}.speedscope.json`);
  await writeFile(file, text, { mode: 0o600 });
  return { file, bytes: Buffer.byteLength(text), markers, silent };
}

async function eventsOf(adminAddress: string): Promise<NodeEvent[]> {
  const watcher = new NodeWatcher(adminAddress, () => {});
  try {
    return await watcher.events(EVENTS_MS_MAX);
  } finally {
    watcher.close();
  }
}
