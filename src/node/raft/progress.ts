/**
 * What a leader knows of one follower's log, and how it sends to it.
 *
 * ```
 *            reply                     probe      one append at a time, until one is answered;
 *   probe ----------> replicate                   sent again every heartbeat interval
 *     ^                   |            replicate  pipelined: `next` runs ahead of `match`
 *     +-------------------+
 *      reject, stale window, connection lost or made
 *
 *   either --- it needs entries that were forgotten ---> snapshot --- reply ---> replicate
 *
 *   0 <= match < next <= lastIndex + 1      (match: acknowledged as durable and equal)
 * ```
 * While entries must come from disk (`readFrom` is not 0) a replicating follower gets nothing new.
 */
import { assert } from '../../std/assert.ts';
import type { Batch } from '../model/batch.ts';
import type { LogIndex, MemberNumber, Term } from '../model/ids.ts';
import type { RaftConfig } from './config.ts';
import { Inflights } from './inflights.ts';

/** A snapshot's file on its way to a follower. */
export interface Sending {
  readonly index: LogIndex;
  readonly term: Term;
  /** Length of the file; 0: not known yet. */
  total: number;
  /** Parts up to `next` were asked from the disk, those up to `acked` are written over there. */
  next: number;
  acked: number;
  /** It must be asked how far it has got; it was asked and has not answered. */
  askDue: boolean;
  asked: boolean;
}

/** Heartbeats a follower may leave unanswered before it counts as silent. */
const SILENT_HEARTBEATS_MAX = 2;

export class Progress {
  readonly member: MemberNumber;
  readonly inflights: Inflights;
  mode: 'probe' | 'replicate' | 'snapshot' = 'probe';
  /** The snapshot on its way to it; kept when the connection is lost, so that it goes on. */
  sending: Sending | null = null;
  matchIndex: LogIndex = 0;
  nextIndex: LogIndex;
  /** A probe is under way; nothing more is sent until it is answered or a heartbeat is due. */
  probeSent = false;
  /** First index of the read from disk that was asked for; 0: none. */
  readFrom: LogIndex = 0;
  /** What the read gave, until it is sent. */
  readBatches: readonly Batch[] | null = null;
  /** The last read failed; it is asked for again at the next heartbeat. */
  readFailed = false;
  /** When anything of the current term last came from it, for check-quorum. */
  lastHeardMs: number;
  /** Highest ReadIndex round sent to it and echoed by it. */
  sentRound = 0;
  echoedRound = 0;
  /** Since when it is known to stand by this leader, by our clock (lease.ts). */
  promisedFromMs = Number.NEGATIVE_INFINITY;
  /** Up to this tick clients are taken to work through it: it hears of commits at once. */
  clientsUntilTick = 0;
  /** The commit index it will know once everything sent has arrived. */
  sentCommit: LogIndex = 0;
  /** A majority does not need it: what is for it may wait (thrift.ts), */
  patient = false;
  /** and something has waited since then; 0: nothing does. */
  waitsSinceMs = 0;
  /** Ticks with messages under way and no acknowledgement. */
  ackIdleTicks = 0;
  /** The member left the cluster with this entry, and is to be told; 0: it belongs to it. */
  departure: LogIndex = 0;
  /** It is told for no longer than so many ticks. */
  departureTicks = 0;
  /** A round of catching up (thesis 4.2.1): from where the log ended when it began. */
  #roundTarget: LogIndex;
  #roundStartedMs: number;
  #lastRoundMs = Number.POSITIVE_INFINITY;
  /** Idle ticks after which the window is taken for lost; doubles while that does not help. */
  ackIdleTicksMax: number;
  readonly #ackIdleTicksFirst: number;
  readonly #ackIdleTicksLimit: number;
  readonly #silentMsMax: number;

  constructor(
    member: MemberNumber,
    begin: { readonly nextIndex: LogIndex; readonly nowMs: number; readonly config: RaftConfig },
  ) {
    const { nextIndex, nowMs, config } = begin;
    this.member = member;
    this.nextIndex = nextIndex;
    this.lastHeardMs = nowMs;
    this.#roundTarget = nextIndex - 1;
    this.#roundStartedMs = nowMs;
    this.inflights = new Inflights(config.inflightBatchesMax, config.inflightBytesMax);
    this.#ackIdleTicksFirst = 2 * config.heartbeatTicks;
    this.#ackIdleTicksLimit = Math.max(this.#ackIdleTicksFirst, config.electionTimeoutTicksMax);
    this.ackIdleTicksMax = this.#ackIdleTicksFirst;
    this.#silentMsMax = SILENT_HEARTBEATS_MAX * config.heartbeatTicks * config.tickMs;
  }

  /** Whether it has left heartbeats unanswered: a process that was stopped stays connected. */
  isSilent(nowMs: number): boolean {
    return nowMs - this.lastHeardMs > this.#silentMsMax;
  }

  /** Forgets what is under way and sends one message at a time from here on. */
  becomeProbe(): void {
    if (this.mode === 'replicate') this.nextIndex = this.matchIndex + 1;
    this.mode = 'probe';
    this.probeSent = false;
    this.readFrom = 0;
    this.readBatches = null;
    this.readFailed = false;
    this.ackIdleTicks = 0;
    this.inflights.clear();
  }

  /** Requires: entries it needs were forgotten up to `baseIndex`. */
  becomeSnapshot(baseIndex: LogIndex): void {
    this.becomeProbe();
    this.mode = 'snapshot';
    // An older snapshot will do, if replication can go on behind it.
    if (this.sending !== null && this.sending.index < baseIndex) this.sending = null;
    if (this.sending === null) return;
    // What was under way went down with the connection, or so it must be taken.
    this.sending.next = this.sending.acked;
    this.sending.askDue = true;
  }

  /** An acknowledgement came while a snapshot was on its way: perhaps because it has arrived. */
  snapshotAcknowledged(baseIndex: LogIndex): void {
    if (this.matchIndex >= baseIndex) this.becomeReplicate();
    // More was forgotten meanwhile: a newer snapshot follows at once.
    else if (this.sending !== null && this.matchIndex >= this.sending.index) this.sending = null;
  }

  becomeReplicate(): void {
    this.mode = 'replicate';
    this.sending = null;
    this.nextIndex = this.matchIndex + 1;
    this.probeSent = false;
    this.ackIdleTicks = 0;
  }

  /** Takes an acknowledgement; one that is late or doubled never moves `match` back. */
  acknowledge(index: LogIndex): void {
    if (index > this.matchIndex) {
      this.matchIndex = index;
      this.heardProgress();
    }
    if (this.nextIndex <= this.matchIndex) this.nextIndex = this.matchIndex + 1;
    this.inflights.freeThrough(this.matchIndex);
  }

  heardProgress(): void {
    this.ackIdleTicks = 0;
    this.ackIdleTicksMax = this.#ackIdleTicksFirst;
  }

  /** Goes back after a reject: `index` is the last one that may still match. */
  backTo(index: LogIndex): void {
    this.becomeProbe();
    this.nextIndex = Math.max(this.matchIndex, index) + 1;
  }

  sent(last: LogIndex, batchCount: number, bytes: number): void {
    assert(last >= this.nextIndex, 'an append ends before the next index of its follower');
    if (this.inflights.count === 0) this.ackIdleTicks = 0;
    this.inflights.add(last, batchCount, bytes);
    this.nextIndex = last + 1;
  }

  tick(): void {
    if (this.inflights.count > 0 || this.mode === 'snapshot') this.ackIdleTicks += 1;
  }

  /** Notes how long it takes to get what the log held when the last round ended. */
  watchRounds(lastIndex: LogIndex, nowMs: number): void {
    if (this.matchIndex < this.#roundTarget) return;
    this.#lastRoundMs = nowMs - this.#roundStartedMs;
    this.#roundTarget = lastIndex;
    this.#roundStartedMs = nowMs;
  }

  /**
   * Whether it would not keep the others waiting: it lives, and both its last round and the one
   * under way took no longer than an election.
   */
  hasCaughtUp(nowMs: number, limitMs: number): boolean {
    const slowestMs = Math.max(this.#lastRoundMs, nowMs - this.#roundStartedMs);
    return this.matchIndex > 0 && slowestMs <= limitMs && nowMs - this.lastHeardMs <= limitMs;
  }

  /** Called when the follower shows that it lives: whether what is under way must be lost. */
  windowIsLost(): boolean {
    const waits = this.inflights.count > 0 || this.sending !== null;
    return waits && this.ackIdleTicks >= this.ackIdleTicksMax;
  }

  /** Asks how far the snapshot has got, and waits longer before it does so the next time. */
  askAgain(): void {
    this.ackIdleTicksMax = Math.min(this.ackIdleTicksMax * 2, this.#ackIdleTicksLimit);
    this.ackIdleTicks = 0;
    if (this.sending !== null) this.sending.askDue = true;
  }

  /** Begins again from `match`, and waits longer before it does so the next time. */
  resendWindow(): void {
    this.ackIdleTicksMax = Math.min(this.ackIdleTicksMax * 2, this.#ackIdleTicksLimit);
    this.becomeProbe();
  }
}
