/**
 * Commands inside a batch of kind `commands`: records, one after the other.
 *
 * ```
 *  u32  header   bits 0..27 length of the body, bit 30 an origin follows, bit 31 a session follows
 *  u32 member, u32 boot, u64 sequence     only with an origin: who forwarded it, see below
 *  u64 session, u64 sequence              only with a session: exactly-once clients (apps/sessions)
 *  body          the app's command; its first byte is the app's command format
 * ```
 *
 * The *origin* travels through the log, so that the node which forwarded a command recognises it
 * when it applies it and answers its client from its own state, whoever leads by then.
 */
import { assert } from '../../std/assert.ts';
import { allocBytes, type Bytes, copyBytes, readU32, readU64, writeU64 } from '../../std/bytes.ts';
import { BATCH_BYTES_MAX, BATCH_HEADER_BYTES, type Batch } from './batch.ts';
import type { MemberNumber } from './ids.ts';

const LENGTH_MASK = 0x0fff_ffff;
const ORIGIN_BIT = 0x4000_0000;
const SESSION_BIT = 0x8000_0000;
const EXTENSION_BYTES = 16;

/** Largest body of one command: leaves room for headers below the batch cap. */
export const COMMAND_BYTES_MAX = BATCH_BYTES_MAX - 64 * 1024;

/** Who forwarded a command: the member, its process's boot number, and its running number there. */
export interface Origin {
  readonly member: MemberNumber;
  /** Random 32 bits drawn at each process start: an old life's answers never meet a new life's. */
  readonly boot: number;
  readonly sequence: number;
}

/** Which client's which command this is: it is done once, however often it comes (thesis 6.3). */
export interface SessionTag {
  readonly session: number;
  /** Of the session: 1, 2, 3, ... */
  readonly sequence: number;
}

/** Command records in the making: grows by doubling, reused from turn to turn. */
export class PayloadBuilder {
  #bytes: Bytes = allocBytes(64 * 1024);
  #length = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#length;
  }

  /** Copies one command in, with its origin when it will be forwarded. */
  add(body: Bytes, origin: Origin | null, tag: SessionTag | null = null): void {
    assert(body.length <= COMMAND_BYTES_MAX, `command of ${body.length} bytes is over the cap`);
    const bytes = this.#reserve(4 + 2 * EXTENSION_BYTES + body.length);
    const start = this.#length;
    let header = body.length;
    let at = start + 4;
    if (origin !== null) {
      header |= ORIGIN_BIT;
      bytes.writeUInt32LE(origin.member, at);
      bytes.writeUInt32LE(origin.boot, at + 4);
      writeU64(bytes, origin.sequence, at + 8);
      at += EXTENSION_BYTES;
    }
    if (tag !== null) {
      header |= SESSION_BIT;
      writeU64(bytes, tag.session, at);
      writeU64(bytes, tag.sequence, at + 8);
      at += EXTENSION_BYTES;
    }
    bytes.writeUInt32LE(header >>> 0, start);
    copyBytes(body, 0, body.length, bytes, at);
    this.#length = at + body.length;
    this.#count += 1;
  }

  /** Copies records that were encoded elsewhere (a forwarded group). */
  addRecords(records: Bytes, count: number): void {
    records.copy(this.#reserve(records.length), this.#length);
    this.#length += records.length;
    this.#count += count;
  }

  /** The records so far. Valid until the next change of this builder. */
  view(): Bytes {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    this.#count = 0;
    // A rare giant must not pin its memory for ever.
    if (this.#bytes.length > 4 * 1024 * 1024) this.#bytes = allocBytes(64 * 1024);
  }

  #reserve(more: number): Bytes {
    const needed = this.#length + more;
    if (needed > this.#bytes.length) {
      const grown = allocBytes(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    return this.#bytes;
  }
}

/** Walks command records without allocating: call `next()` until it is false. */
export class RecordCursor {
  readonly bytes: Bytes;
  /** The body of the current command lies at `start..end` of `bytes`. */
  start = 0;
  end = 0;
  /** 0: the current command has no origin. */
  originMember: MemberNumber = 0;
  originBoot = 0;
  originSequence = 0;
  /** 0: the current command belongs to no session. */
  session = 0;
  sequence = 0;
  #at: number;

  constructor(bytes: Bytes, offset = 0) {
    this.bytes = bytes;
    this.#at = offset;
  }

  next(): boolean {
    const bytes = this.bytes;
    if (this.#at >= bytes.length) return false;
    const header = readU32(bytes, this.#at);
    let at = this.#at + 4;
    this.originMember = 0;
    this.session = 0;
    if ((header & ORIGIN_BIT) !== 0) {
      this.originMember = readU32(bytes, at);
      this.originBoot = readU32(bytes, at + 4);
      this.originSequence = readU64(bytes, at + 8);
      at += EXTENSION_BYTES;
    }
    if ((header & SESSION_BIT) !== 0) {
      this.session = readU64(bytes, at);
      this.sequence = readU64(bytes, at + 8);
      at += EXTENSION_BYTES;
    }
    this.start = at;
    this.end = at + (header & LENGTH_MASK);
    assert(this.end <= bytes.length, 'a command ends after its batch');
    this.#at = this.end;
    return true;
  }
}

/** The commands of a batch of kind `commands`. */
export function commandsOf(batch: Batch): RecordCursor {
  return new RecordCursor(batch.bytes, BATCH_HEADER_BYTES);
}

/**
 * Checks command records that came from a peer before they enter a batch.
 * @returns whether `records` holds exactly `count` whole records.
 */
export function recordsAreWhole(records: Bytes, count: number): boolean {
  let at = 0;
  let seen = 0;
  while (at + 4 <= records.length) {
    const header = records.readUInt32LE(at);
    at += 4 + (header & LENGTH_MASK);
    if ((header & ORIGIN_BIT) !== 0) at += EXTENSION_BYTES;
    if ((header & SESSION_BIT) !== 0) at += EXTENSION_BYTES;
    seen += 1;
  }
  return at === records.length && seen === count;
}
