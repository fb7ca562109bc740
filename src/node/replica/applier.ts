/**
 * Feeds committed entries to the state machine, in order, and answers who waits for them. Entries
 * come from the core's cache or, when they were evicted (a restart, a long stall), from the log.
 *
 * One call works for a bounded time, so that a node that catches up still hears its leader.
 */
import { assert } from '../../std/assert.ts';
import { type Bytes, crc32, zeroBytes } from '../../std/bytes.ts';
import type { RaftctlError } from '../../std/errors.ts';
import { BATCH_KIND, type Batch } from '../model/batch.ts';
import { commandsOf } from '../model/command.ts';
import type { LogIndex } from '../model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { StateMachine } from '../ports/state-machine.ts';
import type { RaftFrontDoor } from '../raft/contract.ts';
import type { Awaited } from './awaited.ts';

/** A turn applies no longer than this before it looks at its inbox again. */
const APPLY_MS_MAX = 5;
const READ_BYTES_MAX = 1024 * 1024;

export interface ApplierInit {
  readonly raft: RaftFrontDoor;
  readonly log: LogStore;
  readonly clock: Clock;
  readonly stateMachine: StateMachine;
  readonly awaited: Awaited;
  /** Entries that were read arrived: run a turn. */
  readonly wake: () => void;
  readonly onFailed: (error: RaftctlError) => void;
}

export class Applier {
  readonly #init: ApplierInit;
  #appliedIndex: LogIndex = 0;
  /** Batches read back from the log, contiguous from appliedIndex + 1. */
  #readBack: readonly Batch[] = [];
  #reading = false;
  /** crc32 over the checksums of all batches applied so far: equal logs, equal chains. */
  #chain = 0;
  readonly #chainInput: Bytes = zeroBytes(8);

  constructor(init: ApplierInit) {
    this.#init = init;
  }

  get appliedIndex(): LogIndex {
    return this.#appliedIndex;
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
    this.#chainInput.writeUInt32LE(this.#chain, 0);
    batch.bytes.copy(this.#chainInput, 4, 0, 4);
    this.#chain = crc32(this.#chainInput);
  }

  #applyCommands(batch: Batch, waiters: ReturnType<Awaited['takeAppended']>): void {
    const { stateMachine, awaited } = this.#init;
    const cursor = commandsOf(batch);
    const context = { index: batch.first, term: batch.term, leaderTimeMs: batch.leaderTimeMs };
    let waiterAt = 0;
    while (cursor.next()) {
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
}
