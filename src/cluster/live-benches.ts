/**
 * Running measurements of a cluster, each a file in its folder that is written anew every second:
 *
 * ```
 *  <dir>/<name>/benches/4711.json    by the process that measures
 * ```
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../std/errors.ts';
import type { LiveBench } from '../wire/live-bench.ts';
import { answersSignals } from './process-table.ts';

const FOLDER = 'benches';

/**
 * The file of this process. It is no matter of life and death: what cannot be written is left out,
 * and nothing is synced, as the disk is being measured.
 */
export class LiveBenchFile {
  readonly #folder: string;
  readonly #path: string;
  #writing: Promise<void> | null = null;
  #isOver = false;

  constructor(clusterFolder: string) {
    this.#folder = join(clusterFolder, FOLDER);
    this.#path = join(this.#folder, `${process.pid}.json`);
  }

  /** Left out while the one before is still being written. */
  show(bench: Omit<LiveBench, 'v' | 'pid' | 'updatedAtMs'>): void {
    if (this.#writing !== null || this.#isOver) return;
    const whole: LiveBench = { v: 1, pid: process.pid, updatedAtMs: Date.now(), ...bench };
    this.#writing = this.#write(JSON.stringify(whole))
      .catch(() => {})
      .finally(() => {
        this.#writing = null;
      });
  }

  async remove(): Promise<void> {
    this.#isOver = true;
    await this.#writing;
    await rm(this.#path, { force: true }).catch(() => {});
  }

  async #write(text: string): Promise<void> {
    // Not what is above it: a cluster that was removed meanwhile does not come back.
    await mkdir(this.#folder, { mode: 0o700 }).catch((error: unknown) => {
      if (systemCode(error) !== 'EEXIST') throw error;
    });
    const temporary = `${this.#path}.tmp`;
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, this.#path);
  }
}

/** Those that run now, in the order they were started; what a dead process left is removed. */
export async function liveBenches(clusterFolder: string): Promise<LiveBench[]> {
  const folder = join(clusterFolder, FOLDER);
  const names = await readdir(folder).catch((): string[] => []);
  const found: LiveBench[] = [];
  for (const name of names) {
    const pid = Number(/^(\d+)\.json$/.exec(name)?.[1]);
    if (!(pid > 0)) continue;
    const path = join(folder, name);
    if (!answersSignals(pid)) {
      await rm(path, { force: true }).catch(() => {});
      continue;
    }
    const bench = await readFile(path, 'utf8')
      .then(parsed)
      .catch(() => null);
    if (bench?.v === 1) found.push(bench);
  }
  return found.sort((a, b) => startOf(a) - startOf(b));
}

function startOf({ updatedAtMs, elapsedMs }: LiveBench): number {
  return updatedAtMs - elapsedMs;
}

function parsed(text: string): LiveBench {
  return JSON.parse(text) as LiveBench;
}
