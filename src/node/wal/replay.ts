/**
 * What the frames of a log add up to: hard state, terms, configurations, the newest batches and
 * where each lies. Frames are taken in the order they were written, so a batch that starts at or
 * below the last index supersedes what was there. Pure.
 */
import { type Bytes, concatBytes } from '../../std/bytes.ts';
import { BATCH_KIND, type Batch, decodeBatch } from '../model/batch.ts';
import { type HardState, INITIAL_HARD_STATE } from '../model/hard-state.ts';
import type { ClusterId, LogIndex } from '../model/ids.ts';
import type { LogBase, TermRun } from '../model/log-write.ts';
import type { RecoveredLog } from '../ports/log-store.ts';
import { BatchIndex } from './log-index.ts';
import { decodeHardState, decodeReset, FRAME_KIND, type Frame, frameBody } from './record.ts';

/** `torn`: the bytes are not what was written. `impossible`: they are, and make no sense. */
export type ReplayFault = { readonly kind: 'torn' | 'impossible'; readonly what: string };

/** The beginning of a log that has all its entries. */
const ORIGIN: LogBase = { index: 0, term: 0 };

export class Replay {
  readonly index = new BatchIndex();
  readonly #cluster: ClusterId;
  readonly #tailBytesMax: number;
  #hardState: HardState = INITIAL_HARD_STATE;
  /** The log begins behind it; null: with the first batch there is (older ones are gone). */
  #base: LogBase | null;
  /** It is just the first batch that was found. */
  #baseIsFound = false;
  #lastIndex: LogIndex = 0;
  #termRuns: TermRun[] = [];
  #configurations: Batch[] = [];
  /** The newest batches are at `#tailStart..`; what is before was dropped for room. */
  #tail: Batch[] = [];
  #tailStart = 0;
  #tailBytes = 0;
  /** The batch the last call of `take` read, for whoever prints frames. */
  lastBatch: Batch | null = null;

  /** @param compacted whether the first frames of the log are gone. */
  constructor(
    init: { readonly cluster: ClusterId; readonly tailBytesMax: number },
    compacted: boolean,
  ) {
    this.#cluster = init.cluster;
    this.#tailBytesMax = init.tailBytesMax;
    this.#base = compacted ? null : ORIGIN;
  }

  get base(): LogBase {
    return this.#base ?? ORIGIN;
  }

  get lastIndex(): LogIndex {
    return this.#lastIndex;
  }

  /** Takes in the next frame. @returns what is wrong with its body, or null. */
  take(bytes: Bytes, frame: Frame, position: number): ReplayFault | null {
    this.lastBatch = null;
    if (frame.kind === FRAME_KIND.hardState) return this.#takeHardState(bytes, frame);
    if (frame.kind === FRAME_KIND.reset) return this.#takeReset(bytes, frame, position);
    if (frame.kind === FRAME_KIND.batch) return this.#takeBatch(frameBody(bytes, frame), position);
    return null;
  }

  #takeHardState(bytes: Bytes, frame: Frame): ReplayFault | null {
    const state = decodeHardState(bytes, frame);
    if (state === null || state.term < this.#hardState.term) {
      return impossible(`term ${state?.term} after term ${this.#hardState.term}`);
    }
    this.#hardState = state;
    return null;
  }

  #takeReset(bytes: Bytes, frame: Frame, position: number): ReplayFault | null {
    const base = decodeReset(bytes, frame);
    if (base === null) return impossible('a reset to no entry');
    this.#beginBehind(base);
    this.#baseIsFound = false;
    this.index.reset(position);
    return null;
  }

  #beginBehind(base: LogBase): void {
    this.#base = base;
    this.#lastIndex = base.index;
    this.#termRuns = [];
    this.#configurations = [];
    this.#tail = [];
    this.#tailStart = 0;
    this.#tailBytes = 0;
  }

  #takeBatch(body: Bytes, position: number): ReplayFault | null {
    const batch = decodeBatch(body, 0, this.#cluster);
    if (batch === 'cluster') return impossible('a batch of another cluster');
    if (batch === 'version') return impossible('a batch of an unknown version');
    if (batch === 'field') return impossible('a batch with impossible numbers');
    if (typeof batch === 'string' || batch.bytes.length !== body.length) {
      return { kind: 'torn', what: 'a batch that does not match its checksum' };
    }
    if (this.#base === null || batch.first <= this.#base.index) {
      return this.#takeFirst(batch, position);
    }
    if (batch.first > this.#lastIndex + 1) {
      return impossible(`entry ${batch.first} after entry ${this.#lastIndex}`);
    }
    const supersedes = batch.first <= this.#lastIndex;
    if (supersedes) this.#truncate(batch.first);
    const run = this.#termRuns.at(-1);
    const lastTerm = run?.term ?? this.#base.term;
    if (lastTerm > batch.term) {
      return impossible(`an entry of term ${batch.term} after one of term ${lastTerm}`);
    }
    if (run?.term !== batch.term) this.#termRuns.push({ term: batch.term, first: batch.first });
    if (batch.kind === BATCH_KIND.configuration) this.#configurations.push(owned(batch));
    this.index.add(batch.first, position, supersedes);
    this.#lastIndex = batch.last;
    this.#addToTail(batch);
    this.lastBatch = batch;
    return null;
  }

  /**
   * The first batch of a log without its beginning: the log begins behind it, because the term of
   * the entry before it is not known any more. A later one may take its place.
   */
  #takeFirst(batch: Batch, position: number): ReplayFault | null {
    if (this.#base !== null && !this.#baseIsFound) {
      return impossible(`entry ${batch.first} below the log's beginning`);
    }
    const supersedes = this.#base !== null && batch.first <= this.#lastIndex;
    this.#beginBehind({ index: batch.last, term: batch.term });
    this.#baseIsFound = true;
    this.index.add(batch.first, position, supersedes);
    this.lastBatch = batch;
    return null;
  }

  #truncate(first: LogIndex): void {
    while ((this.#termRuns.at(-1)?.first ?? 0) >= first) this.#termRuns.pop();
    while ((this.#configurations.at(-1)?.first ?? 0) >= first) this.#configurations.pop();
    while (this.#tail.length > this.#tailStart && (this.#tail.at(-1) as Batch).first >= first) {
      this.#tailBytes -= (this.#tail.pop() as Batch).bytes.length;
    }
  }

  #addToTail(batch: Batch): void {
    this.#tail.push(batch);
    this.#tailBytes += batch.bytes.length;
    while (this.#tailBytes > this.#tailBytesMax && this.#tail.length - this.#tailStart > 1) {
      this.#tailBytes -= (this.#tail[this.#tailStart] as Batch).bytes.length;
      this.#tailStart += 1;
    }
    if (this.#tailStart > 1024 && this.#tailStart * 2 > this.#tail.length) {
      this.#tail = this.#tail.slice(this.#tailStart);
      this.#tailStart = 0;
    }
  }

  result(): RecoveredLog {
    return {
      hardState: this.#hardState,
      baseIndex: this.base.index,
      baseTerm: this.base.term,
      lastIndex: this.#lastIndex,
      termRuns: [...this.#termRuns],
      configurations: [...this.#configurations],
      // Copied, so that a few batches do not keep whole segments in memory.
      tail: this.#tail.slice(this.#tailStart).map(owned),
    };
  }
}

function impossible(what: string): ReplayFault {
  return { kind: 'impossible', what };
}

function owned(batch: Batch): Batch {
  return { ...batch, bytes: concatBytes([batch.bytes]) };
}
