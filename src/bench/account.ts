/**
 * What becomes of every request, as figures. Each one that counts ends as exactly one of:
 *
 * ```
 *  answered                  latency recorded
 *  refused (error reply)     by its first word; no latency: a quick "no" would flatter
 *  reset, protocol, twice    the connection ended; no latency, for the same reason
 *  timeout                   latency as of the late answer, or the time waited when the run ended
 *  unsent                    was due and found no room; time waited when the run ended
 * ```
 * Requests of the warm-up and of the cool-down count nowhere. In an open loop the time a request
 * was *due* decides.
 */
import type { ReplyKind } from './drivers/driver.ts';
import type { Lane, LostKind } from './lane.ts';
import type { Ledger } from './ledger.ts';
import type { Schedule } from './schedule.ts';
import { type Operation, READ, Tally } from './tally.ts';

/** Requests that were never sent are counted in steps of this much of the schedule. */
const UNSENT_STEP_NS = 1e6;

export class Account {
  readonly tally = new Tally();
  readonly #isOpenLoop: boolean;
  readonly #ledger: Ledger | null;
  #measureFromNs = Number.POSITIVE_INFINITY;
  #measureToNs = Number.POSITIVE_INFINITY;

  constructor(isOpenLoop: boolean, ledger: Ledger | null) {
    this.#isOpenLoop = isOpenLoop;
    this.#ledger = ledger;
  }

  /** Of the run's clock: the end of the warm-up, and the begin of the cool-down. */
  start(measureFromNs: number, measureToNs: number): void {
    this.#measureFromNs = measureFromNs;
    this.#measureToNs = measureToNs;
  }

  answer(lane: Lane, slot: number, reply: { kind: ReplyKind; word: string }, nowNs: number): void {
    this.#ledger?.settle(lane, slot, reply.kind !== 'error', nowNs);
    if (!this.#isMeasured(lane, slot)) return;
    const sinceStartNs = nowNs - this.#measureFromNs;
    if (lane.timedOut[slot] === 1) {
      this.tally.lateAnswers += 1;
    } else if (reply.kind === 'error') {
      this.tally.fail(reply.word === '' ? 'ERR' : reply.word, sinceStartNs);
      return;
    } else {
      this.tally.answer(sinceStartNs);
      if (reply.kind === 'missing' && lane.operations[slot] === READ) this.tally.missing += 1;
    }
    this.#recordLatency(lane, slot, nowNs);
  }

  /** Counts what was unanswered on a connection that ended. */
  lose(lane: Lane, kind: LostKind, nowNs: number): void {
    this.#ledger?.giveUp(lane);
    for (let i = 0; i < lane.count; i += 1) {
      const slot = lane.slotAt(i);
      if (!this.#isMeasured(lane, slot)) continue;
      if (lane.timedOut[slot] === 1) this.#recordLatency(lane, slot, nowNs);
      else this.tally.fail(kind, nowNs - this.#measureFromNs);
    }
  }

  /** Counts what was sent before `sentBeforeNs`. @returns whether that is all, and something. */
  expire(lane: Lane, sentBeforeNs: number, nowNs: number): boolean {
    for (let i = 0; i < lane.count; i += 1) {
      const slot = lane.slotAt(i);
      if ((lane.sentNs[slot] as number) > sentBeforeNs) return false;
      if (lane.timedOut[slot] === 1) continue;
      lane.expire(slot);
      if (this.#isMeasured(lane, slot)) this.tally.fail('timeout', nowNs - this.#measureFromNs);
    }
    return lane.count > 0;
  }

  /** The run ends: what is unanswered took at least as long as until now. */
  abandon(lane: Lane, nowNs: number): void {
    this.#ledger?.giveUp(lane);
    for (let i = 0; i < lane.count; i += 1) {
      const slot = lane.slotAt(i);
      if (!this.#isMeasured(lane, slot)) continue;
      if (lane.timedOut[slot] === 0) this.tally.fail('timeout', nowNs - this.#measureFromNs);
      this.#recordLatency(lane, slot, nowNs);
    }
  }

  /** The same for requests that were due and never sent: `from` and all behind it. */
  abandonUnsent(schedule: Schedule, from: number, choose: () => Operation, nowNs: number): void {
    let at = from;
    while (at < schedule.total) {
      const next = Math.max(at + 1, schedule.dueAt(schedule.dueNs(at) + UNSENT_STEP_NS));
      // All of a step count with the wait of its last: the least that is true of each.
      const lastDueNs = schedule.dueNs(next - 1);
      if (this.#isWithin(lastDueNs)) {
        this.tally.fail('unsent', nowNs - this.#measureFromNs, next - at);
        this.tally.corrected[choose()].recordMany(nowNs - lastDueNs, next - at);
      }
      at = next;
    }
  }

  /** A batch left at `nowNs`. @returns how many of the lane's newest `requests` count. */
  sent(lane: Lane, requests: number): number {
    let measured = 0;
    for (let i = lane.count - requests; i < lane.count; i += 1) {
      if (this.#isMeasured(lane, lane.slotAt(i))) measured += 1;
    }
    this.tally.sent += measured;
    return measured;
  }

  /** How late the generator saw that a request was due. */
  late(dueNs: number, nowNs: number): void {
    if (this.#isWithin(dueNs)) this.tally.lateness.record(nowNs - dueNs);
  }

  #isMeasured(lane: Lane, slot: number): boolean {
    const times = this.#isOpenLoop ? lane.intendedNs : lane.sentNs;
    return this.#isWithin(times[slot] as number);
  }

  #isWithin(ns: number): boolean {
    return ns >= this.#measureFromNs && ns < this.#measureToNs;
  }

  #recordLatency(lane: Lane, slot: number, nowNs: number): void {
    const operation = lane.operations[slot] as Operation;
    this.tally.raw[operation].record(nowNs - (lane.sentNs[slot] as number));
    if (!this.#isOpenLoop) return;
    this.tally.corrected[operation].record(nowNs - (lane.intendedNs[slot] as number));
  }
}
