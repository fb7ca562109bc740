/**
 * The core's view of the log: which term each entry has, the configurations, and a bounded cache of
 * the newest batches. Bytes are on disk; the core only ever needs terms and recent batches.
 *
 * ```
 *   baseIndex, firstIndex ............ cachedFrom ............ lastIndex
 *   |-- a snapshot --|-- terms known, on disk --|-- terms and batches here --|
 * ```
 * What lies at or below `baseIndex` is forgotten but for the term there; all of it is committed.
 * A batch is appended and truncated as a whole. The newest configuration in the log counts, whether
 * committed or not (paper 6), so truncation brings the one before it back.
 */
import { assert } from '../../std/assert.ts';
import { BATCH_KIND, type Batch } from '../model/batch.ts';
import type { LogIndex, Term } from '../model/ids.ts';
import type { TermRun } from '../model/log-write.ts';
import { decodeMembership, type Membership } from '../model/membership.ts';
import type { SnapshotPoint } from '../model/snapshot.ts';
import type { RaftInit } from './config.ts';

const NO_MEMBERS: Membership = { members: [], leases: false };

/** Dropped batches are cut off the array in lumps, so that dropping one is cheap. */
const DROPPED_COUNT_MAX = 1024;

interface Configuration {
  readonly index: LogIndex;
  readonly batch: Batch;
  readonly membership: Membership;
}

export class RaftLog {
  #baseIndex: LogIndex;
  #baseTerm: Term;
  #lastIndex: LogIndex;
  #lastTerm: Term;
  #runs: TermRun[];
  /** Of the log, and before them the newest one that was forgotten. */
  #configurations: Configuration[];
  /** Cached batches are `#batches[#head..]`, contiguous up to `lastIndex`. */
  #batches: (Batch | null)[];
  #head = 0;
  #cacheBytes = 0;
  #lastTimeMs = 0;

  constructor(init: RaftInit) {
    this.#baseIndex = init.baseIndex;
    this.#baseTerm = init.baseTerm;
    this.#lastIndex = init.lastIndex;
    this.#runs = [...init.termRuns];
    this.#lastTerm = this.#runs.at(-1)?.term ?? init.baseTerm;
    const held = init.configurations.map(configurationOf);
    const { snapshot } = init;
    const older = snapshot === null ? [] : [configurationOf(snapshot.configuration)];
    this.#configurations = [
      ...older.filter((o) => o.index < (held[0]?.index ?? Number.POSITIVE_INFINITY)),
      ...held,
    ];
    this.#batches = [...init.tail];
    for (const batch of init.tail) {
      this.#cacheBytes += batch.bytes.length;
      this.#sawTime(batch);
    }
    if (snapshot !== null) this.#lastTimeMs = Math.max(this.#lastTimeMs, snapshot.leaderTimeMs);
    const empty = init.lastIndex === init.baseIndex;
    assert(empty === (this.#runs.length === 0), 'term runs cover the log');
    const tailLast = init.tail.at(-1)?.last ?? init.lastIndex;
    assert(tailLast === init.lastIndex, 'cached batches reach the end of the log');
  }

  /** The last entry that was forgotten; 0: none was. */
  get baseIndex(): LogIndex {
    return this.#baseIndex;
  }

  get baseTerm(): Term {
    return this.#baseTerm;
  }

  get firstIndex(): LogIndex {
    return this.#baseIndex + 1;
  }

  get lastIndex(): LogIndex {
    return this.#lastIndex;
  }

  get lastTerm(): Term {
    return this.#lastTerm;
  }

  /** First index whose batch is cached; `lastIndex + 1` when none is. */
  get cachedFrom(): LogIndex {
    return this.#batches[this.#head]?.first ?? this.#lastIndex + 1;
  }

  get cacheBytes(): number {
    return this.#cacheBytes;
  }

  get termRuns(): readonly TermRun[] {
    return this.#runs;
  }

  get membership(): Membership {
    return this.#configurations.at(-1)?.membership ?? NO_MEMBERS;
  }

  /** Where the newest configuration stands; 0: there is none. */
  get configurationIndex(): LogIndex {
    return this.#configurations.at(-1)?.index ?? 0;
  }

  /** Highest leader time of any batch this log has held: it never falls, also when one is cut. */
  get lastTimeMs(): number {
    return this.#lastTimeMs;
  }

  /** The batch with the newest configuration at or below `index`. */
  configurationAt(index: LogIndex): Batch | null {
    return this.#configurations.findLast((c) => c.index <= index)?.batch ?? null;
  }

  /** @returns 0 where the log holds nothing. */
  termAt(index: LogIndex): Term {
    if (index === this.#baseIndex) return this.#baseTerm;
    if (index < this.#baseIndex || index > this.#lastIndex) return 0;
    return this.#runs[this.#runAt(index)]?.term ?? 0;
  }

  /**
   * Whether this log and that of a leader who names (index, term) agree there. What was forgotten
   * was committed, so every leader to come holds the same.
   */
  holds(index: LogIndex, term: Term): boolean {
    if (index < this.#baseIndex) return true;
    return index === 0 ? term === 0 : term !== 0 && this.termAt(index) === term;
  }

  /** The last index at or below `index` with a term of at most `term`; 0: none is known. */
  lastIndexOfTermAtMost(index: LogIndex, term: Term): LogIndex {
    const top = Math.min(index, this.#lastIndex);
    if (top < this.firstIndex) {
      return top === this.#baseIndex && this.#baseTerm <= term ? top : 0;
    }
    let at = this.#runAt(top);
    let found = top;
    while (at >= 0 && (this.#runs[at] as TermRun).term > term) {
      found = (this.#runs[at] as TermRun).first - 1;
      at -= 1;
    }
    if (at >= 0) return found;
    return this.#baseTerm <= term ? this.#baseIndex : 0;
  }

  append(batch: Batch): void {
    assert(batch.first === this.#lastIndex + 1, `a gap before entry ${batch.first}`);
    assert(batch.last >= batch.first, 'a batch is empty');
    assert(batch.term >= this.#lastTerm, `terms fall at entry ${batch.first}`);
    if (batch.term !== this.#lastTerm || this.#runs.length === 0) {
      this.#runs.push({ term: batch.term, first: batch.first });
      this.#lastTerm = batch.term;
    }
    this.#lastIndex = batch.last;
    this.#batches.push(batch);
    this.#cacheBytes += batch.bytes.length;
    this.#sawTime(batch);
    if (batch.kind === BATCH_KIND.configuration) this.#configurations.push(configurationOf(batch));
  }

  /** Drops everything from `first` on. Requires: a batch begins there. */
  truncateFrom(first: LogIndex): void {
    assert(first >= this.firstIndex && first <= this.#lastIndex, 'truncation outside of the log');
    let length = this.#batches.length;
    while (length > this.#head) {
      const batch = this.#batches[length - 1] as Batch;
      if (batch.first < first) {
        assert(batch.last === first - 1, `truncation at ${first} would cut a batch in two`);
        break;
      }
      this.#cacheBytes -= batch.bytes.length;
      length -= 1;
    }
    this.#batches.length = length;
    while (this.#runs.length > 0 && (this.#runs.at(-1) as TermRun).first >= first) this.#runs.pop();
    while ((this.#configurations.at(-1)?.index ?? 0) >= first) this.#configurations.pop();
    this.#lastIndex = first - 1;
    this.#lastTerm = this.#runs.at(-1)?.term ?? this.#baseTerm;
  }

  /** Forgets everything up to `through`. Requires: a batch ends there, and it is committed. */
  forgetThrough(through: LogIndex): void {
    assert(
      through >= this.#baseIndex && through <= this.#lastIndex,
      'only what is there is forgotten',
    );
    this.#baseTerm = this.termAt(through);
    this.#baseIndex = through;
    const runs = this.#runs.filter(
      (_, at) => (this.#runs[at + 1]?.first ?? Number.POSITIVE_INFINITY) > through + 1,
    );
    const head = runs[0];
    if (head !== undefined && head.first <= through) {
      if (through === this.#lastIndex) runs.shift();
      else runs[0] = { term: head.term, first: through + 1 };
    }
    this.#runs = runs;
    const oldest = this.#configurations.findLastIndex((c) => c.index <= through);
    this.#configurations = this.#configurations.slice(Math.max(0, oldest));
  }

  /** The log begins anew behind a snapshot. */
  beginBehind({ index, term, configuration, leaderTimeMs }: SnapshotPoint): void {
    this.#lastTimeMs = Math.max(this.#lastTimeMs, leaderTimeMs);
    this.#baseIndex = index;
    this.#baseTerm = term;
    this.#lastIndex = index;
    this.#lastTerm = term;
    this.#runs = [];
    this.#configurations = [configurationOf(configuration)];
    this.#batches = [];
    this.#head = 0;
    this.#cacheBytes = 0;
  }

  cachedBatch(index: LogIndex): Batch | null {
    const at = this.#positionOf(index);
    return at < 0 ? null : (this.#batches[at] as Batch);
  }

  /**
   * Cached batches from the one that holds `from`, in order: at least one, then as many as fit.
   * @returns none when `from` is not cached.
   */
  collect(from: LogIndex, bytesMax: number, countMax: number): Batch[] {
    const found: Batch[] = [];
    let at = this.#positionOf(from);
    if (at < 0) return found;
    let bytes = 0;
    while (at < this.#batches.length && found.length < countMax) {
      const batch = this.#batches[at] as Batch;
      bytes += batch.bytes.length;
      if (found.length > 0 && bytes > bytesMax) break;
      found.push(batch);
      at += 1;
    }
    return found;
  }

  /** Drops the oldest batches that end at or below `through` while the cache is over its cap. */
  evict(through: LogIndex, bytesMax: number): void {
    while (this.#cacheBytes > bytesMax && this.#head < this.#batches.length) {
      const batch = this.#batches[this.#head] as Batch;
      if (batch.last > through) break;
      this.#cacheBytes -= batch.bytes.length;
      this.#batches[this.#head] = null;
      this.#head += 1;
    }
    if (this.#head >= DROPPED_COUNT_MAX && this.#head * 2 >= this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head);
      this.#head = 0;
    }
  }

  #sawTime(batch: Batch): void {
    if (batch.leaderTimeMs > this.#lastTimeMs) this.#lastTimeMs = batch.leaderTimeMs;
  }

  /** Position of the term run that holds `index`. Requires: the log holds it. */
  #runAt(index: LogIndex): number {
    let low = 0;
    let high = this.#runs.length - 1;
    // Nearly every question is about the newest term.
    if ((this.#runs[high] as TermRun).first <= index) return high;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#runs[middle] as TermRun).first <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Position of the cached batch that holds `index`, or -1. */
  #positionOf(index: LogIndex): number {
    if (index > this.#lastIndex || index < this.cachedFrom) return -1;
    let low = this.#head;
    let high = this.#batches.length - 1;
    if ((this.#batches[high] as Batch).first <= index) return high;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#batches[middle] as Batch).first <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function configurationOf(batch: Batch): Configuration {
  return { index: batch.first, batch, membership: decodeMembership(batch) };
}
