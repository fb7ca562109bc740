/** An open simulated file, for one life. */
import type { DiskFile, Done } from '../node/ports/disk.ts';
import { type Bytes, NO_BYTES } from '../std/bytes.ts';
import { RaftctlError } from '../std/errors.ts';
import type { SimInode } from './sim-inode.ts';

type FileOperation = 'write' | 'sync' | 'read';

/** What a file asks of the disk it lies on. */
export interface FileSystem {
  /** Lives so far: handles of earlier ones do nothing. */
  readonly life: number;
  later(life: number, kind: FileOperation, task: () => void): void;
  failure(operation: FileOperation, path: string): RaftctlError | null;
  /** How many of `bytes` more there is room for. */
  grow(bytes: number): number;
}

export class SimFile implements DiskFile {
  readonly path: string;
  readonly #disk: FileSystem;
  readonly #inode: SimInode;
  readonly #life: number;

  constructor(
    disk: FileSystem,
    init: { readonly path: string; readonly inode: SimInode; readonly life: number },
  ) {
    this.#disk = disk;
    this.path = init.path;
    this.#inode = init.inode;
    this.#life = init.life;
  }

  get #dead(): boolean {
    return this.#life !== this.#disk.life;
  }

  write(chunks: readonly Uint8Array[], offset: number, sync: boolean, done: Done): void {
    if (this.#dead) return;
    const kind = sync ? 'sync' : 'write';
    const failure = this.#disk.failure('write', this.path) ?? this.#store(chunks, offset);
    if (failure === null && sync) this.#syncUpToNow(done);
    else this.#disk.later(this.#life, kind, () => done(failure));
  }

  #store(chunks: readonly Uint8Array[], offset: number): RaftctlError | null {
    let length = 0;
    for (const chunk of chunks) length += chunk.length;
    if (length === 0) return null;
    const growth = Math.max(0, offset + length - this.#inode.length);
    const granted = this.#disk.grow(growth);
    const stored = length - (growth - granted);
    if (stored > 0) this.#inode.write(chunks, offset, stored);
    if (granted === growth) return null;
    return new RaftctlError('DISK_FULL', {
      message: `Cannot write ${this.path} as the disk is full (ENOSPC)`,
    });
  }

  sync(done: Done): void {
    if (!this.#dead) this.#syncUpToNow(done);
  }

  #syncUpToNow(done: Done): void {
    const writeCount = this.#inode.writeCount;
    const failure = this.#disk.failure('sync', this.path);
    this.#disk.later(this.#life, 'sync', () => {
      // After a failed sync nobody knows what is durable: the writes stay open to chance.
      if (failure === null) this.#inode.synced(writeCount);
      done(failure);
    });
  }

  read(
    offset: number,
    length: number,
    done: (error: RaftctlError | null, bytes: Bytes) => void,
  ): void {
    if (this.#dead) return;
    const failure = this.#disk.failure('read', this.path);
    this.#disk.later(this.#life, 'read', () => {
      if (failure === null) done(null, this.#inode.read(offset, length));
      else done(failure, NO_BYTES);
    });
  }

  size(): Promise<number> {
    return this.#dead ? new Promise(() => {}) : Promise.resolve(this.#inode.length);
  }

  close(): Promise<void> {
    return this.#dead ? new Promise(() => {}) : Promise.resolve();
  }
}
