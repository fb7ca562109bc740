/**
 * When a replica stands for election (paper 5.2, 5.6). Every delay is drawn anew at each reset, so
 * that two candidates that met once are unlikely to meet again.
 *
 * *Calm*: the leader may just be slow; wait the whole election timeout. *Urgent*: the connection to
 * the leader broke, or a majority has just been connected and nobody leads; waiting would only
 * cost. Then tries follow each other within a few ticks. Pre-votes make that harmless: whoever
 * still hears the leader refuses. The delay doubles every few tries, so that a replica that cannot
 * win goes quiet.
 */
import type { MemberNumber } from '../model/ids.ts';
import { isPromised } from './lease.ts';
import { quorumSize } from './quorum.ts';
import type { RaftState } from './state.ts';

/** Urgent tries at one pace before it is halved, and how often it is halved. */
const URGENT_ATTEMPTS_PER_PACE = 8;
const URGENT_SLOWDOWNS_MAX = 4;

/** Starts the timer anew: the next election is a random delay away. */
export function resetElectionTimer(s: RaftState): void {
  s.electionElapsedTicks = 0;
  s.electionTimeoutTicks = s.urgentAttempts < 0 ? calmDelay(s) : urgentDelay(s);
}

/** As above, for one who waits for the outcome of a real vote: it includes syncs to disk. */
export function resetElectionTimerForVote(s: RaftState): void {
  s.electionElapsedTicks = 0;
  const { heartbeatTicks } = s.config;
  const patient = s.prng.between(heartbeatTicks, 2 * heartbeatTicks);
  s.electionTimeoutTicks = s.urgentAttempts < 0 ? calmDelay(s) : patient + urgentDelay(s);
}

/** As above, for one who would vote for somebody else: lets that election happen first. */
export function giveWay(s: RaftState): void {
  resetElectionTimer(s);
  s.electionTimeoutTicks += s.config.reconnectVoteTicksMax;
}

export function becomeUrgent(s: RaftState): void {
  s.urgentAttempts = 0;
  resetElectionTimer(s);
}

/** The leader was heard: nothing is urgent, and whoever asks for votes now is refused. */
export function leaderHeard(s: RaftState): void {
  s.urgentAttempts = -1;
  s.leaderConnectionLost = false;
  s.leaderSilentTicks = 0;
  resetElectionTimer(s);
}

/**
 * Whether this replica knows that the cluster is led (thesis 9.6, 4.2.3): then it supports nobody
 * else. A leader believes in itself until check-quorum proves it wrong.
 */
export function leaderIsAlive(s: RaftState): boolean {
  if (s.role === 'leader' || isPromised(s)) return true;
  return s.leader !== 0 && s.leaderSilentTicks < s.config.electionTimeoutTicksMin;
}

/** Whether enough voters are connected for an election to be won. */
export function majorityIsConnected(s: RaftState): boolean {
  if (!reachesMajority(s, s.voters)) return false;
  return s.outgoingVoters.length === 0 || reachesMajority(s, s.outgoingVoters);
}

function reachesMajority(s: RaftState, voters: readonly MemberNumber[]): boolean {
  let reachable = 0;
  for (const voter of voters) {
    if (voter === s.self || s.connected.has(voter)) reachable += 1;
  }
  return reachable >= quorumSize(voters.length);
}

function calmDelay(s: RaftState): number {
  return s.prng.between(s.config.electionTimeoutTicksMin, s.config.electionTimeoutTicksMax);
}

function urgentDelay(s: RaftState): number {
  const { reconnectVoteTicksMin, reconnectVoteTicksMax } = s.config;
  const slowdowns = Math.floor(s.urgentAttempts / URGENT_ATTEMPTS_PER_PACE);
  const factor = 2 ** Math.min(slowdowns, URGENT_SLOWDOWNS_MAX);
  return s.prng.between(reconnectVoteTicksMin, reconnectVoteTicksMax * factor);
}

/** So many ticks go by at least until one of them does something. */
export function idleTicks(s: RaftState): number {
  const { leadership, config } = s;
  const left =
    leadership === null
      ? s.electionTimeoutTicks - s.electionElapsedTicks
      : config.heartbeatTicks - leadership.heartbeatElapsedTicks;
  return Math.max(1, left);
}
