/** What `cluster up`, `node start` and `node stop` do with a Procfile. */
import { LogFollower } from '../cluster/log-follower.ts';
import { formatLogLine } from '../cluster/log-line.ts';
import type { Paint } from '../std/paint.ts';
import type { Procfile, StartedProcess } from './procfile-run.ts';

const STOP_GRACE_MS = 10_000;
const POLL_MS = 200;

/** Shows what the processes print until all have ended, or ends them on Ctrl-C. */
export async function followProcfile(
  procfile: Procfile,
  started: readonly StartedProcess[],
  init: {
    readonly interrupts: { readonly signal: AbortSignal; readonly hurry: AbortSignal };
    readonly print: (line: string) => void;
    readonly paint: Paint;
  },
): Promise<void> {
  const ids = procfile.entries.map(({ name }) => name);
  const width = Math.max(...ids.map((id) => id.length));
  const files = started.map(({ id, logFile, logOffset }) => {
    return { id, path: logFile, offset: logOffset };
  });
  const { paint } = init;
  const follower = new LogFollower(files, (id, line) => {
    init.print(formatLogLine(line, { id, slot: ids.indexOf(id), width, paint }));
  });
  const over = new AbortController();
  const following = follower.follow(over.signal);
  const { signal, hurry } = init.interrupts;
  while (!signal.aborted && (await anyRuns(procfile))) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  if (signal.aborted) {
    await procfile.stop(procfile.entries, { graceMs: STOP_GRACE_MS, hurry });
  }
  over.abort();
  await following;
}

async function anyRuns(procfile: Procfile): Promise<boolean> {
  for (const { name } of procfile.entries) if (await procfile.isRunning(name)) return true;
  return false;
}
