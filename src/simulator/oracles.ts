/**
 * The oracles: invariants checked at the very step that could break them, from what passes the
 * ports (messages that leave, writes, syncs, applied commands) and from one look at the core after
 * each turn. All are O(1) or O(members) per event. Ghost state: who led each term, whom each member
 * voted for, the one log that is committed.
 */
import type { Batch } from '../node/model/batch.ts';
import type { LogIndex, MemberNumber, Term } from '../node/model/ids.ts';
import type { LogBase, LogWrite } from '../node/model/log-write.ts';
import type { PeerMessage } from '../node/model/message.ts';
import type { RecoveredLog } from '../node/ports/log-store.ts';
import type { RaftFrontDoor } from '../node/raft/contract.ts';
import type { Role } from '../node/raft/ready.ts';
import { Ballots, LEADERS_ONLY } from './ballots.ts';
import type { ElectionOracles } from './election-oracles.ts';
import { hashKey, LogPicture } from './log-picture.ts';
import { isCommitQuorum } from './member-oracle.ts';
import { NodeRecord } from './node-record.ts';
import { Violation } from './violation.ts';

export interface OraclesInit {
  /** Oracles of leadership over time look on too. */
  readonly elections?: ElectionOracles;
  readonly nowMs?: () => number;
}

export class Oracles {
  readonly records: readonly NodeRecord[];
  /** By the names of coverage.ts. */
  readonly counts = {
    ...{ 'elections lost': 0, 'leader changes': 0, 'inherited tail': 0, commits: 0 },
    ...{ truncations: 0, 'durable truncated': 0 },
  };
  /** Highest index anybody has committed. */
  maxCommit: LogIndex = 0;
  readonly #byMember = new Map<MemberNumber, NodeRecord>();
  readonly #ballots = new Ballots();
  readonly #roles = new Map<MemberNumber, Role>();
  /** Chain hash by (last index of a batch, term): I6 for whole prefixes at once. */
  readonly #hashes = new Map<number, number>();
  /** The term in which each index was committed, not that of its entry. */
  readonly #committedIn: Term[] = [0];
  /** The one committed log: what a snapshot stands for. */
  readonly committed = new LogPicture();
  readonly #elections: ElectionOracles | null;
  readonly #nowMs: () => number;
  #lastLeader: MemberNumber = 0;

  constructor(
    members: readonly MemberNumber[],
    founding: readonly Batch[],
    init: OraclesInit = {},
  ) {
    this.#elections = init.elections ?? null;
    this.#nowMs = init.nowMs ?? (() => 0);
    this.records = members.map((member) => new NodeRecord(member));
    for (const record of this.records) {
      record.format(founding);
      this.#byMember.set(record.member, record);
    }
    for (const batch of founding) this.maxCommit = batch.last;
    const first = this.records[0] as NodeRecord;
    for (let index = 1; index <= this.maxCommit; index += 1) {
      this.#committedIn.push(first.durable.termAt(index));
    }
    this.committed.extend(first.durable, this.maxCommit);
  }

  record(member: MemberNumber): NodeRecord {
    const record = this.#byMember.get(member);
    if (record === undefined) throw new Violation('assertion', `no member ${member}`);
    return record;
  }

  recovered(
    member: MemberNumber,
    found: RecoveredLog,
    snapshot: LogBase = { index: 0, term: 0 },
  ): void {
    const record = this.record(member);
    // Entries of a term that was never durable have not left the node: they may come otherwise.
    for (const { batches } of record.pending) {
      for (const { term, last } of batches) {
        if (term > found.hardState.term) this.#hashes.delete(hashKey(last, term));
      }
    }
    record.recovered(found, snapshot, this.committed);
    this.#roles.set(member, 'follower');
  }

  started(member: MemberNumber, raft: RaftFrontDoor): void {
    this.record(member).raft = raft;
    this.#elections?.started(member, raft, this.#nowMs());
  }

  crashed(member: MemberNumber): void {
    this.record(member).crashed();
    this.#roles.delete(member);
    this.#elections?.forget(member, true);
  }

  wrote(member: MemberNumber, write: LogWrite): void {
    const record = this.record(member);
    const first = write.batches[0]?.first ?? Number.POSITIVE_INFINITY;
    if (first <= record.volatile.last) this.counts.truncations += 1;
    if (first <= record.durable.last) this.counts['durable truncated'] += 1;
    this.#elections?.wrote(member, write.hardState);
    if (write.hardState !== null) this.#ballots.casts(record, write.hardState);
    record.wrote(write, this.committed);
    for (const batch of write.batches) this.#checkMatching(record, batch);
  }

  /** A snapshot is durable: whatever it holds was committed. */
  stored(member: MemberNumber, { index, term }: LogBase, _kind: 'taken' | 'received'): void {
    if (index > this.maxCommit || this.committed.termAt(index) !== term) {
      const detail = `n${member} stores a snapshot of (${index}, ${term}), which is not committed`;
      throw new Violation('I18 snapshot equivalence', detail);
    }
    this.record(member).stored(index);
  }

  compacts(member: MemberNumber, through: LogIndex): void {
    this.record(member).compacts(through);
  }

  synced(member: MemberNumber, sequence: number): void {
    const record = this.record(member);
    const { term } = record.durableHard;
    record.synced(sequence);
    if (record.durableHard.term !== term) this.#elections?.released(member);
  }

  /** A message leaves: what it promises must be true and durable now (I1, I2, I3, I9). */
  leaves(message: PeerMessage): void {
    const { type, from, term } = message;
    this.#elections?.leaves(message);
    if (type === 'preVote' || type === 'forward' || type === 'forwardRefused') return;
    if (type === 'clock') return;
    if (type === 'preVoteReply' && message.granted) return;
    const record = this.record(from);
    if (record.durableHard.term < term) {
      const detail = `${type} of term ${term} leaves n${from}, durable is ${record.durableHard.term}`;
      throw new Violation('I3 persist before reply', detail);
    }
    record.termSent = Math.max(record.termSent, term);
    if (LEADERS_ONLY.has(type)) {
      if (record.raft !== null && record.raft.role !== 'leader') {
        throw new Violation('I1 election safety', `n${from} sends a ${type} and does not lead`);
      }
      this.#ballots.leads(from, term);
    }
    if (type === 'timeoutNow') this.#ballots.handsOver(record, this.record(message.to), message);
    if (type === 'vote' || type === 'transferVote') {
      this.#ballots.asks(message);
      this.#ballots.votes(record, term, from);
    }
    if (type === 'voteReply' && message.granted) this.#ballots.votes(record, term, message.to);
    if (type === 'appendReply' && message.matchIndex > record.durable.last) {
      const detail = `n${from} acks ${message.matchIndex}, durable is ${record.durable.last}`;
      throw new Violation('I9 committed is durable', detail);
    }
  }

  /** The end of a turn of a member. */
  turn(member: MemberNumber): void {
    const record = this.record(member);
    const { raft } = record;
    if (raft === null) return;
    this.commitMoved(record, raft);
    if (raft.term < record.termSeen) {
      throw new Violation('I4 term monotone', `n${member}: ${record.termSeen} to ${raft.term}`);
    }
    record.termSeen = raft.term;
    this.#checkShape(record, raft);
    this.#roleOf(record, raft);
    this.#elections?.turn(member, this.#nowMs());
    if (raft.role === 'leader') this.#checkMatches(record, raft);
  }

  /** Checks every entry that became committed since the last look at this member. */
  commitMoved(record: NodeRecord, raft: RaftFrontDoor): void {
    const { commitIndex } = raft;
    const before = record.commitSeen;
    if (commitIndex === before) return;
    const name = `n${record.member}`;
    if (commitIndex < before) {
      throw new Violation('I12 commit monotone', `${name}: ${before} to ${commitIndex}`);
    }
    const log = record.volatile;
    if (commitIndex > log.last) {
      throw new Violation('I12 commit monotone', `${name} commits ${commitIndex} of ${log.last}`);
    }
    record.commitSeen = commitIndex;
    // Paper 5.4.2. The entries a member is told at its start were committed by others.
    // Who begins to lead in this turn may have heard of a commit before, as a follower.
    const led = raft.role === 'leader' && this.#roles.get(record.member) === 'leader';
    if (led && before > 0 && log.termAt(commitIndex) !== raft.term) {
      const detail = `${name} of term ${raft.term} commits ${commitIndex} of another term`;
      throw new Violation('I11 current-term rule', detail);
    }
    for (let index = before + 1; index <= Math.min(commitIndex, this.maxCommit); index += 1) {
      const same =
        this.committed.termAt(index) === log.termAt(index) &&
        this.committed.hashAt(index) === log.hashAt(index);
      if (!same) {
        const detail = `${name} commits (${index}, ${log.termAt(index)}), another was committed`;
        throw new Violation('I8 state machine safety', detail);
      }
    }
    if (commitIndex > this.maxCommit) this.#commit(record, commitIndex, raft.term);
  }

  #commit(record: NodeRecord, commitIndex: LogIndex, inTerm: Term): void {
    const log = record.volatile;
    const term = log.termAt(commitIndex);
    const holders = this.records.filter((r) => r.durable.holds(commitIndex, term));
    if (!isCommitQuorum(record, holders)) {
      const who = holders.map((r) => `n${r.member}`).join(' ');
      const detail = `n${record.member} commits (${commitIndex}, ${term}), durable on: ${who || 'none'}`;
      throw new Violation('I9 committed is durable', detail);
    }
    for (let index = this.maxCommit + 1; index <= commitIndex; index += 1) {
      this.#committedIn.push(inTerm);
    }
    this.committed.extend(log, commitIndex);
    this.counts.commits += commitIndex - this.maxCommit;
    this.maxCommit = commitIndex;
  }

  #checkMatching(record: NodeRecord, batch: Batch): void {
    const key = hashKey(batch.last, batch.term);
    const hash = record.volatile.hashAt(batch.last);
    const known = this.#hashes.get(key);
    if (known === undefined) this.#hashes.set(key, hash);
    else if (known !== hash) {
      const detail = `two logs differ up to (${batch.last}, ${batch.term}), one on n${record.member}`;
      throw new Violation('I6 log matching', detail);
    }
  }

  /** What the core believes to be its log is what it gave to the disk. */
  #checkShape(record: NodeRecord, raft: RaftFrontDoor): void {
    const { last } = record.volatile;
    if (raft.snapshotIndex > record.snapshotIndex || raft.firstIndex > raft.snapshotIndex + 1) {
      const { firstIndex, snapshotIndex } = raft;
      const detail = `n${record.member} holds a log from ${firstIndex}, a snapshot of ${snapshotIndex}`;
      throw new Violation('I19 log shape', detail);
    }
    if (raft.lastIndex === last && raft.termAt(last) === record.volatile.termAt(last)) return;
    const core = `(${raft.lastIndex}, ${raft.termAt(raft.lastIndex)})`;
    const detail = `n${record.member} holds a log up to ${core}, but wrote up to ${last}`;
    throw new Violation('I6 log matching', detail);
  }

  #roleOf(record: NodeRecord, raft: RaftFrontDoor): void {
    const before = this.#roles.get(record.member);
    const { role, term } = raft;
    if (before === role) {
      if (role === 'leader') this.#ballots.leads(record.member, term);
      return;
    }
    this.#roles.set(record.member, role);
    if (before === 'candidate' && role !== 'leader') this.counts['elections lost'] += 1;
    if (role !== 'leader') return;
    this.#ballots.leads(record.member, term);
    this.#ballots.elected(record, term);
    if (this.#lastLeader !== record.member) this.counts['leader changes'] += 1;
    this.#lastLeader = record.member;
    // The last one is its own no-op.
    if (record.volatile.last - 1 > this.maxCommit) this.counts['inherited tail'] += 1;
    // Paper 5.4: it has what was committed in earlier terms. A leader whose votes came late need
    // not have what leaders of later terms have committed meanwhile.
    let index = this.maxCommit;
    while ((this.#committedIn[index] as Term) >= term) index -= 1;
    const complete =
      record.volatile.holds(index, this.committed.termAt(index)) &&
      record.volatile.hashAt(index) === this.committed.hashAt(index);
    if (!complete) {
      const detail = `n${record.member} leads term ${term} without committed entry ${index}`;
      throw new Violation('I7 leader completeness', detail);
    }
  }

  #checkMatches(record: NodeRecord, raft: RaftFrontDoor): void {
    for (const other of this.records) {
      if (other === record || other.volatileHard.term > raft.term) continue;
      const progress = raft.progressOf(other.member);
      if (progress === null || progress.matchIndex === 0) continue;
      const { matchIndex } = progress;
      const term = record.volatile.termAt(matchIndex);
      if (other.durable.holds(matchIndex, term) && other.volatile.holds(matchIndex, term)) continue;
      const detail = `n${record.member} counts n${other.member} up to ${matchIndex}, it is not`;
      throw new Violation('I13 match accuracy', detail);
    }
  }
}
