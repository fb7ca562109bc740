/**
 * The simulated world of one seed: scheduler, network, nodes, clients, faults and oracles, each
 * with random numbers of its own, so that one concern's draws never shift another's.
 */

import { createApp } from '../node/apps/apps.ts';
import { foundingBatch, type Membership } from '../node/model/membership.ts';
import { type Bytes, latin1Slice, NO_BYTES } from '../std/bytes.ts';
import type { Prng } from '../std/prng.ts';
import { drawPlan, type FaultPlan, type Profile } from './fault-plan.ts';
import { History } from './history.ts';
import { mix } from './log-picture.ts';
import { Nemesis } from './nemesis.ts';
import { Oracles } from './oracles.ts';
import { Scheduler } from './scheduler.ts';
import { SimNetwork } from './sim-network.ts';
import { SimNode, WALL_START_MS } from './sim-node.ts';
import { Violation } from './violation.ts';
import { Workload } from './workload.ts';

const CLUSTER = '5eed5eed5eed5eed5eed5eed5eed5eed';

/** The healed cluster takes a write within so many election timeouts (I29) ... */
const TIMEOUTS_TO_WRITE = 10;
/** ... and all its members are equal after as many more. */
const TIMEOUTS_TO_CONVERGE = 10;
/** A write that failed for want of a leader is tried again after so long. */
const RETRY_MS = 20;
/** Nodes open their logs before the election timeouts are counted. */
const START_MS = 500;

export interface SeedOptions {
  /** Simulated seconds of faults, before the healing. */
  readonly seconds: number;
  readonly nodes: number;
  readonly profile: Profile;
}

export class World {
  readonly scheduler = new Scheduler();
  readonly plan: FaultPlan;
  readonly nodes: readonly SimNode[];
  readonly #durationMs: number;
  readonly #oracles: Oracles;
  readonly #history: History;
  readonly #network: SimNetwork;
  readonly #workload: Workload;
  readonly #nemesis: Nemesis;
  #violation: Violation | null = null;
  #traceHash = 0;

  constructor(prng: Prng, options: SeedOptions) {
    const draws = {
      ...{ plan: prng.fork(), network: prng.fork(), workload: prng.fork(), nodes: prng.fork() },
    };
    this.#durationMs = options.seconds * 1000;
    this.plan = drawPlan(draws.plan, {
      ...{ nodes: options.nodes, profile: options.profile, durationMs: this.#durationMs },
    });
    const { scheduler, plan } = this;
    const membership = membershipOf(options.nodes);
    const members = membership.members.map((m) => m.number);
    this.#oracles = new Oracles(members, [foundingBatch(CLUSTER, membership)]);
    const { clockRates } = plan;
    this.#history = new History(this.#oracles, {
      timeCommand: latin1(createApp('kvstore').timeCommand),
      clockMs: () =>
        WALL_START_MS + 100 * members.length + scheduler.nowMs * Math.max(...clockRates),
    });
    const oracles = this.#oracles;
    const history = this.#history;
    const weather = { ...plan.weather };
    this.#network = new SimNetwork({
      ...{ scheduler, members, weather, cluster: CLUSTER, prng: draws.network },
      onLeave: (message) => oracles.leaves(message),
      onArrive: (message, bytes) =>
        this.#trace(message.from * 8 + message.to, bytes.readInt32LE(0)),
    });
    const network = this.#network;
    this.nodes = members.map((member) => {
      const parts = { scheduler, network, oracles, history, prng: draws.nodes.fork() };
      return new SimNode(
        {
          ...parts,
          trace: (what, value) => this.#trace(what, value),
          fail: (violation) => {
            this.#violation ??= violation;
          },
        },
        { member, cluster: CLUSTER, membership, plan },
      );
    });
    const { nodes } = this;
    this.#workload = new Workload({
      ...{ scheduler, plan, nodes, oracles, history, prng: draws.workload },
    });
    this.#nemesis = new Nemesis({ scheduler, plan, network, weather, nodes });
  }

  get traceHash(): number {
    return this.#traceHash;
  }

  /** @throws {Violation} at the first broken promise; whatever production code throws. */
  async run(): Promise<void> {
    for (const node of this.nodes) node.format();
    await this.#runFor(START_MS);
    for (const node of this.nodes) node.start();
    this.#workload.start();
    this.#nemesis.start();
    await this.#runFor(this.#durationMs);
    this.#workload.stop();
    this.#nemesis.heal();
    await this.#runFor(START_MS);
    await this.#checkLiveness();
  }

  counts(): Readonly<Record<string, number>> {
    const disks = this.nodes.map((node) => node.counts);
    const { elections, retriedElections, truncations, leaderChanges, commits } =
      this.#oracles.counts;
    return {
      ...{ elections, retriedElections, truncations, leaderChanges, commits },
      ...this.#nemesis.counts,
      ...this.#history.counts,
      ...this.#network.counts,
      recoveries: sum(disks.map((d) => d.recoveries)),
      tornTails: sum(disks.map((d) => d.tornTails)),
      snapshotsTaken: sum(disks.map((d) => d.snapshotsTaken)),
      snapshotsReceived: sum(disks.map((d) => d.snapshotsReceived)),
    };
  }

  async #runFor(ms: number): Promise<void> {
    await this.#runUntil(this.scheduler.nowMs + ms, () => false);
  }

  async #runUntil(untilMs: number, stop: () => boolean): Promise<void> {
    await this.scheduler.runUntil(untilMs, () => this.#violation !== null || stop());
    if (this.#violation !== null) throw this.#violation;
  }

  /** I29, then the end checks: equal states, and every acknowledged write in them. */
  async #checkLiveness(): Promise<void> {
    const { scheduler, plan } = this;
    const timeoutMs = (plan.config.electionTimeoutTicksMax * plan.config.tickMs) / 0.9;
    let written = 0;
    for (const node of this.nodes) this.#writeUntilOk(node, () => (written += 1));
    const writeByMs = scheduler.nowMs + timeoutMs * TIMEOUTS_TO_WRITE;
    await this.#runUntil(writeByMs, () => written > 0);
    if (written === 0) throw new Violation('I29 liveness', 'the healed cluster takes no write');
    const equalByMs = scheduler.nowMs + timeoutMs * TIMEOUTS_TO_CONVERGE;
    await this.#runUntil(equalByMs, () => written === this.nodes.length && this.#converged());
    if (!this.#converged()) {
      const applied = this.nodes.map((n) => n.applied).join(', ');
      const detail = `applied ${applied} of ${this.#oracles.maxCommit} when all should be equal`;
      throw new Violation('I29 liveness', detail);
    }
    if (written < this.nodes.length) {
      throw new Violation('I29 liveness', `${written} of ${this.nodes.length} nodes take writes`);
    }
    this.#checkEqual();
  }

  #writeUntilOk(node: SimNode, ok: () => void): void {
    this.#workload.write(node, 'liveness', (outcome) => {
      if (outcome === 'ok') ok();
      else this.scheduler.schedule(RETRY_MS, () => this.#writeUntilOk(node, ok));
    });
  }

  #converged(): boolean {
    return this.nodes.every((node) => node.applied === this.#oracles.maxCommit);
  }

  #checkEqual(): void {
    this.#history.checkAcknowledged();
    const digest = this.nodes[0]?.digest();
    for (const node of this.nodes) {
      if (node.digest() !== digest) {
        throw new Violation('I8 state machine safety', `n${node.member} ends in another state`);
      }
      for (const key of this.#history.keys) {
        const value = node.query(key);
        if (value === this.#history.latest(key)) continue;
        throw new Violation('I23 read value', `n${node.member} ends with ${key}=${value}`);
      }
    }
  }

  #trace(what: number, value: number): void {
    const time = Math.round(this.scheduler.nowMs * 1000);
    this.#traceHash = mix(mix(mix(this.#traceHash, time), what), value);
  }
}

function membershipOf(nodes: number): Membership {
  const members = Array.from({ length: nodes }, (_, at) => ({
    number: at + 1,
    name: `n${at + 1}`,
    voter: true,
    peerAddress: `sim:${at + 1}`,
    clientAddress: '',
    adminAddress: '',
  }));
  return { members, leases: false };
}

function latin1(bytes: Bytes = NO_BYTES): string {
  return latin1Slice(bytes, 0, bytes.length);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
