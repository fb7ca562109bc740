/**
 * Handing leadership to another member on purpose (thesis 3.10).
 *
 * ```
 *            wanted               its log is as long          a higher term is seen
 *   leading ---------> catching up ------------------> asked ----------------------> follower
 *      ^                    |        timeoutNow          |
 *      +--------------------+----------------------------+
 *         an election timeout is over, or the target is out of reach
 * ```
 * From the wish on nothing is appended, so that the target can catch up; who proposes is told to
 * wait, and is served by whoever leads in the end. The target stands without a pre-vote, and its
 * votes bear a mark: voters do not insist on a leader that wants to be replaced.
 *
 * None of it is needed for safety. The target is elected like any candidate, by a majority and only
 * with a log that is new enough; a leader that gave up, wrongly or too soon, is deposed by the
 * higher term as ever, and until then commits and serves reads only with a majority of its own.
 */
import type { MemberNumber } from '../model/ids.ts';
import type { TimeoutNow } from '../model/message.ts';
import { takeOver } from './election.ts';
import { hearLeader } from './follower.ts';
import { endLease } from './lease.ts';
import type { Progress } from './progress.ts';
import type { TransferLoss, TransferRefusal } from './ready.ts';
import { type Leadership, progressOf, type RaftState } from './state.ts';

/**
 * Begins to hand leadership to `target`; 0: to the voter that is best prepared. A wish that agrees
 * with the transfer under way joins it; any other is refused until that has ended.
 *
 * @returns null when it is under way.
 */
export function beginTransfer(s: RaftState, target: MemberNumber): TransferRefusal | null {
  const lead = s.leadership;
  if (lead === null) return 'notLeader';
  if (lead.transfer !== null) {
    return target === 0 || target === lead.transfer.target ? null : 'transferring';
  }
  const chosen = target === 0 ? bestPrepared(s, lead) : target;
  if (chosen === 0) return 'noTarget';
  if (chosen === s.self) return 'alreadyLeads';
  const progress = progressOf(lead, chosen);
  if (progress === null) return 'notMember';
  if (!s.voters.includes(chosen)) return 'notVoter';
  if (!s.connected.has(chosen)) return 'notConnected';
  if (progress.mode === 'snapshot') return 'needsSnapshot';
  const { electionTimeoutTicksMin, tickMs } = s.config;
  const giveUpAtMs = s.nowMs + electionTimeoutTicksMin * tickMs;
  lead.transfer = { target: chosen, giveUpAtMs, asked: false };
  s.trace.push({ type: 'transferStarted', target: chosen, term: s.term });
  return null;
}

/** At the end of every turn of a leader: asks the target once it has everything, or gives up. */
export function driveTransfer(s: RaftState, lead: Leadership): void {
  const { transfer } = lead;
  if (transfer === null) return;
  const { target } = transfer;
  const loss = lossOf(s, lead);
  if (loss !== null) {
    lead.transfer = null;
    s.trace.push({ type: 'transferGivenUp', target, term: s.term, reason: loss });
    return;
  }
  const { lastIndex } = s.log;
  if (transfer.asked || progressOf(lead, target)?.matchIndex !== lastIndex) return;
  transfer.asked = true;
  // The target's votes bear a mark that frees all from what they promised this leader.
  endLease(lead);
  s.send({ type: 'timeoutNow', from: s.self, to: target, term: s.term, lastIndex });
}

/**
 * The leader wants this replica to take over.
 *
 * Requires: the message is of the current term.
 */
export function onTimeoutNow(s: RaftState, message: TimeoutNow): void {
  hearLeader(s, message.from);
  if (!s.isVoter || s.diskFull) return;
  // The leader has gone on since: it gave the transfer up, and deposing it would only cost.
  if (s.log.lastIndex !== message.lastIndex) return;
  takeOver(s);
}

function lossOf(s: RaftState, lead: Leadership): TransferLoss | null {
  const { transfer } = lead;
  if (transfer === null) return null;
  if (s.nowMs >= transfer.giveUpAtMs) return 'timeout';
  if (!s.voters.includes(transfer.target)) return 'notVoter';
  return s.connected.has(transfer.target) ? null : 'notConnected';
}

/**
 * Of the connected voters the one that lacks least, but none that is silent while another is not: a
 * process that was stopped keeps its connection. 0: there is none.
 */
function bestPrepared(s: RaftState, lead: Leadership): MemberNumber {
  let best: Progress | null = null;
  for (const progress of lead.followers) {
    const { member, mode } = progress;
    if (!s.voters.includes(member) || !s.connected.has(member) || mode === 'snapshot') continue;
    const isSilent = progress.isSilent(s.nowMs);
    const isSame = best?.isSilent(s.nowMs) === isSilent;
    const isBetter = isSame ? progress.matchIndex > (best?.matchIndex ?? 0) : !isSilent;
    if (best === null || isBetter) best = progress;
  }
  return best?.member ?? 0;
}
