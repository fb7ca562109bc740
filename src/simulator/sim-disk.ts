/**
 * The Disk port in memory, with what a power cut does to a disk: bytes that were not synced may be
 * kept, lost, half there or garbled, sector by sector; files made, renamed or removed without a
 * directory sync may not have been. Deterministic: chance comes from a Prng, time from `schedule`.
 *
 * A crash ends a *life*: callbacks of that life never come, its promises never settle, and its open
 * files do nothing more. `boot()` gives the next life its Disk.
 */
import type { Disk, DiskFile, DiskSpace } from '../node/ports/disk.ts';
import { RaftctlError } from '../std/errors.ts';
import type { Prng } from '../std/prng.ts';
import { directoryOf, SimDirectory } from './sim-directory.ts';
import { SimFile } from './sim-file.ts';
import type { SimInode } from './sim-inode.ts';

export type SimOperation =
  | 'open'
  | 'write'
  | 'sync'
  | 'read'
  | 'rename'
  | 'remove'
  | 'syncDirectory';

/** Shortest and longest time of an operation. */
type Delay = readonly [number, number];

export interface SimDiskInit {
  readonly prng: Prng;
  /** Runs a task of the simulated world after a delay. */
  readonly schedule: (delayMs: number, task: () => void) => void;
  readonly writeMs?: Delay;
  readonly syncMs?: Delay;
  readonly readMs?: Delay;
  /** To make a change of names; default: none, they are made at once. */
  readonly namesMs?: Delay;
  /** Files may not grow past this together. Default: no limit. */
  readonly capacityBytes?: number;
  /** Told when an armed failure hits an operation. */
  readonly onFailure?: (operation: SimOperation, path: string) => void;
}

interface ArmedFailure {
  readonly operation: SimOperation;
  readonly match: string;
  skip: number;
}

export class SimDisk {
  readonly #prng: Prng;
  readonly #schedule: SimDiskInit['schedule'];
  readonly #delays: Record<'write' | 'sync' | 'read', Delay>;
  readonly #namesMs: Delay | null;
  readonly #directory = new SimDirectory();
  readonly #onFailure: (operation: SimOperation, path: string) => void;
  #armed: ArmedFailure[] = [];
  #life = 0;
  #capacityBytes: number;
  #usedBytes = 0;
  #completions = 0;

  constructor(init: SimDiskInit) {
    this.#prng = init.prng;
    this.#schedule = init.schedule;
    this.#onFailure = init.onFailure ?? (() => {});
    this.#delays = {
      write: init.writeMs ?? [0.01, 0.05],
      sync: init.syncMs ?? [0.1, 1],
      read: init.readMs ?? [0.05, 0.5],
    };
    this.#namesMs = init.namesMs ?? null;
    this.#capacityBytes = init.capacityBytes ?? Number.POSITIVE_INFINITY;
  }

  // Faults.

  /** The power fails: what was not synced is left to chance. Ends the current life. */
  crash(): void {
    this.#life += 1;
    this.#directory.crash(this.#prng);
    this.#usedBytes = this.#directory.totalBytes;
  }

  /** The process dies, the system lives: nothing written is lost. Ends the current life. */
  kill(): void {
    this.#life += 1;
  }

  /** The next operation of that kind (after `skip` more) on a path that contains `match` fails. */
  failNext(operation: SimOperation, match = '', skip = 0): void {
    this.#armed.push({ operation, match, skip });
  }

  /** Failures that have not happened yet will not. */
  disarm(): void {
    this.#armed = [];
  }

  setCapacity(bytes: number): void {
    this.#capacityBytes = bytes;
  }

  /** Rot: changes a byte, durably and silently. */
  flipByte(path: string, offset: number, mask = 0xff): void {
    this.#inode(path).flip(offset, mask);
  }

  /** Zeroes a range, durably and silently. */
  zero(path: string, from: number, to: number): void {
    this.#inode(path).zero(from, to);
  }

  /** Cuts a file off, durably and silently. */
  truncate(path: string, length: number): void {
    this.#inode(path).truncate(length);
    this.#usedBytes = this.#directory.totalBytes;
  }

  /** Puts a durable file there. */
  place(path: string, content: Uint8Array): void {
    const inode = this.#directory.create(path);
    inode.write([content], 0, content.length);
    inode.synced(inode.writeCount);
    this.#directory.sync(directoryOf(path));
    this.#usedBytes = this.#directory.totalBytes;
  }

  // What is there.

  /** Writes and syncs that ended, over all lives: the places where a crash can be put. */
  get completions(): number {
    return this.#completions;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** The content as a process would read it now. */
  contentOf(path: string): Uint8Array {
    const inode = this.#inode(path);
    return inode.read(0, inode.length);
  }

  paths(): readonly string[] {
    return this.#directory.paths();
  }

  #inode(path: string): SimInode {
    const inode = this.#directory.find(path);
    if (inode === undefined) throw new Error(`no such simulated file: ${path}`);
    return inode;
  }

  // What the open files of a life use.

  get life(): number {
    return this.#life;
  }

  /** Runs `task` later, unless that life has ended by then. */
  later(life: number, kind: 'write' | 'sync' | 'read', task: () => void): void {
    const [low, high] = this.#delays[kind];
    this.#schedule(low + this.#prng.unit() * (high - low), () => {
      if (life !== this.#life) return;
      if (kind !== 'read') this.#completions += 1;
      task();
    });
  }

  /** Resolves once a change of names is made, and never if that life has ended by then. */
  namesMade(life: number): Promise<void> {
    const delay = this.#namesMs;
    if (delay === null) return Promise.resolve();
    const [low, high] = delay;
    return new Promise((resolve) => {
      this.#schedule(low + this.#prng.unit() * (high - low), () => {
        if (life !== this.#life) return;
        this.#completions += 1;
        resolve();
      });
    });
  }

  /** The armed failure for this operation, once. */
  failure(operation: SimOperation, path: string): RaftctlError | null {
    const at = this.#armed.findIndex((a) => a.operation === operation && path.includes(a.match));
    const armed = this.#armed[at];
    if (armed === undefined) return null;
    armed.skip -= 1;
    if (armed.skip >= 0) return null;
    this.#armed.splice(at, 1);
    this.#onFailure(operation, path);
    return new RaftctlError('DISK_FAILED', {
      message: `Cannot ${operation} ${path}: the system says EIO`,
    });
  }

  /** @returns how many of `bytes` more the disk has room for; they are taken. */
  grow(bytes: number): number {
    const granted = Math.max(0, Math.min(bytes, this.#capacityBytes - this.#usedBytes));
    this.#usedBytes += granted;
    return granted;
  }

  /** The Disk of the life that begins. After `crash` or `kill` it does nothing more. */
  boot(): Disk {
    return new SimDiskOfLife(this, this.#directory);
  }

  resized(bytes: number): void {
    this.#usedBytes += bytes;
  }

  space(): DiskSpace {
    const totalBytes = Math.min(this.#capacityBytes, Number.MAX_SAFE_INTEGER);
    return { freeBytes: Math.max(0, totalBytes - this.#usedBytes), totalBytes };
  }
}

/** The port, for one life. Promises settle at once, and never once the life has ended. */
class SimDiskOfLife implements Disk {
  mayBlock = false;
  readonly blocks = false;
  readonly #disk: SimDisk;
  readonly #directory: SimDirectory;
  readonly #life: number;

  constructor(disk: SimDisk, directory: SimDirectory) {
    this.#disk = disk;
    this.#directory = directory;
    this.#life = disk.life;
  }

  makeDirectory(path: string): Promise<void> {
    return this.#do(null, path, () => {});
  }

  list(path: string): Promise<readonly string[]> {
    return this.#do(null, path, () => {
      const inside = this.#directory.paths().filter((p) => directoryOf(p) === path);
      return inside.map((p) => p.slice(path.length + 1));
    });
  }

  open(path: string, options: { readonly create: boolean }): Promise<DiskFile> {
    return this.#do('open', path, () => {
      const found = this.#directory.find(path);
      if (found === undefined && !options.create) throw missing('open', path);
      const inode = found ?? this.#directory.create(path);
      return new SimFile(this.#disk, { path, inode, life: this.#life });
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#do('rename', from, () => {
      const replaced = this.#directory.find(to)?.length ?? 0;
      if (!this.#directory.rename(from, to)) throw missing('rename', from);
      this.#disk.resized(-replaced);
      return this.#disk.namesMade(this.#life);
    });
  }

  remove(path: string): Promise<void> {
    return this.#do('remove', path, () => {
      const removed = this.#directory.find(path)?.length ?? 0;
      if (!this.#directory.remove(path)) throw missing('remove', path);
      this.#disk.resized(-removed);
      return this.#disk.namesMade(this.#life);
    });
  }

  syncDirectory(path: string): Promise<void> {
    return this.#do('syncDirectory', path, async () => {
      await this.#disk.namesMade(this.#life);
      this.#directory.sync(path);
    });
  }

  space(path: string): Promise<DiskSpace> {
    return this.#do(null, path, () => this.#disk.space());
  }

  async #do<T>(
    operation: SimOperation | null,
    path: string,
    task: () => T | Promise<T>,
  ): Promise<T> {
    if (this.#life !== this.#disk.life) return await new Promise<T>(() => {});
    const failure = operation === null ? null : this.#disk.failure(operation, path);
    if (failure !== null) throw failure;
    return await task();
  }
}

function missing(verb: string, path: string): RaftctlError {
  return new RaftctlError('DISK_FAILED', {
    message: `Cannot ${verb} ${path}: the system says ENOENT`,
  });
}
