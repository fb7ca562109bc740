/**
 * One command of a RESP connection, from its arrival to its reply. The slot itself is what the
 * replica calls back: nothing else is allocated for a command.
 *
 * A read takes one of two ways to a linearizable state (decision 8):
 * - *Anchored* to a write of its own connection that was proposed in the same turn and is not
 *   settled: it is executed inside that write's `settle`, so it sees the state right after it. The
 *   write is sealed after the read arrived, and its commit proves leadership: no round is needed.
 * - Else by a ReadIndex round; it is executed once the round is over *and* it is its connection's
 *   oldest unanswered command. No later write of the connection is proposed before that.
 *
 * A write that is likely to change nothing is tried in the second way: if indeed it would change
 * nothing in the state that the read is answered from, it took place there, and has its answer
 * without being in the log. Else it is proposed then, still before all that came after it.
 */
import { KV_CHANGES, type KvQuery, type KvTrial } from '../../wire/apps/kvstore.ts';
import { LaterAnswer } from '../../wire/apps/later-answer.ts';
import type { Outcome, ProposalWaiter, ReadWaiter } from '../replica/contract.ts';
import { lostReadReply, type Refusal, refusalReply } from './outcomes.ts';

/** What slots need of their connection. */
export interface SlotOwner {
  readonly closed: boolean;
  /** Turns an answer of the app into a reply. */
  encodeAnswer(answer: unknown, resp3: boolean): string;
  /** Answers a read from the current state. */
  execute(query: KvQuery | KvTrial): unknown;
  /** How a write that may be tried was answered. */
  triable(answer: unknown): void;
  /** A write that was tried would change something: it is proposed when this turn ends. */
  proposeTried(slot: Slot): void;
  /** A slot is done, or a read became ready: replies that are next in order are taken. */
  advance(slot: Slot): void;
  /** A read that waited for its round has its reply. */
  readEnded(): void;
  /** A read has its reply after its moment: nobody else ends this turn. */
  readLater(slot: Slot, wasWaiting: boolean): void;
  /** Gives a read whose write has failed another way, at the end of the turn. */
  rescue(read: Slot, refusal: Refusal): void;
}

export class Slot implements ProposalWaiter, ReadWaiter {
  readonly owner: SlotOwner;
  /** Whether the reply is written in RESP3: what was agreed when the command came. */
  readonly resp3: boolean;
  /** Later command of the same connection. */
  next: Slot | null = null;
  /** The reply, once there is one. */
  reply: string | null = null;
  /** Set for reads, and for writes that are tried. */
  query: KvQuery | KvTrial | null = null;
  /** A write that its connection may try the next time. */
  isTriable = false;
  /** Makes the reply of the app's answer, for commands with a reply of their own. */
  finish: ((answer: unknown) => string) | null = null;
  /** A read whose round is over. */
  ready = false;
  /** The turn a write was proposed in. */
  turn = -1;
  /** The write this read is anchored to. */
  anchor: Slot | null = null;
  #firstAnchored: Slot | null = null;
  #lastAnchored: Slot | null = null;
  #nextAnchored: Slot | null = null;

  constructor(owner: SlotOwner, resp3: boolean) {
    this.owner = owner;
    this.resp3 = resp3;
  }

  addAnchored(read: Slot): void {
    read.anchor = this;
    if (this.#lastAnchored === null) this.#firstAnchored = read;
    else this.#lastAnchored.#nextAnchored = read;
    this.#lastAnchored = read;
  }

  settle(outcome: Outcome, answer: unknown): void {
    const owner = this.owner;
    if (owner.closed) return;
    this.reply = outcome === 'ok' ? this.#replyOf(answer) : refusalReply(outcome);
    if (this.isTriable) owner.triable(answer);
    let read = this.#firstAnchored;
    this.#firstAnchored = null;
    this.#lastAnchored = null;
    while (read !== null) {
      const following: Slot | null = read.#nextAnchored;
      read.#nextAnchored = null;
      if (outcome === 'ok') read.execute(false);
      else owner.rescue(read, outcome);
      read = following;
    }
    owner.advance(this);
  }

  readReady(outcome: Outcome): void {
    if (this.owner.closed) return;
    if (outcome === 'ok') {
      this.ready = true;
    } else {
      this.reply = refusalReply(outcome);
      this.owner.readEnded();
    }
    this.owner.advance(this);
  }

  /**
   * Answers a read from the state as it is now, or begins to: then its reply comes by itself.
   * @param isWaiting whether its connection counts it as waiting.
   */
  execute(isWaiting: boolean): void {
    const answer = this.owner.execute(this.query as KvQuery);
    if (answer === KV_CHANGES) {
      this.ready = false;
      this.owner.proposeTried(this);
      return;
    }
    if (typeof answer === 'object' && answer instanceof LaterAnswer) {
      this.ready = false;
      answer.whenRead((read) => {
        if (this.owner.closed) return;
        this.reply = this.#replyOf(read);
        this.owner.readLater(this, isWaiting);
      });
      return;
    }
    this.reply = this.#replyOf(answer);
  }

  #replyOf(answer: unknown): string {
    const { finish } = this;
    return finish === null ? this.owner.encodeAnswer(answer, this.resp3) : finish(answer);
  }

  /** Ends a read that can no longer be executed where it stands in the order. */
  lose(refusal: Refusal): void {
    this.reply = lostReadReply(refusal);
    this.owner.advance(this);
  }
}
