/**
 * What the simulator knows of one member by watching its ports: the log it wrote (volatile), what
 * its log reported durable, and what was found after a crash. Independent of the core's own ideas.
 */
import type { Batch } from '../node/model/batch.ts';
import { type HardState, INITIAL_HARD_STATE } from '../node/model/hard-state.ts';
import type { LogIndex, MemberNumber, Term } from '../node/model/ids.ts';
import type { LogWrite } from '../node/model/log-write.ts';
import type { RecoveredLog } from '../node/ports/log-store.ts';
import type { RaftFrontDoor } from '../node/raft/contract.ts';
import { chain, LogPicture } from './log-picture.ts';
import { Violation } from './violation.ts';

/** A node that is down and whose disk nobody may read: nothing but what was reported counts. */
export class NodeRecord {
  readonly member: MemberNumber;
  /** Null while the member is down. */
  raft: RaftFrontDoor | null = null;
  /** All that was handed to the log. */
  volatile = new LogPicture();
  volatileHard: HardState = INITIAL_HARD_STATE;
  /** All that the log reported durable. */
  durable = new LogPicture();
  durableHard: HardState = INITIAL_HARD_STATE;
  /** Handed over, not yet reported. */
  pending: LogWrite[] = [];
  /** Of this life. */
  commitSeen: LogIndex = 0;
  appliedSeen: LogIndex = 0;
  termSeen: Term = 0;
  /** Highest term in a message that left, over all lives. */
  termSent: Term = 0;

  constructor(member: MemberNumber) {
    this.member = member;
  }

  /** The data directory was formatted with these entries. */
  format(batches: readonly Batch[]): void {
    for (const batch of batches) this.durable.append(batch);
  }

  wrote(write: LogWrite): void {
    if (write.hardState !== null) {
      if (write.hardState.term < this.volatileHard.term) {
        throw new Violation('I4 term monotone', `n${this.member} wrote a lower term`);
      }
      this.volatileHard = write.hardState;
    }
    for (const batch of write.batches) this.volatile.append(batch);
    this.pending.push(write);
  }

  synced(sequence: number): void {
    let count = 0;
    for (const write of this.pending) {
      if (write.sequence > sequence) break;
      if (write.hardState !== null) this.durableHard = write.hardState;
      for (const batch of write.batches) this.durable.append(batch);
      count += 1;
    }
    this.pending.splice(0, count);
  }

  crashed(): void {
    this.raft = null;
  }

  /**
   * A new life opened the log. What it found must be what was reported durable, perhaps with some
   * of the writes that were under way, in their order (I20).
   */
  recovered(found: RecoveredLog): void {
    const name = `n${this.member}`;
    const hardStates = [this.durableHard, ...this.pending.flatMap((w) => w.hardState ?? [])];
    const { hardState } = found;
    if (!hardStates.some((h) => h.term === hardState.term && h.vote === hardState.vote)) {
      const text = `term ${hardState.term}, vote ${hardState.vote}`;
      throw new Violation('I20 recovery', `${name} found a hard state nobody wrote: ${text}`);
    }
    if (hardState.term < this.termSent) {
      throw new Violation('I4 term monotone', `${name} sent term ${this.termSent} before`);
    }
    const log = this.#findRecovered(found);
    if (log === null) {
      const had = `durable ${this.durable.last}, ${this.pending.length} writes under way`;
      throw new Violation('I20 recovery', `${name} found a log up to ${found.lastIndex}; ${had}`);
    }
    this.durable = log;
    this.durableHard = hardState;
    this.volatile = log.copy();
    this.volatileHard = hardState;
    this.pending = [];
    this.commitSeen = 0;
    this.appliedSeen = 0;
    this.termSeen = hardState.term;
  }

  #findRecovered(found: RecoveredLog): LogPicture | null {
    const log = this.durable;
    if (equals(log, found)) return log;
    for (const write of this.pending) {
      for (const batch of write.batches) {
        log.append(batch);
        if (equals(log, found)) return log;
      }
    }
    return null;
  }
}

function equals(log: LogPicture, found: RecoveredLog): boolean {
  if (log.last !== found.lastIndex) return false;
  for (const [i, run] of found.termRuns.entries()) {
    const end = found.termRuns[i + 1]?.first ?? found.lastIndex + 1;
    for (let index = run.first; index < end; index += 1) {
      if (log.termAt(index) !== run.term) return false;
    }
  }
  const first = found.tail[0];
  if (first === undefined) return true;
  let hash = log.hashAt(first.first - 1);
  for (const batch of found.tail) hash = chain(hash, batch);
  return hash === log.hashAt(found.lastIndex);
}
