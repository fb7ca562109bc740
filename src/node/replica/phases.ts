/**
 * Where the time of a write goes, measured on the leader for every batch (decision 16):
 *
 * ```
 *  queue           first command taken  -> batch sealed
 *  append          sealed               -> handed to the log and to the sockets
 *  sync            sealed               -> durable here
 *  ack.<name>      sealed               -> durable on that follower, and known here
 *  quorum          sealed               -> committed
 *  decided.<name>  the same, for the batches whose majority that member completed
 *  apply           committed            -> applied here
 *  reply           applied              -> answers written
 *  total           first command taken  -> answers written
 * ```
 * One histogram a phase, in microseconds. Batches lie in a ring in the order of the log, and every
 * phase has a cursor that only moves forward: nothing is searched, nothing allocated. A follower
 * that falls behind by the whole ring loses the oldest of its samples.
 */
import { assert } from '../../std/assert.ts';
import { Histogram } from '../../std/histogram.ts';
import type { LogIndex, MemberNumber } from '../model/ids.ts';
import { everyoneOf, type Membership } from '../model/membership.ts';

/** Batches that are watched at once. */
const RING_COUNT = 4096;

interface Follower {
  readonly name: string;
  /** Batches up to here are acknowledged. */
  ackedCount: number;
}

export class Phases {
  readonly histograms = new Map<string, Histogram>();
  readonly #last = new Float64Array(RING_COUNT);
  readonly #queuedAtMs = new Float64Array(RING_COUNT);
  readonly #sealedAtMs = new Float64Array(RING_COUNT);
  readonly #committedAtMs = new Float64Array(RING_COUNT);
  readonly #appliedAtMs = new Float64Array(RING_COUNT);
  /** Who was the last to make a batch durable before its commit. */
  readonly #decider = new Float64Array(RING_COUNT);
  readonly #self: MemberNumber;
  #followers = new Map<MemberNumber, Follower>();
  #ownName = '';
  /** How many batches went through each phase since the start: cursors into the ring. */
  #sealedCount = 0;
  #handedCount = 0;
  #syncedCount = 0;
  #committedCount = 0;
  #appliedCount = 0;
  #answeredCount = 0;

  constructor(self: MemberNumber) {
    this.#self = self;
  }

  members(membership: Membership): void {
    const before = this.#followers;
    this.#followers = new Map();
    for (const { number, name } of everyoneOf(membership)) {
      if (number === this.#self) this.#ownName = name;
      const ackedCount = before.get(number)?.ackedCount ?? this.#sealedCount;
      this.#followers.set(number, { name, ackedCount });
    }
  }

  sealed(last: LogIndex, queuedAtMs: number, nowMs: number): void {
    // A leader that cannot commit goes on sealing: what was never measured is given up.
    if (this.#sealedCount - this.#answeredCount >= RING_COUNT) this.reset();
    const slot = this.#sealedCount % RING_COUNT;
    this.#last[slot] = last;
    this.#queuedAtMs[slot] = queuedAtMs;
    this.#sealedAtMs[slot] = nowMs;
    this.#decider[slot] = this.#self;
    this.#sealedCount += 1;
    this.#record('queue', nowMs - queuedAtMs);
  }

  /** What is sealed has gone to the log and to the sockets. */
  handed(nowMs: number): void {
    for (; this.#handedCount < this.#sealedCount; this.#handedCount += 1) {
      this.#record('append', nowMs - this.#at(this.#sealedAtMs, this.#handedCount));
    }
  }

  /** Whether something was sealed that is not handed on yet. */
  get hasSealed(): boolean {
    return this.#handedCount < this.#sealedCount;
  }

  durable(index: LogIndex, nowMs: number): void {
    for (; this.#isThrough(this.#syncedCount, index); this.#syncedCount += 1) {
      this.#record('sync', nowMs - this.#at(this.#sealedAtMs, this.#syncedCount));
      this.#holds(this.#syncedCount, this.#self);
    }
  }

  acked(member: MemberNumber, matchIndex: LogIndex, nowMs: number): void {
    const follower = this.#followers.get(member);
    if (follower === undefined) return;
    const oldest = this.#sealedCount - RING_COUNT;
    if (follower.ackedCount < oldest) follower.ackedCount = oldest;
    if (!this.#isThrough(follower.ackedCount, matchIndex)) return;
    const histogram = this.#histogram(`ack.${follower.name}`);
    for (; this.#isThrough(follower.ackedCount, matchIndex); follower.ackedCount += 1) {
      record(histogram, nowMs - this.#at(this.#sealedAtMs, follower.ackedCount));
      this.#holds(follower.ackedCount, member);
    }
  }

  committed(index: LogIndex, nowMs: number): void {
    for (; this.#isThrough(this.#committedCount, index); this.#committedCount += 1) {
      const slot = this.#committedCount % RING_COUNT;
      const tookMs = nowMs - (this.#sealedAtMs[slot] as number);
      this.#committedAtMs[slot] = nowMs;
      this.#record('quorum', tookMs);
      const decider = this.#decider[slot] as number;
      const name = this.#followers.get(decider)?.name ?? this.#ownName;
      this.#record(`decided.${name}`, tookMs);
    }
  }

  applied(index: LogIndex, nowMs: number): void {
    for (; this.#isThrough(this.#appliedCount, index); this.#appliedCount += 1) {
      // Nothing is applied before it is committed: the other way round a sample would be nonsense.
      if (this.#appliedCount >= this.#committedCount) return;
      const slot = this.#appliedCount % RING_COUNT;
      this.#appliedAtMs[slot] = nowMs;
      this.#record('apply', nowMs - (this.#committedAtMs[slot] as number));
    }
  }

  /** Whether something was applied whose clients are not answered yet. */
  get hasApplied(): boolean {
    return this.#answeredCount < this.#appliedCount;
  }

  answered(nowMs: number): void {
    for (; this.#answeredCount < this.#appliedCount; this.#answeredCount += 1) {
      this.#record('reply', nowMs - this.#at(this.#appliedAtMs, this.#answeredCount));
      this.#record('total', nowMs - this.#at(this.#queuedAtMs, this.#answeredCount));
    }
  }

  /** This node no longer leads: what is under way will not be measured to its end. */
  reset(): void {
    const count = this.#sealedCount;
    this.#handedCount = count;
    this.#syncedCount = count;
    this.#committedCount = count;
    this.#appliedCount = count;
    this.#answeredCount = count;
    for (const follower of this.#followers.values()) follower.ackedCount = count;
  }

  #isThrough(cursor: number, index: LogIndex): boolean {
    return cursor < this.#sealedCount && this.#at(this.#last, cursor) <= index;
  }

  #holds(cursor: number, member: MemberNumber): void {
    if (cursor >= this.#committedCount) this.#decider[cursor % RING_COUNT] = member;
  }

  #at(values: Float64Array, cursor: number): number {
    assert(cursor >= 0, 'cursors begin at 0');
    return values[cursor % RING_COUNT] as number;
  }

  #record(phase: string, durationMs: number): void {
    record(this.#histogram(phase), durationMs);
  }

  #histogram(phase: string): Histogram {
    let histogram = this.histograms.get(phase);
    if (histogram === undefined) {
      histogram = new Histogram();
      this.histograms.set(phase, histogram);
    }
    return histogram;
  }
}

function record(histogram: Histogram, durationMs: number): void {
  histogram.record(Math.max(0, Math.round(durationMs * 1000)));
}
