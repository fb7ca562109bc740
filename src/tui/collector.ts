/**
 * Looks at a cluster over its admin ports: one request a node and look, events as they come. A node
 * that does not answer keeps its place, with what the process table says of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { NodeWatcher } from '../client/node-watcher.ts';
import type { NodeEvent } from '../wire/events.ts';
import type { LiveBench } from '../wire/live-bench.ts';
import type { BatchView, NodeLogView } from '../wire/log-view.ts';
import type { NodeState, NodeStatus } from '../wire/status.ts';
import type { NodeVitals } from '../wire/vitals.ts';
import {
  type ForeignLook,
  foreignLoadBetween,
  loadBetween,
  type NodeSample,
  type ProcessUsage,
  peersBetween,
  phasesBetween,
  type Sample,
} from './sample.ts';

export interface WatchedNode {
  readonly id: string;
  readonly member: number;
  readonly adminAddress: string;
}

export interface WatchedCluster {
  readonly name: string;
  readonly app: string;
  readonly nodes: readonly WatchedNode[];
}

/** What is known of a node that does not answer. */
export interface Silence {
  readonly state: NodeState;
  readonly error: string | null;
}

/** How nodes of another program are asked: it has no admin port. */
export interface ForeignEngine {
  readonly name: string;
  readonly statusOf: (id: string, timeoutMs: number) => Promise<NodeStatus>;
  readonly usageOf: (pid: number) => Promise<ProcessUsage>;
}

export interface CollectorInit {
  readonly cluster: WatchedCluster;
  /** Asked of nodes that do not answer: is there a process, is it paused? */
  readonly silenceOf: (id: string, error: string) => Promise<Silence>;
  /** Measurements of the cluster that run now. */
  readonly benches: () => Promise<readonly LiveBench[]>;
  readonly engine?: ForeignEngine | undefined;
}

const ANSWER_MS_MAX = 1500;
/** A look does not wait longer for one node; its answer counts for a later look. */
const PATIENCE_MS = 300;

interface Seat {
  readonly node: WatchedNode;
  readonly watcher: NodeWatcher;
  vitals: NodeVitals | null;
  /** Of a node of another program. */
  looked: ForeignLook | null;
  /** A request under way. */
  asking: Promise<NodeSample> | null;
  answeredAtMs: number | null;
}

export class Collector {
  readonly #init: CollectorInit;
  readonly #seats: readonly Seat[];
  #arrived: NodeEvent[] = [];
  #lookedAtMs = 0;
  /** Called with every event as it arrives. */
  onEvent: (event: NodeEvent) => void = () => {};

  constructor(init: CollectorInit) {
    this.#init = init;
    this.#seats = init.cluster.nodes.map((node) => ({
      node,
      watcher: new NodeWatcher(node.adminAddress, (event) => this.#take(event)),
      vitals: null,
      looked: null,
      asking: null,
      answeredAtMs: null,
    }));
  }

  /** Begins to follow the events of all nodes. */
  start(): void {
    if (this.#init.engine !== undefined) return;
    for (const { watcher } of this.#seats) watcher.follow();
  }

  close(): void {
    for (const { watcher } of this.#seats) watcher.close();
  }

  /** The newest batches of every node that answers. */
  async batches(): Promise<Record<string, readonly BatchView[]>> {
    const found: Record<string, readonly BatchView[]> = {};
    if (this.#init.engine !== undefined) return found;
    const asks = this.#seats.map(async ({ node, watcher }) => {
      const answer = await watcher.json('/v1/log', PATIENCE_MS).catch(() => null);
      const data = (answer as { data?: Partial<NodeLogView> } | null)?.data;
      if (data?.batches !== undefined) found[node.id] = data.batches;
    });
    await Promise.all(asks);
    return found;
  }

  /** Asks all nodes at once. */
  async look(): Promise<Sample> {
    const { cluster, engine } = this.#init;
    const atMs = Date.now();
    const spanMs = this.#lookedAtMs === 0 ? 0 : atMs - this.#lookedAtMs;
    this.#lookedAtMs = atMs;
    const [benches, nodes] = await Promise.all([
      this.#init.benches(),
      Promise.all(this.#seats.map((seat) => this.#ask(seat))),
    ]);
    const events = this.#arrived;
    this.#arrived = [];
    const whose = engine === undefined ? {} : { engine: engine.name };
    return {
      atMs,
      spanMs,
      cluster: cluster.name,
      app: cluster.app,
      ...whose,
      nodes,
      events,
      benches,
    };
  }

  #take(event: NodeEvent): void {
    this.#arrived.push(event);
    this.onEvent(event);
  }

  async #ask(seat: Seat): Promise<NodeSample> {
    seat.asking ??= this.#answerOf(seat).finally(() => {
      seat.asking = null;
    });
    const patience = new AbortController();
    const late = sleep(PATIENCE_MS, null, { signal: patience.signal }).catch(() => null);
    const answer = await Promise.race([seat.asking, late]);
    patience.abort();
    return answer ?? this.#silent(seat, `no answer within ${PATIENCE_MS} ms`);
  }

  async #answerOf(seat: Seat): Promise<NodeSample> {
    const { node, watcher, vitals: before } = seat;
    const { engine } = this.#init;
    try {
      if (engine !== undefined) return await this.#foreignAnswerOf(seat, engine);
      const vitals = await watcher.vitals(ANSWER_MS_MAX);
      if (vitals.status.member !== node.member) throw new Error('another node answers there');
      seat.vitals = vitals;
      seat.answeredAtMs = Date.now();
      return {
        id: node.id,
        member: node.member,
        state: 'up',
        error: vitals.status.error,
        silentMs: 0,
        status: vitals.status,
        load: loadBetween(before, vitals),
        peers: peersBetween(before, vitals),
        phases: phasesBetween(before, vitals),
      };
    } catch (trouble) {
      return this.#silent(seat, trouble instanceof Error ? trouble.message : String(trouble));
    }
  }

  async #foreignAnswerOf(seat: Seat, engine: ForeignEngine): Promise<NodeSample> {
    const { node, looked: before } = seat;
    const status = await engine.statusOf(node.id, ANSWER_MS_MAX);
    const usage = await engine.usageOf(status.pid).catch(() => null);
    const atMs = Date.now();
    seat.looked = usage === null ? null : { atMs, status, usage };
    seat.answeredAtMs = atMs;
    const load = seat.looked === null ? null : foreignLoadBetween(before, seat.looked);
    const { id, member } = node;
    const facts = { id, member, state: 'up' as const, error: status.error, silentMs: 0 };
    return { ...facts, status, load, peers: [], phases: {} };
  }

  async #silent({ node, answeredAtMs }: Seat, reason: string): Promise<NodeSample> {
    const silence = await this.#init.silenceOf(node.id, reason);
    const silentMs = answeredAtMs === null ? null : Date.now() - answeredAtMs;
    const { id, member } = node;
    return { id, member, ...silence, silentMs, status: null, load: null, peers: [], phases: {} };
  }
}
