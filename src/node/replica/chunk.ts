/**
 * Commands that were taken together, with those who wait for them: what one batch or one forward
 * message is made of.
 *
 * A chunk taken while this node leads carries no origins: its waiters are found by log index. A
 * chunk taken elsewhere carries an origin with every command: its waiters are found by sequence
 * number, wherever in the log the leader puts the commands.
 */
import { assert } from '../../std/assert.ts';
import type { Bytes } from '../../std/bytes.ts';
import { BATCH_PAYLOAD_BYTES_TARGET } from '../model/batch.ts';
import { type Origin, PayloadBuilder, RecordCursor, type SessionTag } from '../model/command.ts';
import type { MemberNumber } from '../model/ids.ts';
import type { ProposalWaiter } from './contract.ts';

/** Numbers the commands a node forwards, for as long as its process lives. */
export class OriginCounter {
  readonly member: MemberNumber;
  readonly boot: number;
  #next = 1;

  constructor(member: MemberNumber, boot: number) {
    assert(boot >= 0 && boot <= 0xffff_ffff, 'boot is 32 bits');
    this.member = member;
    this.boot = boot;
  }

  next(): Origin {
    const sequence = this.#next;
    this.#next += 1;
    return { member: this.member, boot: this.boot, sequence };
  }
}

export class Chunk {
  readonly waiters: ProposalWaiter[] = [];
  readonly queuedAtMs: number;
  /** Rises with every chunk that is begun. */
  readonly order: number;
  payload: PayloadBuilder;
  /** Sequence of the first command; 0: the commands have no origins. */
  firstSequence = 0;

  constructor(
    payload: PayloadBuilder,
    taken: { readonly queuedAtMs: number; readonly order: number },
  ) {
    this.payload = payload;
    this.queuedAtMs = taken.queuedAtMs;
    this.order = taken.order;
  }

  /** Whether a further command belongs into the next chunk. */
  get closed(): boolean {
    return this.payload.byteLength >= BATCH_PAYLOAD_BYTES_TARGET;
  }

  hasRoomFor(recordBytes: number): boolean {
    return this.payload.byteLength + recordBytes <= BATCH_PAYLOAD_BYTES_TARGET;
  }

  add(
    command: Bytes,
    waiter: ProposalWaiter,
    origin: Origin | null,
    tag: SessionTag | null = null,
  ): void {
    if (this.waiters.length === 0) this.firstSequence = origin?.sequence ?? 0;
    const next = this.firstSequence === 0 ? 0 : this.firstSequence + this.waiters.length;
    assert((origin?.sequence ?? 0) === next, 'origins are all or none, and without gaps');
    this.payload.add(command, origin, tag);
    this.waiters.push(waiter);
  }

  /** This node no longer leads: gives every command an origin, so that it can be forwarded. */
  addOrigins(counter: OriginCounter): void {
    assert(this.firstSequence === 0, 'the chunk has origins already');
    const plain = new RecordCursor(this.payload.view());
    const withOrigins = new PayloadBuilder();
    while (plain.next()) {
      const origin = counter.next();
      if (this.firstSequence === 0) this.firstSequence = origin.sequence;
      const { session, sequence } = plain;
      const tag = session === 0 ? null : { session, sequence };
      withOrigins.add(plain.bytes.subarray(plain.start, plain.end), origin, tag);
    }
    assert(withOrigins.count === this.waiters.length, 'a command was lost');
    this.payload = withOrigins;
  }
}
