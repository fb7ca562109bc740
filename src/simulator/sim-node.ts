/**
 * A member of the simulated cluster over all its lives: its disk stays, its process comes and goes.
 * A life is what the daemon builds, on simulated ports: log, network, clock, app, replica.
 */

import { createApp } from '../node/apps/apps.ts';
import type { ClusterId, MemberNumber } from '../node/model/ids.ts';
import { foundingBatch, type Membership } from '../node/model/membership.ts';
import { Replica } from '../node/replica/replica.ts';
import { openSnapshots } from '../node/wal/snapshot-files.ts';
import { formatLog, openLog } from '../node/wal/wal.ts';
import { assert } from '../std/assert.ts';
import { SILENT_LOG } from '../std/log.ts';
import type { Prng } from '../std/prng.ts';
import type { Counts } from './coverage.ts';
import type { ElectionOracles } from './election-oracles.ts';
import type { FaultPlan, RotKind } from './fault-plan.ts';
import type { History } from './history.ts';
import { LeaseWatch } from './lease-watch.ts';
import { type DiskError, NodeDisk } from './node-disk.ts';
import type { Oracles } from './oracles.ts';
import type { Scheduler } from './scheduler.ts';
import { SimEndpoint } from './sim-endpoint.ts';
import { checkCore, clockOf, type Life } from './sim-life.ts';
import type { SimNetwork } from './sim-network.ts';
import { SimProcess } from './sim-process.ts';
import { asViolation, Violation } from './violation.ts';
import { TrackedDisk, WatchedLog, WatchedMachine } from './watched-ports.ts';
import { WatchedSnapshots } from './watched-snapshots.ts';
import type { ClientSide } from './workload.ts';

export interface SimNodeComponents {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly oracles: Oracles;
  readonly elections: ElectionOracles;
  readonly history: History;
  readonly prng: Prng;
  /** Something that must be the same in every run of a seed. */
  readonly trace: (what: number, value: number) => void;
  /** An event of the program's own, or something that happened to a node. */
  readonly note: (member: MemberNumber, what: string, data: unknown) => void;
  readonly fail: (violation: Violation) => void;
}

export interface SimNodeInit {
  readonly member: MemberNumber;
  readonly cluster: ClusterId;
  readonly membership: Membership;
  readonly plan: FaultPlan;
}

/** A node whose log could not be written must have ended itself after so long. */
const FAIL_STOP_MS = 1000;
const DIRECTORY = 'log';
const SNAPSHOTS = 'snapshots';

export class SimNode implements ClientSide {
  readonly member: MemberNumber;
  /** By the names of coverage.ts. */
  readonly #counts = {
    ...{ recoveries: 0, 'torn tails': 0, 'snapshots taken': 0, 'snapshots received': 0 },
    ...{ 'orderly stops': 0, 'fail-stops': 0, 'rot found': 0 },
  };
  /** Its disk lost what was durable, it has noticed, and stays down for good. */
  damaged = false;
  readonly disk: NodeDisk;
  readonly #components: SimNodeComponents;
  readonly #init: SimNodeInit;
  #life: Life | null = null;
  readonly #leases = new LeaseWatch();
  #lives = 0;

  constructor(components: SimNodeComponents, init: SimNodeInit) {
    this.member = init.member;
    this.#components = components;
    this.#init = init;
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
    return { ...this.#counts, ...this.#leases.counts, ...this.disk.counts };
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

  /** A new life, unless there is one. */
  start(): void {
    if (this.#life !== null || this.damaged) return;
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
        this.#counts['orderly stops'] += 1;
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
    this.#components.trace(100 + this.member, this.#lives);
    this.#components.note(this.member, power ? 'loses its power' : 'ends', null);
  }

  #end(life: Life): void {
    life.process.kill();
    this.#life = null;
    this.disk.simDisk.kill();
    this.disk.lifeEnded();
  }

  async #boot(life: Life): Promise<void> {
    const { network, oracles, history, prng, trace } = this.#components;
    const { member, cluster, plan } = this.#init;
    const clock = clockOf(life.process, member, plan);
    const { gate } = life.process;
    const disk = new TrackedDisk(this.disk.simDisk.boot(), gate, { fast: plan.sharesMachine });
    const snapshots = await openSnapshots({ disk, directory: SNAPSHOTS, cluster, app: 'kvstore' });
    const snapshot = snapshots.newest?.meta ?? null;
    const log = await openLog({
      ...{ disk, directory: DIRECTORY, clock, snapshot },
      ...{ cluster, member, segmentBytes: plan.segmentBytes, random: prng.fork() },
      tailBytesMax: plan.config.cacheBytesMax,
      log: { ...SILENT_LOG, warn: () => this.#countTornTail() },
    });
    if (!life.process.alive) return;
    this.disk.opened();
    oracles.recovered(member, log.recovered, snapshot ?? undefined);
    this.#counts.recoveries += 1;
    const machine = createApp('kvstore', plan.sessions.limits);
    const replica = new Replica(
      {
        clock,
        log: new WatchedLog(log, member, oracles),
        snapshots: new WatchedSnapshots(snapshots, {
          ...{ member, oracles, gate },
          onStored: (kind) => {
            this.#counts[`snapshots ${kind}`] += 1;
          },
        }),
        network: new SimEndpoint(network, member, life.process),
        stateMachine: new WatchedMachine(machine, member, history),
        prng: prng.fork(),
        emit: (type, _term, data) => this.#components.note(member, type, data),
        onFailed: (error) => this.#life === life && this.#fail(error),
      },
      {
        ...{ self: member, cluster, config: plan.config, boot: prng.u32(), diskReserveBytes: 0 },
        compaction: plan.compaction,
        onTurn: (raft) => {
          oracles.turn(member);
          checkCore(life, raft);
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

  /** The log warns of one thing when it is opened: a tail it had to cut. */
  #countTornTail(): void {
    this.#counts['torn tails'] += 1;
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
      this.#counts['rot found'] += 1;
      this.damaged = true;
      this.#depart(life, false);
    } else {
      this.#counts['fail-stops'] += 1;
      this.#restartAfter(life, verdict.error);
    }
  }

  #restartAfter(life: Life, { power, ms }: DiskError): void {
    this.#depart(life, power);
    this.#components.scheduler.schedule(ms, () => this.start());
  }
}
