/**
 * A member of the simulated cluster over all its lives: its disk stays, its process comes and goes.
 * A life is what the daemon builds, on simulated ports: log, network, clock, app, replica.
 */

import { createApp } from '../node/apps/apps.ts';
import type { ClusterId, MemberNumber } from '../node/model/ids.ts';
import { foundingBatch, type Membership } from '../node/model/membership.ts';
import type { StateMachine } from '../node/ports/state-machine.ts';
import type { RaftFrontDoor } from '../node/raft/contract.ts';
import { checkInvariants, type RaftSnapshot, snapshotOf } from '../node/raft/invariants.ts';
import { Raft } from '../node/raft/raft.ts';
import { Replica } from '../node/replica/replica.ts';
import { openSnapshots } from '../node/wal/snapshot-files.ts';
import { formatLog, openLog } from '../node/wal/wal.ts';
import { assert } from '../std/assert.ts';
import { SILENT_LOG } from '../std/log.ts';
import type { Prng } from '../std/prng.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { History } from './history.ts';
import type { Oracles } from './oracles.ts';
import type { Scheduler } from './scheduler.ts';
import { SimDisk } from './sim-disk.ts';
import { SimEndpoint } from './sim-endpoint.ts';
import type { SimNetwork } from './sim-network.ts';
import { SimClock, SimProcess } from './sim-process.ts';
import { asViolation, Violation } from './violation.ts';
import { TrackedDisk, WatchedLog, WatchedMachine } from './watched-ports.ts';
import { WatchedSnapshots } from './watched-snapshots.ts';
import type { ClientSide } from './workload.ts';

export interface SimNodeComponents {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly oracles: Oracles;
  readonly history: History;
  readonly prng: Prng;
  /** Something that must be the same in every run of a seed. */
  readonly trace: (what: number, value: number) => void;
  readonly fail: (violation: Violation) => void;
}

export interface SimNodeInit {
  readonly member: MemberNumber;
  readonly cluster: ClusterId;
  readonly membership: Membership;
  readonly plan: FaultPlan;
}

interface Life {
  readonly process: SimProcess;
  replica: Replica | null;
  machine: StateMachine | null;
  /** The core after its last turn. */
  snapshot: RaftSnapshot | null;
}

/** What sound wall clocks show when simulated time is 0, but for a tenth of a second a member. */
export const WALL_START_MS = 1_700_000_000_000;
const DIRECTORY = 'log';
const SNAPSHOTS = 'snapshots';

export class SimNode implements ClientSide {
  readonly member: MemberNumber;
  readonly counts = { recoveries: 0, tornTails: 0, snapshotsTaken: 0, snapshotsReceived: 0 };
  /** Multiplies the time of everything the disk does. */
  diskFactor = 1;
  readonly #components: SimNodeComponents;
  readonly #init: SimNodeInit;
  readonly #disk: SimDisk;
  #life: Life | null = null;
  #lives = 0;

  constructor(components: SimNodeComponents, init: SimNodeInit) {
    this.member = init.member;
    this.#components = components;
    this.#init = init;
    this.#disk = new SimDisk({
      prng: components.prng.fork(),
      schedule: (delayMs, task) => this.#life?.process.post(delayMs * this.diskFactor, task),
      syncMs: [init.plan.diskMsMin, init.plan.diskMsMin + 2 * init.plan.diskMsMean],
    });
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
      ...{ disk: new TrackedDisk(this.#disk.boot(), life.process.gate), directory: DIRECTORY },
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
    if (this.#life !== null) return;
    const life = this.#begin();
    life.process.gate.track(this.#boot(life)).catch((error: unknown) => this.#fail(error));
  }

  /** The process dies; with `power` the machine does too: what was not synced may be lost. */
  crash(power: boolean): void {
    const life = this.#life;
    assert(life !== null, 'only a running node crashes');
    this.#end(life);
    if (power) this.#disk.crash();
    this.#components.network.leave(this.member, power);
    this.#components.oracles.crashed(this.member);
    this.#components.trace(100 + this.member, this.#lives);
  }

  pause(): boolean {
    const process = this.#life?.process;
    if (process === undefined || process.paused) return false;
    process.pause();
    return true;
  }

  resume(): void {
    this.#life?.process.resume();
  }

  #begin(): Life {
    assert(this.#life === null, 'a member has one life at a time');
    this.#lives += 1;
    const process = new SimProcess(this.#components.scheduler);
    this.#life = { process, replica: null, machine: null, snapshot: null };
    return this.#life;
  }

  #end(life: Life): void {
    life.process.kill();
    this.#life = null;
    this.#disk.kill();
  }

  async #boot(life: Life): Promise<void> {
    const { network, oracles, history, prng, trace } = this.#components;
    const { member, cluster, plan } = this.#init;
    const clock = this.#clock(life.process);
    const { gate } = life.process;
    const disk = new TrackedDisk(this.#disk.boot(), gate);
    const snapshots = await openSnapshots({ disk, directory: SNAPSHOTS, cluster });
    const snapshot = snapshots.newest?.meta ?? null;
    const log = await openLog({
      ...{ disk, directory: DIRECTORY, clock, snapshot },
      ...{ cluster, member, segmentBytes: plan.segmentBytes, random: prng.fork() },
      tailBytesMax: plan.config.cacheBytesMax,
      log: { ...SILENT_LOG, warn: () => this.#countTornTail() },
    });
    if (!life.process.alive) return;
    oracles.recovered(member, log.recovered, snapshot ?? undefined);
    this.counts.recoveries += 1;
    const machine = createApp('kvstore');
    const replica = new Replica(
      {
        clock,
        log: new WatchedLog(log, member, oracles),
        snapshots: new WatchedSnapshots(snapshots, {
          ...{ member, oracles, gate },
          onStored: (kind) => this.#stored(kind),
        }),
        network: new SimEndpoint(network, member, life.process),
        stateMachine: new WatchedMachine(machine, member, history),
        prng: prng.fork(),
        emit: () => {},
        onFailed: (error) => this.#fail(error),
      },
      {
        ...{ self: member, cluster, config: plan.config, boot: prng.u32(), diskReserveBytes: 0 },
        compaction: plan.compaction,
        onTurn: (raft) => {
          oracles.turn(member);
          checkCore(life, raft);
          trace(200 + member, raft.commitIndex);
        },
      },
    );
    life.replica = replica;
    life.machine = machine;
    oracles.started(member, replica.raft);
    replica.start();
  }

  #stored(kind: 'taken' | 'received'): void {
    if (kind === 'taken') this.counts.snapshotsTaken += 1;
    else this.counts.snapshotsReceived += 1;
  }

  /** The log warns of one thing when it is opened: a tail it had to cut. */
  #countTornTail(): void {
    this.counts.tornTails += 1;
  }

  #clock(process: SimProcess): SimClock {
    const { plan } = this.#init;
    const { member } = this;
    return new SimClock(process, {
      rate: plan.clockRates[member - 1] ?? 1,
      monotonicStartMs: member * 1000,
      wallStartMs: WALL_START_MS + member * 100 + (plan.wallOffsetsMs[member - 1] ?? 0),
      turnMs: plan.turnMs,
    });
  }

  /** No fault of a plan makes a node fail: when one does, that is the finding. */
  #fail(error: unknown): void {
    this.#components.fail(asViolation(error));
  }
}

/** The core's own invariants over every turn. */
function checkCore(life: Life, raft: RaftFrontDoor): void {
  assert(raft instanceof Raft, 'a replica runs the production core');
  const after = snapshotOf(raft);
  const broken = checkInvariants(life.snapshot ?? after, after);
  if (broken.length > 0) throw new Violation('core invariants', broken.join('; '));
  life.snapshot = after;
}
