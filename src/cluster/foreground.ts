/** A cluster in the foreground: its nodes' merged logs, until Ctrl-C or until all have ended. */
import type { Paint } from '../std/paint.ts';
import { downCluster } from './down.ts';
import { LogFollower } from './log-follower.ts';
import { formatLogLine } from './log-line.ts';
import type { ClusterStore } from './store.ts';
import type { UpResult } from './up.ts';

export interface ForegroundInit {
  readonly store: ClusterStore;
  readonly result: UpResult;
  /** `signal`: stop in good order; `hurry`: kill. */
  readonly interrupts: { readonly signal: AbortSignal; readonly hurry: AbortSignal };
  readonly print: (line: string) => void;
  readonly paint: Paint;
}

const STOP_GRACE_MS = 10_000;

/** Afterwards the nodes have ended; an ephemeral cluster is removed. */
export async function runForeground(init: ForegroundInit): Promise<void> {
  const { store, result, interrupts, paint } = init;
  const { spec } = result;
  const ids = spec.nodes.map((node) => node.id);
  const width = Math.max(...ids.map((id) => id.length));
  const files = result.started.map(({ id, logFile, logOffset }) => {
    return { id, path: logFile, offset: logOffset };
  });
  const follower = new LogFollower(files, (id, line) => {
    init.print(formatLogLine(line, { id, slot: ids.indexOf(id), width, paint }));
  });
  const over = new AbortController();
  const following = follower.follow(over.signal);
  await Promise.race([
    Promise.all(result.started.map((node) => node.exited)),
    aborted(interrupts.signal),
  ]);
  await downCluster(store, spec, {
    graceMs: STOP_GRACE_MS,
    hurry: interrupts.hurry,
    beforeRemoval: async () => {
      over.abort();
      await following;
    },
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}
