/** Single nodes of a cluster: start, restart, kill, and waiting until one has caught up. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RaftctlError } from '../std/errors.ts';
import type { ClusterNodeRow } from '../wire/status.ts';
import { findNodeProcess, killProcess, stopProcess } from './node-process.ts';
import { checkPortsFree } from './ports.ts';
import { startNodes } from './start.ts';
import { clusterStatus } from './status.ts';
import type { ClusterStore } from './store.ts';
import type { ClusterNode, ClusterSpec } from './topology.ts';
import { withLock } from './up-lock.ts';

export interface NodesInit {
  readonly store: ClusterStore;
  readonly spec: ClusterSpec;
  readonly nodes: readonly ClusterNode[];
  /** The script of this program. */
  readonly entry: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface NodeResult {
  readonly id: string;
  readonly outcome: 'started' | 'running' | 'restarted' | 'stopped' | 'killed' | 'idle';
  readonly durationMs: number;
}

const STOP_GRACE_MS = 10_000;
const POLL_MS = 25;

/** The named nodes; none named: all. @throws {RaftctlError} NODE_NOT_FOUND */
export function selectNodes(spec: ClusterSpec, ids: readonly string[]): readonly ClusterNode[] {
  if (ids.length === 0) return spec.nodes;
  return ids.map((id) => {
    const node = spec.nodes.find((candidate) => candidate.id === id);
    if (node !== undefined) return node;
    const known = spec.nodes.map((candidate) => candidate.id).join(', ');
    throw new RaftctlError('NODE_NOT_FOUND', {
      message: `Cannot find node ${id} in cluster ${spec.name}: it has ${known}`,
    });
  });
}

/** As `selectNodes`, for commands that must not mean every node by saying none. */
export function namedNodes(spec: ClusterSpec, ids: readonly string[]): readonly ClusterNode[] {
  if (ids.length > 0) return selectNodes(spec, ids);
  throw new RaftctlError('USAGE', {
    message: 'Cannot do this without the name of a node',
    hint: `Nodes of ${spec.name}: ${spec.nodes.map((node) => node.id).join(', ')}`,
  });
}

/** Starts those that do not run; afterwards all have bound their ports. */
export function startStopped(init: NodesInit): Promise<NodeResult[]> {
  return withLock(init.store.lockFileOf(init.spec.name), init.timeoutMs, async () => {
    const begun = performance.now();
    const missing: ClusterNode[] = [];
    for (const node of init.nodes) {
      if ((await findNodeProcess(node.dataDir)) === null) missing.push(node);
    }
    if (missing.length > 0) await start(init, missing);
    const durationMs = Math.round(performance.now() - begun);
    return init.nodes.map((node): NodeResult => {
      const outcome = missing.includes(node) ? 'started' : 'running';
      return { id: node.id, outcome, durationMs };
    });
  });
}

/** Stops and starts one node after the other, waiting each time until it has caught up. */
export async function restartNodes(init: NodesInit, isWaiting: boolean): Promise<NodeResult[]> {
  const results: NodeResult[] = [];
  for (const node of init.nodes) {
    const begun = performance.now();
    await withLock(init.store.lockFileOf(init.spec.name), init.timeoutMs, async () => {
      await stopProcess(node.dataDir, { graceMs: STOP_GRACE_MS, hurry: init.signal });
      await start(init, [node]);
    });
    if (isWaiting) await waitCaughtUp(init, node);
    const durationMs = Math.round(performance.now() - begun);
    results.push({ id: node.id, outcome: 'restarted', durationMs });
  }
  return results;
}

/** Ends the nodes at once, as a crash would. */
export function killNodes(nodes: readonly ClusterNode[]): Promise<NodeResult[]> {
  return Promise.all(
    nodes.map(async (node): Promise<NodeResult> => {
      const begun = performance.now();
      const wasRunning = await killProcess(node.dataDir);
      const durationMs = Math.round(performance.now() - begun);
      return { id: node.id, outcome: wasRunning ? 'killed' : 'idle', durationMs };
    }),
  );
}

/**
 * Returns when the node has applied everything that was committed when it was first asked about.
 *
 * @throws {RaftctlError} WAIT_TIMEOUT
 */
export async function waitCaughtUp(init: NodesInit, node: ClusterNode): Promise<void> {
  const deadline = Date.now() + init.timeoutMs;
  let target: number | null = null;
  for (;;) {
    const status = await clusterStatus(init.store, init.spec);
    const leader = status.nodes.find((row) => row.id === status.leader);
    const row = status.nodes.find((candidate) => candidate.id === node.id);
    if (status.serving) target ??= leader?.commitIndex ?? null;
    if (target !== null && (row?.appliedIndex ?? -1) >= target) return;
    if (init.signal.aborted) {
      throw new RaftctlError('INTERRUPTED', { message: `Interrupted while ${node.id} caught up` });
    }
    if (Date.now() >= deadline) throw notCaughtUp(init, node, row ?? null, target);
    await sleep(POLL_MS);
  }
}

async function start(init: NodesInit, nodes: readonly ClusterNode[]): Promise<void> {
  await checkPortsFree(nodes);
  const { store, spec, entry, timeoutMs, signal } = init;
  const onSpawned = (): void => {};
  await startNodes({ store, spec, nodes, entry, waitFor: 'none', timeoutMs, signal, onSpawned });
}

function notCaughtUp(
  init: NodesInit,
  node: ClusterNode,
  row: ClusterNodeRow | null,
  target: number | null,
): RaftctlError {
  const where =
    target === null
      ? 'no leader serves'
      : `it has applied ${row?.appliedIndex ?? 'nothing'} of ${target}`;
  return new RaftctlError('WAIT_TIMEOUT', {
    message: `Node ${node.id} has not caught up after ${init.timeoutMs} ms: ${where}`,
    hint: `Look: raftctl cluster status ${init.spec.name}`,
  });
}
