/**
 * Reads by a lease (thesis 6.4.1): a leader answers without asking, for as long as a majority has
 * promised not to elect another. Only where the configuration says so, because what it costs is
 * paid by everybody: a lost leader is replaced after the promises, not at once.
 *
 * ```
 *   follower          hears the round |-------- promise: as long as it was founded with --------|
 *                   /                  \
 *   leader   begins the round           hears the echo
 *            |------------- lease ------------------------------------------|  drift  |
 * ```
 * The lease counts from before the round was sent, the promise from after it was heard, and the
 * lease is shorter by what two clocks may drift apart meanwhile. So it ends first, by true time,
 * whatever is late, as long as no clock runs more than `DRIFT_MAX` too fast or too slow.
 *
 * Both are judged by the clock when they are used, never by ticks: a process that stood still finds
 * them over. A promise is kept when the connection to the leader breaks, in later terms, and over a
 * restart, when a replica may have forgotten one; it binds the replica's own candidacy too. Only a
 * leader that wants to be replaced frees the others, and gives up its lease first (`endLease`).
 */
import type { MemberNumber } from '../model/ids.ts';
import type { Progress } from './progress.ts';
import { jointValue } from './quorum.ts';
import { type Leadership, type Lease, progressOf, type RaftState } from './state.ts';

/** Monotonic clocks of members run at 0.9 to 1.1 of true time. Real ones stay within 0.001. */
export const DRIFT_MAX = 0.1;

/**
 * How long a follower stands by a leader that it has heard, by its own clock: as the configuration
 * says, for the follower's own timers may be shorter than those that its leader has.
 */
function promiseMs({ log, config }: RaftState): number {
  return log.membership.promiseMs ?? config.electionTimeoutTicksMin * config.tickMs;
}

/** How long that holds for sure by the leader's clock. */
function leaseMs(s: RaftState): number {
  return (promiseMs(s) * (1 - DRIFT_MAX)) / (1 + DRIFT_MAX);
}

export function newLease(s: RaftState): Lease | null {
  return s.log.membership.leases ? { rounds: [], ended: false } : null;
}

/** On a leader: a round begins now; what its messages reach is promised from now on at least. */
export function roundBegan(s: RaftState, lead: Leadership): void {
  const { lease } = lead;
  if (lease === null) return;
  const tooOldMs = s.nowMs - leaseMs(s);
  while ((lease.rounds[0]?.beganMs ?? s.nowMs) < tooOldMs) lease.rounds.shift();
  lease.rounds.push({ round: lead.round, beganMs: s.nowMs });
}

/** A follower has echoed the round: it promised when it heard it, which was after it began. */
export function roundEchoed(lead: Leadership, progress: Progress, round: number): void {
  // Every round is noted when it begins, so their numbers have no gaps.
  const known = lead.lease?.rounds[round - (lead.lease.rounds[0]?.round ?? 0)];
  if (known !== undefined && known.beganMs > progress.promisedFromMs) {
    progress.promisedFromMs = known.beganMs;
  }
}

/** Until when, by its own clock, this replica is the only leader for sure; -Infinity: it is not. */
export function leaseUntilMs(s: RaftState): number {
  const lead = s.leadership;
  if (lead === null || lead.lease === null || lead.lease.ended) return Number.NEGATIVE_INFINITY;
  const promisedFromMs = (voter: MemberNumber): number =>
    voter === s.self
      ? Number.POSITIVE_INFINITY
      : (progressOf(lead, voter)?.promisedFromMs ?? Number.NEGATIVE_INFINITY);
  // While members change, whoever wins an election needs both halves: so does a lease.
  const incoming = s.voters.map(promisedFromMs);
  return jointValue(incoming, s.outgoingVoters.map(promisedFromMs)) + leaseMs(s);
}

export function leaseHolds(s: RaftState): boolean {
  return s.nowMs < leaseUntilMs(s);
}

/**
 * From now on this leadership serves no reads by a lease. To be called before anybody is told that
 * the promises made to this leader need not be kept; he may hear of it at any later time.
 */
export function endLease(lead: Leadership): void {
  if (lead.lease !== null) lead.lease.ended = true;
}

/** On a follower: the leader's round is heard, and will be echoed. */
export function promise(s: RaftState): void {
  s.promisedUntilMs = s.nowMs + promiseMs(s);
}

/** At the start of a life: nobody remembers what was promised in the one before. */
export function promiseFromStart(s: RaftState): void {
  if (s.promisedUntilMs === Number.POSITIVE_INFINITY) promise(s);
}

/** Whether this replica must vote for nobody, itself included. */
export function isPromised(s: RaftState): boolean {
  return s.nowMs < s.promisedUntilMs && s.log.membership.leases;
}
