/**
 * Writes that wait for their group, and reads that wait for writes. Pure. A cursor walks the writes
 * frame by frame, because one write may end in the segment after the one it began in.
 */
import { assert } from '../../std/assert.ts';
import type { Batch } from '../model/batch.ts';
import type { HardState } from '../model/hard-state.ts';
import type { LogIndex } from '../model/ids.ts';
import type { LogBase, LogWrite } from '../model/log-write.ts';
import type { ReadRequest } from './log-reader.ts';
import { batchFrameSize } from './record.ts';

export class WriteQueue {
  /** Writes from the head on are not completely taken; dropped from the front now and then. */
  #writes: LogWrite[] = [];
  #head = 0;
  #hardStateTaken = false;
  #resetTaken = false;
  #batchesTaken = 0;
  #takenSequence = 0;
  #lastTaken: LogIndex;
  /** Taken or queued, not yet completed: lowest first index, and the newest sequence. */
  #lowestFirst: LogIndex = Number.POSITIVE_INFINITY;
  #lastSequence = 0;
  #completedSequence = 0;
  #reads: { readonly after: number; readonly request: ReadRequest }[] = [];

  /** @param reset what the log still has to be told before anything else. */
  constructor(lastIndex: LogIndex, reset: LogBase | null) {
    this.#lastTaken = lastIndex;
    if (reset !== null) this.#writes.push({ sequence: 0, hardState: null, batches: [], reset });
  }

  push(write: LogWrite): void {
    assert(write.sequence > this.#lastSequence, 'sequences of writes rise');
    this.#lastSequence = write.sequence;
    this.#writes.push(write);
    for (const batch of write.batches) {
      if (batch.first < this.#lowestFirst) this.#lowestFirst = batch.first;
    }
  }

  get empty(): boolean {
    return this.#head === this.#writes.length;
  }

  /** Last index of the log once all frames taken are in it. */
  get lastTaken(): LogIndex {
    return this.#lastTaken;
  }

  /** Sequence of the last write that was taken completely; 0: none. */
  get takenSequence(): number {
    return this.#takenSequence;
  }

  /** The hard state to write next, or null. */
  get hardState(): HardState | null {
    return this.#hardStateTaken ? null : (this.#writes[this.#head]?.hardState ?? null);
  }

  takeHardState(): void {
    this.#hardStateTaken = true;
  }

  /** Where the log begins anew before the next batch, or null. */
  get reset(): LogBase | null {
    return this.#resetTaken ? null : (this.#writes[this.#head]?.reset ?? null);
  }

  takeReset(): void {
    this.#lastTaken = (this.reset as LogBase).index;
    this.#resetTaken = true;
  }

  /** The batch to write next, or null: none left in the write at the head. */
  get batch(): Batch | null {
    return this.#writes[this.#head]?.batches[this.#batchesTaken] ?? null;
  }

  takeBatch(): void {
    this.#lastTaken = (this.batch as Batch).last;
    this.#batchesTaken += 1;
  }

  /** The write at the head was taken completely. */
  finishHead(): void {
    this.#takenSequence = (this.#writes[this.#head] as LogWrite).sequence;
    this.#head += 1;
    this.#hardStateTaken = false;
    this.#resetTaken = false;
    this.#batchesTaken = 0;
    if (this.#head === this.#writes.length || this.#head > 4096) {
      this.#writes.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** Bytes of the frame to write next, or 0. */
  get nextFrameBytes(): number {
    const batch = this.batch;
    return batch === null ? 0 : batchFrameSize(batch);
  }

  /** Entries from this index on may still be waiting for their group. */
  get lowestFirst(): LogIndex {
    return this.#lowestFirst;
  }

  waitToRead(request: ReadRequest): void {
    this.#reads.push({ after: this.#lastSequence, request });
  }

  /** The writes up to `sequence` are in the file. */
  completed(sequence: number): void {
    this.#completedSequence = sequence;
    if (sequence === this.#lastSequence) {
      this.#lowestFirst = Number.POSITIVE_INFINITY;
      return;
    }
    // A long queue is not searched: a bound too low only makes a read wait for a group.
    if (this.#writes.length - this.#head > 64) return;
    let lowest = Number.POSITIVE_INFINITY;
    for (let at = this.#head; at < this.#writes.length; at += 1) {
      for (const batch of (this.#writes[at] as LogWrite).batches) {
        lowest = Math.min(lowest, batch.first);
      }
    }
    this.#lowestFirst = lowest;
  }

  /** @returns the reads that no longer wait, and forgets them. */
  readsReady(): readonly ReadRequest[] {
    if (this.#reads.length === 0) return [];
    const ready = this.#reads.filter((read) => read.after <= this.#completedSequence);
    this.#reads = this.#reads.filter((read) => read.after > this.#completedSequence);
    return ready.map((read) => read.request);
  }

  /** Forgets all reads that wait. @returns them. */
  takeReads(): readonly ReadRequest[] {
    const reads = this.#reads;
    this.#reads = [];
    return reads.map((read) => read.request);
  }
}
