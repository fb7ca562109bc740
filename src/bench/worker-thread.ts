/** A thread that makes load: `LoadGenerator` behind messages. */
import { parentPort, workerData } from 'node:worker_threads';
import { LoadGenerator } from './load-generator.ts';
import { RunClock } from './run-clock.ts';
import type { FromWorker, ToWorker, WorkerPlan } from './thread-messages.ts';

/** How often what was counted is handed over. */
const PART_EVERY_MS = 500;

const plan = workerData as WorkerPlan;
const { workload, targets, worker } = plan;
let busySince = performance.eventLoopUtilization();
let reporter: NodeJS.Timeout | null = null;

function tell(message: FromWorker): void {
  parentPort?.postMessage(message);
}

const generator = new LoadGenerator({
  workload,
  targets,
  worker,
  clock: new RunClock(plan.epochNs),
  onDone: () => {
    if (reporter !== null) clearInterval(reporter);
    const { openByTarget } = generator;
    const busyShare = performance.eventLoopUtilization(busySince).utilization;
    tell({ kind: 'done', part: generator.tally.take(), end: { openByTarget, busyShare } });
    generator.close();
  },
});

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'stop') {
    generator.stop();
    return;
  }
  busySince = performance.eventLoopUtilization();
  reporter = setInterval(() => tell({ kind: 'part', part: generator.tally.take() }), PART_EVERY_MS);
  generator.start(message.startNs);
});

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
