/**
 * raft-demo's monitor: while a process runs, every second four counters into `io.out` and an empty
 * line: bytes received and sent by the machine, bytes the process read from storage and wrote.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { networkBytes, storageBytes } from '../cluster/process-counters.ts';
import type { OldFlag, OldLine } from './old-flags.ts';
import type { AsContext, OldProgram } from './program.ts';

const PERIOD_MS = 1000;

export const MONIT: OldProgram = {
  name: 'monit',
  system: 'raft-demo',
  about: 'Writes what a process and the network of its machine move into io.out.',
  examples: ['monit kvstore'],
  flags: [],
  words: '<name of a process, or its number>',
  run: runMonit,
};

/** Of the servers, which raft-demo's images with a monitor start beside it. */
export const MONIT_FLAG: OldFlag = {
  ...{ name: 'monit', kind: 'switch', default: 'false', env: 'RAFTCTL_MONIT' },
  about: 'write what this process and the network move into io.out, as monit does',
};

/** Until this process ends. */
export function monitorItself({ cwd, say }: Pick<AsContext, 'cwd' | 'say'>): void {
  const file = openSync(resolve(cwd, 'io.out'), 'w', 0o644);
  const write = async (): Promise<void> => {
    const counters = await countersOf(process.pid);
    writeSync(file, block(counters));
  };
  const timer = setInterval(() => {
    write().catch((error: unknown) => {
      clearInterval(timer);
      say(`monit: io.out ends here: ${String(error)}`);
    });
  }, PERIOD_MS);
  timer.unref();
}

async function runMonit(line: OldLine, context: AsContext): Promise<number> {
  const [wanted] = line.words;
  if (wanted === undefined) {
    context.print('Say which process: raftctl as monit kvstore');
    return 0;
  }
  const pid = await pidOf(wanted);
  if (pid === null) {
    context.print(`No process is called ${wanted}`);
    return 1;
  }
  const file = openSync(resolve(context.cwd, 'io.out'), 'w', 0o644);
  context.print(wanted);
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  while (!stop.signal.aborted) {
    const counters = await countersOf(pid).catch(() => null);
    if (counters === null) break;
    writeSync(file, block(counters));
    await sleep(PERIOD_MS, undefined, { signal: stop.signal }).catch(() => {});
  }
  closeSync(file);
  return 0;
}

function block(counters: readonly number[]): string {
  return `${counters.join('\n')}\n\n`;
}

/** @throws when the process has ended, or is somebody else's. */
async function countersOf(pid: number): Promise<readonly number[]> {
  const [{ receivedBytes, sentBytes }, { readBytes, writtenBytes }] = await Promise.all([
    networkBytes(),
    storageBytes(pid),
  ]);
  return [receivedBytes, sentBytes, readBytes, writtenBytes];
}

/** By number, by its own name, or as a program that `raftctl as` runs; the newest one. */
async function pidOf(wanted: string): Promise<number | null> {
  if (/^\d+$/.test(wanted)) return Number(wanted);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const names = await Promise.all(pids.map((pid) => isCalled(pid, wanted)));
  return pids.filter((pid, i) => names[i] && pid !== process.pid).at(-1) ?? null;
}

async function isCalled(pid: number, wanted: string): Promise<boolean> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
  const [name, line] = await Promise.all([read('comm'), read('cmdline')]);
  if (name.trim() === wanted) return true;
  const words = line.split('\0');
  const at = words.indexOf('as');
  return at > 0 && words[at + 1] === wanted;
}
