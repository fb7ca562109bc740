/**
 * The processes of one point: clusters, loggers, load generators. All of them lie in one folder,
 * and `dispose` ends and removes whatever there is of them. What an experiment that was killed has
 * left running is found by that folder, and ended before anything else begins.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { destroyCluster } from '../../cluster/down.ts';
import { findNodeProcess, killProcess, type NodeProcess } from '../../cluster/node-process.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { type ClusterSpec, type ClusterWish, NO_WISH } from '../../cluster/topology.ts';
import { type FormatNode, upCluster } from '../../cluster/up.ts';
import { RaftctlError } from '../../std/errors.ts';
import { type Child, startChild } from './child.ts';

const START_MS_MAX = 60_000;
/** Between the first ports of two clusters. */
const CLUSTER_STRIDE = 10;
/** Where applications hand out their logs, and where answers by UDP come, above the first port. */
const TRANSFER_OFFSET = 200;
const UDP_OFFSET = 300;
const UDP_STRIDE = 100;
/** A program's words are kept to say why it has failed. Characters. */
const WORDS_MAX = 4096;

export interface RigInit {
  readonly folder: string;
  /** The script of this program. */
  readonly entry: string;
  readonly formatNode: FormatNode;
  readonly portBase: number;
  readonly signal: AbortSignal;
}

/** What is wished for a cluster of an experiment. */
export type RigWish = Pick<ClusterWish, 'app' | 'fsync' | 'nodeCount' | 'demo'>;

export class ExperimentRig {
  readonly store: ClusterStore;
  readonly #init: RigInit;
  readonly #children = new Set<Child>();
  readonly #clusters: ClusterSpec[] = [];
  readonly #loggers: (readonly string[])[] = [];

  private constructor(init: RigInit) {
    this.#init = init;
    this.store = new ClusterStore(join(init.folder, 'clusters'));
  }

  /** Nothing of an earlier one is left. */
  static async open(init: RigInit): Promise<ExperimentRig> {
    await removeLeftovers(init.folder);
    await mkdir(init.folder, { recursive: true });
    return new ExperimentRig(init);
  }

  get clusters(): readonly ClusterSpec[] {
    return this.#clusters;
  }

  get folder(): string {
    return this.#init.folder;
  }

  /** One more cluster, which serves when this returns. */
  async cluster(wish: RigWish): Promise<ClusterSpec> {
    const number = this.#clusters.length;
    const { entry, formatNode, portBase, signal } = this.#init;
    const { spec } = await upCluster({
      ...{ store: this.store, name: `app${number + 1}`, ephemeral: false, entry, formatNode },
      wish: { ...NO_WISH, ...wish, portBase: portBase + number * CLUSTER_STRIDE },
      ...{ waitFor: 'healthy', timeoutMs: START_MS_MAX, signal },
    });
    this.#clusters.push(spec);
    return spec;
  }

  /** Where the first node of a new cluster would hand out its application log. */
  get transferPort(): number {
    return this.#init.portBase + TRANSFER_OFFSET;
  }

  /** The first UDP port of the clients of a cluster, by its number from 0. */
  udpPortOf(cluster: number): number {
    return this.#init.portBase + UDP_OFFSET + cluster * UDP_STRIDE;
  }

  /** One process that follows all clusters there are; it does when this returns. */
  async logger(throughputFolder: string): Promise<void> {
    const directory = join(this.folder, `logger${this.#loggers.length + 1}`);
    await mkdir(directory, { recursive: true });
    const names = this.#clusters.map(({ name }) => name);
    const child = await this.#start(
      [
        ...['node', 'start', '--app', 'logger', '--follow', names.join(',')],
        ...['--data-dir', directory, '--dir', this.store.directory],
        ...['--throughput', throughputFolder, '--log-file', join(directory, 'logger.log')],
      ],
      directory,
    );
    const words = await this.#said(child, (all) => all.split(' follows ').length > names.length);
    this.#loggers.push([...words.matchAll(/(\S+) follows /g)].map(([, name]) => name as string));
  }

  /** The servers leave the processors to the others first, by so much of `nice`; 0: they do not. */
  async stepBack(nice: number): Promise<void> {
    if (nice === 0) return;
    const nodes = this.#clusters.flatMap(({ nodes }) => nodes);
    for (const { pid } of await Promise.all(nodes.map(({ dataDir }) => running(dataDir)))) {
      // Linux counts by thread, and where sessions share the processors as groups by group alone.
      for (const thread of await namesIn(`/proc/${pid}/task`)) stepDown(Number(thread), nice);
      await writeFile(`/proc/${pid}/autogroup`, String(nice)).catch(() => stepDown(pid, nice));
    }
  }

  /** By process: as which members they follow. */
  get loggerNames(): readonly (readonly string[])[] {
    return this.#loggers;
  }

  /** Runs a program of ours to its end. @returns what it printed on stdout. */
  async run(words: readonly string[], cwd: string): Promise<string> {
    const child = await this.#start(words, cwd);
    const said = { out: '', err: '' };
    child.onText((text, stream) => {
      said[stream] = (said[stream] + text).slice(-WORDS_MAX);
    });
    const code = await child.ended;
    this.throwIfInterrupted();
    if (code === 0) return said.out;
    throw new RaftctlError('NODE_START_FAILED', {
      message: `raftctl ${words.slice(0, 2).join(' ')} ended with exit code ${code}: ${said.err.trim() || said.out.trim()}`,
    });
  }

  throwIfInterrupted(): void {
    if (this.#init.signal.aborted) throw interrupted();
  }

  /** Nothing is left of it afterwards: no process, no file. */
  async dispose(): Promise<void> {
    for (const child of this.#children) child.kill();
    await Promise.all([...this.#children].map((child) => child.ended));
    await removeLeftovers(this.folder);
  }

  async #start(words: readonly string[], cwd: string): Promise<Child> {
    this.throwIfInterrupted();
    const { entry, signal } = this.#init;
    const child = await startChild({ entry, words, cwd, signal });
    this.#children.add(child);
    void child.ended.then(() => this.#children.delete(child));
    return child;
  }

  /** Waits until it has said what is waited for. @returns all that it has said. */
  #said(child: Child, isEnough: (words: string) => boolean): Promise<string> {
    let words = '';
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        clearTimeout(timer);
        const message = `Cannot start a logger: ${why}: ${words.trim()}`;
        const isOver = this.#init.signal.aborted;
        reject(isOver ? interrupted() : new RaftctlError('WAIT_TIMEOUT', { message }));
      };
      const timer = setTimeout(() => fail(`it does not begin in ${START_MS_MAX} ms`), START_MS_MAX);
      child.onText((text) => {
        words = (words + text).slice(-WORDS_MAX);
        if (!isEnough(words)) return;
        clearTimeout(timer);
        resolve(words);
      });
      void child.ended.then(() => fail('it has ended'));
    });
  }
}

/** Ends the nodes whose data lies there, and removes it. */
export async function removeLeftovers(folder: string): Promise<void> {
  const store = new ClusterStore(join(folder, 'clusters'));
  for (const name of await namesIn(folder)) {
    if (!name.startsWith('logger')) continue;
    for (const cluster of await namesIn(join(folder, name))) {
      await killProcess(join(folder, name, cluster));
    }
  }
  for (const spec of await store.list()) await destroyCluster(store, spec, { graceMs: 0 });
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** @throws {RaftctlError} UNREACHABLE */
async function running(dataDir: string): Promise<NodeProcess> {
  const found = await findNodeProcess(dataDir);
  if (found !== null) return found;
  throw new RaftctlError('UNREACHABLE', {
    message: `The node of ${dataDir} does not run any more`,
  });
}

function stepDown(task: number, nice: number): void {
  try {
    setPriority(task, nice);
  } catch {
    // A thread that has ended meanwhile.
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

export function interrupted(): RaftctlError {
  return new RaftctlError('INTERRUPTED', {
    message: 'Interrupted: what was measured is kept, nothing runs any more',
    hint: 'The same command goes on where it was',
  });
}
