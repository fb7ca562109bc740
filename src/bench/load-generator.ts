/**
 * One worker's load: lanes, and when they send.
 *
 * Closed loop: each lane sends `pipeline` requests, waits for all their answers, sends the next.
 * Open loop: what the schedule says is due goes out, all of it in one turn, one write per lane,
 * whether or not earlier answers came. What finds no room waits and still counts from the time it
 * was due. Nothing that was due is ever left out: what has no answer when the run ends counts with
 * the time it has waited by then, as the least it would have taken.
 *
 * A request is sent once. One that has no answer within the timeout counts as failed; its lane
 * goes on, and is replaced when nothing on it was answered for that long.
 */
import { Account } from './account.ts';
import { shareOf } from './arrivals.ts';
import type { Driver, ReplyKind } from './drivers/driver.ts';
import { driverOf } from './drivers/drivers.ts';
import type { Lane, LaneOwner, LostKind } from './lane.ts';
import { LaneGroup } from './lane-group.ts';
import type { Ledger } from './ledger.ts';
import { RequestWriter } from './request-writer.ts';
import type { RunClock } from './run-clock.ts';
import { Schedule } from './schedule.ts';
import type { Tally } from './tally.ts';
import type { Target } from './target.ts';
import { openLoadOf, type Workload } from './workload.ts';

const READ_BYTES = 64 * 1024;
const NS_PER_MS = 1e6;
const SWEEP_MS_MAX = 100;
/** After a stop, so long at most for the answers under way. */
const STOP_GRACE_MS = 1000;
const NEVER = Number.POSITIVE_INFINITY;

export interface LoadGeneratorInit {
  readonly workload: Workload;
  readonly targets: readonly Target[];
  readonly worker: number;
  readonly clock: Pick<RunClock, 'now'>;
  /** Where writes are noted down; left out: nowhere. */
  readonly ledger?: Ledger | null;
  /** All that was to be sent was, and every request has been counted. */
  readonly onDone: () => void;
}

export class LoadGenerator implements LaneOwner {
  readonly driver: Driver;
  readonly window: number;
  readonly requestBytesMax: number;
  readonly ledger: Ledger | null;
  readonly readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);
  readonly #init: LoadGeneratorInit;
  readonly #account: Account;
  readonly #writer: RequestWriter;
  readonly #group: LaneGroup;
  readonly #lanes: readonly Lane[];
  readonly #timeoutNs: number;
  readonly #reply: { kind: ReplyKind; word: string } = { kind: 'ok', word: '' };
  #schedule: Schedule | null = null;
  /** Open loop: requests of the schedule that were sent, and that were seen to be due. */
  #sent = 0;
  #noticed = 0;
  /** Closed loop: measured requests still to be sent, and lanes that may send. */
  #left: number;
  #ready: Lane[] = [];
  #cursor = 0;
  #unanswered = 0;
  /** The time of the input being read. */
  #nowNs = 0;
  #endNs = NEVER;
  #deadlineNs = NEVER;
  /** Since when there has been no connection at all. */
  #cutOffSinceNs = NEVER;
  #isPumpDue = false;
  #state: 'waiting' | 'running' | 'done' = 'waiting';
  #sweeper: NodeJS.Timeout | null = null;

  constructor(init: LoadGeneratorInit) {
    const { workload, worker } = init;
    this.#init = init;
    this.ledger = init.ledger ?? null;
    this.#account = new Account(workload.ratePerSecond !== null, this.ledger);
    this.window = workload.pipeline;
    this.#timeoutNs = workload.timeoutMs * NS_PER_MS;
    this.driver = driverOf(workload.driver);
    const { driver } = this;
    const host = init.targets[0]?.address ?? '';
    this.#writer = new RequestWriter({ workload, driver, host, worker, ledger: this.ledger });
    this.requestBytesMax = this.#writer.requestBytesMax;
    this.#left = shareOf(workload.requests ?? NEVER, worker, workload.workers);
    this.#group = new LaneGroup({
      owner: this,
      count: shareOf(workload.clients, worker, workload.workers),
      targets: init.targets,
      first: worker,
      step: workload.workers,
      timeoutMs: workload.timeoutMs,
      onReopened: (lane) => {
        this.#cutOffSinceNs = NEVER;
        this.onSettled(lane);
      },
    });
    this.#lanes = this.#group.lanes;
  }

  get tally(): Tally {
    return this.#account.tally;
  }

  get openByTarget(): number[] {
    return this.#group.openByTarget;
  }

  /** Opens all connections. @throws {Error} when a target does not accept one. */
  connect(): Promise<void> {
    return this.#group.open();
  }

  /** Begins to send at `startNs` of the run's clock. In an open loop somebody calls `pump`. */
  start(startNs: number): void {
    const { clock, workload, worker } = this.#init;
    const { durationMs, requests, warmupMs, cooldownMs, workers, timeoutMs } = workload;
    const measureFromNs = startNs + warmupMs * NS_PER_MS;
    const measureToNs = durationMs === null ? NEVER : measureFromNs + durationMs * NS_PER_MS;
    this.#account.start(measureFromNs, cooldownMs === 0 ? NEVER : measureToNs);
    this.#endNs = measureToNs + cooldownMs * NS_PER_MS;
    const load = openLoadOf(workload);
    if (load !== null) {
      const endNs = this.#endNs;
      this.#schedule = new Schedule({
        ...{ load, worker, workers, startNs, endNs, requestsMax: requests ?? NEVER },
      });
      this.#endNs = Math.min(endNs, this.#schedule.dueNs(this.#schedule.total));
    }
    this.#deadlineNs = this.#endNs + this.#timeoutNs;
    this.#ready = [...this.#lanes];
    this.#sweeper = setInterval(
      () => this.#sweep(),
      Math.max(1, Math.min(SWEEP_MS_MAX, timeoutMs / 4)),
    );
    const waitMs = Math.max(0, (startNs - clock.now()) / NS_PER_MS);
    setTimeout(() => {
      this.#state = 'running';
      this.pump();
    }, waitMs);
  }

  /** Sends no more; what is under way is awaited a moment longer. */
  stop(): void {
    const nowNs = this.#init.clock.now();
    this.#left = 0;
    this.#schedule?.cut(nowNs);
    this.#endNs = Math.min(this.#endNs, nowNs);
    const graceNs = Math.min(this.#timeoutNs, STOP_GRACE_MS * NS_PER_MS);
    this.#deadlineNs = Math.min(this.#deadlineNs, nowNs + graceNs);
    this.#endIfDone(nowNs);
  }

  close(): void {
    this.#state = 'done';
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    this.#group.close();
  }

  pump(): void {
    this.#isPumpDue = false;
    if (this.#state !== 'running') return;
    const nowNs = this.#init.clock.now();
    if (this.#schedule === null) this.#pumpClosed(nowNs);
    else this.#pumpOpen(this.#schedule, nowNs);
    this.#endIfDone(nowNs);
  }

  onBytes(): void {
    this.#nowNs = this.#init.clock.now();
  }

  onAnswer(lane: Lane, slot: number, kind: ReplyKind, word: string): void {
    this.#unanswered -= 1;
    this.#reply.kind = kind;
    this.#reply.word = word;
    this.#account.answer(lane, slot, this.#reply, this.#nowNs);
  }

  onSettled(lane: Lane): void {
    if (this.#schedule === null) {
      if (lane.count > 0) return;
      this.#ready.push(lane);
    }
    this.#pumpSoon();
  }

  onLost(lane: Lane, kind: LostKind): void {
    if (this.#state === 'done') return;
    const nowNs = this.#init.clock.now();
    this.#account.lose(lane, kind, nowNs);
    this.#unanswered -= lane.count;
    lane.clear();
    if (this.#group.isCutOff) this.#cutOffSinceNs = nowNs;
    this.#group.reopenLater(lane);
    this.#pumpSoon();
  }

  /** What all connections bring in one turn of the event loop is dealt with at its end. */
  #pumpSoon(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    setImmediate(() => this.pump());
  }

  #pumpClosed(nowNs: number): void {
    const ready = this.#ready;
    this.#ready = [];
    if (nowNs >= this.#endNs) return;
    for (const lane of ready) {
      const requests = Math.min(lane.room, this.#left);
      if (requests > 0 && lane.count === 0) this.#send(lane, requests, null);
    }
  }

  #pumpOpen(schedule: Schedule, nowNs: number): void {
    const due = schedule.dueAt(nowNs);
    while (this.#sent < due) {
      const open = this.#group.withRoom;
      if (open === 0) break;
      const share = Math.ceil((due - this.#sent) / open);
      for (let i = 0; i < this.#lanes.length && this.#sent < due; i += 1) {
        const lane = this.#lanes[this.#cursor] as Lane;
        this.#cursor = this.#cursor + 1 === this.#lanes.length ? 0 : this.#cursor + 1;
        const requests = Math.min(share, lane.room, due - this.#sent);
        if (requests > 0) this.#send(lane, requests, schedule);
      }
    }
    // What found no room was seen in time all the same: its wait is the target's.
    for (let i = Math.max(this.#sent, this.#noticed); i < due; i += 1) {
      this.#account.late(schedule.dueNs(i), nowNs);
    }
    this.#noticed = due;
  }

  /** Requires: the lane has room for them. @param schedule null: closed loop. */
  #send(lane: Lane, requests: number, schedule: Schedule | null): void {
    let inBatch = 0;
    for (let i = 0; i < requests; i += 1) {
      if (!this.#writer.hasRoom) {
        this.#flush(lane, inBatch, schedule);
        inBatch = 0;
      }
      const operation = this.#writer.choose();
      this.#writer.put(operation, lane.replyPort);
      lane.push(operation, schedule === null ? 0 : schedule.dueNs(this.#sent + inBatch));
      inBatch += 1;
    }
    this.#flush(lane, inBatch, schedule);
  }

  #flush(lane: Lane, requests: number, schedule: Schedule | null): void {
    const nowNs = this.#init.clock.now();
    this.#unanswered += requests;
    this.#writer.flush(lane, requests, nowNs);
    const measured = this.#account.sent(lane, requests);
    if (schedule === null) {
      this.#left -= measured;
      return;
    }
    for (let i = this.#sent; i < this.#sent + requests; i += 1) {
      if (i >= this.#noticed) this.#account.late(schedule.dueNs(i), nowNs);
    }
    this.#sent += requests;
  }

  #sweep(): void {
    const nowNs = this.#init.clock.now();
    for (const lane of this.#lanes) {
      if (this.#account.expire(lane, nowNs - this.#timeoutNs, nowNs)) lane.drop();
    }
    this.pump();
    this.#endIfDone(nowNs);
  }

  #endIfDone(nowNs: number): void {
    if (this.#state === 'done') return;
    const schedule = this.#schedule;
    const isAllSent =
      schedule === null
        ? this.#left === 0 || nowNs >= this.#endNs
        : this.#noticed >= schedule.total && this.#sent >= schedule.total;
    // Without an end in time, a target that is gone for good would be awaited for ever.
    const isHopeless = this.#endNs === NEVER && nowNs - this.#cutOffSinceNs > this.#timeoutNs;
    const isOver = nowNs >= this.#deadlineNs || isHopeless;
    if (!isOver && !(isAllSent && this.#unanswered === 0)) return;
    this.#state = 'done';
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    for (const lane of this.#lanes) this.#account.abandon(lane, nowNs);
    if (schedule !== null) {
      this.#account.abandonUnsent(schedule, this.#sent, () => this.#writer.choose(), nowNs);
    }
    this.#init.onDone();
  }
}
