/** Starts nodes of a cluster and waits until they do what they are there for. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RaftctlError } from '../std/errors.ts';
import type { ClusterStatus } from '../wire/status.ts';
import { etcdCommand, writeEtcdPid } from './etcd-node.ts';
import { lastPlainLines, lastWords } from './node-log.ts';
import { type NodeExit, readPidFile, type SpawnedNode, spawnNode } from './node-process.ts';
import { clusterStatus } from './status.ts';
import type { ClusterStore } from './store.ts';
import type { ClusterNode, ClusterSpec } from './topology.ts';

/** `healthy`: every node follows and writes are acknowledged; `leader`: writes; `none`: ports. */
export type WaitFor = 'healthy' | 'leader' | 'none';

export interface StartInit {
  readonly store: ClusterStore;
  readonly spec: ClusterSpec;
  readonly nodes: readonly ClusterNode[];
  /** The script of this program. */
  readonly entry: string;
  readonly waitFor: WaitFor;
  readonly timeoutMs: number;
  /** Stops waiting; the caller decides what becomes of the nodes. */
  readonly signal: AbortSignal;
  /** Called once with the processes, before any waiting. */
  readonly onSpawned: (nodes: readonly SpawnedNode[]) => void;
}

interface StartingNode extends SpawnedNode {
  readonly dataDir: string;
}

const POLL_MS = 25;

/**
 * @throws {RaftctlError} NODE_WIPED when a data directory has vanished.
 * @throws {RaftctlError} NODE_START_FAILED, or the node's own code, when a node ends meanwhile.
 * @throws {RaftctlError} WAIT_TIMEOUT when it takes too long; INTERRUPTED when told to stop.
 */
export async function startNodes(init: StartInit): Promise<ClusterStatus | null> {
  await Promise.all(init.nodes.map((node) => checkFormatted(node)));
  const nodes = await Promise.all(init.nodes.map((node) => startOne(init, node)));
  init.onSpawned(nodes);
  let ended: { node: StartingNode; exit: NodeExit } | null = null;
  for (const node of nodes) {
    void node.exited.then((exit) => {
      ended ??= { node, exit };
    });
  }
  const deadline = Date.now() + init.timeoutMs;
  const takeEnded = (): typeof ended => ended;
  let status: ClusterStatus | null = null;
  for (;;) {
    const dead = takeEnded();
    if (dead !== null) throw await startFailure(dead.node, dead.exit);
    if (init.signal.aborted) throw interrupted();
    const isBound = (await Promise.all(nodes.map(hasBoundPorts))).every(Boolean);
    if (isBound) {
      if (init.waitFor === 'none') return null;
      status = await clusterStatus(init.store, init.spec);
      if (isReached(init.waitFor, status)) return status;
    }
    if (Date.now() >= deadline) throw waitTimeout(init, status);
    await sleep(POLL_MS);
  }
}

async function startOne(init: StartInit, node: ClusterNode): Promise<StartingNode> {
  const logFile = init.store.logFileOf(init.spec.name, node.id);
  const { dataDir, id } = node;
  const command = init.spec.engine === undefined ? null : etcdCommand(init.spec, node);
  const spawned = await spawnNode({ id, dataDir, logFile, entry: init.entry, command });
  if (command !== null && spawned.pid > 0) await writeEtcdPid(dataDir, spawned.pid);
  return { ...spawned, dataDir };
}

/** A directory that lost its identity must not be that member again: it may have voted. */
async function checkFormatted(node: ClusterNode): Promise<void> {
  const path = join(node.dataDir, 'node.json');
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists) return;
  throw new RaftctlError('NODE_WIPED', {
    message: `Cannot start ${node.id} as its data has vanished: ${path} does not exist`,
    hint:
      'Put its directory back, or go on with the other nodes. ' +
      'An empty directory may not take its place: it could vote twice',
  });
}

async function hasBoundPorts(node: StartingNode): Promise<boolean> {
  return (await readPidFile(node.dataDir))?.pid === node.pid;
}

function isReached(waitFor: WaitFor, status: ClusterStatus): boolean {
  return waitFor === 'healthy' ? status.healthy : status.serving;
}

async function startFailure(node: StartingNode, exit: NodeExit): Promise<RaftctlError> {
  const words = await lastWords(node.logFile, node.logOffset);
  if (words !== null) {
    const message = `Node ${node.id} ended while it started: ${words.message}`;
    return new RaftctlError(
      words.code,
      words.hint === null ? { message } : { message, hint: words.hint },
    );
  }
  const how = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
  const plain = await lastPlainLines(node.logFile, node.logOffset);
  return new RaftctlError('NODE_START_FAILED', {
    message: `Node ${node.id} ended while it started (${how})${plain === null ? '' : `:\n${plain}`}`,
    hint: `Its log: ${node.logFile}`,
  });
}

function waitTimeout(init: StartInit, status: ClusterStatus | null): RaftctlError {
  const silent = status?.nodes.filter((row) => row.state !== 'up').map((row) => row.id) ?? [];
  const reason =
    status === null
      ? 'not all nodes have bound their ports'
      : silent.length > 0
        ? `${silent.join(', ')} not up`
        : 'no leader serves yet';
  return new RaftctlError('WAIT_TIMEOUT', {
    message: `Waited ${init.timeoutMs} ms for ${init.spec.name} in vain: ${reason}`,
    hint: `The nodes go on. Look: raftctl cluster status ${init.spec.name}, raftctl node logs --cluster ${init.spec.name}`,
  });
}

function interrupted(): RaftctlError {
  return new RaftctlError('INTERRUPTED', { message: 'Interrupted while the nodes started' });
}
