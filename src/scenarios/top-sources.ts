/** What the dashboard draws from, beside a collector's looks: logs, captures; and what it runs. */
import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { etcdNodeStatus } from '../cluster/etcd-node.ts';
import { liveBenches } from '../cluster/live-benches.ts';
import { LogFollower } from '../cluster/log-follower.ts';
import { partsOfLogLine } from '../cluster/log-line.ts';
import { fileSize } from '../cluster/node-log.ts';
import { processUsage } from '../cluster/process-counters.ts';
import { silenceOf } from '../cluster/silence.ts';
import type { ClusterStore } from '../cluster/store.ts';
import type { ClusterSpec, EngineName } from '../cluster/topology.ts';
import { assert } from '../std/assert.ts';
import { Collector, type ForeignEngine } from '../tui/collector.ts';
import type { LogLine, ProfileEntry } from '../tui/scene.ts';

/** Of each log, what was written before counts too. Bytes. */
const LOG_TAIL_BYTES = 64 * 1024;

export interface TopTarget {
  readonly store: ClusterStore;
  readonly spec: ClusterSpec;
  /** Nothing of it lies here: no logs, no loads, no profiles; and nothing is done to it. */
  readonly isElsewhere?: boolean;
}

export function collectorFor({ store, spec, isElsewhere = false }: TopTarget): Collector {
  const { engine } = spec;
  return new Collector({
    cluster: {
      name: spec.name,
      app: engine ?? spec.app,
      nodes: spec.nodes.map(({ id, member, adminAddress }) => ({ id, member, adminAddress })),
    },
    silenceOf: (id) => silenceOf(store, spec, id),
    benches: async () => (isElsewhere ? [] : liveBenches(store.folderOf(spec.name))),
    engine: engine === undefined ? undefined : engineOf(spec, engine),
  });
}

function engineOf(spec: ClusterSpec, name: EngineName): ForeignEngine {
  return {
    name,
    statusOf: (id, timeoutMs) => {
      const node = spec.nodes.find((one) => one.id === id);
      assert(node !== undefined, 'who is asked is a node of the cluster');
      return etcdNodeStatus(spec, node, timeoutMs);
    },
    usageOf: processUsage,
  };
}

/** Where profiles taken from the screen go. */
export function profileFolderOf({ store, spec, isElsewhere = false }: TopTarget): string {
  return isElsewhere ? '' : join(store.folderOf(spec.name), 'profiles');
}

/** Begins to follow the log files of its nodes. */
export async function followLogs(
  { store, spec, isElsewhere = false }: TopTarget,
  signal: AbortSignal,
  add: (line: LogLine) => void,
): Promise<void> {
  if (isElsewhere) return;
  const files = await Promise.all(
    spec.nodes.map(async ({ id }) => {
      const path = store.logFileOf(spec.name, id);
      return { id, path, offset: Math.max(0, (await fileSize(path)) - LOG_TAIL_BYTES) };
    }),
  );
  const follower = new LogFollower(files, (node, line) => {
    add({ node, ...partsOfLogLine(line) });
  });
  void follower.follow(signal);
}

/** Captures that lie in a folder, the newest first. */
export async function profilesIn(directory: string): Promise<ProfileEntry[]> {
  const names = await readdir(directory).catch((): string[] => []);
  const found: ProfileEntry[] = [];
  for (const name of names) {
    const match = /^(.+?)\.(?:CPU|Heap|Allocs)\..*\.(cpuprofile|heapprofile|heapsnapshot)$/.exec(
      name,
    );
    const file = join(directory, name);
    const facts = match === null ? null : await stat(file).catch(() => null);
    if (match === null || facts === null) continue;
    const [, node = '', kind = ''] = match;
    found.push({ node, kind, file, atMs: facts.mtimeMs, bytes: facts.size });
  }
  return found.sort((a, b) => b.atMs - a.atMs);
}

/** Runs this very program. @returns whether it ended well, and its last line. */
export function runLine(
  words: readonly string[],
  { store, spec }: TopTarget,
): Promise<{ isOk: boolean; said: string }> {
  return new Promise((resolve) => {
    const program = process.argv[1] ?? 'raftctl';
    const child = spawn(process.execPath, [program, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        RAFTCTL_NO_COLOR: '1',
        // A line that names no cluster means the one that is shown.
        ...{ RAFTCTL_CLUSTER: spec.name, RAFTCTL_DIR: store.directory },
      },
    });
    let said = '';
    const take = (piece: Buffer): void => {
      said = (said + piece.toString('utf8')).slice(-4096);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => resolve({ isOk: false, said: error.message }));
    child.on('close', (code) => {
      const lines = said.split('\n').filter((line) => line.trim() !== '');
      const shown = code === 0 ? lines.at(-1) : lines[0];
      resolve({ isOk: code === 0, said: shown ?? '' });
    });
  });
}
