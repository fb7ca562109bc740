/**
 * Runs that were measured, each in a folder of its own that is whole or absent:
 *
 * ```
 *  RUNS/01KAM3.../run.json        what was measured, where, how, and the command that did it
 *                latency.hlog     every interval, by operation
 *                corrected.hgrm   percentiles of all requests; raw, write, read, lateness likewise
 *                phases.json      what the servers' phases grew by, by node
 *                knee.json        the curve that it is a point of, with the highest rate that held
 * ```
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RaftctlError } from '../std/errors.ts';
import type { BenchResult } from './result.ts';
import { isRunId } from './run-id.ts';
import type { WorkloadInput } from './workload-fields.ts';

/** Rises when an older raftctl could not read newer runs. */
const RUN_FORMAT_VERSION = 1;
/** Runs that nobody tagged are removed, oldest first, when there are more. */
export const UNTAGGED_RUNS_MAX = 500;
const RECORD = 'run.json';
export const INTERVAL_LOG = 'latency.hlog';
/** What the servers measured meanwhile, bucket for bucket: by node, by phase. */
export const PHASES_FILE = 'phases.json';
/** What a run and its neighbours found out together. */
export const KNEE_FILE = 'knee.json';

export interface StoredRun {
  readonly formatVersion: number;
  readonly id: string;
  readonly name: string | null;
  readonly tags: readonly string[];
  /** The first run of those that were repeated together. */
  readonly group: string;
  /** What was typed behind `raftctl`. */
  readonly command: readonly string[];
  /** What was asked for, from flags, variables, files and profile together. */
  readonly input: WorkloadInput;
  /** The cluster of this machine that the targets belong to; null: addresses were given. */
  readonly cluster: string | null;
  readonly result: BenchResult;
}

/** The folder of a run whose record is missing, damaged or newer than this raftctl. */
export interface UnreadableRun {
  readonly id: string;
  readonly why: string;
}

export interface RunSurvey {
  readonly runs: StoredRun[];
  readonly unreadable: UnreadableRun[];
}

/** Files beside the record, by name. */
export type RunFiles = ReadonlyMap<string, string>;

export class RunStore {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** The newest first. What cannot be read is left out. */
  async list(): Promise<StoredRun[]> {
    return (await this.survey()).runs;
  }

  /** All that lies there, the newest first: runs, and what should be one and cannot be read. */
  async survey(): Promise<RunSurvey> {
    const runs: StoredRun[] = [];
    const unreadable: UnreadableRun[] = [];
    const found = await Promise.all((await this.#ids()).map((id) => this.#readOrSay(id)));
    for (const run of found) {
      if ('why' in run) unreadable.push(run);
      else runs.push(run);
    }
    return { runs, unreadable };
  }

  /**
   * @param text an id, its beginning, a tag, a name, or `last`; of several the newest.
   * @throws {RaftctlError} RUN_NOT_FOUND, RUN_INVALID
   */
  async find(text: string): Promise<StoredRun> {
    const ids = await this.#ids();
    const [newest] = ids;
    if (text === 'last' && newest !== undefined) return this.#read(newest);
    const fitting = ids.filter((id) => id.startsWith(text.toUpperCase()));
    const [only] = fitting;
    if (only !== undefined && fitting.length === 1) return this.#read(only);
    const named = (await this.list()).find(({ name, tags }) => {
      return name === text || tags.includes(text);
    });
    if (named !== undefined) return named;
    const message =
      fitting.length > 1
        ? `Cannot tell which run ${JSON.stringify(text)} is: ${fitting.length} begin so`
        : `There is no run ${JSON.stringify(text)} in ${this.directory}`;
    throw new RaftctlError('RUN_NOT_FOUND', { message, hint: 'See them: raftctl bench list' });
  }

  /** The runs that were repeated together with this one, oldest first. */
  async groupOf(run: StoredRun): Promise<StoredRun[]> {
    const all = await this.list();
    return all.filter(({ group }) => group === run.group).reverse();
  }

  /** @throws {RaftctlError} DISK_FAILED */
  async save(run: Omit<StoredRun, 'formatVersion'>, files: RunFiles): Promise<void> {
    const folder = join(this.directory, run.id);
    const temporary = join(this.directory, `.${run.id}.${process.pid}.tmp`);
    try {
      await mkdir(temporary, { recursive: true, mode: 0o700 });
      const all = new Map([...files, [RECORD, recordText(run)]]);
      for (const [name, text] of all) await writeFile(join(temporary, name), text, { mode: 0o600 });
      await rename(temporary, folder);
    } catch (cause) {
      await rm(temporary, { recursive: true, force: true }).catch(() => {});
      throw new RaftctlError('DISK_FAILED', {
        message: `Cannot keep the run in ${folder}`,
        hint: 'Choose another folder with --runs-dir, or keep nothing with --no-store',
        cause,
      });
    }
    await this.#forgetOldest();
  }

  /** @returns the run as it is now. @throws {RaftctlError} DISK_FAILED */
  async retag(run: StoredRun, tags: readonly string[]): Promise<StoredRun> {
    const changed = { ...run, tags };
    await this.attach(run, RECORD, recordText(changed));
    return changed;
  }

  /** Lays one more file beside the record. @throws {RaftctlError} DISK_FAILED */
  async attach({ id }: Pick<StoredRun, 'id'>, name: string, text: string): Promise<void> {
    const path = join(this.directory, id, name);
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      await writeFile(temporary, text, { mode: 0o600 });
      await rename(temporary, path);
    } catch (cause) {
      await rm(temporary, { force: true });
      throw new RaftctlError('DISK_FAILED', { message: `Cannot write ${path}`, cause });
    }
  }

  /** The files beside the record. @throws {RaftctlError} RUN_INVALID */
  async files({ id }: Pick<StoredRun, 'id'>): Promise<RunFiles> {
    const folder = join(this.directory, id);
    try {
      const names = (await readdir(folder)).filter((name) => /\.(hlog|hgrm|json)$/.test(name));
      const beside = names.filter((name) => name !== RECORD).sort();
      const texts = beside.map(async (name) => {
        return [name, await readFile(join(folder, name), 'utf8')] as const;
      });
      return new Map(await Promise.all(texts));
    } catch (cause) {
      throw invalid(folder, cause);
    }
  }

  /** The newest first. */
  async #ids(): Promise<string[]> {
    const names = await readdir(this.directory).catch(() => []);
    return names.filter(isRunId).sort().reverse();
  }

  async #read(id: string): Promise<StoredRun> {
    const path = join(this.directory, id, RECORD);
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
      throw invalid(path, cause);
    });
    return readRecord(text, path);
  }

  #readOrSay(id: string): Promise<StoredRun | UnreadableRun> {
    return this.#read(id).catch((error: unknown) => {
      return { id, why: error instanceof RaftctlError ? error.message : String(error) };
    });
  }

  async #forgetOldest(): Promise<void> {
    const ids = await this.#ids();
    if (ids.length <= UNTAGGED_RUNS_MAX) return;
    const runs = await this.list();
    const untagged = runs.filter(({ tags, name }) => tags.length === 0 && name === null);
    for (const { id } of untagged.slice(UNTAGGED_RUNS_MAX)) {
      await rm(join(this.directory, id), { recursive: true, force: true });
    }
  }
}

function recordText(run: Omit<StoredRun, 'formatVersion'>): string {
  return `${JSON.stringify({ ...run, formatVersion: RUN_FORMAT_VERSION }, null, 2)}\n`;
}

/** @throws {RaftctlError} RUN_INVALID */
export function readRecord(text: string, path: string): StoredRun {
  let run: Partial<StoredRun>;
  try {
    run = JSON.parse(text) as Partial<StoredRun>;
  } catch (cause) {
    throw invalid(path, cause);
  }
  const { formatVersion, id, result, command, tags, group } = run;
  if (typeof formatVersion === 'number' && formatVersion > RUN_FORMAT_VERSION) {
    throw new RaftctlError('RUN_INVALID', {
      message: `Cannot read ${path}: a newer raftctl wrote it`,
      hint: 'Use that raftctl',
    });
  }
  const isWhole =
    typeof id === 'string' &&
    isRunId(id) &&
    typeof group === 'string' &&
    typeof result?.startedAt === 'string' &&
    Array.isArray(command) &&
    Array.isArray(tags);
  if (!isWhole) throw invalid(path, null);
  return run as StoredRun;
}

function invalid(path: string, cause: unknown): RaftctlError {
  return new RaftctlError('RUN_INVALID', {
    message: `Cannot read ${path} as a stored run`,
    hint: 'See those that are sound: raftctl bench list',
    cause,
  });
}
