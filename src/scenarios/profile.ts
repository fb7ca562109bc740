/** Profiles of nodes of a local cluster, as commands ask for them. */
import { readFile } from 'node:fs/promises';
import { fetchNodeStatus } from '../client/admin-client.ts';
import { namedNodes } from '../cluster/nodes.ts';
import { ClusterStore } from '../cluster/store.ts';
import { type CapturedProfile, captureProfiles } from '../profiling/capture.ts';
import { RaftctlError } from '../std/errors.ts';
import { formatDurationMs } from '../std/units.ts';
import { PROFILE_MS_MAX, type ProfileKind } from '../wire/profiles.ts';

const STATUS_MS_MAX = 3000;

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
  return { cluster: spec.name, profiles };
}
