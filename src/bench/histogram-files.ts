/** `.hgrm` files: tables of percentiles in milliseconds, as HdrHistogram's plotter reads them. */
import { constants } from 'node:fs';
import { access, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RaftctlError } from '../std/errors.ts';
import { READ, WRITE } from './tally.ts';
import type { Totals } from './totals.ts';

export interface HistogramFiles {
  /** All requests: corrected in an open loop, raw in a closed one. */
  readonly file: string | null;
  /** Several files: `PREFIX.raw.hgrm`, `PREFIX.corrected.hgrm`, `PREFIX.write.hgrm`, ... */
  readonly prefix: string | null;
}

/** @throws {RaftctlError} USAGE when a file could not be written at the end of the run. */
export async function checkHistogramFiles({ file, prefix }: HistogramFiles): Promise<void> {
  for (const path of [file, prefix]) if (path !== null) await checkFolderOf(path);
}

/** @throws {RaftctlError} USAGE when a file of that path could not be written. */
export async function checkFolderOf(path: string): Promise<void> {
  const folder = dirname(path);
  await access(folder, constants.W_OK).catch((cause: unknown) => {
    const message = `Cannot write ${path}: ${folder} is not a folder that can be written to`;
    throw new RaftctlError('USAGE', { message, cause });
  });
}

/** Tables of percentiles by what they are of: `raw`, `corrected`, `lateness`, `write`, `read`. */
export function percentileTables(totals: Totals, isOpenLoop: boolean): Map<string, string> {
  const kind = isOpenLoop ? 'corrected' : 'raw';
  const tables = new Map([['raw', totals.both('raw').percentileTable()]]);
  if (isOpenLoop) {
    tables.set('corrected', totals.both('corrected').percentileTable());
    tables.set('lateness', totals.lateness.percentileTable());
  }
  for (const [name, operation] of [['write', WRITE] as const, ['read', READ] as const]) {
    const histogram = totals[kind][operation];
    if (histogram.count > 0) tables.set(name, histogram.percentileTable());
  }
  return tables;
}

export async function writeHistogramFiles(
  { file, prefix }: HistogramFiles,
  tables: ReadonlyMap<string, string>,
): Promise<void> {
  const all = tables.get('corrected') ?? tables.get('raw');
  if (file !== null && all !== undefined) await writeWhole(file, all);
  if (prefix === null) return;
  for (const [name, text] of tables) await writeWhole(`${prefix}.${name}.hgrm`, text);
}

/** Whoever looks sees the old file or the new one, never a part. */
async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new RaftctlError('DISK_FAILED', { message: `Cannot write ${path}`, cause });
  }
}
