/**
 * Linearizable reads by ReadIndex (paper 8, thesis 6.4): all reads of a turn share one question to
 * the leader, and wait until this node applied what the answer names. A refused or lost question
 * is asked again until the reader has waited too long; a read changes nothing, so asking twice is
 * safe and its failure is never `unknown`.
 */
import type { LogIndex } from '../model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { RaftFrontDoor } from '../raft/contract.ts';
import type { ReadState } from '../raft/ready.ts';
import type { Outcome, ReadWaiter } from './contract.ts';

/** Without a leader a read waits this long before it is refused. */
const LEADER_WAIT_MS_MAX = 1000;
/** With a leader that does not answer: the time an election takes is covered. */
const ANSWER_WAIT_MS_MAX = 3000;
/** A question is taken for lost after this long. */
const ASK_AGAIN_MS = 300;

/** Readers that share one question. */
interface Round {
  readonly waiters: readonly ReadWaiter[];
  /** When the oldest of them began to wait. */
  readonly sinceMs: number;
  askedAtMs: number;
}

/** The leader has named an index; this node has yet to apply it. */
interface Confirmed {
  readonly index: LogIndex;
  /** By this node's own lease. */
  readonly leased: boolean;
  readonly waiters: readonly ReadWaiter[];
  readonly sinceMs: number;
}

export class Reads {
  readonly #raft: RaftFrontDoor;
  readonly #clock: Pick<Clock, 'nowMs'>;
  /** Of this turn, not asked yet. */
  #fresh: ReadWaiter[] = [];
  /** Refused or lost: asked again with the next turn that knows a leader. */
  #again: Round[] = [];
  #asked = new Map<number, Round>();
  #confirmed: Confirmed[] = [];
  #lastRequestId = 0;
  readonly #counts = { byLease: 0, leasesLost: 0 };

  constructor(raft: RaftFrontDoor, clock: Pick<Clock, 'nowMs'>) {
    this.#raft = raft;
    this.#clock = clock;
  }

  /** Groups of reads answered by a lease; how often one had ended before they were served. */
  get counts(): { readonly byLease: number; readonly leasesLost: number } {
    return this.#counts;
  }

  get waiting(): boolean {
    return this.#fresh.length > 0 || this.#again.length > 0;
  }

  take(waiter: ReadWaiter): void {
    this.#fresh.push(waiter);
  }

  /** Asks for an index; called once a turn. */
  ask(nowMs: number): void {
    if (!this.waiting) return;
    let round: Round | null = null;
    if (this.#again.length > 0 && this.#raft.leader !== 0) {
      const again = this.#again;
      this.#again = [];
      const sinceMs = Math.min(...again.map((r) => r.sinceMs));
      const waiters = [...again.flatMap((r) => r.waiters), ...this.#fresh];
      round = { waiters, sinceMs, askedAtMs: nowMs };
    } else if (this.#fresh.length > 0) {
      round = { waiters: this.#fresh, sinceMs: nowMs, askedAtMs: nowMs };
    }
    if (round === null) return;
    this.#fresh = [];
    this.#lastRequestId += 1;
    this.#asked.set(this.#lastRequestId, round);
    this.#raft.readIndex(this.#lastRequestId);
  }

  answered(states: readonly ReadState[]): void {
    for (const { requestId, index, leased = false } of states) {
      const round = this.#asked.get(requestId);
      if (round === undefined) continue;
      this.#asked.delete(requestId);
      if (index === 0) this.#again.push(round);
      else this.#confirm(round, index, leased);
    }
  }

  /** Serves the reads whose index is applied. */
  release(appliedIndex: LogIndex): void {
    if (this.#confirmed.length === 0) return;
    const ready = this.#confirmed.filter((c) => c.index <= appliedIndex);
    if (ready.length === 0) return;
    this.#confirmed = this.#confirmed.filter((c) => c.index > appliedIndex);
    const mayUseLease = ready.some((c) => c.leased) && this.#leaseHolds();
    for (const confirmed of ready) {
      const { waiters, leased } = confirmed;
      if (leased && !mayUseLease) this.#again.push({ ...confirmed, askedAtMs: 0 });
      else for (const waiter of waiters) waiter.readReady('ok');
    }
  }

  /** By a clock that is read now: this process may have stood still since the turn began. */
  #leaseHolds(): boolean {
    const holds = this.#clock.nowMs() < this.#raft.leaseUntilMs;
    if (!holds) this.#counts.leasesLost += 1;
    return holds;
  }

  #confirm({ waiters, sinceMs }: Round, index: LogIndex, leased: boolean): void {
    if (leased) this.#counts.byLease += waiters.length;
    this.#confirmed.push({ index, leased, waiters, sinceMs });
  }

  /** Asks lost questions again and refuses who has waited too long. */
  expire(nowMs: number, isDiskFull: boolean): void {
    this.#expireConfirmed(nowMs, isDiskFull);
    for (const [requestId, round] of this.#asked) {
      if (nowMs - round.askedAtMs < ASK_AGAIN_MS) break;
      this.#asked.delete(requestId);
      this.#again.push(round);
    }
    if (this.#again.length === 0) return;
    const limitMs = this.#raft.leader === 0 ? LEADER_WAIT_MS_MAX : ANSWER_WAIT_MS_MAX;
    const tooOld = this.#again.filter((r) => nowMs - r.sinceMs >= limitMs);
    if (tooOld.length === 0) return;
    this.#again = this.#again.filter((r) => nowMs - r.sinceMs < limitMs);
    for (const round of tooOld) refuse(round.waiters, 'noLeader');
  }

  /** A node that is far behind, or whose disk is full, cannot make its readers wait for ever. */
  #expireConfirmed(nowMs: number, isDiskFull: boolean): void {
    const limitMs = isDiskFull ? LEADER_WAIT_MS_MAX : ANSWER_WAIT_MS_MAX;
    const tooOld = this.#confirmed.filter((c) => nowMs - c.sinceMs >= limitMs);
    if (tooOld.length === 0) return;
    this.#confirmed = this.#confirmed.filter((c) => nowMs - c.sinceMs < limitMs);
    for (const { waiters } of tooOld) refuse(waiters, isDiskFull ? 'diskFull' : 'busy');
  }

  stop(): void {
    refuse(this.#fresh, 'stopping');
    for (const round of this.#again) refuse(round.waiters, 'stopping');
    for (const round of this.#asked.values()) refuse(round.waiters, 'stopping');
    for (const { waiters } of this.#confirmed) refuse(waiters, 'stopping');
    this.#fresh = [];
    this.#again = [];
    this.#asked.clear();
    this.#confirmed = [];
  }
}

function refuse(waiters: readonly ReadWaiter[], outcome: Outcome): void {
  for (const waiter of waiters) waiter.readReady(outcome);
}
