/**
 * The threads of a run: workers that make load and, in an open loop, the metronome. Starts them,
 * waits until all are connected, lets them begin at one moment, and collects what they count.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { assert } from '../std/assert.ts';
import { RaftctlError } from '../std/errors.ts';
import { RunClock } from './run-clock.ts';
import type { TallyPart } from './tally.ts';
import type { Target } from './target.ts';
import type {
  FromWorker,
  MetronomePlan,
  ToWorker,
  WorkerEnd,
  WorkerPlan,
} from './thread-messages.ts';
import type { Workload } from './workload.ts';

/** From the word to begin until the first request is due. */
const LEAD_NS = 20e6;

export interface CrewInit {
  readonly workload: Workload;
  readonly targets: readonly Target[];
  readonly onPart: (part: TallyPart) => void;
}

export class Crew {
  readonly #init: CrewInit;
  readonly #epochNs = process.hrtime.bigint();
  readonly #clock = new RunClock(this.#epochNs);
  readonly #startNs = new BigInt64Array(new SharedArrayBuffer(8));
  readonly #workers: Worker[] = [];
  readonly #ends: WorkerEnd[] = [];
  #metronome: Worker | null = null;
  /** Settled when all workers are done, or one of them broke. */
  readonly #done: Promise<readonly WorkerEnd[]>;
  #resolveDone: (ends: readonly WorkerEnd[]) => void = () => {};
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
    const { workers, ratePerSecond } = this.#init.workload;
    const beats = new Int32Array(new SharedArrayBuffer(4 * workers));
    const ports: MessagePort[] = [];
    const ready: Promise<void>[] = [];
    for (let worker = 0; worker < workers; worker += 1) {
      const channel = ratePerSecond === null ? null : new MessageChannel();
      if (channel !== null) ports.push(channel.port1);
      ready.push(this.#startWorker({ worker, beats, metronome: channel?.port2 ?? null }));
    }
    if (ratePerSecond !== null) {
      const epochNs = this.#epochNs;
      const startNs = this.#startNs;
      ready.push(this.#startMetronome({ ratePerSecond, epochNs, beats, startNs, ports }));
    }
    await Promise.all(ready);
  }

  /** @returns how many milliseconds from now the first request is due. */
  begin(): number {
    const startNs = Math.round(this.#clock.now() + LEAD_NS);
    this.#startNs[0] = BigInt(startNs);
    for (const worker of this.#workers) this.#tell(worker, { kind: 'start', startNs });
    this.#metronome?.postMessage('begin');
    return LEAD_NS / 1e6;
  }

  /** Sends no more; what is under way is awaited a moment longer. */
  stop(): void {
    for (const worker of this.#workers) this.#tell(worker, { kind: 'stop' });
  }

  /** How each worker ended. */
  get done(): Promise<readonly WorkerEnd[]> {
    return this.#done;
  }

  /** Ends all threads. */
  async dismiss(): Promise<void> {
    const threads = [...this.#workers, ...(this.#metronome === null ? [] : [this.#metronome])];
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  #startWorker(part: Pick<WorkerPlan, 'worker' | 'beats' | 'metronome'>): Promise<void> {
    const { workload, targets, onPart } = this.#init;
    const workerData: WorkerPlan = { ...part, workload, targets, epochNs: this.#epochNs };
    const thread = new Worker(threadUrl('worker-thread'), {
      workerData,
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
    if (this.#ends.length === this.#workers.length) this.#resolveDone(this.#ends);
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
