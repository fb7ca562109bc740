/**
 * The open commands of one RESP connection, in their order: each has a slot from its start until
 * its reply is next in line. Which way a read takes is decided here, see slot.ts.
 */
import { allocBytes, type Bytes, copyBytes } from '../../std/bytes.ts';
import { type KvQuery, KvTrial } from '../../wire/apps/kvstore.ts';
import type { ReplicaFrontDoor, SessionTag } from '../replica/contract.ts';
import type { Refusal } from './outcomes.ts';
import { encodeAnswer } from './resp-answer.ts';
import type { RespOutput } from './resp-output.ts';
import { Slot, type SlotOwner } from './slot.ts';
import type { Turns } from './turns.ts';

/** So many writes in a row changed nothing: the next one is tried. */
const IDLE_WRITES_MIN = 16;
/** What is longer is not kept, to be compared with the next. */
const SHARED_BYTES_MAX = 1024;

export interface RespSlotsInit {
  readonly replica: ReplicaFrontDoor;
  readonly turns: Turns;
  readonly output: RespOutput;
  readonly replyBytesMax: number;
  /** Replies were added to the output. */
  readonly onReplies: () => void;
  /** No read waits any longer. */
  readonly onReadsEnded: () => void;
}

export class RespSlots implements SlotOwner {
  closed = false;
  /** Open commands. */
  count = 0;
  /** Reads that wait for a round or, after it, for their place in the order. */
  waitingReads = 0;
  /** What was agreed with HELLO. */
  resp3 = false;
  readonly #init: RespSlotsInit;
  #head: Slot | null = null;
  #tail: Slot | null = null;
  #lastWrite: Slot | null = null;
  /** Writes that changed nothing, one after the other, of those that may be tried. */
  #idleWrites = 0;
  #lastTrial: KvTrial | null = null;

  constructor(init: RespSlotsInit) {
    this.#init = init;
  }

  /** Nobody is there any more. */
  close(): void {
    this.closed = true;
    this.#head = null;
    this.#tail = null;
    this.#lastWrite = null;
  }

  reply(text: string): void {
    const slot = this.#push();
    slot.reply = text;
    this.advance(slot);
  }

  read(query: KvQuery): void {
    const write = this.#lastWrite;
    const slot = this.#push();
    slot.query = query;
    if (write !== null && write.reply === null && write.turn === this.#init.turns.number) {
      write.addAnchored(slot);
      return;
    }
    this.waitingReads += 1;
    this.#init.turns.read(slot);
  }

  /** A read that counts as waiting until it is done, whatever was written before it. */
  readApart(query: KvQuery, finish: (answer: unknown) => string): void {
    const slot = this.#push();
    slot.query = query;
    slot.finish = finish;
    this.waitingReads += 1;
    this.#init.turns.read(slot);
  }

  propose(
    command: Bytes,
    finish: ((answer: unknown) => string) | null,
    tag: SessionTag | null = null,
  ): void {
    const slot = this.#push();
    slot.finish = finish;
    slot.turn = this.#init.turns.number;
    this.#lastWrite = slot;
    this.#init.replica.propose(command, slot, tag);
  }

  /**
   * Whether a write that may be tried would be, see slot.ts: after many that changed nothing, and
   * not behind an open write, whose effect it would have to await.
   */
  get tries(): boolean {
    return this.#idleWrites >= IDLE_WRITES_MIN && this.#lastWrite?.reply !== null;
  }

  /** As `propose`, for a write that says 0 when it changed nothing: it is tried first. */
  tryOrPropose(command: Bytes, finish: ((answer: unknown) => string) | null): void {
    if (!this.tries) {
      this.propose(command, finish);
      (this.#lastWrite as unknown as Slot).isTriable = true;
      return;
    }
    const slot = this.#push();
    slot.finish = finish;
    slot.query = this.#trialOf(command);
    this.waitingReads += 1;
    this.#init.turns.read(slot);
  }

  /** Who writes what changes nothing often writes the same again: it shares one trial. */
  #trialOf(command: Bytes): KvTrial {
    const last = this.#lastTrial;
    if (last?.command.equals(command)) return last;
    const copy = allocBytes(command.length);
    copyBytes(command, 0, command.length, copy, 0);
    const trial = new KvTrial(copy);
    if (copy.length <= SHARED_BYTES_MAX) this.#lastTrial = trial;
    return trial;
  }

  // What slots report, see SlotOwner.

  encodeAnswer(answer: unknown, resp3: boolean): string {
    return encodeAnswer(answer, resp3, this.#init.replyBytesMax);
  }

  execute(query: KvQuery | KvTrial): unknown {
    return this.#init.replica.query(query);
  }

  triable(answer: unknown): void {
    this.#idleWrites = answer === 0 ? this.#idleWrites + 1 : 0;
  }

  proposeTried(slot: Slot): void {
    this.#idleWrites = 0;
    this.#init.turns.atEnd(() => {
      if (this.closed) return;
      // No read is anchored to it: others that were tried may stand between the two.
      this.#lastWrite = slot;
      this.#init.replica.propose((slot.query as KvTrial).command, slot);
      this.readEnded();
    });
  }

  advance(slot: Slot): void {
    if (slot !== this.#head) return;
    let head: Slot | null = slot;
    while (head !== null) {
      if (head.reply === null) {
        if (!head.ready) break;
        head.execute(true);
        if (head.reply === null) break;
        this.readEnded();
      }
      this.#init.output.add(head.reply as unknown as string);
      this.count -= 1;
      const next: Slot | null = head.next;
      // A popped slot may be remembered as the last write: it must not hold what came after it.
      head.next = null;
      head = next;
    }
    this.#head = head;
    if (head === null) this.#tail = null;
    this.#init.onReplies();
  }

  readEnded(): void {
    this.waitingReads -= 1;
    if (this.waitingReads === 0) this.#init.onReadsEnded();
  }

  readLater(slot: Slot, wasWaiting: boolean): void {
    if (wasWaiting) this.readEnded();
    this.advance(slot);
    this.#init.turns.planFlush();
  }

  rescue(read: Slot, refusal: Refusal): void {
    this.#init.turns.atEnd(() => {
      if (this.closed) return;
      // A later write of this connection may be in the log already: the read must not see it.
      if (this.#lastWrite !== read.anchor) {
        read.lose(refusal);
        return;
      }
      this.waitingReads += 1;
      this.#init.turns.read(read);
    });
  }

  #push(): Slot {
    const slot = new Slot(this, this.resp3);
    if (this.#tail === null) this.#head = slot;
    else this.#tail.next = slot;
    this.#tail = slot;
    this.count += 1;
    return slot;
  }
}
