/**
 * Changing who belongs to the cluster while it serves (paper 6, thesis 4).
 *
 * ```
 *   reconfigure --> C_old,new appended --> committed by majorities of both --> C_new appended
 *                   (only when the voters change; else C_new at once)              |
 *   a leader that is no voter of C_new hands over and steps down  <--  committed by most of it
 * ```
 * A configuration counts from the moment it is in the log, so there must never be two that are not
 * committed: a change begins only when the one before it has ended, and only after this leader has
 * committed an entry of its own term. Whoever leads when C_old,new is committed ends it, so no
 * cluster stays in between for want of the leader that began.
 */
import { assert } from '../../std/assert.ts';
import { BATCH_KIND, sealBatch } from '../model/batch.ts';
import type { LogIndex, MemberNumber, Term } from '../model/ids.ts';
import { encodeMembership, type Membership } from '../model/membership.ts';
import {
  applyChanges,
  type ChangeFault,
  leaveJoint,
  type MemberChange,
  stepTowards,
} from '../model/membership-change.ts';
import type { Progress } from './progress.ts';
import { isServing } from './read-index.ts';
import { appendToOwnLog, becomeFollower } from './roles.ts';
import { type Leadership, progressOf, type RaftState } from './state.ts';
import { beginTransfer } from './transfer.ts';

export type ReconfigureRefusal =
  | 'notLeader'
  | 'diskFull'
  /** Leadership is being handed over. */
  | 'transferring'
  /** This leader has not committed in its own term yet. */
  | 'notServing'
  /** Another change has not ended yet. */
  | 'changePending'
  /** A learner that is to be promoted lacks too much of the log. */
  | 'notCaughtUp'
  | ChangeFault;

export type ReconfigureResult =
  | { readonly accepted: true; readonly index: LogIndex; readonly term: Term }
  | { readonly accepted: false; readonly reason: ReconfigureRefusal };

/** Begins a change of the membership, all of it in one step. */
export function reconfigure(s: RaftState, changes: readonly MemberChange[]): ReconfigureResult {
  const { leadership: lead } = s;
  if (lead === null) return refused('notLeader');
  if (s.diskFull) return refused('diskFull');
  if (!isServing(s)) return refused('notServing');
  if (lead.transfer !== null) return refused('transferring');
  if (isChanging(s)) return refused('changePending');
  const current = s.log.membership;
  const target = applyChanges(current, changes);
  if (typeof target === 'string') return refused(target);
  for (const change of changes) {
    if (change.type !== 'promote' || s.voters.includes(change.member)) continue;
    if (!hasCaughtUp(s, change.member)) return refused('notCaughtUp');
  }
  appendConfiguration(s, stepTowards(current, target));
  return { accepted: true, index: s.log.configurationIndex, term: s.term };
}

/**
 * Called at the end of every turn of a leader: what follows from a configuration that is committed.
 */
export function settleConfiguration(s: RaftState, lead: Leadership): void {
  if (!lead.changeOpen || s.log.configurationIndex > s.commitIndex) return;
  if (s.outgoingVoters.length > 0) {
    // Wait for an entry of the own term: with it all before it is known to be committed.
    if (!isServing(s) || s.diskFull || lead.transfer !== null) return;
    appendConfiguration(s, leaveJoint(s.log.membership));
    return;
  }
  lead.changeOpen = false;
  lead.resigns = !s.isVoter;
  // Who leaves must hear of it now, and a leader that leaves may be gone before the next tick.
  lead.commitNewsDue = true;
}

/**
 * Called when a turn of a leader begins, so that the others were told what is committed: one that
 * is no voter any more asks one of them to take over, and goes.
 */
export function maybeResign(s: RaftState): void {
  const lead = s.leadership;
  if (lead?.resigns !== true) return;
  if (!lead.offered) {
    lead.offered = true;
    if (beginTransfer(s, 0) === null) return;
  }
  if (lead.transfer !== null && !lead.transfer.asked) return;
  becomeFollower(s, { term: s.term, leader: 0, reason: 'removed' });
}

/** One tick of a leader: watches learners catch up, and promotes those that are to join. */
export function tickLearners(s: RaftState, lead: Leadership): void {
  let departing = false;
  for (const progress of lead.followers) {
    if (progress.departure > 0) departing = true;
    else if (!s.electorate.includes(progress.member)) {
      progress.watchRounds(s.log.lastIndex, s.nowMs);
    }
  }
  if (departing) lead.followers = lead.followers.filter((p) => p.departure === 0 || !isTold(s, p));
  if (isChanging(s) || s.diskFull || !isServing(s)) return;
  const ready = s.log.membership.members.filter(
    (m) => m.joins === true && hasCaughtUp(s, m.number),
  );
  if (ready.length === 0) return;
  reconfigure(
    s,
    ready.map((m) => ({ type: 'promote', member: m.number })),
  );
}

/** On a leader: whether promoting the learner would make nobody wait for it. */
export function hasCaughtUp(s: RaftState, member: MemberNumber): boolean {
  if (s.leadership === null) return false;
  const limitMs = s.config.electionTimeoutTicksMin * s.config.tickMs;
  return progressOf(s.leadership, member)?.hasCaughtUp(s.nowMs, limitMs) === true;
}

function isChanging(s: RaftState): boolean {
  return s.log.configurationIndex > s.commitIndex || s.outgoingVoters.length > 0 || !s.isVoter;
}

/** One tick: whether a member that left knows it by now, or cannot be told. */
function isTold(s: RaftState, progress: Progress): boolean {
  if (s.commitIndex < progress.departure) return false;
  if (progress.sentCommit >= progress.departure || !s.connected.has(progress.member)) return true;
  progress.departureTicks += 1;
  return progress.departureTicks > s.config.electionTimeoutTicksMax;
}

function appendConfiguration(s: RaftState, membership: Membership): void {
  assert(s.log.configurationIndex <= s.commitIndex, 'one configuration at a time is uncommitted');
  appendToOwnLog(
    s,
    sealBatch({
      cluster: s.cluster,
      term: s.term,
      first: s.log.lastIndex + 1,
      kind: BATCH_KIND.configuration,
      count: 1,
      leaderTimeMs: s.log.lastTimeMs,
      payload: encodeMembership(membership),
    }),
  );
}

function refused(reason: ReconfigureRefusal): ReconfigureResult {
  return { accepted: false, reason };
}
