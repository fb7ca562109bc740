/**
 * What waits to be sent to one member, in two lanes. *Control* (votes, heartbeats, answers, reads)
 * goes ahead of *bulk* (appends with batches, forwards, parts of snapshots), so that a heartbeat is
 * never late because of data. Each lane keeps its order; appends keep theirs among each other.
 *
 * Lanes hold messages, not bytes: batches are shared by all members' queues and encoded nowhere.
 * Both lanes are bounded; over the bound a message is refused, and Raft sends it again.
 */
import { allocBytes, type Bytes, concatBytes } from '../../std/bytes.ts';
import type { PeerMessage } from '../model/message.ts';
import { writeHead } from '../model/message-codec.ts';
import { frameLength, headLength } from '../model/message-frame.ts';

export const BULK_BYTES_MAX = 32 * 1024 * 1024;
export const BULK_MESSAGES_MAX = 1024;
export const CONTROL_MESSAGES_MAX = 4096;

/** A batch up to this size is copied next to its head; a larger one is written from where it is. */
export const COPY_BYTES_MAX = 16 * 1024;

export class SendQueue {
  readonly #control = new Lane();
  readonly #bulk = new Lane();
  #bulkBytes = 0;
  #controlBytes = 0;

  get isEmpty(): boolean {
    return this.#control.size === 0 && this.#bulk.size === 0;
  }

  get byteLength(): number {
    return this.#bulkBytes + this.#controlBytes;
  }

  get messageCount(): number {
    return this.#control.size + this.#bulk.size;
  }

  /** @returns whether there was room. */
  offer(message: PeerMessage): boolean {
    const length = frameLength(message);
    if (!this.#isBulk(message)) {
      if (this.#control.size >= CONTROL_MESSAGES_MAX) return false;
      this.#control.push(message);
      this.#controlBytes += length;
      return true;
    }
    if (this.#bulk.size >= BULK_MESSAGES_MAX) return false;
    if (this.#bulkBytes + length > BULK_BYTES_MAX) return false;
    // The sender reuses the memory of a forward's records; a batch's bytes never change.
    const kept =
      message.type === 'forward'
        ? { ...message, records: concatBytes([message.records]) }
        : message;
    this.#bulk.push(kept);
    this.#bulkBytes += length;
    return true;
  }

  /**
   * Takes all control messages, then bulk messages until `bulkBytesMax` is passed (none when it is
   * not above 0), and encodes them.
   * @returns the parts to write, in order; none when nothing may be taken.
   */
  take(bulkBytesMax: number): readonly Bytes[] {
    const taken: PeerMessage[] = [];
    for (let message = this.#control.shift(); message; message = this.#control.shift()) {
      taken.push(message);
    }
    let copiedBytes = this.#controlBytes;
    this.#controlBytes = 0;
    let room = bulkBytesMax;
    while (room > 0) {
      const message = this.#bulk.shift();
      if (message === undefined) break;
      const length = frameLength(message);
      this.#bulkBytes -= length;
      room -= length;
      copiedBytes += copiedLength(message);
      taken.push(message);
    }
    return taken.length === 0 ? [] : assemble(taken, copiedBytes);
  }

  /** @returns how many messages were dropped. */
  clear(): number {
    const count = this.messageCount;
    this.#control.clear();
    this.#bulk.clear();
    this.#bulkBytes = 0;
    this.#controlBytes = 0;
    return count;
  }

  #isBulk(message: PeerMessage): boolean {
    if (message.type === 'forward' || message.type === 'snapshot') return true;
    if (message.type !== 'append') return false;
    // A probe is small, but it must not overtake the appends before it.
    return message.batches.length > 0 || this.#bulk.size > 0;
  }
}

function copiedLength(message: PeerMessage): number {
  let length = headLength(message);
  if (message.type === 'append') {
    for (const { bytes } of message.batches) {
      if (bytes.length <= COPY_BYTES_MAX) length += bytes.length;
    }
  } else if (message.type === 'forward' && message.records.length <= COPY_BYTES_MAX) {
    length += message.records.length;
  } else if (message.type === 'snapshot' && message.data.length <= COPY_BYTES_MAX) {
    length += message.data.length;
  }
  return length;
}

/** Encodes messages: heads and small bodies into one buffer, large bodies as parts of their own. */
function assemble(messages: readonly PeerMessage[], copiedBytes: number): readonly Bytes[] {
  const parts: Bytes[] = [];
  const buffer = allocBytes(copiedBytes);
  let at = 0;
  let partStart = 0;
  const addBody = (body: Bytes): void => {
    if (body.length <= COPY_BYTES_MAX) {
      at += body.copy(buffer, at);
      return;
    }
    parts.push(buffer.subarray(partStart, at), body);
    partStart = at;
  };
  for (const message of messages) {
    at = writeHead(message, buffer, at);
    if (message.type === 'append') {
      for (const batch of message.batches) addBody(batch.bytes);
    } else if (message.type === 'forward') {
      addBody(message.records);
    } else if (message.type === 'snapshot') {
      addBody(message.data);
    }
  }
  if (at > partStart) parts.push(buffer.subarray(partStart, at));
  return parts;
}

/** First in, first out; takes and gives in constant time. */
class Lane {
  #items: (PeerMessage | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(message: PeerMessage): void {
    this.#items.push(message);
  }

  shift(): PeerMessage | undefined {
    if (this.#head === this.#items.length) return undefined;
    const message = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#items.length) this.clear();
    else if (this.#head >= 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return message;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
