/**
 * The pump: runs the turns of a replica, and is the only caller of the core.
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
import type { RaftctlError } from '../../std/errors.ts';
import type { SnapshotPoint } from '../model/snapshot.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { Network } from '../ports/network.ts';
import type { Ready } from '../raft/ready.ts';
import type { Applier } from './applier.ts';
import type { Compaction } from './compaction.ts';
import type { Deadlines } from './deadlines.ts';
import type { HandOver } from './hand-over.ts';
import type { Housekeeping } from './housekeeping.ts';
import type { Inbox } from './inbox.ts';
import { type IntakeParts, isWork, takeInput } from './intake.ts';
import { Pacing, SHORT_SYNC_BYTES_MAX } from './pacing.ts';
import type { Reads } from './reads.ts';
import type { SnapshotTransfer } from './snapshot-transfer.ts';
import { Ticker } from './ticker.ts';
import { TraceEvents } from './trace-events.ts';

export interface PumpParts extends IntakeParts {
  readonly clock: Clock;
  readonly log: LogStore;
  readonly network: Network;
  readonly inbox: Inbox;
  readonly deadlines: Deadlines;
  readonly reads: Reads;
  readonly applier: Applier;
  readonly compaction: Compaction;
  readonly transfer: SnapshotTransfer;
  readonly handOver: HandOver;
  readonly housekeeping: Housekeeping;
  readonly onFailed: (error: RaftctlError) => void;
  /** After every turn, when its clients were answered. */
  readonly onTurnEnd: () => void;
}

export class Pump {
  readonly #parts: PumpParts;
  readonly #tickMs: number;
  readonly #ticker: Ticker;
  readonly #traceEvents: TraceEvents;
  readonly #pacing: Pacing;
  #scheduled = false;
  #halted = false;
  /** Since the last turn something came that is work, not only a sign of life. */
  #busy = false;
  /** A sync follows the turn, and a leader waits for it: applying comes after the answer. */
  #syncsFirst = false;
  /** It is time to look for commands that have waited too long. */
  #expires = false;
  /** When the oldest proposal that waits was taken; 0: none. */
  #queuedAtMs = 0;
  /** When the first proposal since the last turn was taken; 0: none was. */
  #takenAtMs = 0;

  constructor(parts: PumpParts, init: { readonly tickMs: number }) {
    this.#parts = parts;
    this.#tickMs = init.tickMs;
    this.#ticker = new Ticker({
      ...{ clock: parts.clock, tickMs: init.tickMs },
      onWake: (lateMs) => this.#wake(lateMs),
      idleTicks: () => parts.raft.idleTicks,
    });
    this.#traceEvents = new TraceEvents(parts.emit);
    this.#pacing = new Pacing({ clock: parts.clock, wake: () => this.schedule() });
  }

  get halted(): boolean {
    return this.#halted;
  }

  start(): void {
    this.#ticker.start();
    this.schedule();
  }

  /** No turn runs any more. */
  halt(): void {
    this.#halted = true;
    this.#ticker.stop();
    this.#pacing.stop();
  }

  /** Something arrived: runs a turn after all that is ready now. */
  schedule(): void {
    if (this.#scheduled || this.#halted) return;
    this.#scheduled = true;
    this.#parts.clock.defer(() => {
      this.#scheduled = false;
      if (!this.#halted) this.#turn();
    });
  }

  /** The log is durable further: a leader that waits for that is told at once. */
  synced(): void {
    if (this.#scheduled || this.#halted || !this.#syncsFirst) this.schedule();
    else this.#turn();
  }

  /** A command is being taken. @returns now, as read once for all commands of a turn. */
  queued(): number {
    if (this.#takenAtMs === 0) this.#takenAtMs = this.#parts.clock.nowMs();
    if (this.#queuedAtMs === 0) this.#queuedAtMs = this.#takenAtMs;
    this.#busy = true;
    this.schedule();
    return this.#takenAtMs;
  }

  #wake(lateMs: number): void {
    this.#parts.housekeeping.woke(lateMs);
    this.#parts.inbox.tick();
    // Nothing else is due: an idle node saves a round of its event loop a tick.
    if (!this.#scheduled && !this.#halted) this.#turn();
  }

  #turn(): void {
    const { clock, log, network, raft, proposals, reads, applier, phases } = this.#parts;
    const nowMs = clock.nowMs();
    const commitBefore = raft.commitIndex;
    this.#takenAtMs = 0;
    raft.beginTurn(nowMs);
    for (let ticks = this.#ticker.elapsed(nowMs); ticks > 0; ticks -= 1) raft.tick();
    const syncIsShort = proposals.waitingBytes <= SHORT_SYNC_BYTES_MAX;
    log.mayBlock = raft.role !== 'leader' || (raft.sharesMachine && syncIsShort);
    this.#syncsFirst = false;
    this.#expires = false;
    this.#drain(nowMs);
    this.#parts.handOver.turn(nowMs);
    this.#dispatch(nowMs);
    if (this.#expires) proposals.expire(nowMs);
    this.#busy ||= reads.waiting;
    reads.ask(nowMs);
    this.#watchSealed(nowMs);
    for (let ready = raft.ready(); ready !== null; ready = raft.ready()) this.#handle(ready, nowMs);
    network.flush();
    if (phases.hasSealed) phases.handed(clock.nowMs());
    if (raft.commitIndex > commitBefore) phases.committed(raft.commitIndex, nowMs);
    const more = !this.#syncsFirst && applier.run();
    reads.release(applier.appliedIndex);
    this.#parts.compaction.maybeBegin(nowMs);
    phases.applied(applier.appliedIndex, clock.nowMs());
    this.#parts.onTurnEnd();
    if (phases.hasApplied) phases.answered(clock.nowMs());
    if (more) this.schedule();
    if (this.#busy) this.#ticker.busy(nowMs);
    this.#busy = false;
  }

  /** Sends commands on their way; while leadership is handed over they wait, as for an election. */
  #dispatch(nowMs: number): void {
    const { raft, proposals, clusterClock } = this.#parts;
    if (!proposals.waiting || raft.transferTarget !== 0) return;
    if (raft.role !== 'leader') {
      proposals.dispatch(nowMs, 0);
      return;
    }
    if (!clusterClock.settled(nowMs)) return;
    if (this.#pacing.holds(proposals.waitingBytes, raft.commitIndex, nowMs)) return;
    proposals.dispatch(nowMs, clusterClock.now(nowMs));
    this.#pacing.sealed(raft.lastIndex, nowMs);
  }

  #drain(nowMs: number): void {
    const { raft, inbox, housekeeping, proposals, awaited, reads, phases } = this.#parts;
    const { applier, clusterClock } = this.#parts;
    for (const input of inbox.takeInputs()) {
      this.#busy ||= isWork(input);
      takeInput(this.#parts, input, nowMs);
    }
    awaited.settleLost(raft.term);
    const synced = inbox.takeSynced();
    if (synced > 0) {
      this.#busy = true;
      raft.logSynced(synced);
      phases.durable(raft.durableIndex, nowMs);
    }
    this.#parts.compaction.drain();
    housekeeping.tellDisk();
    // What another node commits could not be applied here, so nobody would ever hear of it.
    if (housekeeping.diskFull) proposals.refuseHeld('diskFull');
    if (!inbox.takeTick()) return;
    raft.tick();
    clusterClock.tick(nowMs);
    if (raft.serving) this.#proposeDue(nowMs);
    if (!housekeeping.tick(nowMs, applier)) return;
    this.#expires = true;
    awaited.expire(nowMs);
    reads.expire(nowMs, housekeeping.diskFull);
  }

  #proposeDue(nowMs: number): void {
    const { deadlines, clusterClock, proposals } = this.#parts;
    const command = deadlines.due(nowMs, clusterClock.now(nowMs));
    if (command !== null) proposals.take(command, deadlines, nowMs);
  }

  /** The log begins anew behind a snapshot: the state follows, and older segments may go. */
  #install({ index }: SnapshotPoint): void {
    const { log, awaited, applier, compaction } = this.#parts;
    log.compact(index);
    awaited.installed(index);
    applier.installed();
    compaction.installed();
  }

  #send({ messages, persist }: Ready): void {
    const { network } = this.#parts;
    for (const message of messages) network.send(message);
    if (persist !== null) network.flush();
  }

  /** Steps 1 and 2 of a Ready; 3 and 4 follow when the turn has taken all of them. */
  #handle(ready: Ready, nowMs: number): void {
    const { log, inbox, reads, raft, nameOf, phases, transfer, onFailed } = this.#parts;
    // A leader's messages do not depend on what it writes now: let the others begin before it.
    const leads = raft.role === 'leader';
    if (leads) this.#send(ready);
    if (ready.persist !== null) log.write(ready.persist);
    this.#syncsFirst ||= ready.persist !== null && !leads && log.blocks;
    if (ready.installed !== null) this.#install(ready.installed);
    if (!leads) this.#send(ready);
    for (const { member, from, through, bytesMax } of ready.logReads) {
      log.read({ from, through, bytesMax }, (error, batches) => {
        if (error !== null) {
          onFailed(error);
          return;
        }
        inbox.put({ type: 'logRead', member, batches });
        this.schedule();
      });
    }
    transfer.read(ready.snapshotReads);
    transfer.arrived(ready.snapshotArrivals);
    reads.answered(ready.reads);
    for (const trace of ready.trace) {
      const context = { term: raft.term, tickMs: this.#tickMs, nowMs, nameOf };
      this.#traceEvents.take(trace, context);
      if (trace.type === 'roleChanged' && trace.from === 'leader') phases.reset();
    }
  }

  #watchSealed(nowMs: number): void {
    const { proposals, raft, phases } = this.#parts;
    if (this.#queuedAtMs === 0 || proposals.waiting) return;
    if (raft.role === 'leader') phases.sealed(raft.lastIndex, this.#queuedAtMs, nowMs);
    this.#queuedAtMs = 0;
  }
}
