/**
 * The Disk port's callbacks as promises, for what is not on the data path: opening, preparing
 * segments, closing.
 */
import { type Bytes, concatBytes } from '../../std/bytes.ts';
import type { Disk, DiskFile } from '../ports/disk.ts';

export function writeFile(
  file: DiskFile,
  chunks: readonly Uint8Array[],
  options: { readonly offset: number; readonly sync: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    file.write(chunks, options.offset, options.sync, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/** Data and length durable. */
export function syncFile(file: DiskFile): Promise<void> {
  return new Promise((resolve, reject) => {
    file.sync((error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

export function readFile(file: DiskFile, offset: number, length: number): Promise<Bytes> {
  return new Promise((resolve, reject) => {
    file.read(offset, length, (error, bytes) => {
      if (error === null) resolve(bytes);
      else reject(error);
    });
  });
}

/** The whole content of a file. */
export async function readWhole(disk: Disk, path: string): Promise<Bytes> {
  const file = await disk.open(path, { create: false });
  try {
    const size = await file.size();
    const bytes = await readFile(file, 0, size);
    if (bytes.length === size) return bytes;
    return concatBytes([bytes, await readFile(file, bytes.length, size - bytes.length)]);
  } finally {
    await file.close();
  }
}

/**
 * Makes `path` a durable file with this content, or leaves it as it was: written and synced under
 * another name, then renamed, then the directory is synced.
 */
export async function replaceFile(
  disk: Disk,
  directory: string,
  name: string,
  content: Uint8Array,
): Promise<void> {
  const temporary = `${directory}/${name}.tmp`;
  const file = await disk.open(temporary, { create: true });
  try {
    await writeFile(file, [content], { offset: 0, sync: true });
    await syncFile(file);
  } finally {
    await file.close();
  }
  await disk.rename(temporary, `${directory}/${name}`);
  await disk.syncDirectory(directory);
}
