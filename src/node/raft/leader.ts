/**
 * The leading side: answers of followers, heartbeats, and check-quorum (thesis 6.2): a leader that
 * has not heard from a majority for an election timeout steps down, so that its clients look for
 * another one. That is judged by the clock, not by counting ticks, and never right after a stall
 * of this process, before the answers that queued up meanwhile could be read.
 */
import { assert } from '../../std/assert.ts';
import type { MemberNumber } from '../model/ids.ts';
import type { AppendReject, AppendReply, HeartbeatReply } from '../model/message.ts';
import { maybeCommit } from './commit.ts';
import type { FollowerProgress } from './contract.ts';
import { roundEchoed } from './lease.ts';
import { quorumSize } from './quorum.ts';
import { confirmReads, forgetReadsOf, openRound } from './read-index.ts';
import { becomeFollower } from './roles.ts';
import { type Leadership, progressOf, type RaftState } from './state.ts';
import { chooseEager } from './thrift.ts';

/** Turns further apart are those of a process that stood still: an idle one has one a heartbeat. */
const STALL_HEARTBEATS = 2;

/** One tick of a leader. */
export function tickLeader(s: RaftState, lead: Leadership): void {
  for (const progress of lead.followers) progress.tick();
  chooseEager(s, lead);
  lead.commitNewsDue = true;
  lead.heartbeatElapsedTicks += 1;
  if (lead.heartbeatElapsedTicks >= s.config.heartbeatTicks) heartbeatNow(s, lead);
  if (s.nowMs >= lead.quorumGraceUntilMs && !hearsQuorum(s, lead)) {
    becomeFollower(s, { term: s.term, leader: 0, reason: 'checkQuorum' });
  }
}

/** Makes this turn send a heartbeat to everyone; what was lost or could not be read is retried. */
function heartbeatNow(s: RaftState, lead: Leadership): void {
  lead.heartbeatElapsedTicks = 0;
  lead.heartbeatDue = true;
  // A round of its own makes followers answer: an answer shows that they live.
  openRound(s, lead);
  for (const progress of lead.followers) {
    progress.probeSent = false;
    progress.readFailed = false;
  }
}

/** Time moved from one turn to the next: after a stall, followers get time to answer. */
export function leaderTurn(s: RaftState, lead: Leadership, elapsedMs: number): void {
  const heartbeatMs = s.config.heartbeatTicks * s.config.tickMs;
  if (elapsedMs <= STALL_HEARTBEATS * heartbeatMs) return;
  lead.quorumGraceUntilMs = s.nowMs + heartbeatMs;
  heartbeatNow(s, lead);
}

/** A client's command or read came by way of `member`: its answer will wait there. */
export function servesClients(s: RaftState, lead: Leadership, member: MemberNumber): void {
  const progress = progressOf(lead, member);
  if (progress !== null) progress.clientsUntilTick = s.ticks + s.config.electionTimeoutTicksMin;
}

/** A message of the current term came from `member`. */
export function heardFollower(s: RaftState, lead: Leadership, member: MemberNumber): void {
  const progress = progressOf(lead, member);
  if (progress !== null) progress.lastHeardMs = s.nowMs;
}

/** The connection to `member` has broken. */
export function lostFollower(s: RaftState, lead: Leadership, member: MemberNumber): void {
  progressOf(lead, member)?.becomeProbe();
  chooseEager(s, lead);
  forgetReadsOf(lead, member);
}

export function onAppendReply(s: RaftState, lead: Leadership, message: AppendReply): void {
  const progress = progressOf(lead, message.from);
  if (progress === null) return;
  assert(
    message.matchIndex <= s.log.lastIndex,
    `member ${message.from} acknowledged entry ${message.matchIndex}, which we do not have`,
  );
  const before = progress.matchIndex;
  progress.acknowledge(message.matchIndex);
  if (progress.mode === 'probe') progress.becomeReplicate();
  else if (progress.mode === 'snapshot') progress.snapshotAcknowledged(s.log.baseIndex);
  if (progress.matchIndex > before) maybeCommit(s);
}

/** Paper 5.3, end: goes back by whole terms until the logs meet. */
export function onAppendReject(s: RaftState, lead: Leadership, message: AppendReject): void {
  const progress = progressOf(lead, message.from);
  if (progress === null || message.prevIndex <= progress.matchIndex) return;
  if (progress.mode === 'snapshot') return;
  // While probing only the answer to the probe counts: late rejects must not multiply it.
  if (progress.mode === 'probe' && message.prevIndex !== progress.nextIndex - 1) return;
  const meeting = s.log.lastIndexOfTermAtMost(message.hintIndex, message.hintTerm);
  progress.backTo(Math.min(meeting, message.prevIndex - 1));
}

export function onHeartbeatReply(s: RaftState, lead: Leadership, message: HeartbeatReply): void {
  const progress = progressOf(lead, message.from);
  if (progress === null) return;
  assert(message.round <= lead.round, `member ${message.from} echoes a round that never was`);
  if (message.round > progress.echoedRound) progress.echoedRound = message.round;
  roundEchoed(lead, progress, message.round);
  if (progress.windowIsLost()) {
    if (progress.mode === 'replicate') progress.resendWindow();
    else if (progress.mode === 'snapshot') progress.askAgain();
  }
  confirmReads(s);
}

function hearsQuorum(s: RaftState, lead: Leadership): boolean {
  if (!hearsMajority(s, lead, s.voters)) return false;
  return s.outgoingVoters.length === 0 || hearsMajority(s, lead, s.outgoingVoters);
}

function hearsMajority(s: RaftState, lead: Leadership, voters: readonly MemberNumber[]): boolean {
  const limitMs = s.config.electionTimeoutTicksMax * s.config.tickMs;
  let heard = 0;
  for (const voter of voters) {
    if (voter === s.self) heard += 1;
    else if (s.nowMs - (progressOf(lead, voter)?.lastHeardMs ?? 0) < limitMs) heard += 1;
  }
  return heard >= quorumSize(voters.length);
}

/** How a leader sees a follower; null: it is none, or this replica does not lead. */
export function followerProgress(s: RaftState, member: MemberNumber): FollowerProgress | null {
  const lead = s.leadership;
  const progress = lead === null ? null : progressOf(lead, member);
  if (progress === null) return null;
  const { matchIndex, nextIndex, inflights } = progress;
  const connected = s.connected.has(member);
  return { matchIndex, nextIndex, inflightBytes: inflights.bytes, connected };
}
