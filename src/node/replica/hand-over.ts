/**
 * Leadership handed over on request (thesis 3.10; the core's part is raft/transfer.ts): begins the
 * transfer in a turn of its own and tells who asked how it ended.
 *
 * A transfer is `done` only when the new leader has committed in its term and this node knows it:
 * what clients sent here meanwhile is then on its way to somebody who serves.
 */
import type { MemberNumber, Term } from '../model/ids.ts';
import type { RaftConfig } from '../raft/config.ts';
import type { RaftFrontDoor } from '../raft/contract.ts';
import type { TransferDone, TransferResult } from './contract.ts';
import type { Emit } from './trace-events.ts';

export interface HandOverInit {
  readonly self: MemberNumber;
  readonly raft: RaftFrontDoor;
  readonly config: RaftConfig;
  readonly emit: Emit;
  readonly nameOf: (member: MemberNumber) => string;
}

interface Wish {
  /** 0: whoever is best prepared. */
  readonly target: MemberNumber;
  readonly done: TransferDone;
}

interface Running {
  readonly target: MemberNumber;
  /** In which this node leads. */
  readonly term: Term;
  readonly startedAtMs: number;
  /** The core gives up at this time, */
  readonly giveUpAtMs: number;
  /** and by this one somebody leads again, or it is not our transfer that hinders it. */
  readonly endAtMs: number;
  readonly waiters: TransferDone[];
}

type Ending = Pick<TransferResult, 'outcome' | 'reason'>;

export class HandOver {
  readonly #init: HandOverInit;
  #wishes: Wish[] = [];
  #running: Running | null = null;

  constructor(init: HandOverInit) {
    this.#init = init;
  }

  ask(target: MemberNumber | null, done: TransferDone): void {
    this.#wishes.push({ target: target ?? 0, done });
  }

  /** Called once a turn, after its inputs were taken. */
  turn(nowMs: number): void {
    if (this.#running !== null) {
      const ending = this.#endingOf(this.#running, nowMs);
      if (ending !== null) this.#end(ending, nowMs);
    }
    if (this.#wishes.length === 0) return;
    const wishes = this.#wishes;
    this.#wishes = [];
    for (const wish of wishes) this.#begin(wish, nowMs);
  }

  /** The node stops: nobody waits any longer. */
  stop(): void {
    if (this.#running !== null) {
      this.#end({ outcome: 'failed', reason: 'stopping' }, this.#running.startedAtMs);
    }
    for (const { target, done } of this.#wishes) done(refused(target, 'stopping'));
    this.#wishes = [];
  }

  #begin({ target, done }: Wish, nowMs: number): void {
    const { raft, config } = this.#init;
    const refusal = raft.transferLeadership(target);
    if (refusal !== null) {
      done(refused(target, refusal));
      return;
    }
    const { electionTimeoutTicksMin: min, electionTimeoutTicksMax: max, tickMs } = config;
    this.#running ??= {
      target: raft.transferTarget,
      term: raft.term,
      startedAtMs: nowMs,
      giveUpAtMs: nowMs + min * tickMs,
      endAtMs: nowMs + (min + max) * tickMs,
      waiters: [],
    };
    this.#running.waiters.push(done);
  }

  /** @returns null while it is not over. */
  #endingOf({ target, term, giveUpAtMs, endAtMs }: Running, nowMs: number): Ending | null {
    const { raft } = this.#init;
    if (raft.term === term && raft.role === 'leader') {
      if (raft.transferTarget === target) return null;
      if (nowMs >= giveUpAtMs) return { outcome: 'timeout', reason: 'timeout' };
      return { outcome: 'failed', reason: 'targetLost' };
    }
    if (raft.term > term && raft.leader !== 0) {
      if (raft.leader !== target) return { outcome: 'failed', reason: 'anotherLeader' };
      const serves = raft.termAt(raft.commitIndex) === raft.term;
      if (serves || nowMs >= endAtMs) return { outcome: 'done', reason: null };
    }
    return nowMs >= endAtMs ? { outcome: 'timeout', reason: 'timeout' } : null;
  }

  #end({ outcome, reason }: Ending, nowMs: number): void {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    const { raft, emit, nameOf } = this.#init;
    const { target, startedAtMs, waiters } = running;
    const durationMs = Math.round((nowMs - startedAtMs) * 1000) / 1000;
    emit('transfer.ended', raft.term, { to: nameOf(target), outcome, reason, durationMs });
    for (const done of waiters) done({ outcome, reason, target, durationMs });
  }
}

export function refused(target: MemberNumber, reason: TransferResult['reason']): TransferResult {
  return { outcome: 'refused', reason, target, durationMs: 0 };
}
