/**
 * A replica: the pump between the pure core and the world, and the only caller of the core.
 *
 * ```
 *  clients ──propose/read──┐                      ┌─ 1 persist: LogStore.write
 *  peers ────message───────┤   inbox   core       ├─ 2 send:    Network.send, flush
 *  log ──────synced────────┼──▶ ▭▭▭ ──▶ Raft ─────┤
 *  clock ────tick──────────┘      one turn        ├─ 3 apply:   StateMachine.apply
 *                                                 └─ 4 answer:  waiters, in log order
 * ```
 * A turn runs when something has arrived, after everything that was ready with it. Nothing ever
 * calls into the core but a turn, so its steps are never re-entered.
 */
import type { Bytes } from '../../std/bytes.ts';
import type { RaftctlError } from '../../std/errors.ts';
import type { Prng } from '../../std/prng.ts';
import type { ClusterId, MemberNumber } from '../model/ids.ts';
import type { PeerMessage } from '../model/message.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { Network } from '../ports/network.ts';
import type { StateMachine } from '../ports/state-machine.ts';
import type { RaftConfig } from '../raft/config.ts';
import type { RaftFrontDoor } from '../raft/contract.ts';
import { Raft } from '../raft/raft.ts';
import type { Ready } from '../raft/ready.ts';
import { Applier } from './applier.ts';
import { Awaited } from './awaited.ts';
import { OriginCounter } from './chunk.ts';
import type { Outcome, ProposalWaiter, ReadWaiter, ReplicaFrontDoor } from './contract.ts';
import { Housekeeping } from './housekeeping.ts';
import { Inbox, type Input } from './inbox.ts';
import { Phases } from './phases.ts';
import { Proposals } from './proposals.ts';
import { Reads } from './reads.ts';
import { type Emit, TraceEvents } from './trace-events.ts';

export interface ReplicaComponents {
  readonly clock: Clock;
  readonly log: LogStore;
  readonly network: Network;
  readonly stateMachine: StateMachine;
  readonly prng: Prng;
  readonly emit: Emit;
  /** The replica cannot go on (disk failed, log damaged): the process must end. */
  readonly onFailed: (error: RaftctlError) => void;
}

export interface ReplicaInit {
  readonly self: MemberNumber;
  readonly cluster: ClusterId;
  readonly config: RaftConfig;
  /** 32 random bits of this life of the process. */
  readonly boot: number;
  /** No new writes with less free disk than this. */
  readonly diskReserveBytes: number;
  /** Tests and the simulator look at the core after every turn. */
  readonly onTurn?: (raft: RaftFrontDoor) => void;
}

export class Replica implements ReplicaFrontDoor {
  readonly raft: RaftFrontDoor;
  readonly phases = new Phases();
  readonly applier: Applier;
  readonly #components: ReplicaComponents;
  readonly #init: ReplicaInit;
  readonly #inbox = new Inbox();
  readonly #awaited: Awaited;
  readonly #proposals: Proposals;
  readonly #reads: Reads;
  readonly #housekeeping: Housekeeping;
  readonly #traceEvents: TraceEvents;
  readonly #turnEndTasks: (() => void)[] = [];
  readonly #roomTasks: (() => void)[] = [];
  /** Somebody was told to wait for room. */
  #wasFull = false;
  #scheduled = false;
  #stopped = false;
  #tickTimer: Timer | null = null;
  /** When the oldest proposal of the coming turn was taken; 0: none. */
  #queuedAtMs = 0;
  #names = new Map<MemberNumber, string>();

  constructor(components: ReplicaComponents, init: ReplicaInit) {
    const { log, clock, stateMachine, onFailed } = components;
    const { self, cluster, config } = init;
    this.#components = components;
    this.#init = init;
    this.raft = new Raft({ self, cluster, config, prng: components.prng, ...log.recovered });
    const origins = new OriginCounter(self, init.boot);
    this.#awaited = new Awaited(origins);
    const send = (message: PeerMessage): boolean => components.network.send(message);
    this.#proposals = new Proposals({
      ...{ self, raft: this.raft, origins, send },
      awaited: this.#awaited,
    });
    this.#reads = new Reads(this.raft);
    this.applier = new Applier({
      ...{ raft: this.raft, log, clock, stateMachine, onFailed },
      awaited: this.#awaited,
      wake: () => this.#schedule(),
    });
    this.#traceEvents = new TraceEvents(components.emit);
    this.#housekeeping = new Housekeeping(components, init, this.raft);
    this.#learnNames();
  }

  /** Connects the ports and starts the clock. */
  start(): void {
    const { log, network } = this.#components;
    log.start({
      onSynced: (sequence) => {
        this.#inbox.synced(sequence);
        this.#schedule();
      },
      onFailed: (error) => this.#components.onFailed(error),
      onSpace: (full) => {
        this.#housekeeping.logFull(full);
        this.#schedule();
      },
    });
    network.start({
      onMessage: (message) => {
        this.#inbox.message(message);
        this.#schedule();
      },
      onPeerUp: (member) => this.#put({ type: 'peerUp', member }),
      onPeerDown: (member) => this.#put({ type: 'peerDown', member }),
    });
    this.#armTick();
    this.#schedule();
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
    for (const task of this.#turnEndTasks) task();
    await this.#components.network.close();
    await this.#components.log.close();
  }

  /** Ends all turns at once, as a crash would; nobody is told. */
  halt(): void {
    this.#stopped = true;
    this.#tickTimer?.cancel();
  }

  propose(command: Bytes, waiter: ProposalWaiter): void {
    if (this.#stopped) {
      waiter.settle('stopping', null);
      return;
    }
    const nowMs = this.#components.clock.nowMs();
    if (this.#queuedAtMs === 0) this.#queuedAtMs = nowMs;
    this.#proposals.take(command, waiter, nowMs);
    this.#schedule();
  }

  read(waiter: ReadWaiter): void {
    if (this.#stopped) {
      waiter.readReady('stopping');
      return;
    }
    this.#reads.take(waiter);
    this.#schedule();
  }

  query(request: unknown): unknown {
    return this.#components.stateMachine.query(request);
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
    return this.#names.get(member) ?? String(member);
  }

  /** The disk of this node takes no more writes. */
  get diskFull(): boolean {
    return this.#housekeeping.diskFull;
  }

  /** Peer messages dropped because the inbox was full. */
  get inboxDropped(): number {
    return this.#inbox.dropped;
  }

  #put(input: Exclude<Input, { type: 'message' }>): void {
    this.#inbox.put(input);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#components.clock.defer(() => {
      this.#scheduled = false;
      if (!this.#stopped) this.#turn();
    });
  }

  #armTick(): void {
    this.#tickTimer = this.#components.clock.after(this.#init.config.tickMs, () => {
      this.#inbox.tick();
      this.#schedule();
      if (!this.#stopped) this.#armTick();
    });
  }

  #turn(): void {
    const { clock, network } = this.#components;
    const { raft } = this;
    const nowMs = clock.nowMs();
    const commitBefore = raft.commitIndex;
    raft.beginTurn(nowMs);
    this.#drain(nowMs);
    this.#proposals.dispatch(nowMs, clock.wallMs());
    this.#reads.ask(nowMs);
    this.#watchSealed(nowMs);
    for (let ready = raft.ready(); ready !== null; ready = raft.ready()) this.#handle(ready, nowMs);
    network.flush();
    if (raft.commitIndex > commitBefore) this.phases.committed(raft.commitIndex, nowMs);
    const more = this.applier.run();
    this.#reads.release(this.applier.appliedIndex);
    this.phases.applied(this.applier.appliedIndex, nowMs);
    this.#init.onTurn?.(raft);
    this.#endTurn();
    if (more) this.#schedule();
  }

  #drain(nowMs: number): void {
    const { raft } = this;
    for (const input of this.#inbox.takeInputs()) this.#take(input, nowMs);
    const synced = this.#inbox.takeSynced();
    if (synced > 0) {
      raft.logSynced(synced);
      this.phases.durable(raft.durableIndex, nowMs);
    }
    this.#housekeeping.tellDisk();
    if (!this.#inbox.takeTick()) return;
    raft.tick();
    if (this.#housekeeping.tick(nowMs, this.applier)) {
      const refusal: Outcome = this.#housekeeping.diskFull ? 'diskFull' : 'noLeader';
      this.#proposals.expire(nowMs, refusal);
      this.#awaited.expire(nowMs);
      this.#reads.expire(nowMs);
    }
  }

  #take(input: Input, nowMs: number): void {
    const { raft } = this;
    switch (input.type) {
      case 'message': {
        const { message } = input;
        if (message.type === 'forward') this.#proposals.takeForward(message);
        else if (message.type === 'forwardRefused') this.#proposals.forwardRefused(message);
        else {
          if (message.type === 'appendReply' && raft.role === 'leader') {
            this.phases.acked(message.from, message.matchIndex, nowMs);
          }
          raft.step(message);
        }
        return;
      }
      case 'peerUp':
        this.#components.emit('peer.connected', raft.term, { peer: this.nameOf(input.member) });
        raft.peerUp(input.member);
        return;
      case 'peerDown':
        this.#components.emit('peer.disconnected', raft.term, { peer: this.nameOf(input.member) });
        this.#awaited.linkLost(input.member);
        raft.peerDown(input.member);
        return;
      case 'logRead':
        raft.logRead(input.member, input.batches);
        return;
    }
  }

  /** Steps 1 and 2 of a Ready; 3 and 4 follow when the turn has taken all of them. */
  #handle(ready: Ready, nowMs: number): void {
    const { log, network } = this.#components;
    if (ready.persist !== null) log.write(ready.persist);
    for (const message of ready.messages) network.send(message);
    for (const { member, from, through, bytesMax } of ready.logReads) {
      log.read({ from, through, bytesMax }, (error, batches) => {
        if (error === null) this.#put({ type: 'logRead', member, batches });
        else this.#components.onFailed(error);
      });
    }
    this.#reads.answered(ready.reads);
    const { tickMs } = this.#init.config;
    for (const trace of ready.trace) {
      const context = { term: this.raft.term, tickMs, nowMs, nameOf: this.nameOf.bind(this) };
      this.#traceEvents.take(trace, context);
      if (trace.type === 'roleChanged' && trace.from === 'leader') this.phases.reset();
    }
  }

  #watchSealed(nowMs: number): void {
    if (this.#queuedAtMs === 0 || this.#proposals.waiting) return;
    if (this.raft.role === 'leader') {
      this.phases.sealed(this.raft.lastIndex, this.#queuedAtMs, nowMs);
    }
    this.#queuedAtMs = 0;
  }

  #endTurn(): void {
    for (const task of this.#turnEndTasks) task();
    if (!this.#wasFull || this.#proposals.load > 0.5) return;
    this.#wasFull = false;
    for (const task of this.#roomTasks) task();
  }

  #learnNames(): void {
    const { membership } = this.raft;
    this.#names = new Map(membership.members.map((m) => [m.number, m.name]));
    this.phases.members(membership);
  }
}
