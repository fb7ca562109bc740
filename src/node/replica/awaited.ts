/**
 * Commands that have left for a log and are not applied yet, with those who wait for them.
 *
 * Two kinds: what this node appended as leader is recognised by (term, first index of the batch)
 * when it is applied, what it forwarded is recognised by its origin. Either way the answer comes
 * from this node's own state machine. What cannot be answered any more is answered `unknown`: the
 * only word no race can turn into a lie.
 */
import type { Bytes } from '../../std/bytes.ts';
import type { RecordCursor } from '../model/command.ts';
import type { LogIndex, MemberNumber, Term } from '../model/ids.ts';
import type { OriginCounter } from './chunk.ts';
import type { ProposalWaiter } from './contract.ts';

/** A command that entered a log and was not applied for this long is answered `unknown`. */
export const ANSWER_WAIT_MS_MAX = 5000;

/**
 * A forward whose term is over is either in the next leader's log, or refused by the one it was
 * sent to, which is as good as never sent, or lost with it. This long either answer may take: one
 * that lives hears of the next term when we do, and for one that stands still nobody should wait.
 */
export const REFUSAL_WAIT_MS_MAX = 300;

/** One batch this node appended as leader: waiter i waits for the command at `first + i`. */
export interface Appended {
  readonly first: LogIndex;
  readonly term: Term;
  readonly atMs: number;
  readonly waiters: readonly ProposalWaiter[];
}

/** One forward message, or one batch of commands with origins that this node appended itself. */
export interface Forwarded {
  readonly to: MemberNumber;
  /** This node's term when it was sent. */
  readonly term: Term;
  readonly firstSequence: number;
  readonly atMs: number;
  /** When its first command was taken from its client. */
  readonly queuedAtMs: number;
  /** Of the chunk they were taken in. */
  readonly order: number;
  /** The commands, in case the peer refuses them; null once they are in our own log. */
  readonly records: Bytes | null;
  /** Null: answered. */
  readonly waiters: (ProposalWaiter | null)[];
  /** The connection it was sent on broke: no refusal comes any more. */
  isCutOff?: boolean;
  /** Since when it is waited for although its term is over. */
  overtakenAtMs?: number;
}

export class Awaited {
  readonly #origins: OriginCounter;
  #appended: Appended[] = [];
  #forwarded: Forwarded[] = [];
  #commands = 0;
  #appliedTerm: Term = 0;
  /** Links broke in this turn. */
  #anyCutOff = false;

  constructor(origins: OriginCounter) {
    this.#origins = origins;
  }

  /** Commands waited for. */
  get commands(): number {
    return this.#commands;
  }

  addAppended(appended: Appended): void {
    this.#appended.push(appended);
    this.#commands += appended.waiters.length;
  }

  addForwarded(forwarded: Forwarded): void {
    this.#forwarded.push(forwarded);
    this.#commands += forwarded.waiters.length;
  }

  /**
   * The batch (term, first) is about to be applied.
   * @returns its waiters, when this node appended it.
   */
  takeAppended(first: LogIndex, term: Term): readonly ProposalWaiter[] | null {
    while (this.#appended.length > 0) {
      const head = this.#appended[0] as Appended;
      if (head.first > first) return null;
      this.#appended.shift();
      this.#commands -= head.waiters.length;
      if (head.first === first && head.term === term) return head.waiters;
      for (const waiter of head.waiters) waiter.settle('unknown', null);
    }
    return null;
  }

  /** A command with an origin was applied here: answers its waiter when it is one of ours. */
  settleOrigin(cursor: RecordCursor, answer: unknown): void {
    if (cursor.originMember !== this.#origins.member || cursor.originBoot !== this.#origins.boot) {
      return;
    }
    const sequence = cursor.originSequence;
    for (const [i, forwarded] of this.#forwarded.entries()) {
      const offset = sequence - forwarded.firstSequence;
      if (offset < 0 || offset >= forwarded.waiters.length) continue;
      const waiter = forwarded.waiters[offset] ?? null;
      forwarded.waiters[offset] = null;
      // The commands of a group are applied in order, so its last one ends it.
      if (offset === forwarded.waiters.length - 1) this.#remove(i);
      if (waiter !== null) {
        this.#commands -= 1;
        waiter.settle('ok', answer);
      }
      return;
    }
  }

  /**
   * Entries of `term` are being applied: what was sent to a log in an earlier term and is not
   * applied by now did not enter it before them. A peer may still say that it never did (`expire`).
   */
  termApplied(term: Term): void {
    if (term === this.#appliedTerm) return;
    this.#appliedTerm = term;
    this.#giveUpForwarded((f) => f.term < term && (f.records === null || f.isCutOff === true));
  }

  /**
   * The state after `index` came as a whole: which commands are in it cannot be told any more, so
   * whatever may be is `unknown`.
   */
  installed(index: LogIndex): void {
    while (this.#appended.length > 0 && (this.#appended[0] as Appended).first <= index) {
      this.#giveUpAppended(this.#appended.shift() as Appended);
    }
    this.#giveUpForwarded(() => true);
  }

  /** The connection to a member broke: forwards that are unanswered may be lost (`settleLost`). */
  linkLost(member: MemberNumber): void {
    for (const forwarded of this.#forwarded) {
      if (forwarded.to !== member) continue;
      forwarded.isCutOff = true;
      this.#anyCutOff = true;
    }
  }

  /**
   * Called once a turn, in which links broke, when all of its messages were taken. A member that
   * led until it was gone may have taken the commands with it. Where another term has begun it had
   * handed over before: what it appended is in the new leader's log, and will be applied here.
   */
  settleLost(term: Term): void {
    if (!this.#anyCutOff) return;
    this.#anyCutOff = false;
    this.#giveUpForwarded(
      (f) => f.isCutOff === true && (f.term >= term || f.term < this.#appliedTerm),
    );
  }

  /** A peer appended none of the commands that start at `firstSequence`: they may go elsewhere. */
  takeRefused(from: MemberNumber, firstSequence: number): Forwarded | null {
    const at = this.#forwarded.findIndex(
      (f) => f.to === from && f.firstSequence === firstSequence && f.records !== null,
    );
    if (at < 0) return null;
    const forwarded = this.#forwarded[at] as Forwarded;
    this.#forwarded.splice(at, 1);
    this.#commands -= forwarded.waiters.length;
    return forwarded;
  }

  expire(nowMs: number): void {
    const limitMs = nowMs - ANSWER_WAIT_MS_MAX;
    while (this.#appended.length > 0 && (this.#appended[0] as Appended).atMs < limitMs) {
      this.#giveUpAppended(this.#appended.shift() as Appended);
    }
    for (const forwarded of this.#forwarded) {
      const isOver = forwarded.term < this.#appliedTerm || forwarded.isCutOff === true;
      if (isOver) forwarded.overtakenAtMs ??= nowMs;
    }
    const isOvertaken = (f: Forwarded): boolean =>
      f.overtakenAtMs !== undefined && nowMs - f.overtakenAtMs >= REFUSAL_WAIT_MS_MAX;
    this.#giveUpForwarded((f) => f.atMs < limitMs || isOvertaken(f));
  }

  /** The node stops: nobody waits any longer. */
  stop(): void {
    for (const appended of this.#appended) this.#giveUpAppended(appended);
    this.#appended = [];
    this.#giveUpForwarded(() => true);
  }

  #giveUpAppended(appended: Appended): void {
    this.#commands -= appended.waiters.length;
    for (const waiter of appended.waiters) waiter.settle('unknown', null);
  }

  #giveUpForwarded(which: (forwarded: Forwarded) => boolean): void {
    if (this.#forwarded.length === 0 || !this.#forwarded.some(which)) return;
    const lost = this.#forwarded.filter(which);
    this.#forwarded = this.#forwarded.filter((f) => !which(f));
    for (const forwarded of lost) {
      for (const waiter of forwarded.waiters) {
        if (waiter === null) continue;
        this.#commands -= 1;
        waiter.settle('unknown', null);
      }
    }
  }

  /** Removes the group at `i`; waiters left in it were overtaken and stay unanswered. */
  #remove(i: number): void {
    const [forwarded] = this.#forwarded.splice(i, 1);
    for (const waiter of forwarded?.waiters ?? []) {
      if (waiter === null) continue;
      this.#commands -= 1;
      waiter.settle('unknown', null);
    }
  }
}
