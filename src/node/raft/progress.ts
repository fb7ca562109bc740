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
 *   0 <= match < next <= lastIndex + 1      (match: acknowledged as durable and equal)
 * ```
 * While entries must come from disk (`readFrom` is not 0) a replicating follower gets nothing new.
 */
import { assert } from '../../std/assert.ts';
import type { Batch } from '../model/batch.ts';
import type { LogIndex, MemberNumber } from '../model/ids.ts';
import type { RaftConfig } from './config.ts';
import { Inflights } from './inflights.ts';

export class Progress {
  readonly member: MemberNumber;
  readonly inflights: Inflights;
  mode: 'probe' | 'replicate' = 'probe';
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
  /** The commit index it will know once everything sent has arrived. */
  sentCommit: LogIndex = 0;
  /** Ticks with messages under way and no acknowledgement. */
  ackIdleTicks = 0;
  /** Idle ticks after which the window is taken for lost; doubles while that does not help. */
  ackIdleTicksMax: number;
  readonly #ackIdleTicksFirst: number;
  readonly #ackIdleTicksLimit: number;

  constructor(member: MemberNumber, nextIndex: LogIndex, nowMs: number, config: RaftConfig) {
    this.member = member;
    this.nextIndex = nextIndex;
    this.lastHeardMs = nowMs;
    this.inflights = new Inflights(config.inflightBatchesMax, config.inflightBytesMax);
    this.#ackIdleTicksFirst = 2 * config.heartbeatTicks;
    this.#ackIdleTicksLimit = Math.max(this.#ackIdleTicksFirst, config.electionTimeoutTicksMax);
    this.ackIdleTicksMax = this.#ackIdleTicksFirst;
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

  becomeReplicate(): void {
    this.mode = 'replicate';
    this.nextIndex = this.matchIndex + 1;
    this.probeSent = false;
    this.ackIdleTicks = 0;
  }

  /** Takes an acknowledgement; one that is late or doubled never moves `match` back. */
  acknowledge(index: LogIndex): void {
    if (index > this.matchIndex) {
      this.matchIndex = index;
      this.ackIdleTicks = 0;
      this.ackIdleTicksMax = this.#ackIdleTicksFirst;
    }
    if (this.nextIndex <= this.matchIndex) this.nextIndex = this.matchIndex + 1;
    this.inflights.freeThrough(this.matchIndex);
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
    if (this.inflights.count > 0) this.ackIdleTicks += 1;
  }

  /** Called when the follower shows that it lives: whether what is under way must be lost. */
  windowIsLost(): boolean {
    return this.inflights.count > 0 && this.ackIdleTicks >= this.ackIdleTicksMax;
  }

  /** Begins again from `match`, and waits longer before it does so the next time. */
  resendWindow(): void {
    this.ackIdleTicksMax = Math.min(this.ackIdleTicksMax * 2, this.#ackIdleTicksLimit);
    this.becomeProbe();
  }
}
