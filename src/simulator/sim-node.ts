/**
 * A member of the simulated cluster over all its lives: its disk stays, its process comes and goes.
 * A life is what the daemon builds, on simulated ports: log, network, clock, app, replica.
 */

import { createApp } from '../node/apps/apps.ts';
import type { MemberNumber } from '../node/model/ids.ts';
import { foundingBatch } from '../node/model/membership.ts';
import type { PeerAddress } from '../node/ports/network.ts';
import { Replica } from '../node/replica/replica.ts';
import { formatLog } from '../node/wal/wal.ts';
import { assert } from '../std/assert.ts';
import type { Counts } from './coverage.ts';
import type { RotKind } from './fault-plan.ts';
import { LeaseWatch } from './lease-watch.ts';
import { type DiskError, NodeDisk } from './node-disk.ts';
import { SimEndpoint } from './sim-endpoint.ts';
import { checkCore, checkRetained, clockOf, DIRECTORY, type Life, openStores } from './sim-life.ts';
import type { SimNodeComponents, SimNodeInit } from './sim-node-parts.ts';
import { SimProcess } from './sim-process.ts';
import { Tally } from './tally.ts';
import { asViolation, Violation } from './violation.ts';
import { TrackedDisk, WatchedLog, WatchedMachine } from './watched-ports.ts';
import { WatchedSnapshots } from './watched-snapshots.ts';
import type { ClientSide } from './workload.ts';

/** A node whose log could not be written must have ended itself after so long. */
const FAIL_STOP_MS = 1000;

export class SimNode implements ClientSide {
  readonly member: MemberNumber;
  readonly #tally = new Tally();
  /** Its disk lost what was durable, it has noticed, and stays down for good. */
  damaged = false;
  readonly disk: NodeDisk;
  readonly #components: SimNodeComponents;
  readonly #init: SimNodeInit;
  #life: Life | null = null;
  readonly #leases = new LeaseWatch();
  #lives = 0;
  #recruited: boolean;
  #contacts: readonly PeerAddress[] = [];
  /** It learned that it does not belong to the cluster any more. */
  #discharged = false;

  constructor(components: SimNodeComponents, init: SimNodeInit) {
    this.member = init.member;
    this.#components = components;
    this.#init = init;
    this.#recruited = !init.spare;
    const { diskMsMin, diskMsMean } = init.plan;
    this.disk = new NodeDisk(
      {
        prng: components.prng.fork(),
        schedule: (delayMs, task) => this.#life?.process.postDone(delayMs * this.disk.factor, task),
        syncMs: [diskMsMin, diskMsMin + 2 * diskMsMean],
      },
      { directory: DIRECTORY, onHit: (what) => this.#logFails(what) },
    );
  }

  /** Whether there is a process, paused or not. */
  get up(): boolean {
    return this.#life !== null;
  }

  get leads(): boolean {
    return this.#life?.replica?.raft.role === 'leader';
  }

  get serving(): { readonly process: SimProcess; readonly replica: Replica } | null {
    const life = this.#life;
    if (life === null || life.replica === null) return null;
    return { process: life.process, replica: life.replica };
  }

  get applied(): number {
    return this.#life?.replica?.applier.appliedIndex ?? 0;
  }

  coverage(): Counts {
    return { ...this.#tally.counts, ...this.#leases.counts, ...this.disk.counts };
  }

  digest(): string {
    return this.#life?.machine?.digest() ?? 'down';
  }

  query(request: unknown): unknown {
    return this.#life?.machine?.query(request);
  }

  /** Makes the data directory of a founding member; afterwards the node is down. */
  format(): void {
    const { cluster, membership, plan, member } = this.#init;
    const life = this.#begin();
    const formatted = formatLog({
      ...{
        disk: new TrackedDisk(this.disk.simDisk.boot(), life.process.gate, { fast: false }),
        directory: DIRECTORY,
      },
      ...{ cluster, member, founding: foundingBatch(cluster, membership) },
      ...{ random: this.#components.prng.fork(), segmentBytes: plan.segmentBytes },
    });
    life.process.gate.track(formatted).then(
      () => this.#end(life),
      (error: unknown) => this.#fail(error),
    );
  }

  /** A spare node begins, or begins anew, told whom to turn to. */
  recruit(contacts: readonly PeerAddress[]): void {
    this.#recruited = true;
    this.#contacts = contacts;
    if (this.up) this.crash(false);
    this.start();
  }

  /** A new life, unless there is one or should be none. */
  start(): void {
    if (this.#life !== null || this.damaged) return;
    if (!this.#recruited || this.#discharged) return;
    const life = this.#begin();
    life.process.gate.track(this.#boot(life)).catch((error: unknown) => this.#fail(error));
  }

  /** The process dies; with `power` the machine does too: what was not synced may be lost. */
  crash(power: boolean): void {
    const life = this.#life;
    assert(life !== null, 'only a running node crashes');
    this.#depart(life, power);
  }

  /** Stops in order, if it serves; `stopped` hears when it is down. */
  stop(stopped: () => void): boolean {
    const life = this.#life;
    if (life === null || life.replica === null || life.process.paused || life.stopping)
      return false;
    life.stopping = true;
    life.process.gate.track(life.replica.stop()).then(
      () => {
        if (this.#life !== life) return;
        this.#tally.add('orderly stops');
        this.#depart(life, false);
        stopped();
      },
      // What ended it may be why it cannot be stopped in order.
      (error: unknown) => this.#life === life && this.#fail(error),
    );
    return true;
  }

  /** Changes bytes on its disk. Requires: it is down. @returns whether there were any. */
  rot(kind: RotKind, draw: number): boolean {
    const rot = this.disk.rot(kind, draw);
    if (rot !== null) this.#components.note(this.member, `rot (${kind})`, rot);
    return rot !== null;
  }

  pause(): boolean {
    const process = this.#life?.process;
    if (process === undefined || process.paused) return false;
    process.pause();
    return true;
  }

  resume(): void {
    this.#components.elections.forget(this.member, false);
    this.#life?.process.resume();
  }

  #begin(): Life {
    assert(this.#life === null, 'a member has one life at a time');
    this.#lives += 1;
    const process = new SimProcess(this.#components.scheduler);
    this.#life = { process, replica: null, machine: null, snapshot: null, stopping: false };
    return this.#life;
  }

  /** @param power the machine goes down too, and the others do not hear of it. */
  #depart(life: Life, power: boolean): void {
    this.#end(life);
    if (power) this.disk.simDisk.crash();
    this.#components.network.leave(this.member, power);
    this.#components.oracles.crashed(this.member);
    this.#components.memberOracle.crashed(this.member);
    this.#components.trace(100 + this.member, this.#lives);
    this.#components.note(this.member, power ? 'loses its power' : 'ends', null);
  }

  /** The process ends in order: the member was removed and knows it. */
  #leave(life: Life): void {
    this.#discharged = true;
    this.#components.scheduler.schedule(0, () => {
      if (this.#life === life) this.crash(false);
    });
  }

  #end(life: Life): void {
    life.process.kill();
    this.#life = null;
    this.disk.simDisk.kill();
    this.disk.lifeEnded();
  }

  async #boot(life: Life): Promise<void> {
    const { network, oracles, memberOracle, history, prng, trace } = this.#components;
    const { member, cluster, plan } = this.#init;
    const clock = clockOf(life.process, member, plan);
    const { gate } = life.process;
    const disk = new TrackedDisk(this.disk.simDisk.boot(), gate, { fast: plan.sharesMachine });
    const random = prng.fork();
    const warn = (): void => this.#tally.add('torn tails');
    const stores = await openStores({ disk, clock, random, warn, ...this.#init });
    const { log, snapshots, snapshot } = stores;
    if (!life.process.alive) return;
    this.disk.opened();
    oracles.recovered(member, log.recovered, snapshot ?? undefined);
    this.#tally.add('recoveries');
    if (plan.retain) {
      const archived = await checkRetained(disk, member);
      this.#tally.add('segments archived', archived);
      if (!life.process.alive) return;
    }
    const machine = createApp('kvstore', plan.sessions.limits);
    const replica = new Replica(
      {
        clock,
        log: new WatchedLog(log, { member, oracles, gate }),
        snapshots: new WatchedSnapshots(snapshots, {
          ...{ member, oracles, memberOracle, gate },
          onStored: (kind) => this.#tally.add(`snapshots ${kind}`),
        }),
        network: new SimEndpoint(network, member, life.process),
        stateMachine: new WatchedMachine(machine, member, history),
        prng: prng.fork(),
        emit: (type, _term, data) => this.#components.note(member, type, data),
        onFailed: (error) => this.#life === life && this.#fail(error),
        onRemoved: () => this.#leave(life),
      },
      {
        contacts: this.#contacts,
        ...{ self: member, cluster, config: plan.config, boot: prng.u32(), diskReserveBytes: 0 },
        compaction: plan.compaction,
        onTurn: (raft) => {
          oracles.turn(member);
          memberOracle.turn(member, checkCore(life, raft));
          if (life.replica !== null) this.#leases.turn(life.replica, clock.nowMs());
          trace(200 + member, raft.commitIndex);
        },
      },
    );
    life.replica = replica;
    life.machine = machine;
    oracles.started(member, replica.raft);
    replica.start();
  }

  /** The log is told of a failure: it must not go on as if nothing had happened (I22). */
  #logFails(what: string): void {
    this.#components.note(this.member, 'disk error', what);
    this.#life?.process.post(FAIL_STOP_MS * this.disk.factor, () => {
      const detail = `n${this.member} goes on after the ${what} failed`;
      this.#components.fail(new Violation('I22 fail-stop disk', detail));
    });
  }

  /** A node ends itself for reasons that a plan made; all others are findings. */
  #fail(error: unknown): void {
    const life = this.#life;
    const verdict = this.disk.judge(error, life === null || life.replica !== null);
    if (life === null || verdict.type === 'finding') this.#components.fail(asViolation(error));
    else if (verdict.type === 'damaged') {
      this.#tally.add('rot found');
      this.damaged = true;
      this.#depart(life, false);
    } else {
      this.#tally.add('fail-stops');
      this.#restartAfter(life, verdict.error);
    }
  }

  #restartAfter(life: Life, { power, ms }: DiskError): void {
    this.#depart(life, power);
    this.#components.scheduler.schedule(ms, () => this.start());
  }
}
