/**
 * What must hold in every state of one replica, and over every step from one state to the next: the
 * properties of the paper's figure 3 as far as one replica can see them. Pure, and used as an
 * oracle by the tests and the simulator; the I-numbers are those of docs/testing.md.
 */
import type { LogIndex, MemberNumber, Term } from '../model/ids.ts';
import type { TermRun } from '../model/log-write.ts';
import type { RaftMessage } from '../model/message.ts';
import { isServing } from './read-index.ts';
import type { Ready, Role } from './ready.ts';
import type { RaftState } from './state.ts';
import { sharePrefix, termIn } from './term-runs.ts';

export interface FollowerSnapshot {
  readonly member: MemberNumber;
  readonly mode: 'probe' | 'replicate' | 'snapshot';
  readonly matchIndex: LogIndex;
  readonly nextIndex: LogIndex;
  readonly inflightCount: number;
  /** Batches and bytes under way are within their caps, bytes but for the last message. */
  readonly inflightBatchRoom: number;
}

export interface RaftSnapshot {
  readonly self: MemberNumber;
  readonly role: Role;
  readonly term: Term;
  readonly vote: MemberNumber;
  readonly leader: MemberNumber;
  readonly durableTerm: Term;
  readonly durableVote: MemberNumber;
  readonly commitIndex: LogIndex;
  readonly snapshotIndex: LogIndex;
  readonly baseIndex: LogIndex;
  readonly baseTerm: Term;
  readonly lastIndex: LogIndex;
  readonly writtenIndex: LogIndex;
  readonly durableIndex: LogIndex;
  readonly termRuns: readonly TermRun[];
  readonly voters: readonly MemberNumber[];
  /** The old half of a joint configuration; none: it is not joint. */
  readonly outgoingVoters: readonly MemberNumber[];
  readonly configurationIndex: LogIndex;
  /** On a leader: the newest configuration has not had all its consequences yet. */
  readonly changing: boolean;
  readonly serving: boolean;
  /** Whom this leader hands over to; 0: nobody. */
  readonly transferTarget: MemberNumber;
  readonly diskFull: boolean;
  /** Towards the leader of the term. */
  readonly verifiedIndex: LogIndex;
  readonly ackedIndex: LogIndex;
  /** On a leader. */
  readonly followers: readonly FollowerSnapshot[];
  readonly heldReadCount: number;
  readonly heldReadCountMax: number;
}

export function captureSnapshot(s: RaftState): RaftSnapshot {
  const { durability, log, leadership } = s;
  const heldByLeader =
    leadership === null ? 0 : leadership.pendingReads.length + leadership.parkedReads.length;
  return {
    self: s.self,
    role: s.role,
    term: s.term,
    vote: s.hardState.vote,
    leader: s.leader,
    durableTerm: durability.durableHardState.term,
    durableVote: durability.durableHardState.vote,
    commitIndex: s.commitIndex,
    snapshotIndex: s.snapshotIndex,
    baseIndex: log.baseIndex,
    baseTerm: log.baseTerm,
    lastIndex: log.lastIndex,
    writtenIndex: durability.writtenIndex,
    durableIndex: durability.durableIndex,
    termRuns: [...log.termRuns],
    voters: s.voters,
    outgoingVoters: s.outgoingVoters,
    configurationIndex: log.configurationIndex,
    changing: leadership !== null && (leadership.changeOpen || leadership.resigns),
    serving: isServing(s),
    transferTarget: leadership?.transfer?.target ?? 0,
    diskFull: s.diskFull,
    verifiedIndex: s.following.verifiedIndex,
    ackedIndex: s.following.ackedIndex,
    followers: (leadership?.followers ?? []).map((progress) => ({
      member: progress.member,
      mode: progress.mode,
      matchIndex: progress.matchIndex,
      nextIndex: progress.nextIndex,
      inflightCount: progress.inflights.count,
      inflightBatchRoom: progress.inflights.batchRoom,
    })),
    heldReadCount: heldByLeader + s.remoteReads.length,
    heldReadCountMax: s.config.pendingReadsMax,
  };
}

export function snapshotOf(raft: { snapshot(): RaftSnapshot }): RaftSnapshot {
  return raft.snapshot();
}

/** @returns what is broken, one sentence each; empty when all holds. */
export function checkInvariants(before: RaftSnapshot, after: RaftSnapshot): readonly string[] {
  const broken: string[] = [];
  checkState(after, broken);
  checkStep(before, after, broken);
  if (after.role === 'leader') {
    checkLeader(after, broken);
    if (before.role === 'leader' && before.term === after.term) {
      checkLeaderStep(before, after, broken);
    }
  }
  return broken;
}

/** Checks what one Ready asks for against the state it was taken from. */
export function checkReady(state: RaftSnapshot, ready: Ready): readonly string[] {
  const broken: string[] = [];
  for (const message of ready.messages) checkMessage(state, message, broken);
  const batches = ready.persist?.batches ?? [];
  for (let i = 1; i < batches.length; i += 1) {
    if (batches[i]?.first !== (batches[i - 1]?.last ?? 0) + 1) broken.push('a write has a gap');
  }
  const last = batches.at(-1);
  if (last !== undefined && last.last !== state.lastIndex) {
    broken.push(`a write ends at ${last.last}, the log at ${state.lastIndex}`);
  }
  if (ready.commitIndex !== state.commitIndex) broken.push('Ready tells another commit index');
  return broken;
}

function checkState(s: RaftSnapshot, broken: string[]): void {
  if (s.commitIndex > s.lastIndex)
    broken.push(`I12: commit ${s.commitIndex} > last ${s.lastIndex}`);
  if (s.durableIndex > s.writtenIndex || s.writtenIndex > s.lastIndex) {
    broken.push(`I9: durable ${s.durableIndex}, written ${s.writtenIndex}, last ${s.lastIndex}`);
  }
  if (s.ackedIndex > s.durableIndex || s.ackedIndex > s.verifiedIndex) {
    broken.push(`I13: acknowledged ${s.ackedIndex}, durable ${s.durableIndex}`);
  }
  checkTermRuns(s, broken);
  const voter = s.voters.includes(s.self) || s.outgoingVoters.includes(s.self);
  const leaves = s.role !== 'follower' && (s.changing || s.configurationIndex > s.commitIndex);
  if (!voter && !leaves && s.role !== 'learner') broken.push(`I17: a ${s.role} that is no voter`);
  if (voter && s.role === 'learner') broken.push('I17: a voter that only learns');
  if ((s.role === 'candidate' || s.role === 'leader') && s.vote !== s.self) {
    broken.push(`I2: a ${s.role} that voted for ${s.vote}`);
  }
  if (s.role === 'leader' && s.leader !== s.self) broken.push('I1: a leader that follows another');
  if (s.role !== 'leader' && s.leader === s.self) broken.push('I1: follows itself without leading');
  if (s.diskFull && s.role === 'leader') broken.push('a leader whose disk is full');
  if (s.durableTerm > s.term) broken.push(`I3: durable term ${s.durableTerm} > term ${s.term}`);
  if (s.heldReadCount > s.heldReadCountMax) broken.push(`I27: ${s.heldReadCount} reads are held`);
}

function checkTermRuns(s: RaftSnapshot, broken: string[]): void {
  if (s.baseIndex > s.snapshotIndex) {
    broken.push(
      `I19: the log begins behind ${s.baseIndex}, the snapshot ends at ${s.snapshotIndex}`,
    );
  }
  if (s.commitIndex < s.baseIndex) broken.push('I12: what was forgotten is not committed');
  let previous: TermRun = { term: 0, first: 0 };
  if (s.termRuns[0] !== undefined && s.termRuns[0].term < s.baseTerm) {
    broken.push(`I19: terms fall at entry ${s.baseIndex + 1}`);
  }
  for (const run of s.termRuns) {
    if (run.term <= previous.term || run.first <= previous.first) {
      broken.push(`I19: terms do not rise at entry ${run.first}`);
    }
    previous = run;
  }
  if (previous.first > s.lastIndex) broken.push('I19: a term begins after the log ends');
  if (previous.term > s.term) broken.push(`I4: an entry of term ${previous.term} > ${s.term}`);
  if (s.lastIndex > s.baseIndex && s.termRuns[0]?.first !== s.baseIndex + 1) {
    broken.push('I19: the first entry has no term');
  }
}

function checkStep(before: RaftSnapshot, after: RaftSnapshot, broken: string[]): void {
  if (after.term < before.term) broken.push(`I4: term fell from ${before.term} to ${after.term}`);
  if (after.commitIndex < before.commitIndex) {
    broken.push(`I12: commit fell from ${before.commitIndex} to ${after.commitIndex}`);
  }
  if (!sharePrefix(before, after, Math.min(before.commitIndex, after.lastIndex))) {
    broken.push('I8: a committed entry changed its term');
  }
  if (after.snapshotIndex < before.snapshotIndex) broken.push('I12: the snapshot index fell');
  if (after.lastIndex < before.commitIndex) broken.push('I8: a committed entry was cut off');
  if (after.term !== before.term) return;
  if (before.vote !== 0 && after.vote !== before.vote) {
    broken.push(`I2: vote of term ${after.term} went from ${before.vote} to ${after.vote}`);
  }
  if (before.leader !== 0 && after.leader !== 0 && before.leader !== after.leader) {
    broken.push(`I1: term ${after.term} is led by ${before.leader} and ${after.leader}`);
  }
  if (after.verifiedIndex < before.verifiedIndex) broken.push('I13: verified index fell in a term');
}

function checkLeader(s: RaftSnapshot, broken: string[]): void {
  if (!s.changing && (s.configurationIndex > s.commitIndex || s.outgoingVoters.length > 0)) {
    broken.push(`I15: the change of entry ${s.configurationIndex} passes for ended`);
  }
  for (const f of s.followers) {
    if (f.matchIndex >= f.nextIndex || f.nextIndex > s.lastIndex + 1) {
      broken.push(`I14: member ${f.member}: match ${f.matchIndex}, next ${f.nextIndex}`);
    }
    if (f.inflightBatchRoom < 0) broken.push(`I14: window of member ${f.member} overflows`);
    if (f.mode === 'probe' && f.inflightCount > 0) {
      broken.push(`I14: member ${f.member} is probed with a window`);
    }
    if (f.mode === 'snapshot' && f.inflightCount > 0) {
      broken.push(`I14: member ${f.member} gets a snapshot with a window`);
    }
  }
}

function checkLeaderStep(before: RaftSnapshot, after: RaftSnapshot, broken: string[]): void {
  if (after.lastIndex < before.lastIndex || !sharePrefix(before, after, before.lastIndex)) {
    broken.push('I5: a leader changed or dropped an entry');
  }
  const handsOver = before.transferTarget !== 0 && after.transferTarget === before.transferTarget;
  if (handsOver && after.lastIndex > before.lastIndex) {
    broken.push('I5: a leader appends while it hands over');
  }
  for (const f of after.followers) {
    const earlier = before.followers.find((other) => other.member === f.member);
    if (earlier !== undefined && f.matchIndex < earlier.matchIndex) {
      broken.push(`I13: match of member ${f.member} fell`);
    }
  }
  checkChange(before, after, broken);
  if (after.commitIndex <= before.commitIndex) return;
  if (termIn(after, after.commitIndex) !== after.term) {
    broken.push(`I11: entry ${after.commitIndex} of an older term was committed by counting`);
  }
  // A turn may commit and then change the configuration, or the other way round.
  if (!isHeldByQuorum(after, before) && !isHeldByQuorum(after, after)) {
    broken.push(`I9: entry ${after.commitIndex} is not durable on a quorum`);
  }
}

function checkChange(before: RaftSnapshot, after: RaftSnapshot, broken: string[]): void {
  if (after.configurationIndex <= before.configurationIndex) return;
  if (before.configurationIndex > after.commitIndex) {
    broken.push(`I15: entry ${after.configurationIndex} is a second change that is not committed`);
  }
  if (!after.serving) broken.push('I15: a change before the leader has committed in its own term');
}

/** Whether the newest committed entry is durable on majorities of a configuration's halves. */
function isHeldByQuorum(s: RaftSnapshot, configuration: RaftSnapshot): boolean {
  const holds = (voter: MemberNumber): boolean =>
    voter === s.self
      ? s.durableIndex >= s.commitIndex
      : s.followers.some((f) => f.member === voter && f.matchIndex >= s.commitIndex);
  const { voters, outgoingVoters } = configuration;
  return [voters, outgoingVoters].every(
    (half) => half.length === 0 || half.filter(holds).length * 2 > half.length,
  );
}

function checkMessage(s: RaftSnapshot, message: RaftMessage, broken: string[]): void {
  const { type, term } = message;
  if (type === 'preVote' || (type === 'preVoteReply' && message.granted)) return;
  if (term !== s.term) broken.push(`I3: ${type} of term ${term} leaves in term ${s.term}`);
  if (term > s.durableTerm) broken.push(`I3: ${type} leaves before its term ${term} is durable`);
  if (type === 'voteReply' && message.granted && s.durableVote !== message.to) {
    broken.push(`I3: a vote for ${message.to} leaves before it is durable`);
  }
  if ((type === 'vote' || type === 'transferVote') && s.durableVote !== s.self) {
    broken.push('I3: a candidate asks before its own vote is durable');
  }
  const isLeaders = type === 'append' || type === 'snapshot' || type === 'timeoutNow';
  if (isLeaders && s.role !== 'leader') broken.push('I1: an append of one who does not lead');
  if (type === 'appendReply' && message.matchIndex > s.durableIndex) {
    broken.push(`I9: entry ${message.matchIndex} is acknowledged before it is durable`);
  }
}
