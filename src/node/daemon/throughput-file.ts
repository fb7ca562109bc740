/** Raft-demo's throughput file: every second one line, how many commands came in that second. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { RaftctlError } from '../../std/errors.ts';

const PERIOD_MS = 1000;

/**
 * Begins to write, behind what is there.
 *
 * @param count how many commands there were so far
 * @returns what ends it
 * @throws {RaftctlError} DISK_FAILED when the file cannot be opened.
 */
export function writeThroughput(path: string, count: () => number): () => void {
  const fd = open(path);
  let told = count();
  const tell = (): void => {
    const now = count();
    try {
      writeSync(fd, `${now - told}\n`);
      told = now;
    } catch {
      // A full disk costs a line; what it would have told is in the next one.
    }
  };
  const timer = setInterval(tell, PERIOD_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (count() > told) tell();
    closeSync(fd);
  };
}

function open(path: string): number {
  try {
    return openSync(path, 'a', 0o644);
  } catch (cause) {
    const message = `Cannot open the throughput file ${path}`;
    throw new RaftctlError('DISK_FAILED', { message, cause });
  }
}
