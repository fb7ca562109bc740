/**
 * A real cluster of the built program: processes, sockets and disks in a temporary folder. Whatever
 * a test does to it, `dispose` ends every process that has the folder in its command line.
 *
 * Each test file has port bases of its own, ten ports each (test/ports.test.ts looks).
 * Peer ports lie 1000 above, admin ports 2000. With RAFTCTL_TEST_PORTS=23000 all of these lie in
 * the thousand from there, so that two checkouts can run `npm run proof` at the same time.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchNodeStatus } from '../../src/client/admin-client.ts';
import { stopNodes } from '../../src/cluster/down.ts';
import { type NodesInit, namedNodes, restartNodes, startStopped } from '../../src/cluster/nodes.ts';
import { clusterStatus } from '../../src/cluster/status.ts';
import { ClusterStore } from '../../src/cluster/store.ts';
import type { ClusterNodeRow, ClusterStatus, NodeStatus } from '../../src/wire/status.ts';
import { Launched } from './launched.ts';
import { ENTRY, launchRaftctl, type RunOptions, type RunResult, raftctl } from './program.ts';
import { jsonFindings } from './published-json.ts';

export interface RigInit {
  readonly portBase: number;
  readonly name?: string;
  readonly nodes?: number;
  /** More flags for `cluster up`. */
  readonly upFlags?: readonly string[];
  /** The folder that holds clusters; a new temporary one by default. Removed at the end. */
  readonly directory?: string;
}

/** One command's `--json`: its envelope's parts and how it ended. */
export interface JsonResult<T> {
  readonly code: number | null;
  readonly schema: string | null;
  readonly data: T;
  readonly error: { code: string; message: string; hint: string | null; exit: number } | null;
}

const POLL_MS = 20;
const COMMAND_MS_MAX = 30_000;

export class ClusterRig {
  readonly directory: string;
  readonly name: string;
  readonly portBase: number;
  readonly nodeCount: number;
  readonly upFlags: readonly string[];

  private constructor(directory: string, init: RigInit) {
    this.directory = directory;
    this.name = init.name ?? 'demo';
    this.portBase = movedPort(init.portBase);
    this.nodeCount = init.nodes ?? 3;
    this.upFlags = init.upFlags ?? [];
  }

  /** A folder without a cluster. */
  static async prepare(init: RigInit): Promise<ClusterRig> {
    const directory = init.directory ?? (await mkdtemp(join(tmpdir(), 'raftctl-acceptance-')));
    return new ClusterRig(directory, init);
  }

  /** A healthy cluster. */
  static async start(init: RigInit): Promise<ClusterRig> {
    const rig = await ClusterRig.prepare(init);
    try {
      await rig.up();
      return rig;
    } catch (error) {
      await rig.dispose();
      throw error;
    }
  }

  /** `raftctl ARGS --dir <this folder>`. */
  run(args: readonly string[], options?: RunOptions): Promise<RunResult> {
    return raftctl([...args, '--dir', this.directory], options);
  }

  /** As `run`, and does not wait for its end. */
  launch(args: readonly string[]): Launched {
    return new Launched(launchRaftctl([...args, '--dir', this.directory]));
  }

  /** As `run`; fails unless the exit code is 0. */
  async ok(args: readonly string[], options?: RunOptions): Promise<RunResult> {
    const result = await this.run(args, options);
    if (result.code !== 0) throw new Error(failureText(args, result));
    return result;
  }

  /** `raftctl ARGS --json`, held against its published schema and taken apart. */
  async json<T>(args: readonly string[], options?: RunOptions): Promise<JsonResult<T>> {
    const result = await this.run([...args, '--json'], options);
    let value: Record<string, unknown>;
    try {
      value = JSON.parse(result.stdout) as Record<string, unknown>;
    } catch {
      throw new Error(`Not one JSON object: ${failureText(args, result)}`);
    }
    const findings = jsonFindings(value);
    if (findings.length > 0) {
      throw new Error(`Not as published: ${findings.join('; ')}\n${failureText(args, result)}`);
    }
    const { schema = null, data = null, error = null } = value;
    return { code: result.code, schema, data, error } as JsonResult<T>;
  }

  /** `cluster up NAME --detach`, with all that this rig was made with. */
  up(more: readonly string[] = []): Promise<RunResult> {
    const base = ['cluster', 'up', this.name, '-n', String(this.nodeCount), '--detach'];
    return this.ok([...base, '--port-base', String(this.portBase), ...this.upFlags, ...more]);
  }

  status(): Promise<JsonResult<ClusterStatus>> {
    return this.json<ClusterStatus>(['cluster', 'status', this.name]);
  }

  /** Asks `cluster status` until the answer is right. @returns that answer. */
  async statusWhen(
    condition: (status: ClusterStatus, code: number | null) => boolean,
    timeoutMs: number,
    what: string,
  ): Promise<JsonResult<ClusterStatus>> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const answer = await this.status();
      if (answer.data !== null && condition(answer.data, answer.code)) return answer;
      if (performance.now() > deadline) {
        throw new Error(`Not ${what} within ${timeoutMs} ms: ${JSON.stringify(answer.data)}`);
      }
    }
  }

  /** The cluster as `cluster status` sees it, without a process for each question. */
  async glance(): Promise<ClusterStatus> {
    const store = new ClusterStore(this.directory);
    return clusterStatus(store, await store.find(this.name));
  }

  /** As `statusWhen`, by glances. */
  async glanceWhen(
    condition: (status: ClusterStatus) => boolean,
    timeoutMs: number,
    what: string,
  ): Promise<ClusterStatus> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const status = await this.glance();
      if (condition(status)) return status;
      if (performance.now() > deadline) {
        throw new Error(`Not ${what} within ${timeoutMs} ms: ${JSON.stringify(status)}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** Waits until every node follows and writes are acknowledged. */
  healthy(timeoutMs = 15_000): Promise<ClusterStatus> {
    return this.glanceWhen((status) => status.healthy, timeoutMs, 'healthy');
  }

  /** Waits until writes are acknowledged. */
  serving(timeoutMs = 10_000): Promise<ClusterStatus> {
    return this.glanceWhen((status) => status.serving, timeoutMs, 'serving');
  }

  async row(id: string): Promise<ClusterNodeRow> {
    const { nodes } = await this.glance();
    const row = nodes.find((node) => node.id === id);
    if (row === undefined) throw new Error(`There is no ${id}`);
    return row;
  }

  /** The name of the leader. */
  async leader(): Promise<string> {
    const { leader } = await this.serving();
    if (leader === null) throw new Error('Nobody leads');
    return leader;
  }

  async follower(): Promise<string> {
    const leader = await this.leader();
    return this.ids().find((id) => id !== leader) ?? '';
  }

  ids(): string[] {
    return Array.from({ length: this.nodeCount }, (_, i) => `n${i + 1}`);
  }

  clientPort(id: string): number {
    return this.portBase + Number(id.slice(1)) - 1;
  }

  clientAddress(id: string): string {
    return `127.0.0.1:${this.clientPort(id)}`;
  }

  peerAddress(id: string): string {
    return `127.0.0.1:${this.clientPort(id) + 1000}`;
  }

  adminAddress(id: string): string {
    return `127.0.0.1:${this.clientPort(id) + 2000}`;
  }

  dataDir(id: string): string {
    return join(this.directory, this.name, id);
  }

  logFile(id: string): string {
    return join(this.directory, this.name, `${id}.log`);
  }

  /** The node's own account, from its admin port. */
  nodeStatus(id: string): Promise<NodeStatus> {
    return fetchNodeStatus(this.adminAddress(id), 2000);
  }

  /** Pid from the node's own file. */
  async pid(id: string): Promise<number> {
    const text = await readFile(join(this.dataDir(id), 'node.pid'), 'utf8');
    return (JSON.parse(text) as { pid: number }).pid;
  }

  /** As `node start`, without a process for the command. */
  async start(id: string): Promise<void> {
    await startStopped(await this.#nodes(id));
  }

  /** As `node stop`, without a process for the command. */
  async stop(id: string): Promise<void> {
    const { nodes } = await this.#nodes(id);
    const [end] = await stopNodes(nodes, { graceMs: COMMAND_MS_MAX });
    if (end?.outcome === 'killed') throw new Error(`${id} did not stop in order`);
  }

  /** As `node restart`, without a process for the command: it has caught up then. */
  async restart(id: string): Promise<void> {
    await restartNodes(await this.#nodes(id), true);
  }

  async #nodes(id: string): Promise<NodesInit> {
    const store = new ClusterStore(this.directory);
    const spec = await store.find(this.name);
    return {
      ...{ store, spec, nodes: namedNodes(spec, [id]), entry: ENTRY },
      ...{ timeoutMs: COMMAND_MS_MAX, signal: new AbortController().signal },
    };
  }

  /** SIGKILL at once; afterwards the process is gone. */
  async kill9(...ids: readonly string[]): Promise<void> {
    const pids = await Promise.all(ids.map((id) => this.pid(id)));
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    for (const pid of pids) await untilGone(pid);
  }

  /** Everything that runs in this folder. */
  pids(): number[] {
    return processesWith(this.directory);
  }

  async signal(id: string, name: NodeJS.Signals): Promise<void> {
    process.kill(await this.pid(id), name);
  }

  /** Ends all that runs in this folder. */
  async endProcesses(): Promise<void> {
    // A command that was just starting nodes may have added some meanwhile.
    for (let pids = this.pids(); pids.length > 0; pids = this.pids()) {
      for (const pid of pids) kill(pid);
      for (const pid of pids) await untilGone(pid);
    }
  }

  /** Ends all that runs in this folder and removes it. */
  async dispose(): Promise<void> {
    await this.endProcesses();
    await rm(this.directory, { recursive: true, force: true });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in between.
  }
}

function movedPort(port: number): number {
  const from = process.env['RAFTCTL_TEST_PORTS'];
  return from === undefined ? port : Number(from) + (port % 1000);
}

/** Pids whose command line names the text, this process left out. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => commandLineOf(name).includes(text))
    .map(Number);
}

export function isAlive(pid: number): boolean {
  return commandLineOf(String(pid)) !== '';
}

/** A process that died holds its ports until the last of its threads has ended. */
export async function untilGone(pid: number, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (isRunning(pid)) {
    if (performance.now() > deadline) throw new Error(`Process ${pid} is still there`);
    await sleep(POLL_MS);
  }
}

function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const isZombie = fields[0] === 'Z' && Number(fields[17]) <= 1;
    return !isZombie && fields[0] !== 'X';
  } catch {
    return false;
  }
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function failureText(args: readonly string[], result: RunResult): string {
  const line = `raftctl ${args.join(' ')}`;
  return `${line}: exit ${result.code} ${result.signal ?? ''}\n${result.stdout}\n${result.stderr}`;
}
