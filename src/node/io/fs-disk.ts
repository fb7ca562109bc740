/**
 * The Disk port on node:fs.
 *
 * Small writes go into the page cache by a synchronous call: some microseconds, against a trip
 * through the thread pool of ten times that. What was written is in the system's hands when `write`
 * returns, so a killed process does not lose it. The sync takes the trip unless the disk is fast
 * (sync-pace.ts); even then it waits until the caller's turn is over, and with it what that sends.
 */
import fs from 'node:fs';
import path from 'node:path';
import { allocBytes, type Bytes, NO_BYTES } from '../../std/bytes.ts';
import { RaftctlError, systemCode } from '../../std/errors.ts';
import type { Disk, DiskFile, DiskSpace, Done } from '../ports/disk.ts';
import { SyncPace } from './sync-pace.ts';

/** Up to this size a write is synchronous. */
const DIRECT_BYTES_MAX = 256 * 1024;

export interface FsDiskOptions {
  /** Files that nobody may write can be opened, and none is written. */
  readonly readOnly?: boolean;
  /** Small writes take the trip through the thread pool as well. */
  readonly offLoop?: boolean;
  /** Told how long each synchronous write held up the event loop. */
  readonly onWritten?: (durationMs: number) => void;
}

/** What the files of a disk have in common. */
interface FileWays {
  readonly pace: SyncPace;
  readonly directBytesMax: number;
  readonly onWritten: (durationMs: number) => void;
}

export class FsDisk implements Disk {
  readonly #readOnly: boolean;
  readonly #ways: FileWays;

  constructor({ readOnly, offLoop, onWritten }: FsDiskOptions = {}) {
    this.#readOnly = readOnly === true;
    const directBytesMax = offLoop === true ? 0 : DIRECT_BYTES_MAX;
    this.#ways = { pace: new SyncPace(), directBytesMax, onWritten: onWritten ?? (() => {}) };
  }

  get mayBlock(): boolean {
    return this.#ways.pace.mayBlock;
  }

  set mayBlock(mayBlock: boolean) {
    this.#ways.pace.mayBlock = mayBlock;
  }

  get blocks(): boolean {
    return this.#ways.pace.onLoop;
  }

  async makeDirectory(directory: string): Promise<void> {
    await attempt('make the directory', directory, async () => {
      const first = await fs.promises.mkdir(directory, { recursive: true, mode: 0o700 });
      if (first === undefined) return;
      // Each new directory is an entry of its parent: durable once the parent is synced.
      let made = path.resolve(directory);
      const top = path.dirname(path.resolve(first));
      while (made !== top && made !== path.dirname(made)) {
        made = path.dirname(made);
        await syncDirectoryOf(made);
      }
    });
  }

  list(directory: string): Promise<readonly string[]> {
    return attempt('list', directory, async () => {
      try {
        return (await fs.promises.readdir(directory)).sort();
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return [];
        throw error;
      }
    });
  }

  open(file: string, options: { readonly create: boolean }): Promise<DiskFile> {
    return attempt('open', file, async () => {
      const access = this.#readOnly ? fs.constants.O_RDONLY : fs.constants.O_RDWR;
      const flags = access | (options.create ? fs.constants.O_CREAT : 0);
      const fd = await new Promise<number>((resolve, reject) => {
        fs.open(file, flags, 0o600, (error, opened) => {
          if (error === null) resolve(opened);
          else reject(error);
        });
      });
      return new FsFile(file, fd, this.#ways);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return attempt('rename', from, () => fs.promises.rename(from, to));
  }

  remove(file: string): Promise<void> {
    return attempt('remove', file, () => fs.promises.unlink(file));
  }

  syncDirectory(directory: string): Promise<void> {
    return attempt('sync the directory', directory, () => syncDirectoryOf(directory));
  }

  space(directory: string): Promise<DiskSpace> {
    return attempt('ask for the free space of', directory, async () => {
      const stat = await fs.promises.statfs(directory);
      return { freeBytes: stat.bavail * stat.bsize, totalBytes: stat.blocks * stat.bsize };
    });
  }
}

class FsFile implements DiskFile {
  readonly path: string;
  readonly #fd: number;
  readonly #ways: FileWays;

  constructor(file: string, fd: number, ways: FileWays) {
    this.path = file;
    this.#fd = fd;
    this.#ways = ways;
  }

  write(chunks: readonly Uint8Array[], offset: number, sync: boolean, done: Done): void {
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const written = (error: unknown): void => {
      if (error !== null) done(diskError('write', this.path, error));
      else if (sync) this.#syncData(done);
      else done(null);
    };
    if (length > this.#ways.directBytesMax) {
      writeAll(this.#fd, chunks, { offset, length }, written);
      return;
    }
    const startedMs = performance.now();
    try {
      writeAllNow(this.#fd, chunks, { offset, length });
    } catch (error) {
      process.nextTick(written, error);
      return;
    }
    this.#ways.onWritten(performance.now() - startedMs);
    if (sync) this.#syncData(done);
    else process.nextTick(done, null);
  }

  #syncData(done: Done): void {
    if (this.#ways.pace.onLoop) {
      process.nextTick(this.#syncNow, done);
      return;
    }
    const startedMs = performance.now();
    fs.fdatasync(this.#fd, (error) => {
      this.#ways.pace.tookInPool(performance.now() - startedMs);
      done(error === null ? null : diskError('sync', this.path, error));
    });
  }

  readonly #syncNow = (done: Done): void => {
    const startedMs = performance.now();
    try {
      fs.fdatasyncSync(this.#fd);
    } catch (error) {
      done(diskError('sync', this.path, error));
      return;
    }
    this.#ways.pace.tookOnLoop(performance.now() - startedMs);
    done(null);
  };

  sync(done: Done): void {
    fs.fsync(this.#fd, (error) => {
      done(error === null ? null : diskError('sync', this.path, error));
    });
  }

  read(
    offset: number,
    length: number,
    done: (error: RaftctlError | null, bytes: Bytes) => void,
  ): void {
    const bytes = allocBytes(length);
    let filled = 0;
    const more = (): void => {
      const left = length - filled;
      fs.read(this.#fd, bytes, filled, left, offset + filled, (error, count) => {
        if (error !== null) return done(diskError('read', this.path, error), NO_BYTES);
        filled += count;
        if (count === 0 || filled === length) return done(null, bytes.subarray(0, filled));
        more();
      });
    };
    more();
  }

  size(): Promise<number> {
    return attempt('stat', this.path, async () => {
      return await new Promise<number>((resolve, reject) => {
        fs.fstat(this.#fd, (error, stat) => {
          if (error === null) resolve(stat.size);
          else reject(error);
        });
      });
    });
  }

  close(): Promise<void> {
    return attempt('close', this.path, async () => {
      await new Promise<void>((resolve, reject) => {
        fs.close(this.#fd, (error) => {
          if (error) reject(error);
          else resolve();
        });
      });
    });
  }
}

interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** Writes all of it, going on after a short write. @throws the system's error. */
function writeAllNow(fd: number, chunks: readonly Uint8Array[], extent: Extent): void {
  if (extent.length === 0) return;
  let written = fs.writevSync(fd, chunks, extent.offset);
  while (written < extent.length) {
    const more = fs.writevSync(fd, chunksFrom(chunks, written), extent.offset + written);
    if (more === 0) throw new Error('the system wrote nothing');
    written += more;
  }
}

function writeAll(
  fd: number,
  chunks: readonly Uint8Array[],
  extent: Extent,
  done: (error: unknown) => void,
): void {
  fs.writev(fd, chunks, extent.offset, (error, count) => {
    if (error !== null) return done(error);
    const left = extent.length - count;
    if (left === 0) return done(null);
    if (count === 0) return done(new Error('the system wrote nothing'));
    writeAll(fd, chunksFrom(chunks, count), { offset: extent.offset + count, length: left }, done);
  });
}

/** The chunks without their first `skip` bytes. */
function chunksFrom(chunks: readonly Uint8Array[], skip: number): readonly Uint8Array[] {
  const rest: Uint8Array[] = [];
  let left = skip;
  for (const chunk of chunks) {
    if (left >= chunk.length) {
      left -= chunk.length;
      continue;
    }
    rest.push(chunk.subarray(left));
    left = 0;
  }
  return rest;
}

async function syncDirectoryOf(directory: string): Promise<void> {
  const handle = await fs.promises.open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function attempt<T>(verb: string, target: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw diskError(verb, target, error);
  }
}

function diskError(verb: string, target: string, cause: unknown): RaftctlError {
  const code = systemCode(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new RaftctlError('DISK_FULL', {
      message: `Cannot ${verb} ${target} as the disk is full (${code})`,
      hint: 'Make room on that disk; the node goes on by itself',
      cause,
    });
  }
  const reason = code ?? (cause instanceof Error ? cause.message : String(cause));
  return new RaftctlError('DISK_FAILED', {
    message: `Cannot ${verb} ${target}: the system says ${reason}`,
    hint: 'Check the disk; start the node again once it is sound',
    cause,
  });
}
