/**
 * Linearizable reads without writing to the log (paper 8, thesis 6.4).
 *
 * 1. A leader that has not committed in its own term does not know the commit index yet: park.
 * 2. Note the commit index, and begin a round that every voter must echo.
 * 3. Once a majority echoed it, this replica was still leader *after* the read arrived: answer.
 * 4. The reader waits until that index is applied (not here).
 *
 * With a lease (lease.ts) steps 2 and 3 are that it holds: it was renewed by an earlier round.
 * All reads of a turn share a round. A follower asks its leader and serves at the index it gets.
 */
import { assert } from '../../std/assert.ts';
import type { MemberNumber } from '../model/ids.ts';
import type { ReadIndexReply } from '../model/message.ts';
import { leaseHolds, roundBegan } from './lease.ts';
import { jointValue } from './quorum.ts';
import { type Leadership, progressOf, type RaftState } from './state.ts';

const incoming: number[] = [];
const outgoing: number[] = [];

export function isServing(s: RaftState): boolean {
  return s.leadership !== null && s.commitIndex >= s.leadership.noopIndex;
}

/** On a leader: takes a read of its own (`from` is itself) or of a follower. */
export function registerRead(s: RaftState, from: MemberNumber, requestId: number): void {
  const lead = s.leadership;
  assert(lead !== null, 'only a leader registers reads');
  if (lead.pendingReads.length + lead.parkedReads.length >= s.config.pendingReadsMax) {
    answerRead(s, { from, requestId, index: 0 });
    return;
  }
  if (!isServing(s)) {
    lead.parkedReads.push({ from, requestId });
    return;
  }
  if (leaseHolds(s)) {
    answerRead(s, { from, requestId, index: s.commitIndex, leased: true });
    return;
  }
  openRound(s, lead);
  lead.pendingReads.push({ from, requestId, index: s.commitIndex, round: lead.round });
  confirmReads(s);
}

/** The first commit of the own term: the commit index is now known to be the newest. */
export function releaseParkedReads(s: RaftState): void {
  const lead = s.leadership;
  if (lead === null || lead.parkedReads.length === 0) return;
  const parked = lead.parkedReads;
  lead.parkedReads = [];
  for (const read of parked) registerRead(s, read.from, read.requestId);
}

/** Makes sure that the next messages carry a round that was begun in this turn. */
export function openRound(s: RaftState, lead: Leadership): void {
  if (lead.roundOpen) return;
  lead.round += 1;
  lead.roundOpen = true;
  roundBegan(s, lead);
}

/** Answers the reads whose round a majority of the voters has echoed; the leader counts itself. */
export function confirmReads(s: RaftState): void {
  const lead = s.leadership;
  if (lead === null || lead.pendingReads.length === 0) return;
  gatherRounds(s, lead, s.voters, incoming);
  gatherRounds(s, lead, s.outgoingVoters, outgoing);
  const confirmed = jointValue(incoming, outgoing);
  let done = 0;
  for (const read of lead.pendingReads) {
    if (read.round > confirmed) break;
    answerRead(s, read);
    done += 1;
  }
  lead.pendingReads.splice(0, done);
}

function gatherRounds(
  s: RaftState,
  lead: Leadership,
  voters: readonly MemberNumber[],
  into: number[],
): void {
  into.length = 0;
  for (const voter of voters) {
    into.push(voter === s.self ? lead.round : (progressOf(lead, voter)?.echoedRound ?? 0));
  }
}

/** Refuses all reads a leader holds. Called when it steps down, before its leadership is gone. */
export function refuseHeldReads(s: RaftState): void {
  const lead = s.leadership;
  if (lead === null) return;
  for (const { from, requestId } of lead.pendingReads) answerRead(s, { from, requestId, index: 0 });
  for (const { from, requestId } of lead.parkedReads) answerRead(s, { from, requestId, index: 0 });
  lead.pendingReads = [];
  lead.parkedReads = [];
}

/**
 * The connection to `member` broke. Its next life may number its requests as this one did: an old
 * question answered then would pass for a new one, with an index too low.
 */
export function forgetReadsOf(lead: Leadership, member: MemberNumber): void {
  lead.pendingReads = lead.pendingReads.filter((read) => read.from !== member);
  lead.parkedReads = lead.parkedReads.filter((read) => read.from !== member);
}

/** On a follower: asks the leader, or refuses when there is none to ask. */
export function askLeader(s: RaftState, requestId: number): void {
  if (s.leader === 0 || s.remoteReads.length >= s.config.pendingReadsMax) {
    s.reads.push({ requestId, index: 0 });
    return;
  }
  s.remoteReads.push({ requestId, sentTick: s.ticks });
  s.send({ type: 'readIndex', from: s.self, to: s.leader, term: s.term, requestId });
}

export function onReadIndexReply(s: RaftState, message: ReadIndexReply): void {
  const at = s.remoteReads.findIndex((read) => read.requestId === message.requestId);
  if (at < 0) return;
  s.remoteReads.splice(at, 1);
  s.reads.push({ requestId: message.requestId, index: message.index });
}

/** The leader that was asked is gone or out of reach: nobody will answer. */
export function refuseRemoteReads(s: RaftState): void {
  for (const { requestId } of s.remoteReads) s.reads.push({ requestId, index: 0 });
  s.remoteReads.length = 0;
}

/** Refuses what a live leader has left unanswered for so long that a message must be lost. */
export function expireRemoteReads(s: RaftState): void {
  let done = 0;
  for (const { requestId, sentTick } of s.remoteReads) {
    if (s.ticks - sentTick < s.config.electionTimeoutTicksMin) break;
    s.reads.push({ requestId, index: 0 });
    done += 1;
  }
  if (done > 0) s.remoteReads.splice(0, done);
}

function answerRead(
  s: RaftState,
  read: {
    readonly from: MemberNumber;
    readonly requestId: number;
    readonly index: number;
    readonly leased?: boolean;
  },
): void {
  const { requestId, index, leased = false } = read;
  if (read.from === s.self) {
    s.reads.push(leased ? { requestId, index, leased } : { requestId, index });
    return;
  }
  const reply: ReadIndexReply = {
    type: 'readIndexReply',
    from: s.self,
    to: read.from,
    term: s.term,
    requestId,
    index,
  };
  s.send(reply);
}
