/**
 * The changes between roles (paper figure 4, with the pre-candidate of thesis 9.6). A term changes
 * nowhere else, a vote only here and where one is granted (election.ts).
 *
 * ```
 *               timeout              majority would         majority voted
 *   follower ------------> preCandidate ------> candidate ------------> leader
 *      ^                        |                   |                      |
 *      +------------------------+-------------------+----------------------+
 *        a leader of this term is heard, a higher term is seen, check-quorum, disk full, removed
 *
 *   follower ---- the leader asks it to take over (thesis 3.10) ----> candidate
 *
 *   learner: not a voter; a configuration that makes it one makes it a follower. One that was a
 *            voter may stand until it is known for sure that it is one no more (`mayStand`)
 * ```
 */
import { assert } from '../../std/assert.ts';
import { NO_BYTES } from '../../std/bytes.ts';
import { BATCH_KIND, type Batch, sealBatch } from '../model/batch.ts';
import type { MemberNumber, Term } from '../model/ids.ts';
import { decodeMembership, everyoneOf, outgoingVotersOf, votersOf } from '../model/membership.ts';
import { maybeCommit } from './commit.ts';
import { leaderHeard, resetElectionTimer } from './election-timer.ts';
import { newLease } from './lease.ts';
import { Progress } from './progress.ts';
import { refuseHeldReads, refuseRemoteReads } from './read-index.ts';
import type { Role } from './ready.ts';
import { type Leadership, newFollowing, type RaftState } from './state.ts';

export type StepDownReason =
  | 'higherTerm'
  | 'leaderHeard'
  | 'checkQuorum'
  | 'diskFull'
  | 'lost'
  | 'gaveWay'
  | 'removed';

/**
 * Follows `leader` (0: not known yet) in `term`.
 *
 * Requires: `term` is not below the current one. Ensures: the vote of the current term is kept.
 */
export function becomeFollower(
  s: RaftState,
  next: { readonly term: Term; readonly leader: MemberNumber; readonly reason: StepDownReason },
): void {
  assert(next.term >= s.term, `term would fall from ${s.term} to ${next.term}`);
  const led = s.role === 'leader';
  refuseHeldReads(s);
  if (led) s.outbox.dropLeadership();
  s.leadership = null;
  if (next.term > s.term) enterTerm(s, next.term, 0);
  s.votes.clear();
  setRole(s, s.isVoter ? 'follower' : 'learner', next.reason);
  if (next.leader === 0) forgetLeader(s);
  else followLeader(s, next.leader);
  if (led) resetElectionTimer(s);
}

/** Takes note that `leader` leads the current term. */
export function followLeader(s: RaftState, leader: MemberNumber): void {
  const { following } = s;
  assert(
    following.leaderOfTerm === 0 || following.leaderOfTerm === leader,
    `term ${s.term} has two leaders: ${following.leaderOfTerm} and ${leader}`,
  );
  following.leaderOfTerm = leader;
  if (s.leader !== leader) {
    refuseRemoteReads(s);
    s.leader = leader;
    s.trace.push({ type: 'leaderKnown', leader, term: s.term });
  }
  leaderHeard(s);
}

/** Nobody is known to lead: reads that were asked of the last leader are refused. */
export function forgetLeader(s: RaftState): void {
  if (s.leader === 0) return;
  s.leader = 0;
  refuseRemoteReads(s);
}

/**
 * Whether this replica may stand for election: a voter; and one that a configuration takes the vote
 * from, until that is known to be committed (thesis 4.2.2). Perhaps nobody else holds it, and those
 * who still need this one's vote would wait for ever.
 */
export function mayStand(s: RaftState): boolean {
  if (s.isVoter) return true;
  const { configurationIndex } = s.log;
  if (configurationIndex <= s.commitIndex) return false;
  const before = s.log.configurationAt(configurationIndex - 1);
  if (before === null) return false;
  const membership = decodeMembership(before);
  return votersOf(membership).includes(s.self) || outgoingVotersOf(membership).includes(s.self);
}

export function becomePreCandidate(s: RaftState): void {
  assert(mayStand(s) && s.role !== 'leader', 'only a voter that does not lead stands for election');
  forgetLeader(s);
  setRole(s, 'preCandidate', '');
}

/** Begins the next term with a vote for itself; both are durable before anyone hears of them. */
export function becomeCandidate(s: RaftState): void {
  const isAsked = s.takeOverTerm === s.term + 1;
  assert(s.role === 'preCandidate' || isAsked, 'a candidate has won its pre-vote first');
  enterTerm(s, s.term + 1, s.self);
  setRole(s, 'candidate', '');
}

/** Leads the current term, and says so with a no-op: it commits what older terms left behind. */
export function becomeLeader(s: RaftState, votes: readonly MemberNumber[]): void {
  assert(s.role === 'candidate' && s.hardState.vote === s.self, 'only a candidate becomes leader');
  const lastBefore = s.log.lastIndex;
  s.leadership = {
    followers: [],
    changeOpen: true,
    resigns: false,
    offered: false,
    noopIndex: lastBefore + 1,
    round: 0,
    roundOpen: false,
    heartbeatElapsedTicks: 0,
    heartbeatDue: false,
    commitNewsDue: false,
    quorumGraceUntilMs: 0,
    lease: newLease(s),
    pendingReads: [],
    parkedReads: [],
    transfer: null,
  };
  setRole(s, 'leader', '', votes);
  followLeader(s, s.self);
  s.votes.clear();
  refreshFollowers(s, lastBefore + 1);
  if (s.takeOverTerm === s.term) expectClients(s, s.leadership);
  appendToOwnLog(
    s,
    sealBatch({
      cluster: s.cluster,
      term: s.term,
      first: lastBefore + 1,
      kind: BATCH_KIND.noop,
      count: 1,
      leaderTimeMs: s.log.lastTimeMs,
      payload: NO_BYTES,
    }),
  );
}

/** The last leader's clients wait everywhere: they hear of commits without a tick's delay. */
function expectClients(s: RaftState, lead: Leadership): void {
  const untilTick = s.ticks + s.config.electionTimeoutTicksMin;
  for (const progress of lead.followers) progress.clientsUntilTick = untilTick;
}

/** Appends what this leader sealed; followers get it at the end of the turn. */
export function appendToOwnLog(s: RaftState, batch: Batch): void {
  assert(s.role === 'leader' && batch.term === s.term, 'a leader appends in its own term');
  s.log.append(batch);
  if (batch.kind === BATCH_KIND.configuration) configurationChanged(s);
}

/** The newest configuration in the log is another one: who votes, and whom a leader serves. */
export function configurationChanged(s: RaftState): void {
  const { voters } = s;
  s.refreshVoters();
  if (s.voters !== voters) traceConfiguration(s);
  if (s.leadership !== null) {
    s.leadership.changeOpen = true;
    refreshFollowers(s, s.log.lastIndex + 1);
    maybeCommit(s);
  } else if (!s.isVoter) {
    setRole(s, 'learner', '');
  } else if (s.role === 'learner') {
    setRole(s, 'follower', '');
    resetElectionTimer(s);
  }
}

function traceConfiguration(s: RaftState): void {
  const { voters, outgoingVoters, electorate, log } = s;
  const learners = everyoneOf(log.membership)
    .map((member) => member.number)
    .filter((member) => !electorate.includes(member));
  const index = log.configurationIndex;
  s.trace.push({ type: 'configurationChanged', index, voters, outgoingVoters, learners });
}

/** Who left stays for as long as it takes to tell it so (see `Progress.departure`). */
function refreshFollowers(s: RaftState, nextIndex: number): void {
  const lead = s.leadership;
  assert(lead !== null, 'only a leader has followers');
  const known = lead.followers;
  const members = everyoneOf(s.log.membership).filter((member) => member.number !== s.self);
  const stayed = members.map(
    ({ number }) =>
      known.find((progress) => progress.member === number) ??
      new Progress(number, { nextIndex, nowMs: s.nowMs, config: s.config }),
  );
  const left = known.filter((progress) => !stayed.includes(progress));
  for (const progress of left) progress.departure ||= s.log.configurationIndex;
  lead.followers = [...stayed, ...left];
}

function enterTerm(s: RaftState, term: Term, vote: MemberNumber): void {
  assert(term > s.term, 'a new term is a higher term');
  s.setHardState({ term, vote });
  s.following = newFollowing();
  forgetLeader(s);
}

function setRole(
  s: RaftState,
  to: Role,
  reason: string,
  votes: readonly MemberNumber[] = [],
): void {
  if (s.role === to) return;
  s.trace.push({ type: 'roleChanged', from: s.role, to, term: s.term, votes, reason });
  s.role = to;
}
