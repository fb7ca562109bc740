/**
 * The names on a simulated disk: what a process sees, and what would be left after a power cut.
 * A change is durable once its directory was synced; before, it may or may not have happened.
 */
import type { Prng } from '../std/prng.ts';
import { SimInode } from './sim-inode.ts';

type NameChange =
  | { readonly type: 'set'; readonly path: string; readonly inode: SimInode }
  | {
      readonly type: 'rename';
      readonly from: string;
      readonly to: string;
      readonly inode: SimInode;
    }
  | { readonly type: 'remove'; readonly path: string };

export class SimDirectory {
  readonly #files = new Map<string, SimInode>();
  readonly #durable = new Map<string, SimInode>();
  #changes: NameChange[] = [];

  paths(): readonly string[] {
    return [...this.#files.keys()].sort();
  }

  find(path: string): SimInode | undefined {
    return this.#files.get(path);
  }

  get totalBytes(): number {
    let total = 0;
    for (const inode of this.#files.values()) total += inode.length;
    return total;
  }

  create(path: string): SimInode {
    const inode = new SimInode();
    this.#files.set(path, inode);
    this.#changes.push({ type: 'set', path, inode });
    return inode;
  }

  /** @returns whether there was such a file. */
  rename(from: string, to: string): boolean {
    const inode = this.#files.get(from);
    if (inode === undefined) return false;
    this.#files.delete(from);
    this.#files.set(to, inode);
    this.#changes.push({ type: 'rename', from, to, inode });
    return true;
  }

  /** @returns whether there was such a file. */
  remove(path: string): boolean {
    if (!this.#files.delete(path)) return false;
    this.#changes.push({ type: 'remove', path });
    return true;
  }

  sync(directory: string): void {
    const rest: NameChange[] = [];
    for (const change of this.#changes) {
      const path = change.type === 'rename' ? change.to : change.path;
      if (directoryOf(path) === directory) this.#apply(change);
      else rest.push(change);
    }
    this.#changes = rest;
  }

  #apply(change: NameChange): void {
    if (change.type === 'remove') this.#durable.delete(change.path);
    else if (change.type === 'set') this.#durable.set(change.path, change.inode);
    else {
      this.#durable.delete(change.from);
      this.#durable.set(change.to, change.inode);
    }
  }

  /** Each change that was not synced happened or did not, by itself; so did each write. */
  crash(prng: Prng): void {
    for (const change of this.#changes) {
      if (prng.chance(0.5)) this.#apply(change);
    }
    this.#changes = [];
    this.#files.clear();
    for (const [path, inode] of this.#durable) this.#files.set(path, inode);
    for (const inode of new Set(this.#files.values())) inode.crash(prng);
  }
}

export function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
