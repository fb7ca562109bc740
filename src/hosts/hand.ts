/**
 * The hand of raftctl on another machine: does there, with that machine's processes and files, what
 * a command asks for. The cluster's folder there describes the nodes of that machine alone.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { destroyCluster, type StoppedNode, stopNodes } from '../cluster/down.ts';
import { writeWhole } from '../cluster/durable-file.ts';
import { LogFollower } from '../cluster/log-follower.ts';
import { type LogLine, mergedTail } from '../cluster/log-tail.ts';
import { filesOnDisk, type NodeDisk, placeOnDisk } from '../cluster/node-disk.ts';
import { findNodeProcess } from '../cluster/node-process.ts';
import {
  killNodes,
  type NodeResult,
  pauseNodes,
  resumeNodes,
  selectNodes,
  startStopped,
} from '../cluster/nodes.ts';
import { endsSoon } from '../cluster/roster.ts';
import { ClusterStore } from '../cluster/store.ts';
import { type ClusterNode, type ClusterSpec, nodeConfigOf } from '../cluster/topology.ts';
import { withLock } from '../cluster/up-lock.ts';
import { formatNode } from '../node/format.ts';
import { RaftctlError } from '../std/errors.ts';
import { repairThere, snapshotsOf } from './hand-data.ts';
import {
  type Acted,
  type ActRequest,
  type AnswerTo,
  HAND_VERSION,
  type HandRequest,
  type LogsRequest,
  type MakeRequest,
} from './hand-request.ts';
import { noteProgram, tidyPrograms } from './tidy.ts';
import { killUnits, startUnits, stopUnits } from './unit-nodes.ts';

const LOCK_MS_MAX = 30_000;

/** @param entry script of the program. @param follow of the verb `follow`. */
export async function act<R extends HandRequest>(
  request: R,
  entry: string,
  follow: Follow = NOBODY_FOLLOWS,
): Promise<AnswerTo<R>> {
  // Which of the answers it is the compiler cannot tell.
  return (await answerTo(request, entry, follow)) as AnswerTo<R>;
}

async function answerTo(
  request: HandRequest,
  entry: string,
  follow: Follow,
): Promise<AnswerTo<HandRequest>> {
  if (request.version !== HAND_VERSION) {
    throw new RaftctlError('FORMAT_UNSUPPORTED', {
      message: 'Cannot do that: the program there is of another version',
      hint: `Put this one there: raftctl cluster up ${request.cluster}`,
    });
  }
  const store = new ClusterStore(request.directory);
  if (request.verb === 'make') return make(store, request, entry);
  if (request.verb === 'tidy') return tidyPrograms(request.directory, entry);
  const found = await store.load(request.cluster);
  const spec = found?.clusterId === request.clusterId ? found : null;
  if (spec === null) {
    if (GOES_WITHOUT.has(request.verb)) return [];
    throw new RaftctlError('CLUSTER_NOT_FOUND', {
      message: `There is nothing of cluster ${request.cluster} in ${request.directory}`,
      hint: 'Its folder there was removed: put it back, or remove the node from the cluster',
    });
  }
  const nodes = nodesOf(spec, request);
  switch (request.verb) {
    case 'keys':
      await writeKeys(store, request.cluster, request.tls);
      return runningNodes(nodes);
    case 'logs':
    case 'follow':
      return logs(store, request, nodes, follow);
    case 'disks':
      return Promise.all(
        nodes.map(async ({ id, dataDir }): Promise<NodeDisk> => {
          const files = await filesOnDisk(dataDir, store.logFileOf(spec.name, id));
          return { id, ...(await placeOnDisk(dataDir)), ...files };
        }),
      );
    case 'snapshots':
      return snapshotsOf(nodes);
    case 'down':
    case 'damage':
    case 'repair':
      return repairThere(spec, nodes, request);
    default:
      return actOn({ store, spec, nodes, entry }, request);
  }
}

/** What is gone already need not end or be removed. */
const GOES_WITHOUT: ReadonlySet<HandRequest['verb']> = new Set(['ended', 'forget', 'destroy']);

function nodesOf(spec: ClusterSpec, { verb, ids }: HandRequest): readonly ClusterNode[] {
  if (verb === 'destroy') return spec.nodes;
  if (GOES_WITHOUT.has(verb)) return spec.nodes.filter(({ id }) => ids.includes(id));
  return selectNodes(spec, ids);
}

interface Scene {
  readonly store: ClusterStore;
  readonly spec: ClusterSpec;
  readonly nodes: readonly ClusterNode[];
  readonly entry: string;
}

async function actOn(scene: Scene, request: ActRequest): Promise<readonly Acted[]> {
  const { store, spec, nodes, entry } = scene;
  const { verb, timeoutMs, units: manager } = request;
  const units = manager === undefined ? null : { ...scene, manager, timeoutMs };
  const stop = (): Promise<readonly StoppedNode[]> =>
    units === null ? stopNodes(nodes, { graceMs: timeoutMs }) : stopUnits(units);
  switch (verb) {
    case 'start': {
      await withLock(store.lockFileOf(spec.name), timeoutMs, () =>
        noteProgram(store, spec.name, { ids: request.ids, entry }),
      );
      const { signal } = new AbortController();
      return units === null
        ? startStopped({ store, spec, nodes, entry, timeoutMs, signal })
        : startUnits(units);
    }
    case 'stop':
      return stop();
    case 'kill':
      return units === null ? killNodes(nodes) : killUnits(units);
    case 'pause':
      return pauseNodes(nodes);
    case 'resume':
      return resumeNodes(nodes);
    case 'ended':
      await Promise.all(nodes.map(({ dataDir }) => endsSoon(dataDir, timeoutMs)));
      return runningNodes(nodes);
    case 'forget': {
      const rows = await stop();
      await forget(store, spec, nodes);
      return rows;
    }
    case 'destroy': {
      const rows = units === null ? [] : await stopUnits(units);
      const ended = await destroyCluster(store, spec, { graceMs: timeoutMs });
      return rows.length > 0 ? rows : ended;
    }
  }
}

async function runningNodes(nodes: readonly ClusterNode[]): Promise<readonly NodeResult[]> {
  return Promise.all(
    nodes.map(async ({ id, dataDir }): Promise<NodeResult> => {
      const isRunning = (await findNodeProcess(dataDir)) !== null;
      return { id, outcome: isRunning ? 'running' : 'idle', durationMs: 0 };
    }),
  );
}

/** With the last node the cluster's folder goes, too. Requires: they do not run. */
async function forget(store: ClusterStore, spec: ClusterSpec, gone: readonly ClusterNode[]) {
  await withLock(store.lockFileOf(spec.name), LOCK_MS_MAX, async () => {
    const nodes = spec.nodes.filter((node) => !gone.includes(node));
    if (nodes.length === 0) return store.remove(spec.name);
    await store.save({ ...spec, nodes });
    for (const node of gone) await store.removeNode(spec.name, node);
  });
}

/** Where lines go as they come, and until when. */
export interface Follow {
  readonly print: (line: LogLine) => void;
  readonly signal: AbortSignal;
}

const NOBODY_FOLLOWS: Follow = { print: () => {}, signal: AbortSignal.abort() };

async function logs(
  store: ClusterStore,
  { verb, cluster, lines }: LogsRequest,
  nodes: readonly ClusterNode[],
  { print, signal }: Follow,
): Promise<readonly LogLine[]> {
  const files = nodes.map(({ id }) => ({ id, path: store.logFileOf(cluster, id) }));
  const tail = await mergedTail(files, lines);
  if (verb === 'logs') return tail.lines;
  for (const line of tail.lines) print(line);
  await new LogFollower(tail.ends, (id, line) => print({ id, line })).follow(signal);
  return [];
}

/** Afterwards each of the nodes has a data directory, or none of them. */
function make(
  store: ClusterStore,
  request: MakeRequest,
  entry: string,
): Promise<readonly NodeResult[]> {
  const { cluster, ids } = request;
  return withLock(store.lockFileOf(cluster), LOCK_MS_MAX, async () => {
    const existing = await store.load(cluster);
    if (existing !== null && existing.clusterId !== request.clusterId) {
      throw new RaftctlError('CLUSTER_EXISTS', {
        message: `${store.folderOf(cluster)} holds another cluster of that name`,
        hint: 'Choose another name, or remove that one there',
      });
    }
    const own = request.spec.nodes.filter(({ id }) => ids.includes(id)).map(withoutHost);
    const spec = { ...request.spec, nodes: [...(existing?.nodes ?? []), ...own] };
    if (existing === null) await store.create(spec);
    else await store.save(spec);
    try {
      await noteProgram(store, cluster, { ids, entry });
      await writeSecrets(store, request);
      const secretFile = store.secretFileOf(cluster);
      const begun = request.snapshot === undefined ? {} : { snapshot: request.snapshot };
      for (const node of own) {
        const config = { ...nodeConfigOf(request.spec, node, secretFile), ...request.joined };
        await formatNode({ directory: node.dataDir, config, ...begun });
      }
    } catch (error) {
      if (existing === null) await store.remove(cluster);
      throw error;
    }
    return ids.map((id) => ({ id, outcome: 'idle' as const, durationMs: 0 }));
  });
}

/** Those of the cluster, in the place of what `create` has drawn. */
async function writeSecrets(store: ClusterStore, { cluster, secret, tls }: MakeRequest) {
  await writeWhole({ path: store.secretFileOf(cluster), text: secret, mode: 0o600 });
  await writeKeys(store, cluster, tls);
}

async function writeKeys(
  store: ClusterStore,
  cluster: string,
  tls: Readonly<Record<string, string>>,
): Promise<void> {
  const names = Object.keys(tls);
  const folder = join(store.folderOf(cluster), 'tls');
  if (names.length > 0) await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of names) {
    await writeWhole({ path: join(folder, name), text: tls[name] ?? '', mode: 0o600 });
  }
}

/** To the machine itself it is a node of its own. */
function withoutHost({ host: _, ...node }: ClusterNode): ClusterNode {
  return node;
}
