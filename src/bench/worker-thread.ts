/** A thread that makes load: `LoadGenerator` behind messages. */
import { parentPort, workerData } from 'node:worker_threads';
import { entrust } from '../client/credentials.ts';
import { Ledger, strideOf } from './ledger.ts';
import { LoadGenerator } from './load-generator.ts';
import { RunClock } from './run-clock.ts';
import type { FromWorker, TimedPart, ToWorker, WorkerPlan } from './thread-messages.ts';

/** How often what was counted is handed over: within each second, so that none is torn. */
const PART_EVERY_MS = 500;
const NS_PER_MS = 1e6;

const plan = workerData as WorkerPlan;
const { workload, targets, worker } = plan;
for (const [at, { address }] of targets.entries()) entrust([address], plan.credentials[at] ?? null);
let busySince = performance.eventLoopUtilization();
let reporter: NodeJS.Timeout | null = null;
const clock = new RunClock(plan.epochNs);
let measureFromNs = 0;
let takenAtMs = 0;

function tell(message: FromWorker): void {
  parentPort?.postMessage(message);
}

const { mark } = plan;
const stride = strideOf(workload.keyMaximum);
const ledger =
  mark === null ? null : new Ledger({ mark, worker, workers: workload.workers, stride });

const generator = new LoadGenerator({
  workload,
  targets,
  worker,
  clock,
  ledger,
  onDone: () => {
    if (reporter !== null) clearTimeout(reporter);
    const { openByTarget } = generator;
    const busyShare = performance.eventLoopUtilization(busySince).utilization;
    const writes = ledger?.entries() ?? [];
    tell({ kind: 'done', part: takePart(), end: { openByTarget, busyShare, writes } });
    generator.close();
  },
});

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'stop') {
    generator.stop();
    return;
  }
  busySince = performance.eventLoopUtilization();
  measureFromNs = message.startNs + workload.warmupMs * NS_PER_MS;
  reportLater();
  generator.start(message.startNs);
});

function takePart(): TimedPart {
  const nowMs = (clock.now() - measureFromNs) / NS_PER_MS;
  const atMs = (Math.max(0, takenAtMs) + nowMs) / 2;
  takenAtMs = nowMs;
  return { tally: generator.tally.take(), atMs };
}

function reportLater(): void {
  const nowMs = (clock.now() - measureFromNs) / NS_PER_MS;
  const nextMs = (Math.floor(nowMs / PART_EVERY_MS) + 1) * PART_EVERY_MS;
  reporter = setTimeout(() => {
    tell({ kind: 'part', part: takePart() });
    reportLater();
  }, nextMs - nowMs);
}

plan.metronome?.on('message', () => {
  Atomics.store(plan.beats, worker, 0);
  generator.pump();
});

generator.connect().then(
  () => tell({ kind: 'ready' }),
  (error: unknown) => {
    generator.close();
    tell({ kind: 'unreachable', reason: error instanceof Error ? error.message : String(error) });
  },
);
