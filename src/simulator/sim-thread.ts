/** A thread that runs simulations, one after the other, as it is told. */
import { parentPort } from 'node:worker_threads';
import { type RecordedRun, type RunOptions, recordSeed, runWorld } from './run.ts';
import type { WorldInit } from './world.ts';

export type SimTask =
  | { readonly type: 'seed'; readonly seed: number; readonly options: RunOptions }
  | { readonly type: 'world'; readonly init: WorldInit };

export interface ToThread {
  readonly task: SimTask;
  /** Plan and requests are wanted too. */
  readonly record: boolean;
}

async function run({ task, record }: ToThread): Promise<RecordedRun> {
  const done =
    task.type === 'seed' ? await recordSeed(task.seed, task.options) : await runWorld(task.init);
  return record ? done : { ...done, operations: [] };
}

parentPort?.on('message', (message: ToThread) => {
  void run(message).then((done) => parentPort?.postMessage(done));
});
