/**
 * When a replica takes a snapshot of its state, how, and how much of the log stays behind it.
 *
 * ```
 *   due --> state frozen --> pieces written, one a few milliseconds --> own log durable up to there
 *                                                                            |
 *   log and core forget  <--  told to the core in a turn  <--  made durable -+
 * ```
 * Due is a snapshot when more was applied since the last one than it is long, and no less than a
 * fixed amount: the log stays in proportion to the state, and so does the work. A node may be told
 * to count entries as well; then a rest keeps the work in proportion.
 */
import type { RaftctlError } from '../../std/errors.ts';
import type { NodeConfig } from '../../wire/node-config.ts';
import type { LogIndex } from '../model/ids.ts';
import type { SnapshotMeta } from '../model/snapshot.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { SnapshotStore, SnapshotWriter } from '../ports/snapshot-store.ts';
import type { SnapshotSource, StateMachine } from '../ports/state-machine.ts';
import type { RaftFrontDoor } from '../raft/contract.ts';
import type { Applier } from './applier.ts';
import type { Emit } from './trace-events.ts';
import { keepTrailing, type TrailingConfig } from './trailing.ts';

export interface CompactionConfig extends TrailingConfig {
  /** A snapshot is due after so much log, or as much as the last snapshot is long: the larger. */
  readonly snapshotLogBytes: number;
  /** One is due after more entries than this, too; absent: entries are not counted. */
  readonly snapshotEntries?: number;
  /** One piece of state is encoded without a pause. */
  readonly pieceBytes: number;
}

const COMPACTION_CONFIG_DEFAULT: CompactionConfig = {
  snapshotLogBytes: 256 * 1024 * 1024,
  trailingLogBytes: 16 * 1024 * 1024,
  trailingLogEntries: 10_000,
  loggerHoldBytes: 1024 * 1024 * 1024,
  pieceBytes: 64 * 1024,
};

/** What a node was told, and the defaults for the rest. */
export function compactionConfigOf(config: NodeConfig): CompactionConfig {
  const usual = COMPACTION_CONFIG_DEFAULT;
  return {
    snapshotLogBytes: config.snapshotLogBytes ?? usual.snapshotLogBytes,
    trailingLogBytes: config.trailingLogBytes ?? usual.trailingLogBytes,
    trailingLogEntries: config.trailingLogEntries ?? usual.trailingLogEntries,
    loggerHoldBytes: config.loggerHoldBytes ?? usual.loggerHoldBytes,
    pieceBytes: usual.pieceBytes,
    ...(config.snapshotEntries === undefined ? {} : { snapshotEntries: config.snapshotEntries }),
  };
}

/** On a small disk a snapshot is due earlier: once the log takes this share of it. */
const DISK_SHARE = 1 / 16;
/** Less log than this never makes one due for the sake of the disk. */
const DISK_SHARE_BYTES_MIN = 8 * 1024 * 1024;

/**
 * Between two pieces: so many times as long as the piece took. A snapshot takes a tenth of the
 * event loop, and writes no faster than that: clients wait for the same disk and processors.
 */
const PAUSE_PER_WORK = 9;
const PIECE_PAUSE_MS_MIN = 1;
const PIECE_PAUSE_MS_MAX = 10;
/** After the disk was full. */
const RETRY_MS = 10_000;
/** Where entries are counted: so many times as long as a snapshot took, none is begun after it. */
const REST_PER_WORK = 10;

export interface CompactionParts {
  readonly raft: RaftFrontDoor;
  readonly log: LogStore;
  readonly snapshots: SnapshotStore;
  readonly stateMachine: StateMachine;
  readonly applier: Applier;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly wake: () => void;
  readonly onFailed: (error: RaftctlError) => void;
}

/** A snapshot in the making. */
interface Taking {
  readonly meta: SnapshotMeta;
  readonly source: SnapshotSource;
  readonly writer: SnapshotWriter;
  readonly startedMs: number;
  /** What the applier had applied when the snapshot before this one was frozen. */
  readonly bytesBefore: number;
  stage: 'writing' | 'written' | 'finishing' | 'durable';
}

/** What an observer may know of it. */
export interface CompactionProgress {
  /** The entry that the snapshot in the making stands at; null: none is made. */
  readonly taking: LogIndex | null;
  /** How many came to nothing for lack of space, and what was said of the last one. */
  readonly failures: number;
  readonly failure: string | null;
}

export class Compaction {
  readonly #parts: CompactionParts;
  readonly #config: CompactionConfig;
  #taking: Taking | null = null;
  /** What the applier had applied, in bytes, when the newest snapshot was frozen. */
  #bytesBefore = 0;
  #notBeforeMs = 0;
  /** Somebody wants one, due or not. */
  #asked = false;
  #failures = 0;
  #failure: RaftctlError | null = null;
  #stopped = false;

  constructor(parts: CompactionParts, config: CompactionConfig) {
    this.#parts = parts;
    this.#config = config;
    parts.log.archiving = parts.raft.membership.retain === 'all';
  }

  /** Begins one of all that is applied now, due or not. @returns what it will reach at least. */
  ask(): LogIndex {
    this.#asked = true;
    this.#parts.wake();
    return this.#parts.applier.appliedIndex;
  }

  get progress(): CompactionProgress {
    const taking = this.#taking?.meta.index ?? null;
    return { taking, failures: this.#failures, failure: this.#failure?.message ?? null };
  }

  /** Called in a turn, before the core is asked what to do. */
  drain(): void {
    const taking = this.#taking;
    if (taking === null) return;
    const { raft, log } = this.#parts;
    // Whatever is in a snapshot is in the own log too: recovery needs no rule for the opposite.
    if (taking.stage === 'written' && raft.durableIndex >= taking.meta.index) this.#finish(taking);
    if (taking.stage !== 'durable') return;
    this.#taking = null;
    // A newer one may have come from the leader meanwhile.
    if (taking.meta.index <= raft.snapshotIndex) return;
    log.archiving = raft.membership.retain === 'all';
    const through = keepTrailing({ raft, log }, this.#config, taking.meta.index);
    raft.snapshotWritten(taking.meta, through);
    log.compact(raft.firstIndex - 1);
    this.#rest(taking);
    this.#tell(taking);
  }

  #rest({ startedMs }: Taking): void {
    if (this.#config.snapshotEntries === undefined) return;
    const nowMs = this.#parts.clock.nowMs();
    this.#notBeforeMs = nowMs + REST_PER_WORK * (nowMs - startedMs);
  }

  /** Called at the end of a turn. */
  maybeBegin(nowMs: number): void {
    const { applier, raft } = this.#parts;
    if (this.#taking !== null || this.#stopped || applier.restoring) return;
    const isNews = applier.appliedIndex > raft.snapshotIndex;
    if (isNews && (this.#asked || this.#isDue(nowMs))) this.#begin(nowMs);
    this.#asked = false;
  }

  #isDue(nowMs: number): boolean {
    const { applier, raft, snapshots, log } = this.#parts;
    const entries = applier.appliedIndex - raft.snapshotIndex;
    if (entries > (this.#config.snapshotEntries ?? Number.POSITIVE_INFINITY)) {
      return nowMs >= this.#notBeforeMs;
    }
    const since = applier.appliedBytes - this.#bytesBefore;
    if (since < this.#config.snapshotLogBytes) {
      if (since < DISK_SHARE_BYTES_MIN) return false;
      if (since < log.stats().totalBytes * DISK_SHARE) return false;
    }
    return since >= (snapshots.newest?.bytes ?? 0) && nowMs >= this.#notBeforeMs;
  }

  /** The state was replaced by that of a received snapshot: an own one in the making is old. */
  installed(): void {
    this.#bytesBefore = this.#parts.applier.appliedBytes;
    this.#giveUp();
  }

  stop(): void {
    this.#stopped = true;
    this.#giveUp();
  }

  #begin(nowMs: number): void {
    const { raft, applier, snapshots, stateMachine } = this.#parts;
    const { appliedIndex: index, chain, leaderTimeMs } = applier;
    const term = raft.termAt(index);
    const configuration = raft.configurationAt(index);
    const meta = { index, term, configuration, chain, leaderTimeMs };
    const bytesBefore = this.#bytesBefore;
    this.#bytesBefore = applier.appliedBytes;
    const source = stateMachine.snapshot();
    const writer = snapshots.create(meta);
    const taking: Taking = {
      meta,
      source,
      writer,
      startedMs: nowMs,
      bytesBefore,
      stage: 'writing',
    };
    this.#taking = taking;
    this.#writeNext(taking);
  }

  #writeNext(taking: Taking): void {
    const { clock, wake } = this.#parts;
    if (this.#taking !== taking) return;
    if (taking.source.ready === false) {
      clock.after(PIECE_PAUSE_MS_MIN, () => this.#writeNext(taking));
      return;
    }
    const begunMs = clock.nowMs();
    const piece = taking.source.next(this.#config.pieceBytes);
    if (piece === null) {
      taking.source.close();
      taking.stage = 'written';
      wake();
      return;
    }
    let pauseMs = PIECE_PAUSE_MS_MIN;
    taking.writer.write(piece, (error) => {
      if (error !== null) this.#failed(taking, error);
      else clock.after(pauseMs, () => this.#writeNext(taking));
    });
    const workMs = clock.nowMs() - begunMs;
    pauseMs = Math.min(Math.max(pauseMs, PAUSE_PER_WORK * workMs), PIECE_PAUSE_MS_MAX);
  }

  #finish(taking: Taking): void {
    taking.stage = 'finishing';
    taking.writer.finish((error) => {
      if (error !== null) {
        this.#failed(taking, error);
        return;
      }
      taking.stage = 'durable';
      this.#parts.wake();
    });
  }

  /** A full disk only puts it off; the writer has cleaned up behind itself. */
  #failed(taking: Taking, error: RaftctlError): void {
    if (error.code !== 'DISK_FULL') {
      this.#parts.onFailed(error);
      return;
    }
    this.#failures += 1;
    this.#failure = error;
    if (taking.stage === 'writing') taking.source.close();
    if (this.#taking === taking) this.#taking = null;
    this.#notBeforeMs = this.#parts.clock.nowMs() + RETRY_MS;
    this.#bytesBefore = taking.bytesBefore;
  }

  /** One that is about to become durable cannot be stopped, and need not be. */
  #giveUp(): void {
    const taking = this.#taking;
    if (taking === null || taking.stage === 'finishing' || taking.stage === 'durable') return;
    this.#taking = null;
    if (taking.stage === 'writing') taking.source.close();
    taking.writer.abort();
  }

  #tell({ meta, startedMs }: Taking): void {
    const { raft, emit, clock, snapshots } = this.#parts;
    emit('snapshot.taken', raft.term, {
      index: meta.index,
      bytes: snapshots.newest?.bytes ?? 0,
      durationMs: Math.round(clock.nowMs() - startedMs),
    });
  }
}
