/**
 * One simulated file: the content a process sees, and how to get back from it to what is durable.
 * Each write that is not synced leaves an undo note with the bytes it replaced, so that nothing is
 * copied but what was written.
 */
import { type Bytes, bytesView, concatBytes, zeroBytes } from '../std/bytes.ts';
import type { Prng } from '../std/prng.ts';

const SECTOR_BYTES = 512;

interface Undo {
  readonly offset: number;
  readonly length: number;
  /** What was there before; null: zeros. */
  readonly before: Bytes | null;
  readonly lengthBefore: number;
}

export class SimInode {
  #content: Bytes = zeroBytes(0);
  #length = 0;
  #undo: Undo[] = [];
  /** How many undo notes were dropped so far: tells which writes a sync covers. */
  #dropped = 0;

  get length(): number {
    return this.#length;
  }

  /** A mark for `synced`: all writes up to now. */
  get writeCount(): number {
    return this.#dropped + this.#undo.length;
  }

  write(chunks: readonly Uint8Array[], offset: number, length: number): void {
    const end = offset + length;
    const known = Math.max(0, Math.min(end, this.#length) - offset);
    const before = known === 0 ? null : zeroBytes(length);
    if (before !== null) this.#content.copy(before, 0, offset, offset + known);
    this.#undo.push({ offset, length, before, lengthBefore: this.#length });
    this.#reserve(end);
    let at = offset;
    for (const chunk of chunks) {
      const part = bytesView(chunk).subarray(0, end - at);
      part.copy(this.#content, at);
      at += part.length;
    }
    this.#length = Math.max(this.#length, end);
  }

  #reserve(length: number): void {
    if (length <= this.#content.length) return;
    const grown = zeroBytes(Math.max(length, Math.min(this.#content.length * 2, length * 2)));
    this.#content.copy(grown, 0, 0, this.#length);
    this.#content = grown;
  }

  /** @returns a copy. */
  read(offset: number, length: number): Bytes {
    return concatBytes([this.#content.subarray(offset, Math.min(this.#length, offset + length))]);
  }

  /** All writes up to that mark are durable now. */
  synced(writeCount: number): void {
    const count = writeCount - this.#dropped;
    if (count <= 0) return;
    this.#undo.splice(0, count);
    this.#dropped += count;
  }

  /** Leaves every sector that was written but not synced to chance. */
  crash(prng: Prng): void {
    if (this.#undo.length === 0) return;
    const after = concatBytes([this.#content.subarray(0, this.#length)]);
    const written = this.#rollBack();
    const durableLength = this.#length;
    const keepLength = after.length <= durableLength || prng.chance(0.7);
    this.#length = keepLength ? Math.max(after.length, durableLength) : durableLength;
    // Whole groups often survive or die together; a disk that always mixes would hide both ends.
    const mood = prng.pick(['mixed', 'mixed', 'keep', 'drop'] as const);
    for (const [sector, ranges] of written) {
      const fate =
        mood === 'mixed' ? prng.pick(['keep', 'drop', 'partial', 'garbled'] as const) : mood;
      if (fate === 'drop') continue;
      for (const [from, to] of ranges) {
        after.copy(this.#content, from, from, to);
        if (fate === 'garbled') this.#garble(from, to, prng);
      }
      if (fate === 'partial') this.#halve(sector, ranges, prng);
    }
    this.#content.fill(0, this.#length);
    this.#undo = [];
    this.#dropped = 0;
  }

  /** Puts the durable content back. @returns the ranges that were written, by sector. */
  #rollBack(): Map<number, [number, number][]> {
    const sectors = new Map<number, [number, number][]>();
    for (const undo of this.#undo.reverse()) {
      const end = undo.offset + undo.length;
      if (undo.before === null) this.#content.fill(0, undo.offset, end);
      else undo.before.copy(this.#content, undo.offset);
      this.#length = undo.lengthBefore;
      for (let at = undo.offset; at < end; ) {
        const sector = Math.floor(at / SECTOR_BYTES);
        const stop = Math.min(end, (sector + 1) * SECTOR_BYTES);
        const ranges = sectors.get(sector);
        if (ranges === undefined) sectors.set(sector, [[at, stop]]);
        else ranges.push([at, stop]);
        at = stop;
      }
    }
    return sectors;
  }

  /** Only bytes that were just written are garbled: a disk keeps what it synced. */
  #garble(from: number, to: number, prng: Prng): void {
    for (let at = from; at < to; at += 1) {
      if (prng.chance(0.3)) this.#content[at] = prng.u32() & 0xff;
    }
  }

  /** The sector's end did not make it: zeros in what was written there. */
  #halve(sector: number, ranges: readonly [number, number][], prng: Prng): void {
    const cut = sector * SECTOR_BYTES + prng.between(0, SECTOR_BYTES);
    for (const [from, to] of ranges) {
      if (to > cut) this.#content.fill(0, Math.max(from, cut), to);
    }
  }

  flip(offset: number, mask: number): void {
    this.#content[offset] = (this.#content[offset] as number) ^ mask;
  }

  zero(from: number, to: number): void {
    this.#content.fill(0, from, Math.min(to, this.#length));
  }

  truncate(length: number): void {
    this.#content.fill(0, length);
    this.#length = Math.min(this.#length, length);
  }
}
