/**
 * The threads of a run: workers that make load and, in an open loop, the metronome. Starts them,
 * waits until all are connected, lets them begin at one moment, and collects what they count.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { credentialsOf } from '../client/credentials.ts';
import { assert } from '../std/assert.ts';
import { RaftctlError } from '../std/errors.ts';
import type { AgentFacts } from './agent-row.ts';
import { RunClock } from './run-clock.ts';
import type { Target } from './target.ts';
import type {
  FromWorker,
  MetronomePlan,
  TimedPart,
  ToWorker,
  WorkerEnd,
  WorkerPlan,
} from './thread-messages.ts';
import { openLoadOf, type Workload } from './workload.ts';

/** From the word to begin until the first request is due. */
const LEAD_NS = 20e6;

export interface CrewInit {
  readonly workload: Workload;
  readonly targets: readonly Target[];
  readonly onPart: (part: TimedPart) => void;
  /** What all values begin with; null: they are not to be read back. */
  readonly mark: string | null;
  /** Of all the workload's threads, those that run here; left out: all. */
  readonly workers?: { readonly first: number; readonly count: number };
}

/** How a run ended. */
export interface CrewEnd {
  readonly ends: readonly WorkerEnd[];
  /** Those on other machines; empty: the load was made here. */
  readonly agents: readonly AgentFacts[];
}

/** Whoever makes the load of a run, here or elsewhere. */
export interface LoadCrew {
  /** Afterwards all connections are open. @throws {RaftctlError} UNREACHABLE */
  muster(): Promise<void>;
  /** @returns how many milliseconds from now the first request is due. */
  begin(): number;
  /** Sends no more; what is under way is awaited a moment longer. */
  stop(): void;
  readonly done: Promise<CrewEnd>;
  /** Afterwards nothing of it is left. */
  dismiss(): Promise<void>;
}

export class Crew implements LoadCrew {
  readonly #init: CrewInit;
  readonly #epochNs = process.hrtime.bigint();
  readonly #clock = new RunClock(this.#epochNs);
  readonly #startNs = new BigInt64Array(new SharedArrayBuffer(8));
  readonly #workers: Worker[] = [];
  readonly #ends: WorkerEnd[] = [];
  #metronome: Worker | null = null;
  /** Settled when all workers are done, or one of them broke. */
  readonly #done: Promise<CrewEnd>;
  #resolveDone: (end: CrewEnd) => void = () => {};
  #rejectDone: (error: unknown) => void = () => {};

  constructor(init: CrewInit) {
    this.#init = init;
    this.#done = new Promise((resolve, reject) => {
      this.#resolveDone = resolve;
      this.#rejectDone = reject;
    });
    // Whoever awaits `done` hears of it; nobody may, if starting fails first.
    this.#done.catch(() => {});
  }

  /** Starts the threads. Afterwards all connections are open. @throws {RaftctlError} UNREACHABLE */
  async muster(): Promise<void> {
    const { workers } = this.#init.workload;
    const { first, count } = this.#init.workers ?? { first: 0, count: workers };
    const load = openLoadOf(this.#init.workload);
    const beats = new Int32Array(new SharedArrayBuffer(4 * workers));
    const ports: MessagePort[] = [];
    const ready: Promise<void>[] = [];
    for (let worker = first; worker < first + count; worker += 1) {
      const channel = load === null ? null : new MessageChannel();
      if (channel !== null) ports.push(channel.port1);
      ready.push(this.#startWorker({ worker, beats, metronome: channel?.port2 ?? null }));
    }
    if (load !== null) {
      const epochNs = this.#epochNs;
      const startNs = this.#startNs;
      ready.push(this.#startMetronome({ load, workers, first, epochNs, beats, startNs, ports }));
    }
    await Promise.all(ready);
  }

  /**
   * @param atNs when the first request is due, of `process.hrtime.bigint()`; left out: very soon.
   * @returns how many milliseconds from now that is.
   */
  begin(atNs?: bigint): number {
    const soonNs = this.#clock.now() + LEAD_NS;
    const startNs = Math.round(atNs === undefined ? soonNs : Number(atNs - this.#epochNs));
    this.#startNs[0] = BigInt(startNs);
    for (const worker of this.#workers) this.#tell(worker, { kind: 'start', startNs });
    this.#metronome?.postMessage('begin');
    return (startNs - this.#clock.now()) / 1e6;
  }

  /** Sends no more; what is under way is awaited a moment longer. */
  stop(): void {
    for (const worker of this.#workers) this.#tell(worker, { kind: 'stop' });
  }

  /** How each worker ended. */
  get done(): Promise<CrewEnd> {
    return this.#done;
  }

  /** Ends all threads. */
  async dismiss(): Promise<void> {
    const threads = [...this.#workers, ...(this.#metronome === null ? [] : [this.#metronome])];
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  #startWorker(part: Pick<WorkerPlan, 'worker' | 'beats' | 'metronome'>): Promise<void> {
    const { workload, targets, onPart, mark } = this.#init;
    const credentials = targets.map(({ address }) => credentialsOf(address));
    const workerData = { ...part, workload, targets, credentials, mark, epochNs: this.#epochNs };
    const thread = new Worker(threadUrl('worker-thread'), {
      workerData: workerData satisfies WorkerPlan,
      transferList: part.metronome === null ? [] : [part.metronome],
    });
    this.#workers.push(thread);
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        reject(error);
        this.#rejectDone(error);
      };
      thread.on('error', fail);
      thread.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') resolve();
        else if (message.kind === 'unreachable') fail(unreachable(message.reason));
        else {
          onPart(message.part);
          if (message.kind === 'done') this.#end(message.end);
        }
      });
    });
  }

  #startMetronome(plan: MetronomePlan): Promise<void> {
    const thread = new Worker(threadUrl('metronome-thread'), {
      workerData: plan,
      transferList: [...plan.ports],
    });
    this.#metronome = thread;
    return new Promise((resolve, reject) => {
      thread.on('error', (error) => {
        reject(error);
        this.#rejectDone(error);
      });
      thread.once('message', () => resolve());
    });
  }

  #end(end: WorkerEnd): void {
    this.#ends.push(end);
    assert(this.#ends.length <= this.#workers.length, 'a worker ends once');
    if (this.#ends.length === this.#workers.length)
      this.#resolveDone({ ends: this.#ends, agents: [] });
  }

  #tell(worker: Worker, message: ToWorker): void {
    worker.postMessage(message);
  }
}

/** Threads run what the build made of the file. */
function threadUrl(name: string): URL {
  return new URL(`./${name}.js`, import.meta.url);
}

function unreachable(reason: string): RaftctlError {
  return new RaftctlError('UNREACHABLE', {
    message: `Cannot connect to the target: ${reason}`,
    hint: 'See what runs: raftctl cluster ls',
  });
}
