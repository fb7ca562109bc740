/**
 * The following side of replication (paper 5.3): compare, cut what conflicts, append, and tell the
 * leader how far this log is durable and equal to its own. Answers are gathered during a turn and
 * sent once at its end: at most one acknowledgement, one reject and one echo, each the newest.
 */
import { assert } from '../../std/assert.ts';
import { BATCH_KIND, type Batch } from '../model/batch.ts';
import type { LogIndex, MemberNumber } from '../model/ids.ts';
import type { AppendRequest, Heartbeat } from '../model/message.ts';
import { promise } from './lease.ts';
import { becomeFollower, configurationChanged, followLeader } from './roles.ts';
import type { RaftState } from './state.ts';

/** Requires: the message is of the current term. */
export function onAppend(s: RaftState, message: AppendRequest): void {
  hearRound(s, message);
  const { following, log } = s;
  if (!log.holds(message.prevIndex, message.prevTerm)) {
    const hintIndex = log.lastIndexOfTermAtMost(message.prevIndex, message.prevTerm);
    following.reject = {
      prevIndex: message.prevIndex,
      hintIndex,
      hintTerm: log.termAt(hintIndex),
    };
    return;
  }
  const lastBefore = log.lastIndex;
  const verified = takeBatches(s, message.prevIndex, message.batches);
  if (verified > following.verifiedIndex) following.verifiedIndex = verified;
  if (message.batches.length === 0 || verified <= lastBefore) {
    following.ackWanted = true;
  } else {
    // What the leader compared itself with is no news to it: answer when the new part is durable.
    const known = Math.min(message.prevIndex, s.durability.durableIndex);
    following.ackedIndex = Math.max(following.ackedIndex, known);
  }
  commitThrough(s, Math.min(message.commitIndex, verified));
}

/** Requires: the message is of the current term. */
export function onHeartbeat(s: RaftState, message: Heartbeat): void {
  hearRound(s, message);
  // Above what this term's leader has shown to be equal, an own entry may be another one.
  commitThrough(s, Math.min(message.commitIndex, s.following.verifiedIndex));
}

/** Sends what this turn gathered for the leader. */
export function answerLeader(s: RaftState): void {
  const { following } = s;
  const to = following.leaderOfTerm;
  if (to === 0 || to === s.self) return;
  const { self: from, term } = s;
  if (following.round > following.echoedRound) {
    following.echoedRound = following.round;
    s.send({ type: 'heartbeatReply', from, to, term, round: following.round });
  }
  // Only what is on disk counts; the rest is acknowledged when its sync is done.
  const matchIndex = Math.min(following.verifiedIndex, s.durability.durableIndex);
  if (following.ackWanted || matchIndex > following.ackedIndex) {
    following.ackWanted = false;
    following.ackedIndex = Math.max(following.ackedIndex, matchIndex);
    s.send({ type: 'appendReply', from, to, term, matchIndex });
  }
  if (following.reject !== null) {
    s.send({ type: 'appendReject', from, to, term, ...following.reject });
    following.reject = null;
  }
  if (following.snapshotReply !== null) {
    s.send({ type: 'snapshotReply', from, to, term, ...following.snapshotReply });
    following.snapshotReply = null;
  }
}

/** The leader of the current term has spoken. */
export function hearLeader(s: RaftState, leader: MemberNumber): void {
  assert(s.role !== 'leader', `term ${s.term} has a second leader: ${leader}`);
  if (s.role === 'follower' || s.role === 'learner') followLeader(s, leader);
  else becomeFollower(s, { term: s.term, leader, reason: 'leaderHeard' });
}

function hearRound(s: RaftState, message: AppendRequest | Heartbeat): void {
  hearLeader(s, message.from);
  promise(s);
  if (message.round > s.following.round) s.following.round = message.round;
}

/** @returns the last index that now equals the leader's log. */
function takeBatches(s: RaftState, prevIndex: LogIndex, batches: readonly Batch[]): LogIndex {
  const { log } = s;
  let verified = prevIndex;
  for (const batch of batches) {
    assert(batch.first === verified + 1, 'the batches of an append are contiguous');
    // What was forgotten was committed: the leader has the same.
    if (batch.first <= log.baseIndex) {
      assert(batch.last <= log.baseIndex, 'a batch is forgotten whole or not at all');
      verified = batch.last;
      continue;
    }
    // (term, first) names a batch: equal there means equal to its end. An append that is late or
    // doubled must not cut off what came after it.
    if (log.termAt(batch.first) === batch.term) {
      assert(batch.last <= log.lastIndex, 'a batch is held whole or not at all');
      verified = batch.last;
      continue;
    }
    if (s.diskFull) break;
    if (batch.first <= log.lastIndex) truncate(s, batch.first);
    log.append(batch);
    if (batch.kind === BATCH_KIND.configuration) configurationChanged(s);
    verified = batch.last;
  }
  return verified;
}

function truncate(s: RaftState, first: LogIndex): void {
  assert(first > s.commitIndex, `a leader would undo committed entry ${first}`);
  assert(first > s.following.verifiedIndex, 'a leader contradicts what it sent before');
  const lastIndex = s.log.lastIndex;
  s.log.truncateFrom(first);
  s.durability.truncatedFrom(first);
  s.trace.push({ type: 'truncated', from: first, lastIndex });
  configurationChanged(s);
}

export function commitThrough(s: RaftState, index: LogIndex): void {
  if (index <= s.commitIndex) return;
  assert(index <= s.log.lastIndex, 'commit passes the end of the log');
  s.commitIndex = index;
}
