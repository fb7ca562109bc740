/**
 * A file of slots, written behind: what was put counts at once, lies in memory until it is in the
 * file, and reaches it in the order of slots, one run of neighbours after the other, off the event
 * loop. Once in a while the file is synced; nothing depends on that (see diskstorage.ts).
 *
 * A slot is never written while somebody reads it, so a read is of one moment: what is put
 * meanwhile waits in memory, where later reads find it.
 */
import { type Bytes, zeroBytes } from '../../std/bytes.ts';
import type { RaftctlError } from '../../std/errors.ts';
import { SLOT_BYTES, SLOTS } from '../../wire/apps/diskstorage.ts';
import type { DiskFile } from '../ports/disk.ts';

/** So many slots are written before anything else is looked at. */
const RUN_SLOTS_MAX = 256;
/** So many are looked at to find one that may be written: the others are held, for a while. */
const LOOKED_MAX = 1024;
/** The file is synced after so much was written, and at the end. */
const SYNC_BYTES = 8 * 1024 * 1024;

export class SlotFile {
  /** Slots whose content is not in the file yet. */
  readonly #waiting = new Map<number, Bytes>();
  /** Reads under way, by slot. */
  readonly #reading = new Map<number, number>();
  readonly #onFailed: (error: RaftctlError) => void;
  #file: DiskFile | null = null;
  /** Slots from there on are not written: a snapshot has yet to read them. */
  #heldFrom = Number.POSITIVE_INFINITY;
  #isWriting = false;
  #unsyncedBytes = 0;
  /** Reads under way, of one slot or many. */
  #reads = 0;
  #isClosing = false;
  readonly #opened: (() => void)[] = [];
  readonly #idle: (() => void)[] = [];

  constructor(onFailed: (error: RaftctlError) => void) {
    this.#onFailed = onFailed;
  }

  /** Until then everything waits. The file must hold nothing. */
  opened(file: DiskFile): void {
    this.#file = file;
    // Its length is that of all slots from the beginning.
    this.#isWriting = true;
    file.write([zeroBytes(1)], SLOTS * SLOT_BYTES - 1, false, (error) => {
      this.#isWriting = false;
      if (!this.#check(error)) return;
      for (const task of this.#opened.splice(0)) task();
      this.#write();
    });
  }

  /** @param content all of the slot; must not be changed any more. */
  put(slot: number, content: Bytes): void {
    this.#waiting.set(slot, content);
    this.#write();
  }

  /** What waits for the file as it is now. */
  frozen(): ReadonlyMap<number, Bytes> {
    return new Map(this.#waiting);
  }

  /** Slots from there on stay as they are in the file. */
  hold(from: number): void {
    this.#heldFrom = from;
    this.#write();
  }

  /** The content of a slot, when it is in memory. */
  inMemory(slot: number): Bytes | null {
    return this.#waiting.get(slot) ?? null;
  }

  /** Reads slots of the file; see `inMemory` for what is not there yet. */
  read(slot: number, count: number, done: (content: Bytes) => void): void {
    const file = this.#file;
    if (this.#isClosing) return;
    if (file === null) {
      this.#opened.push(() => this.read(slot, count, done));
      return;
    }
    if (count === 1) this.#reading.set(slot, (this.#reading.get(slot) ?? 0) + 1);
    this.#reads += 1;
    file.read(slot * SLOT_BYTES, count * SLOT_BYTES, (error, bytes) => {
      this.#reads -= 1;
      if (count === 1) this.#readEnded(slot);
      else this.#write();
      if (this.#check(error)) done(bytes);
    });
  }

  /** Lets go of the file: what waits is of no use any more. */
  discard(): Promise<void> {
    this.#waiting.clear();
    return this.close();
  }

  /** Puts all that waits into the file, and makes it durable; nothing is read any more. */
  async close(): Promise<void> {
    this.#heldFrom = Number.POSITIVE_INFINITY;
    this.#isClosing = true;
    const file = this.#file;
    if (file === null) return;
    while (this.#waiting.size > 0 || this.#isWriting || this.#reads > 0) {
      const idle = new Promise<void>((resolve) => this.#idle.push(resolve));
      this.#write();
      await idle;
    }
    if (this.#file === null) return;
    this.#file = null;
    await new Promise<void>((resolve) => file.sync(() => resolve()));
    await file.close();
  }

  #readEnded(slot: number): void {
    const left = (this.#reading.get(slot) ?? 1) - 1;
    if (left > 0) this.#reading.set(slot, left);
    else this.#reading.delete(slot);
    this.#write();
  }

  #write(): void {
    if (this.#isWriting) return;
    const file = this.#file;
    const run = file === null ? [] : this.#nextRun();
    const [first] = run;
    if (file === null || first === undefined) {
      for (const task of this.#idle.splice(0)) task();
      return;
    }
    this.#isWriting = true;
    const contents = run.map((slot) => this.#waiting.get(slot) as Bytes);
    this.#unsyncedBytes += run.length * SLOT_BYTES;
    const isSync = this.#unsyncedBytes >= SYNC_BYTES;
    if (isSync) this.#unsyncedBytes = 0;
    file.write(contents, first * SLOT_BYTES, isSync, (error) => {
      this.#isWriting = false;
      if (!this.#check(error)) return;
      run.forEach((slot, i) => {
        // What was put meanwhile is written again.
        if (this.#waiting.get(slot) === contents[i]) this.#waiting.delete(slot);
      });
      this.#write();
    });
  }

  /** Neighbouring slots, from the one that waited longest of those that may be written. */
  #nextRun(): readonly number[] {
    let looked = 0;
    for (const slot of this.#waiting.keys()) {
      looked += 1;
      if (looked > LOOKED_MAX) break;
      if (!this.#mayWrite(slot)) continue;
      const run = [slot];
      while (run.length < RUN_SLOTS_MAX && this.#mayWrite(slot + run.length)) {
        run.push(slot + run.length);
      }
      return run;
    }
    return [];
  }

  #mayWrite(slot: number): boolean {
    return this.#waiting.has(slot) && slot < this.#heldFrom && !this.#reading.has(slot);
  }

  #check(error: RaftctlError | null): boolean {
    if (error === null) return true;
    this.#onFailed(error);
    return false;
  }
}
