/** Single nodes of a cluster: start, restart, kill, pause and resume. */
import { RaftctlError } from '../std/errors.ts';
import {
  findNodeProcess,
  killProcess,
  pauseProcess,
  resumeProcess,
  stopProcess,
} from './node-process.ts';
import { checkPortsFree } from './ports.ts';
import { startNodes } from './start.ts';
import type { ClusterStore } from './store.ts';
import type { ClusterNode, ClusterSpec } from './topology.ts';
import { withLock } from './up-lock.ts';
import { nodeGoal, waitUntil } from './wait.ts';

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
  readonly outcome:
    | 'started'
    | 'running'
    | 'restarted'
    | 'stopped'
    | 'killed'
    | 'paused'
    | 'resumed'
    | 'idle';
  readonly durationMs: number;
}

const STOP_GRACE_MS = 10_000;

/** The named nodes, each once; none named: all. @throws {RaftctlError} NODE_NOT_FOUND */
export function selectNodes(spec: ClusterSpec, ids: readonly string[]): readonly ClusterNode[] {
  if (ids.length === 0) return spec.nodes;
  return [...new Set(ids)].map((id) => {
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
  return Promise.all(nodes.map((node) => acted(node, 'killed', killProcess)));
}

/** Stops the nodes' clocks; afterwards none of them takes another step. */
export function pauseNodes(nodes: readonly ClusterNode[]): Promise<NodeResult[]> {
  return Promise.all(nodes.map((node) => acted(node, 'paused', pauseProcess)));
}

export function resumeNodes(nodes: readonly ClusterNode[]): Promise<NodeResult[]> {
  return Promise.all(nodes.map((node) => acted(node, 'resumed', resumeProcess)));
}

/** @param act tells whether there was a process to act on. */
async function acted(
  node: ClusterNode,
  outcome: 'killed' | 'paused' | 'resumed',
  act: (dataDir: string) => Promise<boolean>,
): Promise<NodeResult> {
  const begun = performance.now();
  const wasRunning = await act(node.dataDir);
  const durationMs = Math.round(performance.now() - begun);
  return { id: node.id, outcome: wasRunning ? outcome : 'idle', durationMs };
}

/**
 * Returns when the node has applied everything that was committed when it was first asked about.
 *
 * @throws {RaftctlError} WAIT_TIMEOUT, INTERRUPTED
 */
export async function waitCaughtUp(init: NodesInit, node: ClusterNode): Promise<void> {
  const { store, spec, timeoutMs, signal } = init;
  const what = `${node.id} to catch up`;
  await waitUntil({ store, spec, timeoutMs, signal, what }, nodeGoal('caught-up', [node.id]));
}

async function start(init: NodesInit, nodes: readonly ClusterNode[]): Promise<void> {
  await checkPortsFree(nodes);
  const { store, spec, entry, timeoutMs, signal } = init;
  const onSpawned = (): void => {};
  await startNodes({ store, spec, nodes, entry, waitFor: 'none', timeoutMs, signal, onSpawned });
}
