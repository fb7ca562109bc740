/**
 * The front door of the pure core (Raft: Ongaro and Ousterhout 2014, "the paper"; Ongaro's thesis).
 *
 * ```
 *   raft.ts      step.ts                           inputs by type and role, `ready()`
 *   follower.ts  leader.ts  election.ts            what a role does with an input
 *   roles.ts     replication.ts  snapshots.ts      changes of role; what a leader sends
 *   reconfigure.ts  transfer.ts                    changes of members; leadership handed over
 *   commit.ts    read-index.ts  election-timer.ts  lease.ts    rules
 *   state.ts     log, durability, outbox, progress, inflights, quorum
 * ```
 * Calls go downwards only. Inputs change state and fill the outbox; `ready()` hands out what has
 * become free to do. What must not happen is asserted here and, over steps, in invariants.ts.
 */
import { assert } from '../../std/assert.ts';
import { type Batch, sealBatch } from '../model/batch.ts';
import type { LogIndex, MemberNumber, Term } from '../model/ids.ts';
import type { Membership } from '../model/membership.ts';
import type { MemberChange } from '../model/membership-change.ts';
import type { RaftMessage } from '../model/message.ts';
import type { SnapshotPoint } from '../model/snapshot.ts';
import { maybeCommit } from './commit.ts';
import type { RaftInit } from './config.ts';
import { onPeerDown, onPeerUp } from './connections.ts';
import type { FollowerProgress, Proposal, ProposeResult, RaftFrontDoor } from './contract.ts';
import { tickElection } from './election.ts';
import {
  becomeUrgent,
  idleTicks,
  majorityIsConnected,
  resetElectionTimer,
} from './election-timer.ts';
import { answerLeader } from './follower.ts';
import { captureSnapshot, type RaftSnapshot } from './invariants.ts';
import { followerProgress, leaderTurn, servesClients, tickLeader } from './leader.ts';
import { leaseUntilMs, promiseFromStart } from './lease.ts';
import { askLeader, expireRemoteReads, isServing, registerRead } from './read-index.ts';
import type {
  Ready,
  Role,
  SnapshotFilePart,
  SnapshotReadRequest,
  TransferRefusal,
} from './ready.ts';
import {
  hasCaughtUp,
  maybeResign,
  type ReconfigureResult,
  reconfigure,
  settleConfiguration,
  tickLearners,
} from './reconfigure.ts';
import { onLogRead, replicate } from './replication.ts';
import { appendToOwnLog, becomeFollower } from './roles.ts';
import {
  onSnapshotRead,
  onSnapshotReceived,
  onSnapshotStored,
  onSnapshotWritten,
} from './snapshots.ts';
import { progressOf, RaftState } from './state.ts';
import { stepMessage } from './step.ts';
import { beginTransfer } from './transfer.ts';
import { takeReady } from './turn-output.ts';

export class Raft implements RaftFrontDoor {
  readonly #s: RaftState;
  #reportedCommit: LogIndex = 0;

  constructor(init: RaftInit) {
    assert(init.self >= 1, 'members are numbered from 1');
    const s = new RaftState(init);
    this.#s = s;
    s.role = s.isVoter ? 'follower' : 'learner';
    // A voter that is a majority by itself has nobody to wait for.
    if (majorityIsConnected(s)) becomeUrgent(s);
    else resetElectionTimer(s);
  }

  beginTurn(nowMs: number): void {
    const s = this.#s;
    const elapsedMs = nowMs - s.nowMs;
    assert(elapsedMs >= 0, 'monotonic time went backwards');
    s.nowMs = nowMs;
    promiseFromStart(s);
    if (s.leadership === null) return;
    leaderTurn(s, s.leadership, elapsedMs);
    maybeResign(s);
  }

  tick(): void {
    const s = this.#s;
    s.ticks += 1;
    if (s.leadership === null) {
      expireRemoteReads(s);
      tickElection(s);
      return;
    }
    tickLeader(s, s.leadership);
    // It may have found that nobody follows it any more.
    if (s.leadership !== null) tickLearners(s, s.leadership);
  }

  step(message: RaftMessage): void {
    stepMessage(this.#s, message);
  }

  propose(input: Proposal): ProposeResult {
    const s = this.#s;
    if (s.diskFull) return { accepted: false, reason: 'diskFull' };
    if (s.leadership === null) return { accepted: false, reason: 'notLeader' };
    if (s.leadership.transfer !== null) return { accepted: false, reason: 'transferring' };
    const first = s.log.lastIndex + 1;
    const { kind, count, payload } = input;
    // Time in the log never goes back, whatever the leader's clock says.
    const leaderTimeMs = Math.max(input.leaderTimeMs, s.log.lastTimeMs);
    appendToOwnLog(
      s,
      sealBatch({ cluster: s.cluster, term: s.term, first, kind, count, leaderTimeMs, payload }),
    );
    return { accepted: true, first, term: s.term };
  }

  reconfigure(changes: readonly MemberChange[]): ReconfigureResult {
    return reconfigure(this.#s, changes);
  }

  readIndex(requestId: number): void {
    const s = this.#s;
    if (s.leadership !== null) registerRead(s, s.self, requestId);
    else askLeader(s, requestId);
  }

  servesClients(member: MemberNumber): void {
    const s = this.#s;
    if (s.leadership !== null) servesClients(s, s.leadership, member);
  }

  transferLeadership(target: MemberNumber): TransferRefusal | null {
    return beginTransfer(this.#s, target);
  }

  logSynced(sequence: number): void {
    const s = this.#s;
    s.durability.synced(sequence);
    maybeCommit(s);
  }

  logRead(member: MemberNumber, batches: readonly Batch[] | null): void {
    const s = this.#s;
    const progress = s.leadership === null ? null : progressOf(s.leadership, member);
    if (progress !== null) onLogRead(s, progress, batches);
  }

  snapshotWritten(snapshot: SnapshotPoint, through: LogIndex): void {
    onSnapshotWritten(this.#s, snapshot, through);
  }

  snapshotRead(request: SnapshotReadRequest, part: SnapshotFilePart | null): void {
    const s = this.#s;
    const progress = s.leadership === null ? null : progressOf(s.leadership, request.member);
    if (progress !== null) onSnapshotRead(s, progress, request, part);
  }

  snapshotStored(index: LogIndex, offset: number): void {
    onSnapshotStored(this.#s, index, offset);
  }

  snapshotReceived(snapshot: SnapshotPoint | null): void {
    onSnapshotReceived(this.#s, snapshot);
  }

  diskFull(full: boolean): void {
    const s = this.#s;
    s.diskFull = full;
    if (!full || s.role === 'follower' || s.role === 'learner') return;
    becomeFollower(s, { term: s.term, leader: 0, reason: 'diskFull' });
  }

  peerUp(member: MemberNumber): void {
    onPeerUp(this.#s, member);
  }

  peerDown(member: MemberNumber): void {
    onPeerDown(this.#s, member);
  }

  ready(): Ready | null {
    const s = this.#s;
    if (s.leadership !== null) {
      settleConfiguration(s, s.leadership);
      replicate(s, s.leadership);
    } else {
      answerLeader(s);
    }
    const ready = takeReady(s, this.#reportedCommit);
    if (ready !== null) this.#reportedCommit = ready.commitIndex;
    return ready;
  }

  get idleTicks(): number {
    return idleTicks(this.#s);
  }

  get role(): Role {
    return this.#s.role;
  }

  get term(): Term {
    return this.#s.term;
  }

  get leader(): MemberNumber {
    return this.#s.leader;
  }

  get commitIndex(): LogIndex {
    return this.#s.commitIndex;
  }

  get lastIndex(): LogIndex {
    return this.#s.log.lastIndex;
  }

  get lastTimeMs(): number {
    return this.#s.log.lastTimeMs;
  }

  get firstIndex(): LogIndex {
    return this.#s.log.firstIndex;
  }

  get snapshotIndex(): LogIndex {
    return this.#s.snapshotIndex;
  }

  get sharesMachine(): boolean {
    return this.#s.sharesMachine;
  }

  get durableIndex(): LogIndex {
    return this.#s.durability.durableIndex;
  }

  get serving(): boolean {
    return isServing(this.#s);
  }

  get leaseUntilMs(): number {
    return leaseUntilMs(this.#s);
  }

  get transferTarget(): MemberNumber {
    return this.#s.leadership?.transfer?.target ?? 0;
  }

  get membership(): Membership {
    return this.#s.log.membership;
  }

  get configurationIndex(): LogIndex {
    return this.#s.log.configurationIndex;
  }

  hasCaughtUp(member: MemberNumber): boolean {
    return hasCaughtUp(this.#s, member);
  }

  termAt(index: LogIndex): Term {
    return this.#s.log.termAt(index);
  }

  configurationAt(index: LogIndex): Batch {
    const batch = this.#s.log.configurationAt(index);
    assert(batch !== null, 'every entry has a configuration at or before it');
    return batch;
  }

  cachedBatch(index: LogIndex): Batch | null {
    return this.#s.log.cachedBatch(index);
  }

  progressOf(member: MemberNumber): FollowerProgress | null {
    return followerProgress(this.#s, member);
  }

  /** What invariants are checked on; for tests and the simulator. */
  snapshot(): RaftSnapshot {
    return captureSnapshot(this.#s);
  }
}
