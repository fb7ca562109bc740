/**
 * A log on a simulated disk, in a small world of its own: time stands still until `step` runs the
 * next task. Everything a test needs to write, crash, damage and reopen a log.
 */
import { BATCH_KIND, type Batch, sealBatch } from '../../src/node/model/batch.ts';
import type { HardState } from '../../src/node/model/hard-state.ts';
import type { LogBase } from '../../src/node/model/log-write.ts';
import { foundingBatch } from '../../src/node/model/membership.ts';
import type { Clock } from '../../src/node/ports/clock.ts';
import type { FsyncMode, LogStore } from '../../src/node/ports/log-store.ts';
import { formatLog, openLog } from '../../src/node/wal/wal.ts';
import { SimDisk, type SimDiskInit } from '../../src/simulator/sim-disk.ts';
import { bytesFrom } from '../../src/std/bytes.ts';
import type { RaftctlError } from '../../src/std/errors.ts';
import { SILENT_LOG } from '../../src/std/log.ts';
import { Prng } from '../../src/std/prng.ts';

export const CLUSTER = 'c1'.repeat(16);
export const DIRECTORY = '/data/log';

export const FOUNDING: Batch = foundingBatch(CLUSTER, {
  members: [
    {
      number: 1,
      name: 'n1',
      voter: true,
      peerAddress: '127.0.0.1:1',
      clientAddress: '127.0.0.1:2',
      adminAddress: '127.0.0.1:3',
    },
  ],
  leases: false,
});

/** A batch of commands whose payload says what it is, `payloadBytes` long. */
export function batchOf(init: {
  first: number;
  count?: number;
  term?: number;
  payloadBytes?: number;
}): Batch {
  const { first, count = 1, term = 1, payloadBytes = 40 } = init;
  const text = `${term}/${first} `.padEnd(payloadBytes, `${(first * 7 + term) % 10}`);
  return sealBatch({
    cluster: CLUSTER,
    term,
    first,
    kind: BATCH_KIND.commands,
    count,
    leaderTimeMs: first,
    payload: bytesFrom(text),
  });
}

interface Task {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A log in use, and what it reported so far. */
export interface OpenedLog {
  readonly store: LogStore;
  /** Highest sequence reported durable. */
  synced: number;
  failed: RaftctlError | null;
  readonly space: boolean[];
  readonly syncTimes: number[];
}

interface OpenOptions {
  readonly tailBytesMax?: number;
  readonly snapshot?: LogBase | null;
}

export class LogRig {
  readonly prng: Prng;
  readonly disk: SimDisk;
  readonly clock: Clock;
  nowMs = 0;
  segmentBytes: number;
  fsync: FsyncMode = 'always';
  #tasks: Task[] = [];
  #order = 0;
  #sequence = 0;

  constructor(seed = 1, init: number | Pick<SimDiskInit, 'namesMs'> = {}) {
    this.prng = new Prng(seed);
    const delays = typeof init === 'number' ? {} : init;
    this.segmentBytes = typeof init === 'number' ? init : 64 * 1024;
    const schedule = (delayMs: number, run: () => void): void => this.#schedule(delayMs, run);
    this.disk = new SimDisk({ prng: this.prng.fork(), schedule, ...delays });
    this.clock = {
      nowMs: () => this.nowMs,
      wallMs: () => this.nowMs,
      after: (delayMs, task) => {
        let cancelled = false;
        schedule(delayMs, () => {
          if (!cancelled) task();
        });
        return {
          cancel: () => {
            cancelled = true;
          },
        };
      },
      defer: (task) => schedule(0, task),
    };
  }

  #schedule(delayMs: number, run: () => void): void {
    this.#order += 1;
    this.#tasks.push({ atMs: this.nowMs + delayMs, order: this.#order, run });
    this.#tasks.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
  }

  /** Runs the next task and lets promises settle. @returns false when there is none. */
  async step(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    const task = this.#tasks.shift();
    if (task === undefined) return false;
    this.nowMs = task.atMs;
    task.run();
    await new Promise((resolve) => setImmediate(resolve));
    return true;
  }

  /** Steps until the promise settles. */
  async drive<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (settled) return await promise;
      if (!(await this.step())) throw new Error('nothing left to do, and not settled');
    }
  }

  async until(condition: () => boolean): Promise<void> {
    for (let count = 0; !condition(); count += 1) {
      if (count > 100_000 || !(await this.step())) throw new Error('it never came to that');
    }
  }

  /** Lets simulated time pass. */
  async pass(milliseconds: number): Promise<void> {
    const endMs = this.nowMs + milliseconds;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#tasks[0];
      if (next === undefined || next.atMs > endMs) break;
      await this.step();
    }
    this.nowMs = endMs;
  }

  /** Ends the life: its timers and callbacks are gone. `power`: what was not synced is at risk. */
  crash(power: boolean): void {
    this.#tasks = [];
    if (power) this.disk.crash();
    else this.disk.kill();
  }

  async format(): Promise<void> {
    const { segmentBytes } = this;
    const random = this.prng.fork();
    const init = { cluster: CLUSTER, member: 1, founding: FOUNDING, segmentBytes, random };
    await this.drive(formatLog({ disk: this.disk.boot(), directory: DIRECTORY, ...init }));
  }

  /** @throws what `openLog` throws. */
  async open(options: OpenOptions = {}): Promise<OpenedLog> {
    return await this.drive(this.beginOpen(options));
  }

  /** Opens without letting time pass: for those who step themselves. */
  async beginOpen(options: OpenOptions = {}): Promise<OpenedLog> {
    const syncTimes: number[] = [];
    const store = await openLog({
      disk: this.disk.boot(),
      clock: this.clock,
      log: SILENT_LOG,
      random: this.prng.fork(),
      directory: DIRECTORY,
      cluster: CLUSTER,
      member: 1,
      fsync: this.fsync,
      segmentBytes: this.segmentBytes,
      onSyncTimed: (durationMs) => syncTimes.push(durationMs),
      ...options,
    });
    const opened: OpenedLog = { store, synced: 0, failed: null, space: [], syncTimes };
    store.start({
      onSynced: (sequence) => {
        opened.synced = sequence;
      },
      onFailed: (error) => {
        opened.failed = error;
      },
      onSpace: (full) => opened.space.push(full),
    });
    return opened;
  }

  /** Formats and opens. */
  async make(): Promise<OpenedLog> {
    await this.format();
    return await this.open();
  }

  /** Queues a write. @returns its sequence. */
  write(opened: OpenedLog, batches: readonly Batch[], hardState: HardState | null = null): number {
    this.#sequence += 1;
    opened.store.write({ sequence: this.#sequence, hardState, batches });
    return this.#sequence;
  }

  /** Writes and waits until it is reported. */
  async commit(
    opened: OpenedLog,
    batches: readonly Batch[],
    hardState: HardState | null = null,
  ): Promise<void> {
    const sequence = this.write(opened, batches, hardState);
    await this.until(() => opened.synced >= sequence);
    // The witness comes after the turn that heard of it.
    await this.pass(0);
  }

  read(
    opened: OpenedLog,
    range: { from: number; through: number; bytesMax: number },
  ): Promise<readonly Batch[]> {
    const answer = new Promise<readonly Batch[]>((resolve, reject) => {
      opened.store.read(range, (error, batches) => {
        if (error === null) resolve(batches);
        else reject(error);
      });
    });
    return this.drive(answer);
  }

  /** Segments that are there, as paths. */
  segments(): readonly string[] {
    return this.disk.paths().filter((path) => path.endsWith('.seg'));
  }
}
