/**
 * A profile of this process that is always being taken, at a low rate and in memory, and is kept as
 * a file when something goes wrong: where the time went just before. Off unless it is asked for.
 *
 * To begin to sample holds up the process for a tenth of a second. So a profile runs for minutes
 * before it is thrown away and begun anew, and what goes wrong soon after a beginning is not
 * looked at: it may be of our own making.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { type Profiler as Cpu, Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { profileFileName } from '../../wire/profiles.ts';
import { cutProfile, pruneProfile } from './cut.ts';
import { startCpu, stopCpu } from './profiler.ts';

export interface AnomalyPace {
  /** Microseconds between two samples. */
  readonly intervalUs: number;
  /** A profile that nobody wanted is thrown away after this. */
  readonly windowMs: number;
  /** Of a kept one, the end that is written. */
  readonly keptMs: number;
  /** It goes on so long after what went wrong. */
  readonly afterMs: number;
  /** After a beginning nothing is kept for so long. */
  readonly settleMs: number;
}

export const ANOMALY_PACE: AnomalyPace = {
  ...{ intervalUs: 10_000, windowMs: 300_000, keptMs: 10_000, afterMs: 1000, settleMs: 10_000 },
};
/** The oldest go. */
export const ANOMALY_FILES_MAX = 8;
/** What would be larger is not written. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;
const FILE_NAME = /^CPU\..*\.cpuprofile$/;

export interface KeptProfile {
  readonly file: string;
  readonly bytes: number;
}

export class AnomalyProfile {
  readonly #directory: string;
  readonly #pace: AnomalyPace;
  readonly #session = new Session();
  /** One thing at a time: begin, keep, end. */
  #work: Promise<unknown> = Promise.resolve();
  #begunMonoMs = 0;
  #isKeeping = false;
  #timer: NodeJS.Timeout | null = null;
  #sequence = 0;

  private constructor(directory: string, pace: AnomalyPace) {
    this.#directory = directory;
    this.#pace = pace;
  }

  static async start(directory: string, pace: AnomalyPace = ANOMALY_PACE): Promise<AnomalyProfile> {
    const profile = new AnomalyProfile(directory, pace);
    profile.#session.connect();
    // Nodes that were started together must not stand still together.
    await profile.#begin(pace.windowMs * (0.5 + Math.random() / 2));
    return profile;
  }

  /**
   * Keeps what was sampled last, and a little of what comes.
   *
   * @returns null: one is being kept, it has only just begun, or it would be too large.
   */
  async keep(): Promise<KeptProfile | null> {
    if (this.#isKeeping || performance.now() - this.#begunMonoMs < this.#pace.settleMs) return null;
    this.#isKeeping = true;
    await new Promise((resolve) => setTimeout(resolve, this.#pace.afterMs).unref());
    const kept = this.#queue(async () => {
      const profile = await stopCpu(this.#session);
      await this.#begin(this.#pace.windowMs);
      return this.#write(profile);
    });
    return kept.finally(() => {
      this.#isKeeping = false;
    });
  }

  /** Afterwards nothing is sampled; what is being kept is on disk. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#queue(async () => this.#session.disconnect()).catch(() => {});
  }

  #queue<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#work.then(task);
    this.#work = done.catch(() => {});
    return done;
  }

  async #begin(windowMs: number): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    await startCpu(this.#session, this.#pace.intervalUs);
    this.#begunMonoMs = performance.now();
    this.#timer = setTimeout(() => this.#renew(), windowMs).unref();
  }

  #renew(): void {
    if (this.#isKeeping) return;
    const renewed = this.#queue(async () => {
      await stopCpu(this.#session);
      await this.#begin(this.#pace.windowMs);
    });
    // It was stopped meanwhile.
    renewed.catch(() => {});
  }

  async #write(profile: Cpu.Profile): Promise<KeptProfile | null> {
    const last = cutProfile(profile, profile.endTime - this.#pace.keptMs * 1000);
    const text = JSON.stringify(pruneProfile(last));
    const bytes = Buffer.byteLength(text);
    if (bytes > FILE_BYTES_MAX) return null;
    this.#sequence += 1;
    const at = { time: new Date().toISOString(), pid: process.pid, sequence: this.#sequence };
    const file = join(this.#directory, profileFileName('cpu', at));
    await mkdir(this.#directory, { recursive: true });
    await writeFile(file, text, { mode: 0o600 });
    const names = (await readdir(this.#directory)).filter((name) => FILE_NAME.test(name)).sort();
    for (const name of names.slice(0, -ANOMALY_FILES_MAX)) {
      await rm(join(this.#directory, name), { force: true });
    }
    return { file, bytes };
  }
}
