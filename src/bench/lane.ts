/**
 * A client under load: the requests of it that wait for their answers. How answers find their
 * requests is the protocol's: `StreamLane`, `DatagramLane`.
 */
import type { Awaited, Driver, ReplyKind } from './drivers/driver.ts';
import type { Ledger } from './ledger.ts';
import { type Operation, WRITE } from './tally.ts';
import type { Target } from './target.ts';

/** How a lane ends: its connection is gone, or what came on it cannot be. */
export type LostKind = 'reset' | 'protocol' | 'twice';

/** What a lane tells its worker. */
export interface LaneOwner {
  readonly driver: Driver;
  /** Requests that may wait for answers on one lane. */
  readonly window: number;
  /** The longest request. */
  readonly requestBytesMax: number;
  /** Where lanes read into; used only within one call. */
  readonly readBuffer: Buffer;
  /** Where writes are noted down; null: nowhere. */
  readonly ledger: Ledger | null;
  /** Bytes arrived: the time is taken once for all replies in them. */
  onBytes(): void;
  onAnswer(lane: Lane, slot: number, kind: ReplyKind, word: string): void;
  /** All answers of a piece of input were told. */
  onSettled(lane: Lane): void;
  /** The lane ended; its unanswered requests are still there to be counted. */
  onLost(lane: Lane, kind: LostKind): void;
}

export abstract class Lane {
  /** By slot. Nanoseconds of the run's clock. */
  readonly intendedNs: Float64Array;
  readonly sentNs: Float64Array;
  readonly operations: Uint8Array;
  /** 1: already counted as timed out. */
  readonly timedOut: Uint8Array;
  /** For a ledger: what was written. Empty where there is none. */
  readonly keys: Float64Array;
  readonly stamps: Float64Array;
  /** Which of the targets it is connected to, or was last, where it is one. */
  target = 0;
  protected readonly owner: LaneOwner;

  /** @param places how many slots there are. */
  constructor(owner: LaneOwner, places: number) {
    const noted = owner.ledger === null ? 0 : places;
    this.owner = owner;
    this.intendedNs = new Float64Array(places);
    this.sentNs = new Float64Array(places);
    this.operations = new Uint8Array(places);
    this.timedOut = new Uint8Array(places);
    this.keys = new Float64Array(noted);
    this.stamps = new Float64Array(noted);
  }

  abstract get isOpen(): boolean;

  /** Whether there is a connection to that target. */
  abstract isOpenTo(target: number): boolean;

  /** Unanswered requests. */
  abstract get count(): number;

  /** How many more requests may be sent now. */
  abstract get room(): number;

  /** The UDP port that the next request names; 0: it names none. */
  abstract get replyPort(): number;

  /** @throws {Error} when nobody accepts within the time. */
  abstract open(targets: readonly Target[], timeoutMs: number): Promise<void>;

  /** Takes a slot for a request that is about to be written. Requires: there is room. */
  abstract push(operation: Operation, intendedNs: number): void;

  /**
   * Sends what was pushed last, in one write.
   *
   * @returns whether the memory of the bytes is free again.
   */
  abstract write(bytes: Buffer, requests: number, nowNs: number): boolean;

  /** The slot of the unanswered request number `index`, from the oldest. */
  abstract slotAt(index: number): number;

  /** What lies there has had no answer in time; a late one may still come. */
  expire(slot: number): void {
    this.timedOut[slot] = 1;
  }

  /** Forgets all unanswered requests. */
  abstract clear(): void;

  /** Ends the connection as if the other side had. */
  abstract drop(): void;

  /** Ends the connection; nobody is told. */
  abstract close(): void;

  protected fill(slot: number, operation: Operation, intendedNs: number): void {
    this.operations[slot] = operation;
    this.intendedNs[slot] = intendedNs;
    this.timedOut[slot] = 0;
    this.owner.ledger?.note(this, slot);
  }

  protected awaitedAt(slot: number): Awaited {
    return this.operations[slot] === WRITE ? 'write' : 'read';
  }

  /** The newest requests were sent. */
  protected markSent(requests: number, nowNs: number): void {
    for (let i = this.count - requests; i < this.count; i += 1) {
      this.sentNs[this.slotAt(i)] = nowNs;
    }
  }
}
