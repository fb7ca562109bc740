/**
 * The simulator's own picture of a log, kept without asking the core: a term, a kind and a chain
 * hash per index. The chain hash covers everything up to the end of the batch that holds an index,
 * so two logs are equal up to there exactly when one number is.
 */
import { BATCH_KIND, type Batch, type BatchKind } from '../node/model/batch.ts';
import type { LogIndex, Term } from '../node/model/ids.ts';
import { decodeMembership, type Membership } from '../node/model/membership.ts';
import { Violation } from './violation.ts';

export interface Configuration {
  readonly index: LogIndex;
  readonly membership: Membership;
}

export class LogPicture {
  /** By index; index 0 is the empty log. */
  readonly #terms: Term[] = [0];
  readonly #hashes: number[] = [0];
  readonly #kinds: BatchKind[] = [0];
  /** Ascending. */
  #configurations: readonly Configuration[] = [];

  get last(): LogIndex {
    return this.#terms.length - 1;
  }

  /** 0: nothing there. */
  termAt(index: LogIndex): Term {
    return this.#terms[index] ?? 0;
  }

  hashAt(index: LogIndex): number {
    return this.#hashes[index] ?? 0;
  }

  kindAt(index: LogIndex): BatchKind {
    return this.#kinds[index] ?? 0;
  }

  /** The newest configuration at or below `index`; null: there is none. */
  configurationAt(index: LogIndex): Configuration | null {
    return this.#configurations.findLast((one) => one.index <= index) ?? null;
  }

  /** How many configurations stand above `index`. */
  configurationsAbove(index: LogIndex): number {
    return this.#configurations.filter((one) => one.index > index).length;
  }

  holds(index: LogIndex, term: Term): boolean {
    return index === 0 || (index <= this.last && this.#terms[index] === term);
  }

  /** A batch that starts inside the log replaces everything from there on. */
  append(batch: Batch): void {
    if (batch.first > this.last + 1) {
      throw new Violation('I19 log shape', `batch ${batch.first} leaves a gap after ${this.last}`);
    }
    const prev = batch.first - 1;
    if (batch.term < this.termAt(prev)) {
      throw new Violation('I19 log shape', `terms fall at ${batch.first} to ${batch.term}`);
    }
    this.truncate(prev);
    const hash = chain(this.hashAt(prev), batch);
    for (let index = batch.first; index <= batch.last; index += 1) {
      this.#terms.push(batch.term);
      this.#hashes.push(hash);
      this.#kinds.push(batch.kind);
    }
    if (batch.kind === BATCH_KIND.configuration) {
      const membership = decodeMembership(batch);
      this.#configurations = [...this.#configurations, { index: batch.first, membership }];
    }
  }

  truncate(last: LogIndex): void {
    this.#terms.length = last + 1;
    this.#hashes.length = last + 1;
    this.#kinds.length = last + 1;
    const newest = this.#configurations.at(-1);
    if (newest !== undefined && newest.index > last) {
      this.#configurations = this.#configurations.filter((one) => one.index <= last);
    }
  }

  /** Takes over from a longer picture what is missing here, up to `last`. */
  extend(from: LogPicture, last: LogIndex): void {
    const before = this.last;
    const more = from.#configurations.filter((one) => one.index > before && one.index <= last);
    if (more.length > 0) this.#configurations = [...this.#configurations, ...more];
    for (let index = this.last + 1; index <= last; index += 1) {
      this.#terms.push(from.termAt(index));
      this.#hashes.push(from.hashAt(index));
      this.#kinds.push(from.kindAt(index));
    }
  }

  prefix(last: LogIndex): LogPicture {
    const other = new LogPicture();
    other.extend(this, last);
    return other;
  }

  copy(): LogPicture {
    return this.prefix(this.last);
  }
}

/** A name for an entry, by which its whole prefix is known. */
export function hashKey(last: LogIndex, term: Term): number {
  return term * 0x1_0000_0000 + last;
}

/** The checksum in a batch covers its term, indexes and payload. */
export function chain(before: number, batch: Batch): number {
  const checksum = batch.bytes.readUInt32LE(0);
  return mix(mix(before, checksum), batch.term);
}

/** Folds a number into a 32-bit hash. */
export function mix(hash: number, value: number): number {
  let x = Math.imul(hash ^ (value | 0), 0x9e3779b1);
  x ^= x >>> 15;
  x = Math.imul(x, 0x85ebca77);
  return (x ^ (x >>> 13)) >>> 0;
}
