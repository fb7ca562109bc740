/**
 * Feeds committed entries to the state machine, in order, and answers who waits for them. Entries
 * come from the core's cache or, when they were evicted (a restart, a long stall), from the log.
 *
 * A state can also come whole, from a snapshot: at the start, or when the leader has sent one. Then
 * nothing is applied until the new state is complete and has taken the place of the old one.
 *
 * One call works for a bounded time, so that a node that catches up still hears its leader.
 */
import { assert } from '../../std/assert.ts';
import { type Bytes, crc32, zeroBytes } from '../../std/bytes.ts';
import { RaftctlError } from '../../std/errors.ts';
import { BATCH_KIND, type Batch } from '../model/batch.ts';
import { commandsOf, type RecordCursor } from '../model/command.ts';
import type { LogIndex } from '../model/ids.ts';
import type { SnapshotMeta } from '../model/snapshot.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { SnapshotStore } from '../ports/snapshot-store.ts';
import type { StateMachine, StateRestore } from '../ports/state-machine.ts';
import type { RaftFrontDoor } from '../raft/contract.ts';
import type { Awaited } from './awaited.ts';

/** So many commands are foreseen together. */
const FORESEEN_MAX = 32;
/** A turn applies no longer than this before it looks at its inbox again. */
const APPLY_MS_MAX = 5;
const READ_BYTES_MAX = 1024 * 1024;
/** Between two pieces of a state that the leader has sent: so many times as long as one took. */
const RESTORE_PAUSE_PER_WORK = 3;
const RESTORE_PAUSE_MS_MAX = 10;

export interface ApplierInit {
  readonly raft: RaftFrontDoor;
  readonly log: LogStore;
  readonly clock: Clock;
  readonly stateMachine: StateMachine;
  readonly snapshots: SnapshotStore;
  readonly awaited: Awaited;
  /** Entries that were read arrived: run a turn. */
  readonly wake: () => void;
  readonly onFailed: (error: RaftctlError) => void;
}

interface Restore {
  readonly meta: SnapshotMeta;
  readonly state: StateRestore;
  loaded: boolean;
}

export class Applier {
  readonly #init: ApplierInit;
  #appliedIndex: LogIndex = 0;
  /** Batches read back from the log, contiguous from appliedIndex + 1. */
  #readBack: readonly Batch[] = [];
  #reading = false;
  /** The newest snapshot is one that the leader has sent. */
  #isSent = false;
  /** crc32 over the checksums of all batches applied so far: equal logs, equal chains. */
  #chain = 0;
  #leaderTimeMs = 0;
  #appliedBytes = 0;
  /** The state must become that of the newest snapshot. */
  #restoreDue: boolean;
  /** A snapshot that is being loaded, or was. */
  #restore: Restore | null = null;
  readonly #chainInput: Bytes = zeroBytes(8);
  readonly #spans = new Int32Array(2 * FORESEEN_MAX);

  constructor(init: ApplierInit) {
    this.#init = init;
    this.#restoreDue = init.snapshots.newest !== null;
  }

  get appliedIndex(): LogIndex {
    return this.#appliedIndex;
  }

  /** Chain hash as a number, and the highest leader's clock, up to `appliedIndex`. */
  get chain(): number {
    return this.#chain;
  }

  get leaderTimeMs(): number {
    return this.#leaderTimeMs;
  }

  /** Bytes of all batches applied by this process. */
  get appliedBytes(): number {
    return this.#appliedBytes;
  }

  /** Whether the state is being replaced. */
  get restoring(): boolean {
    return this.#restoreDue || this.#restore !== null;
  }

  /** The core has begun its log anew behind the newest snapshot. */
  installed(): void {
    this.#restoreDue = true;
    this.#isSent = true;
    this.#readBack = [];
  }

  /** Names the log up to `appliedIndex`: replicas with equal ones applied the same batches. */
  get chainHash(): string {
    return this.#chain.toString(16).padStart(8, '0');
  }

  /**
   * Applies what is committed.
   * @returns whether more could be applied at once: another turn is needed.
   */
  run(): boolean {
    const { raft, clock } = this.#init;
    if (this.restoring && !this.#restored()) return false;
    if (this.#appliedIndex >= raft.commitIndex) return false;
    const endMs = clock.nowMs() + APPLY_MS_MAX;
    while (this.#appliedIndex < raft.commitIndex) {
      const batch = this.#nextBatch();
      if (batch === null) return false;
      assert(batch.last <= raft.commitIndex, 'a batch is committed as a whole');
      this.#apply(batch);
      if (clock.nowMs() >= endMs) return this.#appliedIndex < raft.commitIndex;
    }
    return false;
  }

  /** Begins to load what is due, and takes over what is loaded. @returns whether to apply now. */
  #restored(): boolean {
    const restore = this.#restore;
    if (restore === null) {
      this.#load();
      return false;
    }
    if (!restore.loaded) return false;
    this.#restore = null;
    const { meta, state } = restore;
    if (!state.finish()) {
      this.#init.onFailed(unusable(meta.index));
      return false;
    }
    this.#appliedIndex = meta.index;
    this.#chain = meta.chain;
    this.#leaderTimeMs = meta.leaderTimeMs;
    if (this.#restoreDue) this.#load();
    return !this.restoring;
  }

  #load(): void {
    const { snapshots, stateMachine, wake, onFailed } = this.#init;
    const meta = snapshots.newest?.meta;
    assert(meta !== undefined, 'a snapshot was installed before it is loaded');
    this.#restoreDue = false;
    if (meta.index <= this.#appliedIndex) return;
    const { index, term, leaderTimeMs } = meta;
    const state = stateMachine.restore({ index, term, leaderTimeMs });
    const restore: Restore = { meta, state, loaded: false };
    this.#restore = restore;
    const isSent = this.#isSent;
    snapshots.load(
      (data) => (isSent ? this.#takePaced(state, data) : state.take(data)),
      (error) => {
        if (error !== null) {
          onFailed(error);
          return;
        }
        restore.loaded = true;
        wake();
      },
    );
  }

  /**
   * A member that was sent a snapshot leaves the processors to those who serve. Should it be
   * elected meanwhile, everybody waits for it: then it hurries.
   */
  #takePaced(state: StateRestore, data: Bytes): void | Promise<void> {
    const { clock, raft } = this.#init;
    const begunMs = clock.nowMs();
    state.take(data);
    const workMs = clock.nowMs() - begunMs;
    if (workMs === 0 || raft.role === 'leader') return;
    const pauseMs = Math.min(RESTORE_PAUSE_PER_WORK * workMs, RESTORE_PAUSE_MS_MAX);
    return new Promise((resolve) => clock.after(pauseMs, resolve));
  }

  #nextBatch(): Batch | null {
    const from = this.#appliedIndex + 1;
    const readBack = this.#readBack[0];
    if (readBack !== undefined && readBack.first === from) {
      this.#readBack = this.#readBack.slice(1);
      return readBack;
    }
    const cached = this.#init.raft.cachedBatch(from);
    if (cached !== null) {
      assert(cached.first === from, 'applying starts at the head of a batch');
      return cached;
    }
    this.#readBehind(from);
    return null;
  }

  #readBehind(from: LogIndex): void {
    if (this.#reading) return;
    this.#reading = true;
    const { log, raft, wake, onFailed } = this.#init;
    // Committed entries are never replaced, so what is read stays true.
    const range = { from, through: raft.commitIndex, bytesMax: READ_BYTES_MAX };
    log.read(range, (error, batches) => {
      this.#reading = false;
      if (error !== null) {
        onFailed(error);
        return;
      }
      this.#readBack = batches.filter((b) => b.last <= range.through);
      wake();
    });
  }

  #apply(batch: Batch): void {
    const { awaited } = this.#init;
    awaited.termApplied(batch.term);
    const waiters = awaited.takeAppended(batch.first, batch.term);
    if (batch.kind === BATCH_KIND.commands) this.#applyCommands(batch, waiters);
    this.#appliedIndex = batch.last;
    this.#appliedBytes += batch.bytes.length;
    this.#leaderTimeMs = Math.max(this.#leaderTimeMs, batch.leaderTimeMs);
    this.#chainInput.writeUInt32LE(this.#chain, 0);
    batch.bytes.copy(this.#chainInput, 4, 0, 4);
    this.#chain = crc32(this.#chainInput);
  }

  #applyCommands(batch: Batch, waiters: ReturnType<Awaited['takeAppended']>): void {
    const { stateMachine, awaited } = this.#init;
    const cursor = commandsOf(batch);
    const { term, leaderTimeMs } = batch;
    const context = { index: batch.first, term, leaderTimeMs, session: 0, sequence: 0 };
    const ahead = batch.last > batch.first ? commandsOf(batch) : null;
    let foreseen = 0;
    let waiterAt = 0;
    while (cursor.next()) {
      if (foreseen === 0 && ahead !== null) foreseen = this.#foresee(ahead);
      foreseen -= 1;
      context.session = cursor.session;
      context.sequence = cursor.sequence;
      const answer = stateMachine.apply(cursor.bytes, cursor.start, cursor.end, context);
      if (cursor.originMember !== 0) {
        awaited.settleOrigin(cursor, answer);
      } else if (waiters !== null) {
        const waiter = waiters[waiterAt];
        assert(waiter !== undefined, 'a command without origin has its waiter here');
        waiterAt += 1;
        waiter.settle('ok', answer);
      }
      context.index += 1;
    }
    assert(context.index === batch.last + 1, 'a batch holds as many commands as it says');
  }

  /** Shows the app the commands that come next. @returns how many. */
  #foresee(ahead: RecordCursor): number {
    const { stateMachine } = this.#init;
    const spans = this.#spans;
    let count = 0;
    while (count < FORESEEN_MAX && ahead.next()) {
      spans[2 * count] = ahead.start;
      spans[2 * count + 1] = ahead.end;
      count += 1;
    }
    stateMachine.foresee?.(ahead.bytes, spans, count);
    return count;
  }
}

/** All checksums were right, so what wrote it was wrong: half a state is nothing to go on from. */
function unusable(index: LogIndex): RaftctlError {
  return new RaftctlError('SNAPSHOT_CORRUPT', {
    message: `Cannot use the snapshot of entry ${index} as it does not hold a whole state`,
    hint: 'The state is still on the other members: raftctl node repair NODE brings it back',
  });
}
