/** Waiting for a cluster or a node to come into a state, by asking again and again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RaftctlError } from '../std/errors.ts';
import type { ClusterNodeRow, ClusterStatus } from '../wire/status.ts';
import { clusterStatus } from './status.ts';
import type { ClusterStore } from './store.ts';
import type { ClusterSpec } from './topology.ts';

/** What is still missing, in words; null: nothing, the state is reached. */
export type Missing = (status: ClusterStatus) => string | null;

export interface WaitInit {
  readonly store: ClusterStore;
  readonly spec: ClusterSpec;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** What is waited for, for messages: `demo to be healthy`. */
  readonly what: string;
}

const POLL_MS = 50;

/** @throws {RaftctlError} WAIT_TIMEOUT, INTERRUPTED */
export async function waitUntil(init: WaitInit, missing: Missing): Promise<ClusterStatus> {
  const deadline = performance.now() + init.timeoutMs;
  for (;;) {
    const status = await clusterStatus(init.store, init.spec);
    const reason = missing(status);
    if (reason === null) return status;
    if (init.signal.aborted) {
      throw new RaftctlError('INTERRUPTED', { message: `Interrupted waiting for ${init.what}` });
    }
    if (performance.now() >= deadline) {
      throw new RaftctlError('WAIT_TIMEOUT', {
        message: `Waited ${init.timeoutMs} ms for ${init.what} in vain: ${reason}`,
        hint: `Look: raftctl cluster status ${init.spec.name}`,
      });
    }
    await sleep(POLL_MS);
  }
}

/** `leader`, `healthy`, `converged` or `index>=N`. @throws {RaftctlError} USAGE */
export function clusterGoal(text: string): Missing {
  const index = /^index>=(\d+)$/.exec(text.replaceAll(' ', ''))?.[1];
  if (index !== undefined) return (status) => indexMissing(status, Number(index));
  switch (text) {
    case 'leader':
      return (status) => (status.serving ? null : 'no leader serves');
    case 'healthy':
      return healthMissing;
    case 'converged':
      return convergenceMissing;
    default:
      throw new RaftctlError('USAGE', {
        message: `Cannot wait for ${JSON.stringify(text)}`,
        hint: 'It is one of leader, healthy, converged, index>=N',
      });
  }
}

export const NODE_GOALS = ['ready', 'caught-up', 'voter'] as const;
export type NodeGoal = (typeof NODE_GOALS)[number];

/** Whether all of some nodes have reached a state. */
export function nodeGoal(goal: NodeGoal, ids: readonly string[]): Missing {
  /** What was committed when it was first asked: a load must not move the mark. */
  let target: number | null = null;
  return (status) => {
    const leader = status.nodes.find((row) => row.id === status.leader);
    if (status.serving) target ??= leader?.commitIndex ?? null;
    for (const id of ids) {
      const row = status.nodes.find((candidate) => candidate.id === id);
      const missing = nodeMissing(goal, row ?? null, status, target);
      if (missing !== null) return `${id} ${missing}`;
    }
    return null;
  };
}

function nodeMissing(
  goal: NodeGoal,
  row: ClusterNodeRow | null,
  status: ClusterStatus,
  target: number | null,
): string | null {
  if (row === null || row.state !== 'up') return `is ${row?.state ?? 'unknown'}`;
  if (goal === 'voter') return row.voter ? null : 'has no vote';
  if (status.leader === null) return 'has no leader';
  if (goal === 'ready') return row.error;
  if (target === null) return 'cannot catch up as no leader serves';
  return (row.appliedIndex ?? 0) >= target ? null : `has applied ${row.appliedIndex} of ${target}`;
}

function healthMissing(status: ClusterStatus): string | null {
  if (status.healthy) return null;
  const down = status.nodes.filter((row) => row.state !== 'up');
  if (down.length > 0) return down.map((row) => `${row.id} is ${row.state}`).join(', ');
  return status.serving ? 'not every node is well' : 'no leader serves';
}

/** Every node has applied the same last entry. */
function convergenceMissing(status: ClusterStatus): string | null {
  const health = healthMissing(status);
  if (health !== null) return health;
  const leader = status.nodes.find((row) => row.id === status.leader);
  const last = leader?.lastIndex ?? 0;
  const behind = status.nodes.find((row) => row.appliedIndex !== last || row.lastIndex !== last);
  return behind === undefined ? null : `${behind.id} has applied ${behind.appliedIndex} of ${last}`;
}

function indexMissing(status: ClusterStatus, index: number): string | null {
  const commit = Math.max(0, ...status.nodes.map((row) => row.commitIndex ?? 0));
  return commit >= index ? null : `the highest committed index is ${commit}`;
}
