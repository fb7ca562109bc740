/**
 * The demo: three nodes under load lose their leader to `kill -9`, and nothing else.
 *
 *   start --- load ------ kill ---- restart -------- stop --- read everything back --- remove
 *
 * Whatever happens, no process and no file of it is left behind.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { downCluster } from '../cluster/down.ts';
import { findNodeProcess } from '../cluster/node-process.ts';
import { startStopped, waitCaughtUp } from '../cluster/nodes.ts';
import { findFreePortBase } from '../cluster/ports.ts';
import { clusterStatus } from '../cluster/status.ts';
import { ClusterStore } from '../cluster/store.ts';
import { type ClusterSpec, NO_WISH } from '../cluster/topology.ts';
import { type FormatNode, upCluster } from '../cluster/up.ts';
import { RaftctlError } from '../std/errors.ts';
import { BUCKET_MS, Ledger } from './demo-ledger.ts';
import { DemoLoad } from './demo-load.ts';
import type { DemoProgress, DemoResult } from './demo-result.ts';
import { closeUpOf, timelineOf } from './demo-timeline.ts';
import { findLost } from './demo-verify.ts';

export interface DemoInit {
  /** The script of this program. */
  readonly entry: string;
  readonly formatNode: FormatNode;
  readonly loadMs: number;
  /** Null: some ports that are free. */
  readonly portBase: number | null;
  readonly signal: AbortSignal;
  /** A step that has been taken, in words. */
  readonly onStep: (text: string) => void;
  /** Several times a second while the load runs. */
  readonly onProgress: (progress: DemoProgress) => void;
}

const NODES = 3;
const START_TIMEOUT_MS = 15_000;
const CATCH_UP_TIMEOUT_MS = 15_000;
/** Shares of the load's time. */
const KILL_AT = 0.4;
const RESTART_AT = 0.65;
const PROGRESS_MS = 100;
const TIMELINE_BUCKET_MS = 100;
const PORT_BASE_MIN = 14_000;
const PORT_BASE_MAX = 29_000;
const PORT_TRIES = 20;
const STOP_GRACE_MS = 3000;

/** @throws {RaftctlError} INTERRUPTED, and whatever keeps the cluster from running. */
export async function runDemo(init: DemoInit): Promise<DemoResult> {
  const directory = await mkdtemp(join(tmpdir(), 'raftctl-demo-'));
  const demo = new Demo(init, new ClusterStore(directory));
  try {
    return await demo.run();
  } catch (error) {
    throw init.signal.aborted ? interrupted() : error;
  } finally {
    await demo.end();
    await rm(directory, { recursive: true, force: true });
  }
}

interface Kill {
  readonly leader: string;
  readonly term: number;
  readonly atMs: number;
}

class Demo {
  readonly #init: DemoInit;
  readonly #store: ClusterStore;
  #spec: ClusterSpec | null = null;
  #load: DemoLoad | null = null;
  #leader: string | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(init: DemoInit, store: ClusterStore) {
    this.#init = init;
    this.#store = store;
  }

  async run(): Promise<DemoResult> {
    const { loadMs, onStep } = this.#init;
    const begun = performance.now();
    const { spec, startMs } = await this.#start();
    const ledger = this.#startLoad(spec);
    await this.#sleep(loadMs * KILL_AT);
    const kill = await this.#killLeader(spec, ledger);
    await this.#awaitFailover(spec, ledger, kill);
    await this.#sleep(loadMs * RESTART_AT - ledger.elapsedMs);
    const restartedAtMs = ledger.elapsedMs;
    const catchUpMs = await this.#restart(spec, kill.leader);
    onStep(`${kill.leader} is back and has caught up in ${Math.round(catchUpMs)} ms`);
    await this.#sleep(loadMs - ledger.elapsedMs);
    await this.#load?.stop();
    const measuredMs = ledger.elapsedMs;
    this.#endProgress();
    const after = await clusterStatus(this.#store, spec);
    const verifyBegun = performance.now();
    const lost = await this.#readBack(spec, ledger);
    const now = performance.now();
    return {
      acknowledged: ledger.acknowledged,
      unknown: ledger.unknown,
      refused: ledger.refused,
      lost: lost.length,
      lostSample: lost.slice(0, 10).map((write) => `demo:${write}`),
      readsAnswered: ledger.readsAnswered,
      failoverMs: ledger.failoverMs === null ? null : round(ledger.failoverMs),
      opsPerSecond: Math.round((ledger.acknowledged + ledger.readsAnswered) / (measuredMs / 1000)),
      leaderBefore: kill.leader,
      leaderAfter: after.leader,
      termBefore: kill.term,
      termAfter: after.term,
      startMs,
      loadMs: Math.round(measuredMs),
      catchUpMs: Math.round(catchUpMs),
      verifyMs: Math.round(now - verifyBegun),
      durationMs: Math.round(now - begun),
      killedAtMs: Math.round(kill.atMs),
      restartedAtMs: Math.round(restartedAtMs),
      timeline: timelineOf(ledger.buckets, BUCKET_MS, {
        fromMs: 0,
        toMs: measuredMs,
        bucketMs: TIMELINE_BUCKET_MS,
      }),
      closeUp: closeUpOf(ledger.buckets, BUCKET_MS, { atMs: kill.atMs, gapMs: ledger.failoverMs }),
    };
  }

  /** Ends everything that was started. */
  async end(): Promise<void> {
    this.#endProgress();
    this.#load?.close();
    if (this.#spec === null) return;
    const wish = { graceMs: STOP_GRACE_MS, hurry: this.#init.signal };
    await downCluster(this.#store, this.#spec, wish);
  }

  async #start(): Promise<{ spec: ClusterSpec; startMs: number }> {
    const { portBase, entry, formatNode, signal, onStep } = this.#init;
    const result = await upCluster({
      store: this.#store,
      name: 'demo',
      wish: {
        ...NO_WISH,
        nodeCount: NODES,
        fsync: 'always',
        portBase: portBase ?? (await freePortBase()),
      },
      ephemeral: true,
      waitFor: 'healthy',
      timeoutMs: START_TIMEOUT_MS,
      entry,
      formatNode,
      signal,
    });
    this.#spec = result.spec;
    this.#leader = result.status?.leader ?? null;
    onStep(`${NODES} nodes are up in ${result.durationMs} ms, ${this.#leader} leads`);
    return { spec: result.spec, startMs: result.durationMs };
  }

  #startLoad(spec: ClusterSpec): Ledger {
    const ledger = new Ledger();
    const addresses = spec.nodes.map((node) => node.clientAddress);
    this.#load = new DemoLoad(addresses, ledger);
    this.#load.start();
    this.#timer = setInterval(() => {
      const { acknowledged, unknown, buckets, elapsedMs } = ledger;
      const leader = this.#leader;
      const progress = { elapsedMs, acknowledged, unknown, buckets, bucketMs: BUCKET_MS, leader };
      this.#init.onProgress(progress);
    }, PROGRESS_MS);
    return ledger;
  }

  async #killLeader(spec: ClusterSpec, ledger: Ledger): Promise<Kill> {
    const status = await clusterStatus(this.#store, spec);
    const node = spec.nodes.find((candidate) => candidate.id === status.leader);
    const found = node === undefined ? null : await findNodeProcess(node.dataDir);
    if (node === undefined || found === null) {
      throw new RaftctlError('NO_LEADER', { message: 'Cannot kill the leader as nobody leads' });
    }
    this.#leader = null;
    ledger.markKill();
    process.kill(found.pid, 'SIGKILL');
    const atMs = ledger.elapsedMs;
    this.#init.onStep(
      `kill -9 ${found.pid}: ${node.id}, the leader of term ${status.term}, is dead`,
    );
    return { leader: node.id, term: status.term ?? 0, atMs };
  }

  /** Says who leads now, as soon as writes are acknowledged again or the load is over. */
  async #awaitFailover(spec: ClusterSpec, ledger: Ledger, kill: Kill): Promise<void> {
    while (ledger.failoverMs === null && ledger.elapsedMs < this.#init.loadMs * RESTART_AT) {
      await this.#sleep(10);
    }
    if (ledger.failoverMs === null) return;
    const status = await clusterStatus(this.#store, spec);
    this.#leader = status.leader;
    const gap = Math.round(ledger.failoverMs);
    this.#init.onStep(
      `${status.leader ?? 'a new leader'} leads term ${status.term ?? kill.term + 1}: writes go on after ${gap} ms`,
    );
  }

  async #restart(spec: ClusterSpec, id: string): Promise<number> {
    const begun = performance.now();
    const nodes = spec.nodes.filter((node) => node.id === id);
    const { entry, signal } = this.#init;
    const init = { store: this.#store, spec, nodes, entry, timeoutMs: CATCH_UP_TIMEOUT_MS, signal };
    await startStopped(init);
    for (const node of nodes) await waitCaughtUp(init, node);
    return performance.now() - begun;
  }

  async #readBack(spec: ClusterSpec, ledger: Ledger): Promise<number[]> {
    this.#init.onStep('Reading every acknowledged write back, from every node');
    const lost = new Set(ledger.wrongReads);
    const found = await Promise.all(
      spec.nodes.map((node) => findLost(node.clientAddress, ledger, this.#init.signal)),
    );
    for (const write of found.flat()) lost.add(write);
    this.#throwIfInterrupted();
    return [...lost].sort((a, b) => a - b);
  }

  #endProgress(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async #sleep(ms: number): Promise<void> {
    const { signal } = this.#init;
    if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
    this.#throwIfInterrupted();
  }

  #throwIfInterrupted(): void {
    if (this.#init.signal.aborted) throw interrupted();
  }
}

function interrupted(): RaftctlError {
  return new RaftctlError('INTERRUPTED', { message: 'Interrupted; nothing is left behind' });
}

async function freePortBase(): Promise<number> {
  const span = PORT_BASE_MAX - PORT_BASE_MIN;
  const bases = Array.from(
    { length: PORT_TRIES },
    () => PORT_BASE_MIN + Math.floor(Math.random() * span),
  );
  const base = await findFreePortBase(NODES, bases);
  if (base !== null) return base;
  throw new RaftctlError('ADDRESS_IN_USE', {
    message: `Cannot find free ports between ${PORT_BASE_MIN} and ${PORT_BASE_MAX + 2000 + NODES}`,
    hint: 'Name some: --port-base N',
  });
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
