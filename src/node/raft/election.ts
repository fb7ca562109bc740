/**
 * Standing for election and voting (paper 5.2, 5.4.1; pre-vote: thesis 9.6).
 *
 * Before it disturbs anyone, a replica asks whether it *would* be elected; that changes neither its
 * term nor anybody's vote. Both kinds of question are refused while a leader is known to be alive,
 * so a replica that was cut off cannot depose a leader that serves all others.
 */
import { assert } from '../../std/assert.ts';
import type { MemberNumber } from '../model/ids.ts';
import type { VoteReply, VoteRequest } from '../model/message.ts';
import {
  becomeUrgent,
  giveWay,
  leaderIsAlive,
  resetElectionTimer,
  resetElectionTimerForVote,
} from './election-timer.ts';
import { isPromised } from './lease.ts';
import { jointOutcome, type VoteOutcome, voteOutcome } from './quorum.ts';
import {
  becomeCandidate,
  becomeFollower,
  becomeLeader,
  becomePreCandidate,
  mayStand,
} from './roles.ts';
import type { RaftState } from './state.ts';

type VoteRefusal =
  | 'leaderAlive'
  | 'alreadyVoted'
  | 'logBehind'
  | 'staleTerm'
  | 'standing'
  | 'diskFull';

/** How many urgent tries a replica insists on going first. */
const STANDING_ATTEMPTS_MAX = 8;

/** One tick of a replica that does not lead: stands for election when its timer fires. */
export function tickElection(s: RaftState): void {
  s.leaderSilentTicks += 1;
  s.electionElapsedTicks += 1;
  if (s.electionElapsedTicks < s.electionTimeoutTicks || s.diskFull || isPromised(s)) return;
  if (mayStand(s)) startPreVote(s);
}

/** Asks every voter whether it would vote for this replica in the next term. */
export function startPreVote(s: RaftState): void {
  const retry = s.role === 'preCandidate' || s.role === 'candidate';
  const timeoutTicks = s.electionTimeoutTicks;
  if (s.urgentAttempts >= 0) s.urgentAttempts += 1;
  becomePreCandidate(s);
  resetElectionTimer(s);
  s.trace.push({
    type: 'electionStarted',
    kind: 'preVote',
    reason: retry ? 'retry' : s.leaderConnectionLost ? 'leaderConnectionLost' : 'timeout',
    term: s.term + 1,
    timeoutTicks,
  });
  openPoll(s);
}

/** A connection came up while this replica stands: that voter has not been asked yet. */
export function askForVote(s: RaftState, voter: MemberNumber): void {
  if (s.role !== 'preCandidate' && s.role !== 'candidate') return;
  if (!s.electorate.includes(voter) || s.votes.has(voter)) return;
  const preVote = s.role === 'preCandidate';
  s.send({
    type: preVote ? 'preVote' : s.term === s.takeOverTerm ? 'transferVote' : 'vote',
    from: s.self,
    to: voter,
    term: preVote ? s.term + 1 : s.term,
    lastIndex: s.log.lastIndex,
    lastTerm: s.log.lastTerm,
  });
}

export function onPreVoteReply(s: RaftState, message: VoteReply): void {
  if (!message.granted && message.term > s.term) {
    becomeFollower(s, { term: message.term, leader: 0, reason: 'higherTerm' });
    return;
  }
  if (s.role !== 'preCandidate') return;
  // A yes is for one term; a yes to an older question must not count in this one.
  if (message.granted && message.term !== s.term + 1) return;
  countVote(s, message);
}

/** Requires: the reply is of the current term. */
export function onVoteReply(s: RaftState, message: VoteReply): void {
  if (s.role === 'candidate') countVote(s, message);
}

/** Answers whether this replica would vote; changes neither term nor vote. */
export function onPreVote(s: RaftState, message: VoteRequest): void {
  const refusal = preVoteRefusal(s, message);
  traceAnswer(s, message, refusal);
  if (refusal === null && s.urgentAttempts >= 0) {
    if (s.role === 'preCandidate') {
      becomeFollower(s, { term: s.term, leader: 0, reason: 'gaveWay' });
    }
    giveWay(s);
  }
  s.send({
    type: 'preVoteReply',
    from: s.self,
    to: message.from,
    term: refusal === null ? message.term : s.term,
    granted: refusal === null,
  });
}

/** Casts this replica's one vote of a term, if it is still free (paper 5.2, 5.4.1). */
export function onVote(s: RaftState, message: VoteRequest): void {
  if (message.term > s.term) {
    if (message.type !== 'transferVote' && leaderIsAlive(s)) {
      // Not even its term is taken over: otherwise the leader would be deposed all the same.
      traceAnswer(s, message, 'leaderAlive');
      return;
    }
    becomeFollower(s, { term: message.term, leader: 0, reason: 'higherTerm' });
  }
  const refusal = voteRefusal(s, message);
  traceAnswer(s, message, refusal);
  if (refusal === null) {
    if (s.hardState.vote === 0) s.setHardState({ term: s.term, vote: message.from });
    resetElectionTimerForVote(s);
  }
  s.send({
    type: 'voteReply',
    from: s.self,
    to: message.from,
    term: s.term,
    granted: refusal === null,
  });
}

function preVoteRefusal(s: RaftState, message: VoteRequest): VoteRefusal | null {
  if (message.term <= s.term) return 'staleTerm';
  if (leaderIsAlive(s)) return 'leaderAlive';
  if (!isUpToDate(s, message)) return 'logBehind';
  if (s.diskFull) return 'diskFull'; // A vote that cannot be written down is not worth asking for.
  return goesFirst(s, message) ? 'standing' : null;
}

/**
 * Two that stand at the same time with equal logs would split the vote: the one with the higher
 * number goes on, the other gives way. Only for the first tries, so that one who cannot win does
 * not block another.
 */
function goesFirst(s: RaftState, message: VoteRequest): boolean {
  if (s.role !== 'preCandidate' || s.self < message.from) return false;
  if (s.urgentAttempts < 0 || s.urgentAttempts > STANDING_ATTEMPTS_MAX) return false;
  return message.lastTerm === s.log.lastTerm && message.lastIndex === s.log.lastIndex;
}

/** Requires: the request's term is not above the current one. */
function voteRefusal(s: RaftState, message: VoteRequest): VoteRefusal | null {
  if (message.term < s.term) return 'staleTerm';
  if (message.type !== 'transferVote' && isPromised(s)) return 'leaderAlive';
  if (s.leader !== 0 && s.leader !== message.from) return 'leaderAlive';
  if (s.hardState.vote !== 0 && s.hardState.vote !== message.from) return 'alreadyVoted';
  return isUpToDate(s, message) ? null : 'logBehind';
}

/** Paper 5.4.1: the log with the later last term is newer; with equal terms, the longer one. */
function isUpToDate(s: RaftState, message: VoteRequest): boolean {
  if (message.lastTerm !== s.log.lastTerm) return message.lastTerm > s.log.lastTerm;
  return message.lastIndex >= s.log.lastIndex;
}

function countVote(s: RaftState, message: VoteReply): void {
  if (!s.electorate.includes(message.from) || s.votes.has(message.from)) return;
  s.votes.set(message.from, message.granted);
  concludePoll(s);
}

/** Begins a poll with this replica's own yes. */
function openPoll(s: RaftState): void {
  s.votes.clear();
  s.votes.set(s.self, true);
  for (const voter of s.electorate) {
    if (voter !== s.self && s.connected.has(voter)) askForVote(s, voter);
  }
  concludePoll(s);
}

function concludePoll(s: RaftState): void {
  const outcome = pollOutcome(s);
  if (outcome === 'won') {
    if (s.role === 'preCandidate') startVote(s);
    else
      becomeLeader(
        s,
        [...s.votes].filter(([, granted]) => granted).map(([voter]) => voter),
      );
  } else if (outcome === 'lost' && s.role === 'candidate') {
    // The votes are cast; another try soon, after a random delay, settles it.
    becomeFollower(s, { term: s.term, leader: 0, reason: 'lost' });
    resetElectionTimer(s);
  }
}

function pollOutcome(s: RaftState): VoteOutcome {
  const mayAnswer = (voter: MemberNumber): boolean => s.connected.has(voter);
  const outcome = voteOutcome(s.voters, s.votes, mayAnswer);
  if (s.outgoingVoters.length === 0) return outcome;
  return jointOutcome(outcome, voteOutcome(s.outgoingVoters, s.votes, mayAnswer));
}

/**
 * Stands at once, without asking first: the leader wants it (thesis 3.10). Should it come to
 * nothing, this replica soon tries again like one that lost its leader.
 */
export function takeOver(s: RaftState): void {
  assert(s.isVoter && s.role !== 'leader', 'only a voter that does not lead takes over');
  becomeUrgent(s);
  s.takeOverTerm = s.term + 1;
  startVote(s);
}

function startVote(s: RaftState): void {
  const timeoutTicks = s.electionTimeoutTicks;
  becomeCandidate(s);
  resetElectionTimerForVote(s);
  s.trace.push({
    type: 'electionStarted',
    kind: 'vote',
    reason: reasonOfVote(s),
    term: s.term,
    timeoutTicks,
  });
  openPoll(s);
}

function reasonOfVote(s: RaftState): 'transfer' | 'leaderConnectionLost' | 'timeout' {
  if (s.takeOverTerm === s.term) return 'transfer';
  return s.leaderConnectionLost ? 'leaderConnectionLost' : 'timeout';
}

function traceAnswer(s: RaftState, message: VoteRequest, refusal: VoteRefusal | null): void {
  s.trace.push({
    type: 'voteAnswered',
    kind: message.type === 'preVote' ? 'preVote' : 'vote',
    candidate: message.from,
    term: message.term,
    granted: refusal === null,
    reason: refusal ?? 'granted',
  });
}
