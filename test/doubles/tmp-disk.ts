/**
 * Small file systems in memory, mounted for one test (Linux, root). Where that is not allowed the
 * test fails and says so: a full disk cannot be tested without one.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const CHUNK = Buffer.alloc(16 * 1024, 1);

export class TmpDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static mount(path: string, mebibytes: number): TmpDisk {
    mkdirSync(path, { recursive: true });
    command('mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0700`, 'tmpfs', path);
    return new TmpDisk(path);
  }

  /** Another size, with all that it holds. */
  resize(mebibytes: number): void {
    command('mount', '-o', `remount,size=${mebibytes}m`, this.path);
  }

  get usedBytes(): number {
    const { blocks, bfree, bsize } = statfsSync(this.path);
    return (blocks - bfree) * bsize;
  }

  /** One file that takes all that is free. */
  fill(): void {
    const file = openSync(this.#filler, 'w');
    try {
      for (;;) writeSync(file, CHUNK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  clear(): void {
    rmSync(this.#filler, { force: true });
  }

  unmount(): void {
    command('umount', this.path);
  }

  get #filler(): string {
    return join(this.path, 'filler');
  }
}

function command(file: string, ...args: string[]): void {
  try {
    execFileSync(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (cause) {
    const reason = (cause as { stderr?: Buffer }).stderr?.toString().trim() ?? String(cause);
    const line = [file, ...args].join(' ');
    throw new Error(`Cannot test a full disk, which takes Linux and root: ${line}: ${reason}`);
  }
}
