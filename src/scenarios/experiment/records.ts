/**
 * What a measured point leaves in its directory. A point is whole or absent: it is measured beside
 * its place, and takes it by one rename when its record is on disk.
 *
 * ```
 *  DIR/experiment.json                        what is measured, with what, where
 *  DIR/kvstore/NotLog/1024/19/point.json      the record: parameters, metrics, samples
 *                             19c-latency.out      raft-demo's files
 *                             n1-throughput.out
 *  DIR/.work/                                 clusters of the point that is being measured
 * ```
 */
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeWhole } from '../../cluster/durable-file.ts';
import { RaftctlError, systemCode } from '../../std/errors.ts';
import type { Point } from './points.ts';

export const POINT_FORMAT_VERSION = 1;
const RECORD = 'point.json';
const HEAD = 'experiment.json';

/** Numbers by name; null: it was not to be had. */
export type Metrics = Readonly<Record<string, number | null>>;

export interface PointRecord {
  readonly formatVersion: number;
  readonly path: string;
  /** What was asked for: another wish needs another measurement. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** RFC 3339. */
  readonly startedAt: string;
  /** Of the minute before: other programs make a point worth less. */
  readonly loadAverage: number;
  readonly metrics: Metrics;
  /** A row a second, of what there is by second. */
  readonly series: readonly Metrics[];
}

export class Records {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Where clusters lie while they are needed. */
  get workFolder(): string {
    return join(this.directory, '.work');
  }

  /** @returns null: it was not measured. @throws {RaftctlError} EXPERIMENT_INVALID */
  async read(path: string): Promise<PointRecord | null> {
    const file = join(this.directory, path, RECORD);
    const value = await readJson(file);
    if (value === null) return null;
    if (isRecord(value) && value.path === path) return value;
    throw new RaftctlError('EXPERIMENT_INVALID', {
      message: `Cannot use ${file}: it is not the record of a point, or a newer raftctl wrote it`,
      hint: 'Remove its directory to have it measured again',
    });
  }

  /** All points, in the order of their paths, numbers in them as numbers. */
  async list(): Promise<PointRecord[]> {
    const names = await readdir(this.directory, { recursive: true }).catch(() => []);
    const paths = names.filter((name) => basename(name) === RECORD).map(dirname);
    const places = paths.filter((path) => !path.split('/').some((part) => part.startsWith('.')));
    const sorted = places.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    const records = await Promise.all(sorted.map((path) => this.read(path)));
    return records.filter((record) => record !== null);
  }

  async removeAll(): Promise<void> {
    for (const { path } of await this.list()) {
      await rm(join(this.directory, path), { recursive: true, force: true });
    }
  }

  /** @throws {RaftctlError} EXPERIMENT_DIFFERS when something else lies there. */
  async checkPlace(): Promise<void> {
    if ((await this.readHead()) !== null || (await isEmptyDirectory(this.directory))) return;
    throw new RaftctlError('EXPERIMENT_DIFFERS', {
      message: `Cannot measure into ${this.directory}: there is something else in it`,
      hint: 'Name a directory that is empty or does not exist: --output DIR',
    });
  }

  /** An empty directory for the files of a point, beside its place. */
  async draft(path: string): Promise<string> {
    const draft = this.#draftOf(path);
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft, { recursive: true });
    return draft;
  }

  /** Afterwards the point is there, with all that its draft has. */
  async finish(record: PointRecord): Promise<void> {
    const draft = this.#draftOf(record.path);
    const text = `${JSON.stringify(record, null, 2)}\n`;
    await writeWhole({ path: join(draft, RECORD), text, mode: 0o644 });
    const place = join(this.directory, record.path);
    await rm(place, { recursive: true, force: true });
    await rename(draft, place);
  }

  async drop(path: string): Promise<void> {
    await rm(this.#draftOf(path), { recursive: true, force: true });
  }

  async readHead(): Promise<unknown> {
    return readJson(join(this.directory, HEAD));
  }

  async writeHead(head: object): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    const text = `${JSON.stringify(head, null, 2)}\n`;
    await writeWhole({ path: join(this.directory, HEAD), text, mode: 0o644 });
  }

  #draftOf(path: string): string {
    return join(this.directory, dirname(path), `.${path.slice(path.lastIndexOf('/') + 1)}.new`);
  }
}

/** As it is compared with what an earlier run has measured. */
export function parametersOf(
  point: Point,
  common: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return { ...common, ...point };
}

/** Names of parameters that are not the same; empty: it is the same measurement. */
export function differingParameters(
  had: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
): string[] {
  const names = new Set([...Object.keys(had), ...Object.keys(wanted)]);
  return [...names].filter((name) => JSON.stringify(had[name]) !== JSON.stringify(wanted[name]));
}

/** One that does not exist is empty; what begins with a dot is nobody's. */
async function isEmptyDirectory(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).every((name) => name.startsWith('.'));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return true;
    throw error;
  }
}

async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `Cannot use ${file}: it is no JSON`;
    throw new RaftctlError('EXPERIMENT_INVALID', { message, cause });
  }
}

function isRecord(value: unknown): value is PointRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { formatVersion, path, metrics, parameters, series } = value as Partial<PointRecord>;
  if (formatVersion !== POINT_FORMAT_VERSION || typeof path !== 'string') return false;
  return isObject(metrics) && isObject(parameters) && Array.isArray(series);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
