/**
 * A replica: the pure core with its log, its peers, its state machine and its clients. This front
 * door builds the parts and joins the ports to the inbox; the turns are run by the pump (pump.ts).
 */
import type { Bytes } from '../../std/bytes.ts';
import type { RaftctlError } from '../../std/errors.ts';
import type { Prng } from '../../std/prng.ts';
import type { SessionTag } from '../model/command.ts';
import type { ClusterId, LogIndex, MemberNumber } from '../model/ids.ts';
import type { Membership } from '../model/membership.ts';
import type { MemberChange } from '../model/membership-change.ts';
import type { PeerMessage } from '../model/message.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { Network, PeerAddress } from '../ports/network.ts';
import type { SnapshotStore } from '../ports/snapshot-store.ts';
import type { StateMachine } from '../ports/state-machine.ts';
import type { RaftConfig } from '../raft/config.ts';
import type { RaftFrontDoor } from '../raft/contract.ts';
import { Raft } from '../raft/raft.ts';
import { Applier } from './applier.ts';
import { Awaited } from './awaited.ts';
import { OriginCounter } from './chunk.ts';
import { ClusterClock } from './cluster-clock.ts';
import { Compaction, type CompactionConfig, type CompactionProgress } from './compaction.ts';
import type {
  ProposalWaiter,
  ReadWaiter,
  ReplicaCounters,
  ReplicaFrontDoor,
  TransferDone,
} from './contract.ts';
import { Deadlines } from './deadlines.ts';
import { HandOver, refused } from './hand-over.ts';
import { Housekeeping } from './housekeeping.ts';
import { Inbox, type Input } from './inbox.ts';
import { type ChangeOutcome, Members } from './members.ts';
import { Phases } from './phases.ts';
import { Proposals } from './proposals.ts';
import { Pump } from './pump.ts';
import { Reads } from './reads.ts';
import { SnapshotTransfer } from './snapshot-transfer.ts';
import type { Emit } from './trace-events.ts';

export interface ReplicaComponents {
  readonly clock: Clock;
  readonly log: LogStore;
  readonly snapshots: SnapshotStore;
  readonly network: Network;
  readonly stateMachine: StateMachine;
  readonly prng: Prng;
  readonly emit: Emit;
  /** The replica cannot go on (disk failed, log damaged): the process must end. */
  readonly onFailed: (error: RaftctlError) => void;
  readonly onRemoved?: () => void;
}

export interface ReplicaInit {
  readonly self: MemberNumber;
  readonly cluster: ClusterId;
  readonly config: RaftConfig;
  /** 32 random bits of this life of the process. */
  readonly boot: number;
  /** No new writes with less free disk than this. */
  readonly diskReserveBytes: number;
  readonly compaction: CompactionConfig;
  readonly contacts?: readonly PeerAddress[];
  /** Tests and the simulator look at the core after every turn. */
  readonly onTurn?: (raft: RaftFrontDoor) => void;
}

export class Replica implements ReplicaFrontDoor {
  readonly raft: RaftFrontDoor;
  readonly phases: Phases;
  readonly applier: Applier;
  readonly #components: ReplicaComponents;
  readonly #inbox = new Inbox();
  readonly #awaited: Awaited;
  readonly #proposals: Proposals;
  readonly #reads: Reads;
  readonly #clusterClock: ClusterClock;
  readonly #compaction: Compaction;
  readonly #transfer: SnapshotTransfer;
  readonly #handOver: HandOver;
  readonly #housekeeping: Housekeeping;
  readonly #pump: Pump;
  readonly #turnEndTasks: (() => void)[] = [];
  readonly #roomTasks: (() => void)[] = [];
  /** Somebody was told to wait for room. */
  #wasFull = false;
  #proposalCount = 0;
  #readCount = 0;
  readonly #members: Members;

  constructor(components: ReplicaComponents, init: ReplicaInit) {
    const { log, snapshots, clock, network, emit, stateMachine, onFailed } = components;
    const { self, cluster, config } = init;
    const raft = new Raft({
      self,
      cluster,
      config,
      prng: components.prng,
      ...log.recovered,
      snapshot: snapshots.newest?.meta ?? null,
    });
    const origins = new OriginCounter(self, init.boot);
    const awaited = new Awaited(origins);
    const send = (message: PeerMessage): boolean => network.send(message);
    const wake = (): void => this.#pump.schedule();
    this.raft = raft;
    this.#components = components;
    this.phases = new Phases(self);
    const onChanged = (membership: Membership): void => this.phases.members(membership);
    const { contacts = [], onRemoved = () => {} } = { ...init, ...components };
    this.#members = new Members({ self, raft, network, contacts, onChanged, onRemoved });
    this.#awaited = awaited;
    this.#proposals = new Proposals({ self, raft, origins, send, awaited });
    this.#reads = new Reads(raft, clock);
    this.#clusterClock = new ClusterClock({ self, raft, clock, send });
    this.applier = new Applier({
      ...{ raft, log, clock, stateMachine, snapshots, onFailed, awaited, wake },
    });
    this.#compaction = new Compaction(
      {
        ...{ raft, log, snapshots, stateMachine, clock, emit, wake, onFailed },
        applier: this.applier,
      },
      init.compaction,
    );
    const nameOf = (member: MemberNumber): string => this.nameOf(member);
    this.#handOver = new HandOver({ self, raft, config, emit, nameOf });
    this.#transfer = new SnapshotTransfer({
      ...{ snapshots, onFailed },
      put: (input) => this.#put(input),
    });
    this.#housekeeping = new Housekeeping(components, init, raft);
    this.#pump = new Pump(
      {
        ...{ clock, log, network, emit, onFailed, raft, awaited },
        inbox: this.#inbox,
        proposals: this.#proposals,
        reads: this.#reads,
        clusterClock: this.#clusterClock,
        deadlines: new Deadlines(stateMachine),
        applier: this.applier,
        housekeeping: this.#housekeeping,
        compaction: this.#compaction,
        transfer: this.#transfer,
        phases: this.phases,
        handOver: this.#handOver,
        nameOf,
        onTurnEnd: () => {
          this.#members.watch(clock.nowMs());
          init.onTurn?.(raft);
          this.#endTurn();
        },
      },
      { tickMs: config.tickMs },
    );
  }

  /** Connects the ports and starts the clock. */
  start(): void {
    const { log, network } = this.#components;
    log.start({
      onSynced: (sequence) => {
        this.#inbox.synced(sequence);
        this.#pump.synced();
      },
      onFailed: (error) => this.#components.onFailed(error),
      onSpace: (full) => {
        this.#housekeeping.logFull(full);
        this.#pump.schedule();
      },
    });
    network.start({
      onMessage: (message) => {
        this.#inbox.message(message);
        this.#pump.schedule();
      },
      onPeerUp: (member) => this.#put({ type: 'peerUp', member }),
      onPeerDown: (member) => this.#put({ type: 'peerDown', member }),
    });
    this.#pump.start();
  }

  /**
   * Refuses what waits, then closes the log (cleanly: synced and marked) and the network.
   * Afterwards no waiter is left and nothing is called any more.
   */
  async stop(): Promise<void> {
    this.halt();
    this.#proposals.stop();
    this.#awaited.stop();
    this.#reads.stop();
    this.#handOver.stop();
    this.#members.stop();
    for (const task of this.#turnEndTasks) task();
    this.#compaction.stop();
    this.#transfer.stop();
    await this.#components.network.close();
    await this.#components.snapshots.close();
    await this.#components.log.close();
  }

  /** Ends all turns at once, as a crash would; nobody is told. */
  halt(): void {
    this.#pump.halt();
  }

  propose(command: Bytes, waiter: ProposalWaiter, tag: SessionTag | null = null): void {
    if (this.#pump.halted) {
      waiter.settle('stopping', null);
      return;
    }
    this.#proposalCount += 1;
    this.#proposals.take(command, waiter, this.#pump.queued(), tag);
  }

  read(waiter: ReadWaiter): void {
    if (this.#pump.halted) {
      waiter.readReady('stopping');
      return;
    }
    this.#readCount += 1;
    this.#reads.take(waiter);
    this.#pump.schedule();
  }

  transferLeadership(target: MemberNumber | null, done: TransferDone): void {
    if (this.#pump.halted) done(refused(target ?? 0, 'stopping'));
    else this.#handOver.ask(target, done);
    this.#pump.schedule();
  }

  changeMembers(changes: readonly MemberChange[], settle: (outcome: ChangeOutcome) => void): void {
    if (this.#pump.halted) settle({ type: 'refused', reason: 'stopping' });
    else this.#put({ type: 'task', run: () => this.#members.change(changes, settle) });
  }

  query(request: unknown): unknown {
    return this.#components.stateMachine.query(request);
  }

  get clusterTimeMs(): number {
    return this.#clusterClock.now(this.#components.clock.nowMs());
  }

  get full(): boolean {
    if (this.#proposals.load > 1) this.#wasFull = true;
    return this.#wasFull;
  }

  onRoom(task: () => void): void {
    this.#roomTasks.push(task);
  }

  onTurnEnd(task: () => void): void {
    this.#turnEndTasks.push(task);
  }

  nameOf(member: MemberNumber): string {
    return this.#members.nameOf(member);
  }

  get diskFull(): boolean {
    return this.#housekeeping.diskFull;
  }

  get counters(): ReplicaCounters {
    return {
      proposals: this.#proposalCount,
      reads: this.#readCount,
      inboxDropped: this.#inbox.dropped,
      leaseReads: this.#reads.counts.byLease,
      leasesLost: this.#reads.counts.leasesLost,
    };
  }

  /** Begins a snapshot of all that is applied now. @returns what it will reach at least. */
  takeSnapshot(): LogIndex {
    return this.#compaction.ask();
  }

  get snapshotProgress(): CompactionProgress {
    return this.#compaction.progress;
  }

  #put(input: Exclude<Input, { type: 'message' }>): void {
    this.#inbox.put(input);
    this.#pump.schedule();
  }

  #endTurn(): void {
    for (const task of this.#turnEndTasks) task();
    if (!this.#wasFull || this.#proposals.load > 0.5) return;
    this.#wasFull = false;
    for (const task of this.#roomTasks) task();
  }
}
