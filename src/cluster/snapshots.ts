/** Snapshots of a cluster's nodes: taken, listed and fetched over their admin ports. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchNodeStatus } from '../client/admin-client.ts';
import {
  askForSnapshot,
  downloadSnapshot,
  fetchSnapshots,
  type SnapshotNode,
} from '../client/snapshot-client.ts';
import { RaftctlError } from '../std/errors.ts';
import type { NodeSnapshots, SnapshotRow } from '../wire/snapshots.ts';
import { mayAnswer } from './node-process.ts';
import { clusterStatus } from './status.ts';
import type { ClusterStore } from './store.ts';
import type { ClusterNode, ClusterSpec } from './topology.ts';
import { nodeGoal, waitUntil } from './wait.ts';

export interface SnapshotsInit {
  readonly store: ClusterStore;
  readonly spec: ClusterSpec;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface TakenSnapshot extends SnapshotRow {
  readonly id: string;
  /** It was there before: nothing was applied since. */
  readonly isCurrent: boolean;
  readonly durationMs: number;
}

const POLL_MS = 50;
/** A node that says nothing for so long does not answer. */
const SILENCE_MS_MAX = 5000;
/** On another machine one that does not answer by then counts as down. */
const ANSWER_MS_MAX = 2000;

/** Which of the nodes run; of those on other machines: which answer. */
export async function runningNodes(
  spec: ClusterSpec,
  nodes: readonly ClusterNode[],
): Promise<ClusterNode[]> {
  const isRunning = async (node: ClusterNode): Promise<boolean> =>
    (await mayAnswer(node)) && (node.host === undefined || (await answers(spec, node)));
  const found = await Promise.all(nodes.map(isRunning));
  return nodes.filter((_, i) => found[i]);
}

async function answers({ clusterId }: ClusterSpec, node: ClusterNode): Promise<boolean> {
  const status = await fetchNodeStatus(node.adminAddress, ANSWER_MS_MAX).catch(() => null);
  return status?.clusterId === clusterId && status.member === node.member;
}

/** How to speak to a node of the cluster. @throws {RaftctlError} CONFIG_INVALID */
export async function snapshotNode(
  { store, spec }: Pick<SnapshotsInit, 'store' | 'spec'>,
  node: ClusterNode,
): Promise<SnapshotNode> {
  const path = store.secretFileOf(spec.name);
  try {
    const secretHex = (await readFile(path, 'utf8')).trim();
    return { adminAddress: node.adminAddress, secretHex, timeoutMs: SILENCE_MS_MAX };
  } catch (cause) {
    throw new RaftctlError('CONFIG_INVALID', {
      message: `Cannot read the secret of ${spec.name}: ${path}`,
      hint: 'Only the owner of the cluster may do this: use the account that made it',
      cause,
    });
  }
}

/**
 * Has a node take a snapshot of all that it has applied; afterwards it is durable.
 *
 * @throws {RaftctlError} UNREACHABLE, DISK_FULL, WAIT_TIMEOUT, INTERRUPTED
 */
export async function takeSnapshot(init: SnapshotsInit, node: ClusterNode): Promise<TakenSnapshot> {
  const begun = performance.now();
  const target = await snapshotNode(init, node);
  const before = newestOf(await fetchSnapshots(target));
  const asked = await askForSnapshot(target);
  for (;;) {
    const state = await fetchSnapshots(target);
    const newest = newestOf(state);
    if (newest !== null && newest.index >= asked.index) {
      const durationMs = Math.round(performance.now() - begun);
      return { id: node.id, ...newest, isCurrent: before?.index === newest.index, durationMs };
    }
    if (state.failures > asked.failures) throw noRoom(node, state);
    if (init.signal.aborted) throw interrupted(node);
    if (performance.now() - begun >= init.timeoutMs) throw timedOut(init, node, asked.index);
    await sleep(POLL_MS);
  }
}

/** The newest one that lies there; one that is only becoming durable does not count. */
function newestOf({ snapshots, taking }: NodeSnapshots): SnapshotRow | null {
  const newest = snapshots.at(-1) ?? null;
  return newest?.index === taking ? (snapshots.at(-2) ?? null) : newest;
}

/**
 * A running node whose snapshot holds everything that was acknowledged before: followers first, so
 * that the leader is left in peace.
 *
 * @throws {RaftctlError} UNREACHABLE, WAIT_TIMEOUT, INTERRUPTED
 */
export async function caughtUpNode(
  init: SnapshotsInit,
  candidates: readonly ClusterNode[],
): Promise<ClusterNode> {
  const { leader } = await clusterStatus(init.store, init.spec);
  const running = await runningNodes(init.spec, candidates);
  const chosen = running.find((node) => node.id !== leader) ?? running[0];
  if (chosen === undefined) throw noneRuns(init.spec, candidates);
  const what = `${chosen.id} to have applied all that is acknowledged`;
  await waitUntil({ ...init, what }, nodeGoal('caught-up', [chosen.id]));
  return chosen;
}

/** @throws {RaftctlError} SNAPSHOT_NOT_FOUND, UNREACHABLE; what `onBytes` throws. */
export async function fetchSnapshotFile(
  init: SnapshotsInit,
  wish: { readonly node: ClusterNode; readonly index: number },
  onBytes: (bytes: Uint8Array) => Promise<void>,
): Promise<number> {
  return downloadSnapshot(await snapshotNode(init, wish.node), wish.index, (bytes) => {
    if (init.signal.aborted) throw interrupted(wish.node);
    return onBytes(bytes);
  });
}

export function noneRuns(spec: ClusterSpec, nodes: readonly ClusterNode[]): RaftctlError {
  const ids = nodes.map((node) => node.id).join(', ');
  return new RaftctlError('UNREACHABLE', {
    message: `Cannot ask ${ids} of ${spec.name} for a snapshot: not running`,
    hint: `Start it: raftctl cluster up ${spec.name} --detach. What lies on disk: raftctl snapshot list`,
  });
}

function noRoom(node: ClusterNode, state: NodeSnapshots): RaftctlError {
  return new RaftctlError('DISK_FULL', {
    message: `Cannot take a snapshot on ${node.id}: ${state.failure ?? 'its disk is full'}`,
    hint: 'Make room on its disk: a snapshot is what lets its log shrink',
  });
}

function interrupted(node: ClusterNode): RaftctlError {
  return new RaftctlError('INTERRUPTED', {
    message: `Interrupted waiting for ${node.id}; a snapshot that was begun there goes on`,
  });
}

function timedOut({ spec, timeoutMs }: SnapshotsInit, node: ClusterNode, index: number) {
  return new RaftctlError('WAIT_TIMEOUT', {
    message: `Waited ${timeoutMs} ms for the snapshot of ${node.id} at entry ${index} in vain`,
    hint: `It goes on. Look: raftctl snapshot list --cluster ${spec.name}`,
  });
}
