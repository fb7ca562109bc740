/**
 * Profiles of this process, taken from inside: no inspector port is opened. One live capture at a
 * time; profiles of the whole life of the process go beside it.
 */
import { type Profiler as Cpu, type HeapProfiler, Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProfileKind } from '../../wire/profiles.ts';
import { cutProfile } from './cut.ts';

/** Bytes between two samples of allocations: as Node's own flag has it. */
const HEAP_SAMPLE_BYTES = 512 * 1024;

export interface CaptureWish {
  readonly kind: ProfileKind;
  readonly durationMs: number;
  /** Monotonic milliseconds of the machine at which to begin; 0: at once. */
  readonly startMonoMs: number;
  /**
   * Begin to sample the processor so long before, and leave out what was sampled till then: V8
   * takes a tenth of a second to begin, in which the process stands still.
   */
  readonly warmMs: number;
  readonly intervalUs: number;
}

export interface CaptureSink {
  started(monoMs: number): void;
  write(text: string): void;
}

export class Profiler {
  #isBusy = false;

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Requires: not busy. */
  async capture(wish: CaptureWish, sink: CaptureSink): Promise<void> {
    this.#isBusy = true;
    const session = new Session();
    session.connect();
    try {
      // All that can be done before the instant is done before.
      if (wish.kind === 'cpu') await prepareCpu(session, wish.intervalUs);
      await until(wish.startMonoMs - (wish.kind === 'cpu' ? wish.warmMs : 0));
      if (wish.kind === 'cpu') await captureCpu(session, wish, sink);
      else if (wish.kind !== 'snapshot') await captureHeap(session, wish, sink);
      else await captureSnapshot(session, sink);
    } finally {
      session.disconnect();
      this.#isBusy = false;
    }
  }
}

async function captureCpu(session: Session, wish: CaptureWish, sink: CaptureSink): Promise<void> {
  await session.post('Profiler.start');
  const fromMs = Math.max(wish.startMonoMs, monoMs());
  await until(fromMs);
  sink.started(fromMs);
  await until(fromMs + wish.durationMs);
  sink.write(JSON.stringify(cutProfile(await stopCpu(session), Math.round(fromMs * 1000))));
}

async function captureHeap(session: Session, wish: CaptureWish, sink: CaptureSink): Promise<void> {
  sink.started(monoMs());
  await startHeap(session, wish.kind === 'allocs');
  await sleep(wish.durationMs);
  sink.write(JSON.stringify(await stopHeap(session)));
}

/** NB: the process stands still while its heap is walked. */
async function captureSnapshot(session: Session, sink: CaptureSink): Promise<void> {
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ params }) => sink.write(params.chunk));
  sink.started(monoMs());
  await session.post('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
}

export async function startCpu(session: Session, intervalUs: number): Promise<void> {
  await prepareCpu(session, intervalUs);
  await session.post('Profiler.start');
}

async function prepareCpu(session: Session, intervalUs: number): Promise<void> {
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: intervalUs });
}

export async function stopCpu(session: Session): Promise<Cpu.Profile> {
  return (await session.post('Profiler.stop')).profile;
}

/** @param isAll what is collected meanwhile counts too. */
export async function startHeap(session: Session, isAll = false): Promise<void> {
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: HEAP_SAMPLE_BYTES,
    includeObjectsCollectedByMajorGC: isAll,
    includeObjectsCollectedByMinorGC: isAll,
  });
}

export async function stopHeap(session: Session): Promise<HeapProfiler.SamplingHeapProfile> {
  return (await session.post('HeapProfiler.stopSampling')).profile;
}

async function until(instantMonoMs: number): Promise<void> {
  const leftMs = instantMonoMs - monoMs();
  if (leftMs > 0) await sleep(leftMs);
}

function monoMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
