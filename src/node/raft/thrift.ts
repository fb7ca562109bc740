/**
 * Thrift, where all members share a machine: what a leader has to say, entries and rounds of reads
 * alike, goes at once only to as many followers as make a majority with it. The others, and who has
 * no vote, are patient: they get the same some milliseconds later, gathered into one message and
 * one sync, which spares the processors and the disk that all share.
 *
 * Whom a leader talks to first is its own affair; what it calls committed does not change. Should
 * an eager follower fall silent, the patient ones hear everything with the next tick, and the
 * ticks after it choose anew. On machines of their own a second follower costs nothing and may be
 * the faster one, so there everybody is eager.
 */
import type { MemberNumber } from '../model/ids.ts';
import type { Progress } from './progress.ts';
import { quorumSize } from './quorum.ts';
import { type Leadership, progressOf, type RaftState } from './state.ts';

/** Ticks with something under way and no acknowledgement: past it another follower is chosen. */
const SILENT_TICKS_MAX = 1;

/** Chooses who may wait; called with every tick, and when a connection was lost. */
export function chooseEager(s: RaftState, lead: Leadership): void {
  for (const progress of lead.followers) {
    // No majority needs one without a vote; while it is read for from the disk it need not rest.
    progress.patient = s.sharesMachine && !hasVote(s, progress.member) && progress.readFrom === 0;
  }
  // While members change, two majorities are needed.
  if (!s.sharesMachine || s.outgoingVoters.length > 0) return;
  const wanted = quorumSize(s.voters.length) - (s.voters.includes(s.self) ? 1 : 0);
  const fit: Progress[] = [];
  for (const voter of s.voters) {
    const progress = voter === s.self ? null : progressOf(lead, voter);
    if (progress !== null && isFit(s, progress)) fit.push(progress);
  }
  if (fit.length <= wanted) return;
  // Clients wait for their answers where they asked: those followers come first.
  fit.sort((a, b) => b.clientsUntilTick - a.clientsUntilTick || a.member - b.member);
  for (const progress of fit.slice(wanted)) progress.patient = true;
}

function hasVote(s: RaftState, member: MemberNumber): boolean {
  return s.voters.includes(member) || s.outgoingVoters.includes(member);
}

function isFit(s: RaftState, progress: Progress): boolean {
  const sound = progress.mode === 'replicate' && s.connected.has(progress.member);
  // Of one that is only asked about reads nothing is under way that could be acknowledged.
  return sound && progress.ackIdleTicks <= SILENT_TICKS_MAX && !progress.isSilent(s.nowMs);
}

/** Whether all there is to say to a follower may wait when this turn ends. */
export function mayWait(s: RaftState, lead: Leadership, progress: Progress): boolean {
  const mustHear =
    !progress.patient || lead.heartbeatDue || lead.commitNewsDue || lead.transfer !== null;
  const servesClients = s.ticks <= progress.clientsUntilTick;
  const overdue =
    progress.waitsSinceMs !== 0 && s.nowMs - progress.waitsSinceMs >= s.config.patienceMs;
  if (mustHear || servesClients || overdue || progress.mode !== 'replicate') {
    progress.waitsSinceMs = 0;
    return false;
  }
  const waits = progress.nextIndex <= s.log.lastIndex || progress.sentRound < lead.round;
  if (waits && progress.waitsSinceMs === 0) progress.waitsSinceMs = s.nowMs;
  return true;
}
