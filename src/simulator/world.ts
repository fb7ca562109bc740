/**
 * The simulated world of one run: scheduler, network, nodes, clients, faults and oracles, each with
 * random numbers of its own, so that one concern's draws never shift another's.
 */

import { createApp } from '../node/apps/apps.ts';
import type { MemberNumber } from '../node/model/ids.ts';
import { foundingBatch, type Membership } from '../node/model/membership.ts';
import { type Bytes, latin1Slice, NO_BYTES } from '../std/bytes.ts';
import { Prng } from '../std/prng.ts';
import { BlackBox } from './black-box.ts';
import { addCounts, type Counts } from './coverage.ts';
import { drawPlan } from './draw-plan.ts';
import { ElectionOracles } from './election-oracles.ts';
import { EventLog } from './event-log.ts';
import type { FaultPlan, Profile } from './fault-plan.ts';
import { History } from './history.ts';
import { checkHealed } from './liveness.ts';
import { mix } from './log-picture.ts';
import { MemberOracle } from './member-oracle.ts';
import { MomentOracles } from './moments.ts';
import { Nemesis } from './nemesis.ts';
import { Scheduler } from './scheduler.ts';
import { WALL_START_MS } from './sim-life.ts';
import { SimNetwork } from './sim-network.ts';
import { SimNode } from './sim-node.ts';
import { Tally } from './tally.ts';
import type { Violation } from './violation.ts';
import { type PlannedOperation, Workload } from './workload.ts';

const CLUSTER = '5eed5eed5eed5eed5eed5eed5eed5eed';

/** Nodes open their logs before anything else happens. */
export const START_MS = 500;
const LOADED_CLIENTS = 16;
/** Of so many seeds one has its history judged by the linearizability checker. */
const JUDGED_EVERY = 8;
/** Nodes that can be added to a cluster whose members change. */
const SPARES = 5;

export interface SeedOptions {
  /** Simulated seconds of faults, before the healing. */
  readonly seconds: number;
  readonly nodes: number;
  readonly profile: Profile;
  /** Requests a second of all clients together; null: drawn. */
  readonly load: number | null;
}

export interface WorldInit extends SeedOptions {
  readonly seed: number;
  /** In place of what would be drawn from the seed. */
  readonly plan: FaultPlan | null;
  readonly operations: readonly PlannedOperation[] | null;
}

export class World {
  readonly scheduler = new Scheduler();
  readonly plan: FaultPlan;
  readonly nodes: readonly SimNode[];
  readonly oracles: MomentOracles;
  readonly elections: ElectionOracles;
  readonly memberOracle: MemberOracle;
  readonly history: History;
  readonly workload: Workload;
  readonly events = new EventLog();
  readonly #blackBox: BlackBox;
  readonly #durationMs: number;
  readonly #network: SimNetwork;
  readonly #nemesis: Nemesis;
  readonly #tally = new Tally();
  #violation: Violation | null = null;
  #traceHash = 0;

  constructor(init: WorldInit) {
    const prng = new Prng(init.seed);
    const draws = {
      ...{ plan: prng.fork(), network: prng.fork(), workload: prng.fork(), nodes: prng.fork() },
    };
    this.#durationMs = init.seconds * 1000;
    this.plan = init.plan ?? drawPlanFor(draws.plan, init);
    const { scheduler, plan } = this;
    const membership = membershipOf(init.nodes, plan);
    const members = membersOf(init.nodes, plan);
    this.elections = new ElectionOracles(plan.config);
    this.oracles = new MomentOracles(members, [foundingBatch(CLUSTER, membership)], {
      ...{ elections: this.elections, nowMs: () => scheduler.nowMs },
    });
    const { electionTimeoutTicksMin, tickMs } = plan.config;
    const handOverMs = ((electionTimeoutTicksMin + 2) * tickMs) / 0.9;
    this.memberOracle = new MemberOracle(this.oracles, () => scheduler.nowMs, handOverMs);
    const { clockRates } = plan;
    this.history = new History(this.oracles, {
      timeCommand: latin1(createApp('kvstore').timeCommand),
      sessionLimits: plan.sessions.limits,
      clockMs: () =>
        WALL_START_MS + 100 * members.length + scheduler.nowMs * Math.max(1, ...clockRates),
    });
    const weather = { ...plan.weather };
    this.#network = this.#makeNetwork({ members, weather, prng: draws.network });
    const { oracles, elections, memberOracle, history } = this;
    const network = this.#network;
    this.nodes = members.map((member) => {
      const parts = { scheduler, network, oracles, elections, memberOracle, history };
      return new SimNode(
        {
          ...parts,
          prng: draws.nodes.fork(),
          trace: (what, value) => this.#trace(what, value),
          note: (who, what, data) => this.#note(who, what, data),
          fail: (violation) => {
            this.#violation ??= violation;
          },
        },
        { member, cluster: CLUSTER, membership, plan, spare: member > init.nodes },
      );
    });
    const { nodes } = this;
    this.#blackBox = new BlackBox(() => scheduler.nowMs, init.seed % JUDGED_EVERY === 0);
    this.workload = new Workload({
      ...{ scheduler, plan, nodes, oracles, history, prng: draws.workload },
      ...{ operations: init.operations, blackBox: this.#blackBox },
    });
    const note = (what: string, data: unknown): void => this.#note(0, what, data);
    this.#nemesis = new Nemesis({ scheduler, plan, network, weather, nodes, note });
    oracles.onMoment = (member, moment) => this.#nemesis.happens(member, moment);
  }

  get traceHash(): number {
    return this.#traceHash;
  }

  /** @throws {Violation} at the first broken promise; whatever production code throws. */
  async run(): Promise<void> {
    for (const node of this.nodes) node.format();
    await this.runFor(START_MS);
    for (const node of this.nodes) node.start();
    this.workload.start();
    this.#nemesis.start();
    await this.runFor(this.#durationMs);
    this.workload.stop();
    this.#nemesis.heal();
    await this.runFor(START_MS);
    await checkHealed(this);
    this.#blackBox.judge();
  }

  /** @returns whether `stop` ended it before its time. */
  async runFor(ms: number, stop: () => boolean = () => false): Promise<boolean> {
    const untilMs = this.scheduler.nowMs + ms;
    await this.scheduler.runUntil(untilMs, () => this.#violation !== null || stop());
    if (this.#violation !== null) throw this.#violation;
    return this.scheduler.nowMs < untilMs;
  }

  /** By the names of coverage.ts. */
  counts(): Counts {
    const total: Record<string, number> = {};
    addCounts(total, this.oracles.counts);
    addCounts(total, this.#nemesis.counts);
    addCounts(total, this.#nemesis.transfers.counts);
    addCounts(total, this.#nemesis.members.counts);
    addCounts(total, this.memberOracle.counts);
    addCounts(total, this.history.counts);
    addCounts(total, this.history.sessions.counts);
    addCounts(total, this.#network.counts);
    addCounts(total, this.#tally.counts);
    addCounts(total, this.#blackBox.counts);
    for (const node of this.nodes) addCounts(total, node.coverage());
    return {
      ...total,
      learners: this.plan.learners,
      leases: this.plan.leases ? 1 : 0,
      'retained logs': this.plan.retain ? 1 : 0,
      'shared machines': this.plan.sharesMachine ? 1 : 0,
    };
  }

  #makeNetwork(
    init: Pick<ConstructorParameters<typeof SimNetwork>[0], 'members' | 'weather' | 'prng'>,
  ): SimNetwork {
    const { scheduler } = this;
    return new SimNetwork({
      ...{ ...init, scheduler, cluster: CLUSTER },
      onLeave: (message) => {
        this.#tally.message(message);
        this.oracles.leaves(message);
      },
      onArrive: (message, bytes) => {
        this.events.note(scheduler.nowMs, message);
        this.elections.arrived(message, scheduler.nowMs);
        this.#trace(message.from * 8 + message.to, bytes.readInt32LE(0));
      },
    });
  }

  #note(member: number, what: string, data: unknown): void {
    this.events.note(this.scheduler.nowMs, { what, member, data });
    if (typeof data !== 'object' || data === null) return;
    const facts = data as Readonly<Record<string, unknown>>;
    this.#tally.event(what, facts);
    if (what === 'peer.disconnected') {
      this.elections.connectionLost(member, Number(String(facts['peer']).slice(1)));
    }
    if (what === 'election.started') {
      this.elections.electionStarted(facts as { reason: string; timeoutMs: number });
    }
  }

  #trace(what: number, value: number): void {
    const time = Math.round(this.scheduler.nowMs * 1000);
    this.#traceHash = mix(mix(mix(this.#traceHash, time), what), value);
  }
}

function drawPlanFor(prng: Prng, { nodes, profile, seconds, load }: SeedOptions): FaultPlan {
  const plan = drawPlan(prng, { nodes, profile, durationMs: seconds * 1000 });
  if (load === null) return plan;
  return { ...plan, clients: LOADED_CLIENTS, thinkMsMean: (LOADED_CLIENTS * 1000) / load };
}

/** Those who found the cluster, and those who may join it. */
function membersOf(nodes: number, plan: FaultPlan): readonly MemberNumber[] {
  const changing = plan.events.some(({ type }) => type === 'memberChange');
  return Array.from({ length: nodes + (changing ? SPARES : 0) }, (_, at) => at + 1);
}

function membershipOf(nodes: number, plan: FaultPlan): Membership {
  const host = plan.sharesMachine ? '127.0.0.1' : 'sim';
  const members = Array.from({ length: nodes }, (_, at) => ({
    number: at + 1,
    name: `n${at + 1}`,
    voter: at < nodes - plan.learners,
    peerAddress: `${host}:${at + 1}`,
    clientAddress: '',
    adminAddress: '',
  }));
  const retain = plan.retain ? ({ retain: 'all' } as const) : {};
  return { members, leases: plan.leases, ...retain };
}

function latin1(bytes: Bytes = NO_BYTES): string {
  return latin1Slice(bytes, 0, bytes.length);
}
