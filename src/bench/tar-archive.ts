/**
 * Archives of a few files that are in memory, with the library `tar-stream`: what runs and bundles
 * are kept in, and what `tar` lists and unpacks everywhere.
 */
import { buffer } from 'node:stream/consumers';
import { type Extract, extract, pack } from 'tar-stream';

export interface TarFile {
  /** With forward slashes, relative. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** @param mtimeS Unix time that all files get, in whole seconds. */
export async function packTar(files: readonly TarFile[], mtimeS: number): Promise<Uint8Array> {
  const archive = pack();
  const mtime = new Date(mtimeS * 1000);
  for (const { name, content } of files) {
    archive.entry({ name, mtime, mode: 0o600 }, Buffer.from(content));
  }
  archive.finalize();
  return buffer(archive);
}

/** The regular files of an archive; null: it is none, or is cut off or damaged. */
export async function unpackTar(archive: Uint8Array): Promise<readonly TarFile[] | null> {
  const reader = extract();
  reader.end(archive);
  try {
    return await filesIn(reader);
  } catch {
    // The library names no kinds of errors: all of them say that these bytes are no archive.
    return null;
  }
}

async function filesIn(reader: Extract): Promise<readonly TarFile[]> {
  const files: TarFile[] = [];
  for await (const entry of reader) {
    const { name, type } = entry.header;
    const content = await buffer(entry);
    if (type === 'file') files.push({ name, content });
  }
  return files;
}
