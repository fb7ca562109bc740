/**
 * What the simulator knows of one member by watching its ports: the log it wrote (volatile), what
 * its log reported durable, and what was found after a crash. Independent of the core's own ideas.
 */
import type { Batch } from '../node/model/batch.ts';
import { type HardState, INITIAL_HARD_STATE } from '../node/model/hard-state.ts';
import type { LogIndex, MemberNumber, Term } from '../node/model/ids.ts';
import type { LogBase, LogWrite } from '../node/model/log-write.ts';
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
  /** Last entry of the newest snapshot that was reported durable, over all lives. */
  snapshotIndex: LogIndex = 0;
  /** Where the newest configuration of its log stood when its last turn ended. */
  configurationSeen: LogIndex = 0;
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

  /** @param committed the one committed log, which every snapshot is a part of. */
  wrote(write: LogWrite, committed: LogPicture): void {
    if (write.hardState !== null) {
      if (write.hardState.term < this.volatileHard.term) {
        throw new Violation('I4 term monotone', `n${this.member} wrote a lower term`);
      }
      this.volatileHard = write.hardState;
    }
    if (write.reset !== undefined) this.#beginBehind(write.reset, committed);
    for (const batch of write.batches) this.volatile.append(batch);
    this.pending.push(write);
  }

  /** What a log begins behind is held by a snapshot that is durable already (I20). */
  #beginBehind({ index, term }: LogBase, committed: LogPicture): void {
    if (index > this.snapshotIndex || committed.termAt(index) !== term) {
      const detail = `n${this.member} begins its log behind (${index}, ${term}), no snapshot holds it`;
      throw new Violation('I20 recovery', detail);
    }
    this.volatile = committed.prefix(index);
    this.durable = committed.prefix(index);
    // Nothing that is still being written counts, but for the hard state.
    this.pending = this.pending.map((write) => ({ ...write, batches: [] }));
  }

  /** A snapshot of the entries up to `index` was reported durable. */
  stored(index: LogIndex): void {
    this.snapshotIndex = Math.max(this.snapshotIndex, index);
  }

  /** Entries up to `through` may be removed from the disk from now on (I20). */
  compacts(through: LogIndex): void {
    if (through <= this.snapshotIndex) return;
    const detail = `n${this.member} forgets up to ${through}, its snapshot ends at ${this.snapshotIndex}`;
    throw new Violation('I20 recovery', detail);
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
  recovered(found: RecoveredLog, snapshot: LogBase, committed: LogPicture): void {
    const name = `n${this.member}`;
    if (snapshot.index < this.snapshotIndex || snapshot.index > committed.last) {
      const detail = `${name} found a snapshot of ${snapshot.index}, it had ${this.snapshotIndex}`;
      throw new Violation('I20 recovery', detail);
    }
    if (found.baseIndex > snapshot.index || committed.termAt(snapshot.index) !== snapshot.term) {
      const detail = `${name} begins behind ${found.baseIndex}, its snapshot ends at (${snapshot.index}, ${snapshot.term})`;
      throw new Violation('I19 log shape', detail);
    }
    this.snapshotIndex = snapshot.index;
    const hardStates = [this.durableHard, ...this.pending.flatMap((w) => w.hardState ?? [])];
    const { hardState } = found;
    if (!hardStates.some((h) => h.term === hardState.term && h.vote === hardState.vote)) {
      const text = `term ${hardState.term}, vote ${hardState.vote}`;
      throw new Violation('I20 recovery', `${name} found a hard state nobody wrote: ${text}`);
    }
    if (hardState.term < this.termSent) {
      throw new Violation('I4 term monotone', `${name} sent term ${this.termSent} before`);
    }
    const log = this.#findRecovered(found) ?? behindSnapshot(found, snapshot, committed);
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
    this.configurationSeen = log.configurationAt(log.last)?.index ?? 0;
    this.termSeen = hardState.term;
  }

  #findRecovered(found: RecoveredLog): LogPicture | null {
    const log = this.durable.copy();
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

/** A snapshot that became durable just before the crash: the log begins anew behind it. */
function behindSnapshot(
  found: RecoveredLog,
  snapshot: LogBase,
  committed: LogPicture,
): LogPicture | null {
  const log = committed.prefix(snapshot.index);
  return found.baseIndex === snapshot.index && equals(log, found) ? log : null;
}

function equals(log: LogPicture, found: RecoveredLog): boolean {
  if (log.last !== found.lastIndex) return false;
  if (log.termAt(found.baseIndex) !== found.baseTerm) return false;
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
