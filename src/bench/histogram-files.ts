/** `.hgrm` files: tables of percentiles in milliseconds, as HdrHistogram's plotter reads them. */
import { constants } from 'node:fs';
import { access, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RaftctlError } from '../std/errors.ts';
import type { LatencyHistogram } from './latency-histogram.ts';
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

/** @returns the files written. */
export async function writeHistogramFiles(
  { file, prefix }: HistogramFiles,
  totals: Totals,
  isOpenLoop: boolean,
): Promise<string[]> {
  const kind = isOpenLoop ? 'corrected' : 'raw';
  const files = new Map<string, LatencyHistogram>();
  if (file !== null) files.set(file, totals.both(kind));
  if (prefix !== null) {
    files.set(`${prefix}.raw.hgrm`, totals.both('raw'));
    if (isOpenLoop) {
      files.set(`${prefix}.corrected.hgrm`, totals.both('corrected'));
      files.set(`${prefix}.lateness.hgrm`, totals.lateness);
    }
    if (totals[kind][WRITE].count > 0) files.set(`${prefix}.write.hgrm`, totals[kind][WRITE]);
    if (totals[kind][READ].count > 0) files.set(`${prefix}.read.hgrm`, totals[kind][READ]);
  }
  for (const [path, histogram] of files) await writeWhole(path, histogram.percentileTable());
  return [...files.keys()];
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
